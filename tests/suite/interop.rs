//! The Python client against the local service, side by side with ours.

use arraylake_core::prelude::*;
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use arraylake_tests::python::Python;

async fn python_reads_what_rust_wrote(bucket: impl Fn(&TestLake) -> BucketNickname) {
    let lake = TestLake::start().await;
    let request = NewRepo::new("from-rust").with_bucket(bucket(&lake)).unwrap();
    let repo = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let store = std::sync::Arc::new(repo.into_icechunk().unwrap().writable_store("main").await.unwrap());
    dataset::write(&store).await;
    let snapshot = store.commit("from Rust").await.unwrap();
    let Some(seen) = Python::Current.run(&lake, "read.py", &["from-rust"]).await else { return };
    assert_eq!(seen["snapshot"], snapshot.to_string());
    assert_eq!(seen["author_email"], lake.client().get_user().await.unwrap().email());
    assert_eq!(seen["dims"], serde_json::json!({"y": 4, "x": 6}));
    assert_eq!(seen["title"], "written from Rust");
    let values: Vec<f64> = serde_json::from_value(seen["values"].clone()).unwrap();
    assert_eq!(values, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_reads_what_rust_wrote_with_fixed_keys() {
    python_reads_what_rust_wrote(|lake| lake.bucket().clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_reads_what_rust_wrote_with_temporary_keys() {
    python_reads_what_rust_wrote(TestLake::delegated).await;
}

async fn rust_reads_what_python_wrote(bucket: impl Fn(&TestLake) -> BucketNickname) {
    let lake = TestLake::start().await;
    let nickname = bucket(&lake);
    let Some(written) = Python::Current.run(&lake, "write.py", &["from-python", nickname.as_str()]).await
    else {
        return;
    };
    let name = RepoName::new(lake.org(), "from-python").unwrap();
    let repo = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let session = repo.readonly_session("main").await.unwrap();
    assert_eq!(written["snapshot"], session.snapshot_id().to_string());
    assert_eq!(dataset::read(&std::sync::Arc::new(repo.store_of(session))).await, dataset::values());
    let model = lake.client().get_repo_object(&name).await.unwrap();
    assert_eq!(model.bucket.unwrap().nickname, nickname.as_str());
    assert_eq!(model.description.as_deref(), Some("written from Python"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_reads_what_python_wrote_with_fixed_keys() {
    rust_reads_what_python_wrote(|lake| lake.bucket().clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_reads_what_python_wrote_with_temporary_keys() {
    rust_reads_what_python_wrote(TestLake::delegated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_sees_and_changes_the_same_catalog() {
    let lake = TestLake::start().await;
    let client = lake.client();
    client.create_repo(lake.org(), NewRepo::new("both-see-it"), OpenOptions::new()).await.unwrap();
    let Some(seen) = Python::Current.run(&lake, "catalog.py", &[]).await else { return };
    assert_eq!(seen["faults"], serde_json::json!([]), "{seen}");
    let names: Vec<String> = serde_json::from_value(seen["repos"].clone()).unwrap();
    assert!(names.contains(&"both-see-it".to_owned()), "{names:?}");
    // What Python made is there, and what it deleted is not.
    let rows = client.list_repos(lake.org(), ListRepos::new()).await.unwrap();
    let names: Vec<&str> = rows.iter().map(|repo| repo.name.as_str()).collect();
    assert!(names.contains(&"python-made") && !names.contains(&"python-deleted"), "{names:?}");
    let bucket = client.get_bucket_config(lake.org(), &"python-bucket".parse().unwrap()).await.unwrap();
    assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("some-bucket", "some/prefix"));
}
