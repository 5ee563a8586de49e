//! [`BucketStorage`]: the objects of the S3 endpoint as an icechunk storage, without HTTP and without keys.

use std::fmt;
use std::io::{self, Cursor};
use std::ops::Range;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use icechunk::Storage;
use icechunk::storage::{
    DeleteObjectsResult, GetModifiedResult, ListInfo, StorageContext, StorageError, StorageErrorKind,
    StorageInfo, StorageResult, VersionInfo, VersionedUpdateResult,
};
use icechunk_storage::sealed::Sealed;
use serde::{Deserialize, Serialize};

use crate::s3::{Before, Endpoint, StoredObject};

/// A place in a bucket of the S3 endpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BucketStorage {
    /// None after a journey through bytes, which nothing here makes.
    #[serde(skip)]
    endpoint: Option<Endpoint>,
    bucket: String,
    prefix: String,
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, StorageError>> + Send>>;

impl BucketStorage {
    pub(super) fn new(endpoint: Endpoint, bucket: &str, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/').to_owned();
        Self { endpoint: Some(endpoint), bucket: bucket.to_owned(), prefix }
    }

    fn endpoint(&self) -> StorageResult<&Endpoint> {
        self.endpoint.as_ref().ok_or_else(|| other("this storage belongs to another process"))
    }

    fn key(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    async fn object(&self, path: &str) -> StorageResult<StoredObject> {
        let found = self.endpoint()?.object(&self.bucket, &self.key(path)).await.map_err(broken)?;
        found.ok_or_else(|| StorageError::capture(StorageErrorKind::ObjectNotFound))
    }
}

fn other(text: &str) -> StorageError {
    StorageError::capture(StorageErrorKind::Other(text.to_owned()))
}

fn broken(error: io::Error) -> StorageError {
    StorageError::capture(StorageErrorKind::IOError(error))
}

fn outcome(written: Option<String>) -> VersionedUpdateResult {
    match written {
        Some(etag) => VersionedUpdateResult::Updated { new_version: VersionInfo::from_etag_only(etag) },
        None => VersionedUpdateResult::NotOnLatestVersion,
    }
}

fn part(bytes: &Bytes, range: &Range<u64>) -> StorageResult<Bytes> {
    let place = |at: u64| usize::try_from(at).ok().filter(|at| *at <= bytes.len());
    match (place(range.start), place(range.end)) {
        (Some(start), Some(end)) if start <= end => Ok(bytes.slice(start..end)),
        _ => Err(other("an object ends before the range that is asked for")),
    }
}

impl Sealed for BucketStorage {}

impl fmt::Display for BucketStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "local bucket {} at {}", self.bucket, self.prefix)
    }
}

#[async_trait]
#[typetag::serde(name = "arraylake-local-bucket")]
impl Storage for BucketStorage {
    fn storage_info(&self) -> StorageInfo {
        let fields = vec![("bucket", self.bucket.clone()), ("prefix", self.prefix.clone())];
        StorageInfo { backend_type: "local bucket", fields }
    }

    async fn can_write(&self) -> StorageResult<bool> {
        Ok(true)
    }

    async fn get_object_range(
        &self,
        _: &StorageContext<'_>,
        path: &str,
        range: Option<&Range<u64>>,
    ) -> StorageResult<(Chunks, VersionInfo)> {
        let object = self.object(path).await?;
        let bytes = match range {
            Some(range) => part(&object.bytes, range)?,
            None => object.bytes,
        };
        let version = VersionInfo::from_etag_only(object.etag);
        Ok((stream::once(async { Ok(bytes) }).boxed(), version))
    }

    async fn get_object_conditional(
        &self,
        _: &StorageContext<'_>,
        path: &str,
        previous_version: Option<&VersionInfo>,
    ) -> StorageResult<GetModifiedResult> {
        let object = self.object(path).await?;
        if previous_version.and_then(VersionInfo::etag) == Some(&object.etag) {
            return Ok(GetModifiedResult::OnLatestVersion);
        }
        let new_version = VersionInfo::from_etag_only(object.etag);
        Ok(GetModifiedResult::Modified { data: Box::pin(Cursor::new(object.bytes)), new_version })
    }

    async fn get_object_last_modified(
        &self,
        _: &StorageContext<'_>,
        path: &str,
    ) -> StorageResult<DateTime<Utc>> {
        Ok(self.object(path).await?.modified)
    }

    async fn list_objects<'a>(
        &'a self,
        _: &StorageContext<'_>,
        prefix: &str,
    ) -> StorageResult<BoxStream<'a, StorageResult<ListInfo<String>>>> {
        let start = self.key(prefix);
        let start = if start.is_empty() || start.ends_with('/') { start } else { start + "/" };
        let found = self.endpoint()?.objects(&self.bucket, &start).await.map_err(broken)?;
        let below = move |(key, size_bytes, created_at): (String, u64, DateTime<Utc>)| {
            let id = key.get(start.len()..).unwrap_or_default().to_owned();
            Ok(ListInfo { id, created_at, size_bytes })
        };
        Ok(stream::iter(found.into_iter().map(below)).boxed())
    }

    async fn put_object(
        &self,
        _: &StorageContext<'_>,
        path: &str,
        bytes: Bytes,
        content_type: Option<&str>,
        _: Vec<(String, String)>,
        previous_version: Option<&VersionInfo>,
    ) -> StorageResult<VersionedUpdateResult> {
        let before = match previous_version {
            None => Before::Anything,
            Some(version) => version.etag().map_or(Before::Nothing, |etag| Before::This(etag.clone())),
        };
        let (key, kind) = (self.key(path), content_type.map(str::to_owned));
        let written = self.endpoint()?.put(&self.bucket, &key, bytes, kind, before).await;
        written.map(outcome).map_err(broken)
    }

    async fn copy_object(
        &self,
        _: &StorageContext<'_>,
        from: &str,
        to: &str,
        content_type: Option<&str>,
        wanted: &VersionInfo,
    ) -> StorageResult<VersionedUpdateResult> {
        let object = self.object(from).await?;
        if wanted.etag().is_some_and(|etag| *etag != object.etag) {
            return Ok(VersionedUpdateResult::NotOnLatestVersion);
        }
        let (key, kind) = (self.key(to), content_type.map(str::to_owned));
        let written = self.endpoint()?.put(&self.bucket, &key, object.bytes, kind, Before::Anything).await;
        written.map(outcome).map_err(broken)
    }

    async fn delete_batch(
        &self,
        _: &StorageContext<'_>,
        prefix: &str,
        batch: Vec<(String, u64)>,
    ) -> StorageResult<DeleteObjectsResult> {
        let mut done = DeleteObjectsResult::default();
        for (id, size) in batch {
            let key = self.key(&format!("{}/{id}", prefix.trim_end_matches('/')));
            self.endpoint()?.delete(&self.bucket, &key).await.map_err(broken)?;
            done.deleted_objects += 1;
            done.deleted_bytes += size;
        }
        Ok(done)
    }
}
