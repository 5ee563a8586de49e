//! A bucket in memory in the place of the one that a recorded bucket config describes.

use std::sync::{Arc, Mutex};

use arraylake_core::OpenOptions;
use arraylake_core::icechunk::RepoStorage;
use arraylake_core::icechunk::icechunk::{Repository, new_in_memory_storage, new_local_filesystem_storage};
use serde_json::Value;

use super::handed;
use super::record::Record;

/// What is in the bucket.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    Nothing,
    Repository,
    /// It fails whatever is asked.
    Broken,
}

/// A bucket, and the storage that was built for the real one.
pub(crate) struct FakeBucket {
    storage: RepoStorage,
    built: Arc<Mutex<Option<Value>>>,
    /// Where the broken one was.
    _dir: Option<tempfile::TempDir>,
}

impl FakeBucket {
    /// As it was for Python, whose calls of icechunk were recorded or made to fail.
    pub(crate) async fn of(record: &Record) -> Self {
        let failed = record.storage.iter().any(|call| {
            call.get("raised").is_some()
                && call["function"].as_str().unwrap_or_default().contains("Repository")
        });
        let opens = record.storage.iter().any(|call| {
            call["function"].as_str().is_some_and(|name| name.starts_with("icechunk.Repository.open"))
        });
        let makes = record.storage.iter().any(|call| call["function"] == "icechunk.Repository.create");
        let creates = makes || (record.method() == "create_repo" && !opens);
        let content = match (creates, failed) {
            (true, false) => Content::Nothing,
            (true, true) => Content::Broken,
            (false, true) => Content::Nothing,
            (false, false) => Content::Repository,
        };
        let (storage, dir) = match content {
            Content::Broken => broken().await,
            _ => (new_in_memory_storage().await.unwrap(), None),
        };
        if content == Content::Repository {
            Repository::create(Arc::clone(&storage)).execute().await.unwrap();
        }
        Self { storage, built: Arc::default(), _dir: dir }
    }

    /// Options that put it in the place of the real one.
    pub(crate) fn over(&self, options: OpenOptions) -> OpenOptions {
        let (storage, built) = (Arc::clone(&self.storage), Arc::clone(&self.built));
        options.with_storage_layer(move |real| {
            *built.lock().unwrap() = Some(handed::storage(&real));
            Arc::clone(&storage)
        })
    }

    /// The storage that was built, if it came to that.
    pub(crate) fn built(&self) -> Option<Value> {
        self.built.lock().unwrap().clone()
    }
}

/// A directory in whose place there is a file.
async fn broken() -> (RepoStorage, Option<tempfile::TempDir>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bucket");
    let storage = new_local_filesystem_storage(&path).await.unwrap();
    // It is made by the first write.
    std::fs::write(&path, "no directory").unwrap();
    (storage, Some(dir))
}
