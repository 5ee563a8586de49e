//! Commits by clocks that are wrong.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use futures_util::stream::BoxStream;
use icechunk::Storage;
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::format::snapshot::Snapshot;
use icechunk::new_in_memory_storage;
use icechunk::storage::{
    DeleteObjectsResult, GetModifiedResult, ListInfo, RepositoryCreation, Settings, StorageContext,
    StorageError, StorageInfo, StorageResult, VersionInfo, VersionedUpdateResult,
};
use icechunk_storage::sealed::Sealed;
use serde::{Deserialize, Serialize};

use super::*;
use crate::testing::{answer, repo, setup};
use crate::{IcechunkRepo, OpenOptions, RepoStorage};

/// An object store whose clock is so many seconds ahead.
#[derive(Debug, Serialize, Deserialize)]
struct Skewed {
    inner: RepoStorage,
    ahead: AtomicI64,
}

impl Sealed for Skewed {}

impl fmt::Display for Skewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, StorageError>> + Send>>;

#[async_trait]
#[typetag::serde(name = "arraylake-test-skewed")]
impl Storage for Skewed {
    fn storage_info(&self) -> StorageInfo {
        self.inner.storage_info()
    }

    async fn default_settings(&self) -> StorageResult<Settings> {
        self.inner.default_settings().await
    }

    async fn can_write(&self) -> StorageResult<bool> {
        self.inner.can_write().await
    }

    async fn can_create_repository(&self) -> StorageResult<RepositoryCreation> {
        self.inner.can_create_repository().await
    }

    async fn create_location_if_needed(&self) -> StorageResult<()> {
        self.inner.create_location_if_needed().await
    }

    async fn get_object_range(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
        range: Option<&Range<u64>>,
    ) -> StorageResult<(Chunks, VersionInfo)> {
        self.inner.get_object_range(ctx, path, range).await
    }

    async fn get_object_conditional(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
        previous_version: Option<&VersionInfo>,
    ) -> StorageResult<GetModifiedResult> {
        self.inner.get_object_conditional(ctx, path, previous_version).await
    }

    async fn put_object(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
        bytes: Bytes,
        content_type: Option<&str>,
        metadata: Vec<(String, String)>,
        previous_version: Option<&VersionInfo>,
    ) -> StorageResult<VersionedUpdateResult> {
        self.inner.put_object(ctx, path, bytes, content_type, metadata, previous_version).await
    }

    async fn copy_object(
        &self,
        ctx: &StorageContext<'_>,
        from: &str,
        to: &str,
        content_type: Option<&str>,
        version: &VersionInfo,
    ) -> StorageResult<VersionedUpdateResult> {
        self.inner.copy_object(ctx, from, to, content_type, version).await
    }

    async fn list_objects<'a>(
        &'a self,
        ctx: &StorageContext<'_>,
        prefix: &str,
    ) -> StorageResult<BoxStream<'a, StorageResult<ListInfo<String>>>> {
        self.inner.list_objects(ctx, prefix).await
    }

    async fn delete_batch(
        &self,
        ctx: &StorageContext<'_>,
        prefix: &str,
        batch: Vec<(String, u64)>,
    ) -> StorageResult<DeleteObjectsResult> {
        self.inner.delete_batch(ctx, prefix, batch).await
    }

    async fn get_object_last_modified(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
    ) -> StorageResult<DateTime<Utc>> {
        let modified = self.inner.get_object_last_modified(ctx, path).await?;
        Ok(modified + TimeDelta::seconds(self.ahead.load(Ordering::SeqCst)))
    }
}

async fn created(on: RepoStorage, options: OpenOptions) -> IcechunkRepo {
    let opener = setup(Duration::from_secs(3600), Duration::ZERO).opener();
    opener.create_on(on, &repo(), answer(|_| {}), options).await.unwrap()
}

fn empty() -> CommitOptions {
    CommitOptions::new("empty").with_allow_empty(true)
}

#[tokio::test]
async fn a_clock_ten_minutes_off_commits_nothing_and_the_session_commits_when_it_is_right_again() {
    for off in [660, -660] {
        let inner = new_in_memory_storage().await.unwrap();
        let skewed = Arc::new(Skewed { inner, ahead: AtomicI64::new(0) });
        let repo = created(Arc::clone(&skewed) as RepoStorage, OpenOptions::new()).await;
        let tip = repo.lookup_branch("main").await.unwrap();
        let mut session = repo.writable_session("main").await.unwrap();
        skewed.ahead.store(off, Ordering::SeqCst);
        let error = repo.commit(&mut session, empty()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::ClockSkew);
        assert!(error.to_string().contains("object store clock"), "{error}");
        assert_eq!(repo.lookup_branch("main").await.unwrap(), tip);
        skewed.ahead.store(off / 2, Ordering::SeqCst);
        let made = repo.commit(&mut session, empty()).await.unwrap();
        assert_eq!(repo.lookup_branch("main").await.unwrap(), made);
    }
}

#[tokio::test]
async fn a_commit_that_would_be_older_than_the_last_is_refused_with_both_times() {
    let options = OpenOptions::new().with_spec_version(SpecVersionBin::V1);
    let repo = created(new_in_memory_storage().await.unwrap(), options).await;
    let tip = repo.lookup_branch("main").await.unwrap();
    let later = Utc::now() + TimeDelta::minutes(5);
    let (id, version) = (SnapshotId::random(), SpecVersionBin::V1);
    let ahead =
        Snapshot::from_iter(Some(id.clone()), Some(tip), version, "ahead", None, vec![], Some(later), []);
    repo.repository().asset_manager().write_snapshot(Arc::new(ahead.unwrap())).await.unwrap();
    repo.reset_branch("main", &id, None).await.unwrap();
    let mut session = repo.writable_session("main").await.unwrap();
    let error = repo.commit(&mut session, empty()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ClockSkew);
    assert!(error.to_string().contains(&later.format("%Y-%m-%d %H:%M").to_string()), "{error}");
    assert_eq!(repo.lookup_branch("main").await.unwrap(), id);
}
