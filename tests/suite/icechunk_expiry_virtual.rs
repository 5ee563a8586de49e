//! Keys of virtual chunks that end at the object store, and what their holder notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_core::AsyncClient;
use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::icechunk::object_store::ObjectStoreExt as _;
use arraylake_core::icechunk::object_store::path::Path as Place;
use arraylake_core::prelude::*;
use arraylake_tests::archive::{self, read};
use arraylake_tests::lake::TestLake;
use zarrs::array::Array;

/// A client that counts how often it asks for credentials.
fn counting_client(lake: &TestLake) -> (AsyncClient, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let client = lake.client_seen_by(move |request| {
        let path = request.uri().path();
        if ["/open", "/bucket-credentials", "/credentials"].iter().any(|end| path.ends_with(end)) {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    (client, count)
}

/// Puts the archive into two places of the bucket with temporary keys; returns their URL prefixes.
async fn archived(lake: &TestLake) -> [String; 2] {
    let (client, nickname) = (lake.client(), lake.delegated());
    let bucket = BucketRef::Nickname(nickname.clone());
    let store = client.get_obstore_for_bucket(lake.org(), &bucket, CredentialAccess::Write).await.unwrap();
    for place in ["one", "two"] {
        store.put(&Place::from(format!("archive/{place}/old.bin")), archive::bytes().into()).await.unwrap();
    }
    let policy = NewAccessPolicy::new(nickname.clone()).with_subprefix("archive");
    client.set_virtual_chunk_access_policy(lake.org(), policy).await.unwrap();
    let name = client.get_bucket_config(lake.org(), &nickname).await.unwrap().name;
    ["one", "two"].map(|place| format!("s3://{name}/archive/{place}/"))
}

/// A repo whose array `/old` lies in these two places by turns, in chunks of 1000 bytes.
async fn referring(lake: &TestLake, client: &AsyncClient, prefixes: &[String; 2]) -> IcechunkRepo {
    let request = NewRepo::new("referring").with_bucket(lake.delegated()).unwrap();
    let name = RepoName::new(lake.org(), "referring").unwrap();
    client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let nickname = lake.delegated();
    let add = UpdateContainers::new().with_add(&prefixes[0], &nickname).unwrap();
    let add = add.with_add(&prefixes[1], &nickname).unwrap();
    let repo = client.authorize_virtual_chunk_access(&name, add, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    archive::refer(&repo, prefixes).await;
    repo
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_two_containers_that_the_object_store_lets_end_early_are_renewed_and_reading_goes_on() {
    let (lake, ahead) = TestLake::start_with_clock().await;
    let prefixes = archived(&lake).await;
    let (client, asked) = counting_client(&lake);
    let repo = referring(&lake, &client, &prefixes).await;
    assert_eq!(read(&repo).await.unwrap(), archive::bytes());
    let session = repo.readonly_session("main").await.unwrap();
    let before = asked.load(Ordering::SeqCst);
    // To this process the keys are as good as new.
    ahead.store(301, Ordering::SeqCst);
    assert_eq!(read(&repo).await.unwrap(), archive::bytes());
    let renewed = asked.load(Ordering::SeqCst) - before;
    assert!((2..=3).contains(&renewed), "for the repo's own bucket and for each container: {renewed}");
    assert_eq!(read(&repo).await.unwrap(), archive::bytes());
    assert_eq!(asked.load(Ordering::SeqCst) - before, renewed, "and never again");

    // A worker elsewhere, too.
    let bytes = repo.session_to_bytes(&session).unwrap();
    let store = Arc::new(counting_client(&lake).0.opener().store_from_bytes(&bytes).unwrap());
    let array = Array::async_open(store, "/old").await.unwrap();
    for seconds in [301, 602] {
        ahead.store(seconds, Ordering::SeqCst);
        let all = array.async_retrieve_array_subset::<Vec<u8>>(&array.subset_all()).await.unwrap();
        assert_eq!(all, archive::bytes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_to_one_container_that_is_taken_back_is_said_to_be_when_its_keys_end_and_the_other_still_reads()
 {
    let (lake, ahead) = TestLake::start_with_clock().await;
    let prefixes = archived(&lake).await;
    let repo = referring(&lake, &lake.client(), &prefixes).await;
    let remove = UpdateContainers::new().with_remove(&prefixes[1]);
    lake.client().update_virtual_chunk_containers(repo.name(), remove).await.unwrap();
    ahead.store(301, Ordering::SeqCst);
    let array = Array::async_open(Arc::new(repo.store("main").await.unwrap()), "/old").await.unwrap();
    assert_eq!(array.async_retrieve_chunk::<Vec<u8>>(&[2]).await.unwrap(), archive::bytes()[2000..3000]);
    let error = array.async_retrieve_chunk::<Vec<u8>>(&[3]).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("was revoked") && text.contains(&prefixes[1]), "{text}");
}
