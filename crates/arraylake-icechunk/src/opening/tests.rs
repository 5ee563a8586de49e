//! How often `repo` is read, and that nobody reads something older than what this process wrote.

use std::time::Duration;

use icechunk::format::format_constants::SpecVersionBin;
use icechunk::new_in_memory_storage;
use icechunk::storage::metering::MeteringStorage;

use super::*;
use crate::testing::{answer, repo, setup};
use crate::{ErrorKind, IcechunkRepo, OpenOptions, Opener};

fn opener() -> Opener {
    setup(Duration::from_secs(3600), Duration::ZERO).opener()
}

/// A counted storage with an empty repository in it.
async fn created(version: SpecVersionBin) -> Arc<MeteringStorage> {
    let storage = Arc::new(MeteringStorage::new(new_in_memory_storage().await.unwrap()));
    let on = Arc::clone(&storage) as Arc<dyn Storage + Send + Sync>;
    let options = OpenOptions::new().with_spec_version(version);
    opener().create_on(on, &repo(), answer(|_| {}), options).await.unwrap();
    storage.reset();
    storage
}

async fn opened(storage: &Arc<MeteringStorage>) -> IcechunkRepo {
    let on = Arc::clone(storage) as Arc<dyn Storage + Send + Sync>;
    opener().open_on(on, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap()
}

fn requests(storage: &MeteringStorage, what: &str) -> u64 {
    storage.snapshot().per_op.get(what).map_or(0, |stats| stats.requests)
}

/// Reads of `repo`.
fn reads(storage: &MeteringStorage) -> u64 {
    requests(storage, "get_object_conditional")
}

async fn commit(repo: &IcechunkRepo) {
    let mut session = repo.writable_session("main").await.unwrap();
    session.commit("nothing").allow_empty(true).execute().await.unwrap();
}

// Alone in its process with others that write, so it may have to try again.
#[tokio::test]
async fn opening_and_the_first_session_read_once_and_later_sessions_look_again() {
    for attempt in 0.. {
        let storage = created(SpecVersionBin::V2).await;
        let opened = opened(&storage).await;
        assert_eq!((reads(&storage), requests(&storage, "get_object_range")), (1, 0));
        opened.readonly_session("main").await.unwrap();
        let first = reads(&storage);
        opened.readonly_session("main").await.unwrap();
        assert_eq!(reads(&storage), first + 1);
        if first == 1 {
            return;
        }
        assert!(attempt < 100, "the first session never got the copy");
    }
}

#[tokio::test]
async fn a_commit_of_this_process_is_seen_by_the_first_session_of_another_handle() {
    let storage = created(SpecVersionBin::V2).await;
    let (reader, writer) = (opened(&storage).await, opened(&storage).await);
    commit(&writer).await;
    let tip = writer.repository().lookup_branch("main").await.unwrap();
    assert_eq!(reader.readonly_session("main").await.unwrap().snapshot_id(), &tip);
}

#[tokio::test]
async fn a_session_begun_later_sees_the_repository_as_it_is_then() {
    let storage = created(SpecVersionBin::V2).await;
    let opened = opened(&storage).await;
    tokio::time::pause();
    tokio::time::advance(FRESH + Duration::from_millis(1)).await;
    tokio::time::resume();
    opened.readonly_session("main").await.unwrap();
    assert_eq!(reads(&storage), 2);
}

#[tokio::test]
async fn a_session_that_writes_begins_at_the_tip_as_it_is() {
    let storage = created(SpecVersionBin::V2).await;
    let opened = opened(&storage).await;
    opened.writable_session("main").await.unwrap();
    assert!(reads(&storage) >= 2);
}

#[tokio::test]
async fn a_repository_of_the_first_format_opens_too() {
    let storage = created(SpecVersionBin::V1).await;
    let opened = opened(&storage).await;
    assert_eq!(opened.repository().spec_version(), SpecVersionBin::V1);
    commit(&opened).await;
    let tip = opened.repository().lookup_branch("main").await.unwrap();
    assert_eq!(opened.readonly_session("main").await.unwrap().snapshot_id(), &tip);
}

#[tokio::test]
async fn nothing_is_said_to_be_nothing_after_one_read_of_each_key() {
    let storage = Arc::new(MeteringStorage::new(new_in_memory_storage().await.unwrap()));
    let on = Arc::clone(&storage) as Arc<dyn Storage + Send + Sync>;
    let error = opener().open_on(on, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NoRepository);
    assert!(reads(&storage) <= 2 && requests(&storage, "get_object_range") == 2);
}

#[tokio::test]
async fn a_deserialised_one_asks_for_everything() {
    let inner = new_in_memory_storage().await.unwrap();
    let text = serde_json::to_string(
        &(Arc::new(OpeningStorage::new(inner, opener().keeper(&repo()))) as Arc<dyn Storage + Send + Sync>),
    );
    let text = text.unwrap();
    assert!(text.contains("arraylake-opening"), "{text}");
    let storage: Arc<dyn Storage + Send + Sync> = serde_json::from_str(&text).unwrap();
    let settings = storage.default_settings().await.unwrap();
    let ctx = StorageContext::unattributed(&settings);
    let missing = storage.get_object_conditional(&ctx, REPO_INFO_FILE_PATH, None).await.unwrap_err();
    assert!(matches!(missing.kind, StorageErrorKind::ObjectNotFound));
    let bytes = Bytes::from_static(b"x");
    storage.put_object(&ctx, REPO_INFO_FILE_PATH, bytes, None, vec![], None).await.unwrap();
    storage.get_object_conditional(&ctx, REPO_INFO_FILE_PATH, None).await.unwrap();
}
