//! Repositories and buckets in Google Cloud Storage, played by a double of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arraylake_core::icechunk::icechunk::format::ChunkIndices;
use arraylake_core::icechunk::icechunk::format::manifest::{
    ChunkPayload, VirtualChunkLocation, VirtualChunkRef,
};
use arraylake_core::icechunk::object_store::path::Path;
use arraylake_core::icechunk::object_store::{self, ObjectStoreExt as _};
use arraylake_core::icechunk::{CollectGarbage, CommitOptions, ErrorKind, IcechunkRepo, OpenOptions};
use arraylake_tests::dataset;
use arraylake_tests::google::{BUCKET, Google};
use arraylake_tests::vendor::Vendor;
use arraylake_types::{CredentialAccess, GcConfig, OpenRepo, RepoName, Retention, Timestamp};
use futures_util::TryStreamExt as _;
use serde_json::json;
use zarrs::array::{ArrayBuilder, data_type};

const LATER: &str = "2099-01-01T00:00:00Z";

/// What the catalog would say, without credentials.
fn answer(google: &Google) -> OpenRepo {
    let text = json!({
        "repo_bucket": {
            "id": "11111111-1111-4111-8111-111111111111",
            "nickname": "google", "platform": "gs", "name": BUCKET, "prefix": "team",
            "extra_config": {"endpoint_url": google.uri()},
            "auth_config": {"method": "gcp_customer_managed_role"},
        },
        "repo_prefix": "team/era5",
        "author": {"name": null, "email": "ada@example.com"},
    });
    serde_json::from_value(text).unwrap()
}

fn repo() -> RepoName {
    "acme/era5".parse().unwrap()
}

async fn write(repo: &IcechunkRepo) {
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    store.commit("in Google").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_in_google_is_made_written_and_read_back() {
    let google = Google::start("token").await;
    let (opener, _) = Vendor::new([Google::credentials("token", LATER)]);
    write(&opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap()).await;
    let (opener, _) = Vendor::new([Google::credentials("token", LATER)]);
    let again = opener.open(&repo(), answer(&google), OpenOptions::new()).await.unwrap();
    let store = Arc::new(again.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
    let occupied = opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap_err();
    assert!(occupied.prefix_was_occupied(), "{occupied}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_commit_to_a_branch_in_google_at_once_the_later_is_told() {
    let google = Google::start("token").await;
    let (opener, _) = Vendor::new([Google::credentials("token", LATER)]);
    let repo = opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap();
    let mut sessions = Vec::new();
    for _ in 0..2 {
        sessions.push(repo.writable_session("main").await.unwrap());
    }
    let how = || CommitOptions::new("mine").with_allow_empty(true);
    repo.commit(&mut sessions[0], how()).await.unwrap();
    let late = repo.commit(&mut sessions[1], how()).await.unwrap_err();
    assert_eq!(late.kind(), &ErrorKind::Conflict);
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let repo = repo.clone();
            tokio::spawn(async move {
                let tip = repo.lookup_branch("main").await.unwrap();
                repo.create_branch(&format!("side-{number}"), &tip).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(repo.list_branches().await.unwrap().len(), 9, "none was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_google_refuses_before_its_end_is_renewed() {
    let google = Google::start("first").await;
    let (opener, vendor) =
        Vendor::new([Google::credentials("first", LATER), Google::credentials("second", LATER)]);
    let repo = opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap();
    google.take_only("second");
    write(&repo).await;
    assert_eq!(vendor.left(), 1, "the first token was of no use any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_google_is_collected() {
    let google = Google::start("token").await;
    let (opener, _) = Vendor::new([Google::credentials("token", LATER)]);
    let repo = opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap();
    write(&repo).await;
    // Uploaded and never committed.
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![2000], vec![2000], data_type::float64(), 0.0f64);
    let array = array.build(Arc::clone(&store), "/lost").unwrap();
    array.async_store_metadata().await.unwrap();
    array.async_store_chunk(&[0], vec![1.5f64; 2000]).await.unwrap();
    let mut rules = GcConfig::default();
    rules.dangling_chunks = Retention::OlderThan(0.0);
    let now = Timestamp::from(SystemTime::now() + Duration::from_secs(60));
    let collected = repo.collect_garbage(CollectGarbage::by(rules, now)).await.unwrap();
    assert_eq!((collected.result.chunks_deleted, collected.failed), (1, 0), "{collected:?}");
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_in_google_is_an_object_store_and_its_token_is_renewed() {
    let google = Google::start("first").await;
    let (opener, _) =
        Vendor::new([Google::credentials("first", LATER), Google::credentials("second", LATER)]);
    let (org, bucket) = ("acme".parse().unwrap(), answer(&google).repo_bucket);
    let store = opener.bucket_store(&org, bucket, CredentialAccess::Write).await.unwrap();
    let place = Path::from("some/file.txt");
    store.put(&place, "hello".into()).await.unwrap();
    google.take_only("second");
    let found: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(found.iter().map(|object| &object.location).collect::<Vec<_>>(), [&place]);
    assert_eq!(store.get_range(&place, 1..3).await.unwrap(), "el");
    store.delete(&place).await.unwrap();
    assert!(matches!(store.head(&place).await.unwrap_err(), object_store::Error::NotFound { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn virtual_chunks_in_google_are_read_and_a_token_that_is_refused_is_renewed() {
    let google = Google::start("good").await;
    let (opener, vendor) = Vendor::new([Google::credentials("good", LATER)]);
    let mut archive = answer(&google).repo_bucket;
    archive.prefix = String::new();
    let archive = opener.bucket_store(&"acme".parse().unwrap(), archive, CredentialAccess::Write).await;
    archive.unwrap().put(&Path::from("archive/old.bin"), "0123456789".into()).await.unwrap();
    opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap();

    let prefix = format!("gs://{BUCKET}/archive/");
    let granting = |token| {
        let mut granted = serde_json::to_value(answer(&google)).unwrap();
        granted["virtual_chunk_credentials"][&prefix] = json!({
            "platform": "gs", "endpoint_url": google.uri(), "credentials": Google::credentials(token, LATER),
        });
        serde_json::from_value::<OpenRepo>(granted).unwrap()
    };
    vendor.answer(granting("good"));
    let repo = opener.open(&repo(), granting("bad"), OpenOptions::new()).await.unwrap();
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    let array = ArrayBuilder::new(vec![4], vec![4], data_type::uint8(), 0u8);
    let array = array.build(Arc::clone(&store), "/old").unwrap();
    array.async_store_metadata().await.unwrap();
    let location = VirtualChunkLocation::from_url(&format!("{prefix}old.bin")).unwrap();
    let reference = VirtualChunkRef { location, offset: 3, length: 4, checksum: None };
    let (node, payload) = ("/old".try_into().unwrap(), Some(ChunkPayload::Virtual(reference)));
    store.session().write().await.set_chunk_ref(node, ChunkIndices(vec![0]), payload).await.unwrap();
    assert_eq!(array.async_retrieve_chunk::<Vec<u8>>(&[0]).await.unwrap(), b"3456");
}
