//! Virtual chunks in object stores that refuse keys, and reads that wait while others write.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arraylake_types::OpenRepo;
use futures_util::future::join_all;
use icechunk::format::manifest::{Checksum, VirtualChunkLocation, VirtualChunkRef};
use icechunk::new_in_memory_storage;
use icechunk::storage::{ConcurrencySettings, ETag, S3CredentialsFetcher as _, Settings};
use serde_json::json;
use zarrs_storage::{AsyncReadableStorageTraits as _, AsyncWritableStorageTraits as _, StoreKey};

use super::*;
use crate::credentials::{Fetcher, Scope};
use crate::testing::{
    SECRET, Setup, answer, breaking_store, fixed_keys, keys, refusing_store, repo, setup, store_of,
};
use crate::{Error, ErrorKind, IcechunkRepo, OpenOptions, ZarrStore};

const HOUR: Duration = Duration::from_secs(3600);
const OBJECT: &[u8] = b"0123456789";

fn an_hour() -> Setup {
    setup(HOUR, Duration::ZERO)
}

/// Two containers of virtual chunks, in object stores at these places.
fn granting(setup: &Setup, one: &str, two: &str) -> OpenRepo {
    let entry = |endpoint: &str| {
        let keys = keys(Some(((setup.clock)().to_chrono() + HOUR).into()));
        json!({"platform": "s3", "credentials": keys, "endpoint_url": endpoint, "force_path_style": true})
    };
    let granted = answer(|text| {
        text["virtual_chunk_credentials"] = json!({"s3://one": entry(one), "s3://two/deep/": entry(two)});
    });
    *setup.fake.answer.lock().unwrap() = granted.clone();
    granted
}

/// A repository on memory that grants these.
async fn opened(setup: &Setup, granted: OpenRepo) -> IcechunkRepo {
    opened_with(setup, granted, OpenOptions::new()).await
}

