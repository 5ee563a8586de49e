//! The blocking client against the local service: from plain threads, and the data plane too.

use arraylake_blocking::{Client, prelude::*};
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;

/// A lake, served by a runtime that runs on threads of its own.
fn lake() -> (tokio::runtime::Runtime, TestLake) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lake = runtime.block_on(TestLake::start());
    (runtime, lake)
}

#[test]
fn a_day_of_work_without_async() {
    let (_runtime, lake) = lake();
    let client = Client::from(lake.client());
    let org = lake.org().clone();
    assert!(client.get_user().unwrap().email().contains('@'));
    let bucket = NewBucket::new("sync-store", "s3://some-bucket").unwrap().with_region("us-east-1");
    client.create_bucket_config(&org, bucket).unwrap();
    let nickname: BucketNickname = "sync-store".parse().unwrap();
    assert_eq!(client.get_bucket_config(&org, &nickname).unwrap().name, "some-bucket");

    let repo = client.get_or_create_repo(&org, NewRepo::new("sync"), OpenOptions::new()).unwrap();
    let repo = repo.into_icechunk().unwrap();
    client.run(|_| async move {
        let store = std::sync::Arc::new(repo.writable_store("main").await.unwrap());
        dataset::write(&store).await;
        store.commit("from sync code").await.unwrap();
    });
    let name = RepoName::new(&org, "sync").unwrap();
    let again = client.get_repo(&name, OpenOptions::new()).unwrap().into_icechunk().unwrap();
    let store = std::sync::Arc::new(again.blocking_store("main").unwrap());
    let array = zarrs::array::Array::open(store, "/t").unwrap();
    let values = array.retrieve_array_subset::<Vec<f64>>(&array.subset_all()).unwrap();
    assert_eq!(values, dataset::values());

    let sure = DeleteConfirmation::imsure().imreallysure();
    client.delete_repo(&name, sure, DeleteRepo::new()).unwrap();
    assert!(client.get_repo_object(&name).unwrap_err().is_not_found());
    client.delete_bucket_config(&org, &nickname, sure).unwrap();
}

#[test]
fn it_works_inside_a_runtime_too() {
    let (runtime, lake) = lake();
    let client = Client::from(lake.client());
    let org = lake.org().clone();
    let count = runtime.block_on(async move { client.list_repos(&org, ListRepos::new()).unwrap().len() });
    assert_eq!(count, 0);
}
