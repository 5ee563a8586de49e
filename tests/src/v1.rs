//! V1 repos on a local service, and documents and chunks for them.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_core::AsyncClient;
use arraylake_core::migrate::Migration;
use arraylake_core::prelude::*;
use arraylake_core::v1::{AsyncRepo, CommitOptions, NodePath};
use arraylake_types::v1::CommitId;
use serde_json::{Value, json};

use crate::lake::TestLake;

/// Makes a V1 repo in the default bucket, checked out for writing.
pub async fn create(lake: &TestLake, client: &AsyncClient, name: &str) -> AsyncRepo {
    let request = NewRepo::new(name).with_kind(RepoKind::V1).with_bucket(lake.bucket()).unwrap();
    client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap().into_v1().unwrap()
}

/// Makes an empty Icechunk repo in the default bucket.
pub async fn create_icechunk(lake: &TestLake, name: &str) -> arraylake_icechunk::IcechunkRepo {
    let request = NewRepo::new(name).with_bucket(lake.bucket()).unwrap();
    let repo = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    repo.into_icechunk().unwrap()
}

/// The path of a node.
pub fn node(path: &str) -> NodePath {
    path.parse().unwrap()
}

/// The document of a group.
pub fn group(title: &str) -> Value {
    json!({"attributes": {"title": title}})
}

/// The document of an array of bytes without a compressor.
pub fn array(shape: &[u64], chunk: &[u64]) -> Value {
    json!({"attributes": {}, "chunk_grid": {"chunk_shape": chunk, "separator": "/", "type": "regular"},
        "chunk_memory_layout": "C", "data_type": "u1", "extensions": [], "fill_value": 0, "shape": shape})
}

/// Commits, and says which commit that is.
pub async fn commit(repo: &AsyncRepo, message: &str) -> CommitId {
    let outcome = repo.commit(message, CommitOptions::new()).await.unwrap();
    assert!(outcome.is_new() && outcome.checkout_error().is_none(), "{outcome:?}");
    outcome.into_id().unwrap()
}

/// Runs a migration that makes safe what it moves with each batch, and kills it when it has told so often how far it is.
pub async fn kill_after(migration: Migration, times: usize) {
    let (kill, killed) = tokio::sync::oneshot::channel();
    let (kill, told) = (Mutex::new(Some(kill)), AtomicUsize::new(0));
    let migration = migration.with_flush_every(NonZeroUsize::MIN).with_progress(move |_| {
        if told.fetch_add(1, Ordering::SeqCst) + 1 == times {
            let _ = kill.lock().unwrap().take().unwrap().send(());
        }
    });
    let run = tokio::spawn(async move { migration.run().await });
    killed.await.unwrap();
    run.abort();
    assert!(run.await.is_err(), "it was killed before it was done");
}