async fn opened_with(setup: &Setup, granted: OpenRepo, options: OpenOptions) -> IcechunkRepo {
    let (storage, opener) = (new_in_memory_storage().await.unwrap(), setup.opener());
    let on = Arc::clone(&storage);
    opener.create_on(on, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    setup.cache.seed(&repo(), &granted);
    // On memory icechunk reads byte by byte unless it is told otherwise.
    let at_once = ConcurrencySettings {
        ideal_concurrent_request_size: Some(1_000_000.try_into().unwrap()),
        ..ConcurrencySettings::default()
    };
    let settings = Settings { concurrency: Some(at_once), ..Settings::default() };
    let options = options.with_storage_settings(settings);
    opener.open_on(storage, &repo(), granted, options).await.unwrap()
}

fn chunk(number: usize) -> StoreKey {
    StoreKey::new(format!("a/c/{number}")).unwrap()
}

/// The array `/a`, whose even chunks are in the one container and whose odd ones are in the other.
async fn referring(repo: &IcechunkRepo) -> ZarrStore {
    let store = repo.writable_store("main").await.unwrap();
    let array = zarrs::array::ArrayBuilder::new(vec![40], vec![4], zarrs::array::data_type::uint8(), 0u8);
    let array = array.build(Arc::new(store.clone()), "/a").unwrap();
    array.async_store_metadata().await.unwrap();
    for number in 0..10u32 {
        let at = ["s3://one/x", "s3://two/deep/x"][number as usize % 2];
        let location = VirtualChunkLocation::from_url(at).unwrap();
        let reference = VirtualChunkRef { location, offset: 3, length: 4, checksum: None };
        let (path, payload) = (Path::try_from("/a").unwrap(), Some(ChunkPayload::Virtual(reference)));
        let mut session = store.session().write().await;
        session.set_chunk_ref(path, ChunkIndices(vec![number]), payload).await.unwrap();
    }
    store
}

async fn read(store: &ZarrStore, number: usize) -> Result<Bytes, zarrs_storage::StorageError> {
    store.get(&chunk(number)).await.map(Option::unwrap)
}

#[tokio::test]
async fn keys_of_virtual_chunks_that_are_refused_before_their_end_are_fetched_anew_for_all_who_were_refused()
{
    let (setup, (one, first)) = (an_hour(), store_of(Some(OBJECT), 5).await);
    let (two, second) = store_of(Some(OBJECT), 0).await;
    let repo = opened(&setup, granting(&setup, &one, &two)).await;
    let store = referring(&repo).await;
    let all = join_all((0..10).map(|number| read(&store, number))).await;
    assert!(all.iter().all(|chunk| chunk.as_ref().is_ok_and(|chunk| chunk == "3456")), "{all:?}");
    assert_eq!((first.load(Ordering::SeqCst), second.load(Ordering::SeqCst)), (10, 5));
    assert_eq!((setup.fake.opened.load(Ordering::SeqCst), setup.fake.calls()), (1, 1));
    assert_eq!(read(&store, 0).await.unwrap(), "3456");
    assert_eq!(first.load(Ordering::SeqCst), 11);
}

#[tokio::test]
async fn each_container_is_renewed_by_itself_and_by_every_handle_also_in_another_process() {
    let (setup, (one, _)) = (an_hour(), store_of(Some(OBJECT), 3).await);
    let (two, _) = store_of(Some(OBJECT), 3).await;
    let granted = granting(&setup, &one, &two);
    let repo = opened(&setup, granted.clone()).await;
    let store = referring(&repo).await;
    let (opener, storage) = (setup.opener(), Arc::clone(repo.repository().storage()));
    let options = OpenOptions::new().with_storage_settings(repo.repository().storage_settings().clone());
    let same = opener.open_on(storage, repo.name(), granted, options).await.unwrap();
    let same = same.store_of(store.session().read().await.clone());
    let bytes = repo.session_to_bytes(&*store.session().read().await).unwrap();
    let elsewhere = opener.store_from_bytes(&bytes).unwrap();
    for number in [0, 1] {
        let all = join_all([&store, &same, &elsewhere].map(|store| read(store, number))).await;
        assert!(all.iter().all(|chunk| chunk.as_ref().is_ok_and(|chunk| chunk == "3456")), "{all:?}");
        assert_eq!(setup.fake.calls(), number + 1);
    }
}

#[tokio::test]
async fn keys_from_a_bucket_config_that_are_refused_before_their_end_are_fetched_anew_also_in_another_process()
 {
    let (setup, (endpoint, _)) = (an_hour(), store_of(Some(OBJECT), 1).await);
    let bucket = json!({"id": "11111111-1111-4111-8111-111111111111", "nickname": "data", "platform": "s3",
        "name": "one", "auth_config": {"method": "aws_customer_managed_role"}});
    let bucket = serde_json::from_value(bucket).unwrap();
    let credentials = setup.opener().container_credentials(&"acme".parse().unwrap(), &bucket).unwrap();
    let options = OpenOptions::new().with_container_credentials("s3://one", credentials);
    let repo = opened_with(&setup, granting(&setup, &endpoint, &endpoint), options).await;
    let store = referring(&repo).await;
    assert_eq!(read(&store, 0).await.unwrap(), "3456");
    assert_eq!((setup.fake.opened.load(Ordering::SeqCst), setup.fake.calls()), (0, 2));
    let bytes = repo.session_to_bytes(&*store.session().read().await).unwrap();
    let (setup, elsewhere) = (an_hour(), bytes);
    let elsewhere = setup.opener().store_from_bytes(&elsewhere).unwrap();
    assert_eq!(read(&elsewhere, 0).await.unwrap(), "3456");
    assert_eq!(setup.fake.calls(), 1);
}

#[tokio::test]
async fn keys_of_virtual_chunks_that_are_refused_again_at_once_are_not_fetched_a_third_time() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(usize::MAX).await);
    let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
    let store = referring(&repo).await;
    for asked in [2, 3] {
        let error = read(&store, 0).await.unwrap_err();
        assert_eq!(Error::of_zarrs(&error).unwrap().kind(), &ErrorKind::Storage);
        assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (asked, 1));
    }
}

#[tokio::test]
async fn access_that_was_taken_back_is_said_to_be() {
    let (setup, (endpoint, _)) = (an_hour(), store_of(Some(OBJECT), 1).await);
    let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
    let store = referring(&repo).await;
    *setup.fake.answer.lock().unwrap() = answer(|_| {});
    let error = read(&store, 0).await.unwrap_err();
    let error = Error::of_zarrs(&error).unwrap();
    assert_eq!(error.credential_error().unwrap().kind(), crate::CredentialErrorKind::Revoked);
    assert!(error.to_string().contains("s3://one"), "{error}");
}

