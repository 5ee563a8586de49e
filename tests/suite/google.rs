//! Repositories and buckets in Google Cloud Storage, played by a double of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arraylake_core::icechunk::object_store::path::Path;
use arraylake_core::icechunk::object_store::{self, ObjectStoreExt as _};
use arraylake_core::icechunk::{CollectGarbage, CommitOptions, ErrorKind, OpenOptions};
use arraylake_tests::cloud::{self, lose, put_archive, repo, write};
use arraylake_tests::google::{BUCKET, Google};
use arraylake_tests::vendor::Vendor;
use arraylake_tests::{archive, dataset};
use arraylake_types::{CredentialAccess, GcConfig, OpenRepo, Retention, Timestamp};
use futures_util::TryStreamExt as _;
use serde_json::json;

const LATER: &str = "2099-01-01T00:00:00Z";

/// What the catalog would say, without credentials.
fn answer(google: &Google) -> OpenRepo {
    cloud::answer("gs", BUCKET, google.uri(), json!({"method": "gcp_customer_managed_role"}))
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
    lose(&repo, 1).await;
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
    put_archive(&opener, answer(&google).repo_bucket).await;
    opener.create(&repo(), answer(&google), OpenOptions::new()).await.unwrap();

    let prefix = format!("gs://{BUCKET}/archive/");
    let granting = |token| {
        let (credentials, url) = (Google::credentials(token, LATER), google.uri());
        let entry = json!({"platform": "gs", "credentials": credentials, "endpoint_url": url});
        cloud::granting(&answer(&google), &prefix, entry)
    };
    vendor.answer(granting("good"));
    let repo = opener.open(&repo(), granting("bad"), OpenOptions::new()).await.unwrap();
    archive::refer(&repo, &[prefix]).await;
    assert_eq!(archive::read(&repo).await.unwrap(), archive::bytes());
}