#[tokio::test]
async fn an_object_that_is_not_there_is_no_refusal() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(0).await);
    let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
    let error = read(&referring(&repo).await, 1).await.unwrap_err();
    assert!(error.to_string().contains("NoSuchKey"), "{error}");
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_a_few_times() {
    for (breaks, asked) in [(2, 3), (9, 3)] {
        let (setup, (endpoint, requests)) = (an_hour(), breaking_store(OBJECT, breaks).await);
        let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
        let outcome = read(&referring(&repo).await, 0).await;
        assert_eq!(outcome.is_ok(), breaks < asked, "{outcome:?}");
        assert_eq!(requests.load(Ordering::SeqCst), asked);
    }
}

#[tokio::test]
async fn a_source_that_was_written_again_since_is_not_read() {
    let (setup, (endpoint, _)) = (an_hour(), store_of(Some(OBJECT), 0).await);
    let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
    let store = referring(&repo).await;
    for (tag, reads) in [("1", true), ("2", false)] {
        let location = VirtualChunkLocation::from_url("s3://one/x").unwrap();
        let checksum = Some(Checksum::ETag(ETag(tag.to_owned())));
        let reference = VirtualChunkRef { location, offset: 3, length: 4, checksum };
        let (path, payload) = (Path::try_from("/a").unwrap(), Some(ChunkPayload::Virtual(reference)));
        store.session().write().await.set_chunk_ref(path, ChunkIndices(vec![0]), payload).await.unwrap();
        match read(&store, 0).await {
            Ok(bytes) => assert!(reads && bytes == "3456"),
            Err(error) => assert!(!reads && error.to_string().contains("has changed"), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_store_is_written_while_others_wait_for_the_bucket() {
    // Takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (setup, endpoint) = (an_hour(), format!("http://{}", silent.local_addr().unwrap()));
    let repo = opened(&setup, granting(&setup, &endpoint, &endpoint)).await;
    let store = referring(&repo).await;
    let waiting = store.clone();
    let reader = tokio::spawn(async move { read(&waiting, 0).await });
    let (_connection, _) = silent.accept().await.unwrap();
    store.set(&chunk(5), Bytes::from_static(b"abcd")).await.unwrap();
    store.commit("meanwhile").await.unwrap();
    assert_eq!(read(&store, 5).await.unwrap(), "abcd");
    assert!(!reader.is_finished());
    reader.abort();
}

/// Icechunk's own readers cannot be told that a bucket refused their keys, so they look again soon.
#[tokio::test]
async fn keys_of_virtual_chunks_are_looked_at_again_within_minutes_by_icechunk_itself() {
    let setup = an_hour();
    let granted = granting(&setup, "http://127.0.0.1:9", "http://127.0.0.1:9");
    setup.cache.seed(&repo(), &granted);
    let fetcher = |scope| Fetcher::new(setup.opener().link, repo(), scope);
    let container = fetcher(Scope::Container("s3://one".to_owned())).get().await.unwrap();
    let now: chrono::DateTime<chrono::Utc> = std::time::SystemTime::now().into();
    let left = container.expires_after.unwrap() - now;
    assert!((200..=300).contains(&left.num_seconds()), "{left}");
    let bucket = fetcher(Scope::Bucket).get().await.unwrap();
    assert!(bucket.expires_after.unwrap() - now > chrono::TimeDelta::minutes(10));
}

#[tokio::test]
async fn what_travels_with_a_session_holds_no_secret_but_the_callers_own_which_do_not_travel() {
    let setup = an_hour();
    let repo = opened(&setup, granting(&setup, "http://127.0.0.1:9", "http://127.0.0.1:9")).await;
    let bytes = repo.chunks().to_bytes().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("arraylake-s3-credentials") && !text.contains(SECRET), "{text}");
    let options = OpenOptions::new().with_container_credentials("s3://one", fixed_keys());
    let storage = Arc::clone(repo.repository().storage());
    let granted = setup.fake.answer.lock().unwrap().clone();
    let own = setup.opener().open_on(storage, repo.name(), granted, options).await.unwrap();
    let session = own.readonly_session("main").await.unwrap();
    assert_eq!(own.session_to_bytes(&session).unwrap_err().kind(), &ErrorKind::Config);
}
