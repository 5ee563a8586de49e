//! [`Endpoint`]: one directory, its buckets and the keys to it.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::buffers::Buffers;
use super::clock::Clock;
use super::conditions::WriteConditions;
use super::credentials::CredentialStore;
use super::disk::{Disk, internal};
use super::guard::Guard;
use super::server::S3Server;
use super::service::Service;
use super::temporary::TemporaryKeys;
use super::walk;

/// An object and what is known of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredObject {
    /// All of it.
    pub bytes: Bytes,
    /// Which version this is, without quotes.
    pub etag: String,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

/// An S3 endpoint on a directory.
///
/// A directory has one endpoint at a time: a second one, in this process or another, is refused as long as the first or
/// any of its [servers](Self::service) is there.
#[derive(Debug, Clone)]
pub struct Endpoint {
    service: Service,
    guard: Guard,
}

impl Endpoint {
    /// Opens `dir`, made if it is missing, and clears what a killed process left there. Blocks.
    ///
    /// # Errors
    /// The directory cannot be used, or another endpoint serves it
    /// ([`WouldBlock`](io::ErrorKind::WouldBlock)).
    pub fn open(dir: &Path, store: Arc<dyn CredentialStore>, clock: Clock) -> io::Result<Self> {
        Self::of(Disk::open(dir, true)?, dir, store, clock)
    }

    /// The same for a directory that is thrown away with the process: objects are as whole and as safe from a kill as
    /// ever, but nothing waits for the disk, and a power failure may lose them.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_temporary(dir: &Path, store: Arc<dyn CredentialStore>, clock: Clock) -> io::Result<Self> {
        Self::of(Disk::open(dir, false)?, dir, store, clock)
    }

    fn of(disk: Disk, dir: &Path, store: Arc<dyn CredentialStore>, clock: Clock) -> io::Result<Self> {
        disk.drop_old_uploads(clock.now())?;
        let temporary = TemporaryKeys::open(&dir.join("signing.key"), clock.clone())?;
        let service = Service { disk: Arc::new(disk), clock: clock.clone(), buffers: Buffers::default() };
        Ok(Self { service, guard: Guard { store, temporary, clock } })
    }

    /// The HTTP service, to be put behind a listener.
    #[must_use]
    pub fn service(&self) -> S3Server {
        S3Server::new(self.service.clone(), self.guard.clone())
    }

    /// The operations behind the HTTP service.
    #[cfg(feature = "icechunk")]
    pub(super) fn inner(&self) -> &Service {
        &self.service
    }

    /// Mints keys with a lifetime.
    #[must_use]
    pub fn temporary_keys(&self) -> &TemporaryKeys {
        &self.guard.temporary
    }

    /// Makes a bucket; `false` when it exists already. Blocks for a moment.
    ///
    /// # Errors
    /// The name is not one S3 allows ([`InvalidInput`](io::ErrorKind::InvalidInput)), or the directory cannot be made.
    pub fn create_bucket(&self, name: &str) -> io::Result<bool> {
        self.service.disk.create_bucket(name).map_err(plain)
    }

    /// The names of the buckets, in order. Blocks for a moment.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn buckets(&self) -> io::Result<Vec<String>> {
        Ok(self.service.disk.list_buckets()?.into_iter().map(|(name, _)| name).collect())
    }

    /// Removes an empty bucket.
    ///
    /// # Errors
    /// There is no such bucket, or it holds objects ([`DirectoryNotEmpty`](io::ErrorKind::DirectoryNotEmpty)).
    pub async fn delete_bucket(&self, name: &str) -> io::Result<()> {
        let name = name.to_owned();
        self.service.blocking(move |disk| disk.delete_bucket(&name)).await.map_err(plain)
    }

    /// The whole of an object, or `None` when there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn read(&self, bucket: &str, key: &str) -> io::Result<Option<Bytes>> {
        Ok(self.object(bucket, key).await?.map(|object| object.bytes))
    }

    /// The whole of an object and what is known of it, or `None` when there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn object(&self, bucket: &str, key: &str) -> io::Result<Option<StoredObject>> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let read = self.service.blocking(move |disk| {
            let (mut file, meta) = disk.open_object(&bucket, &key)?;
            let mut bytes = Vec::new();
            io::Seek::rewind(&mut file).map_err(internal)?;
            file.take(meta.size).read_to_end(&mut bytes).map_err(internal)?;
            let modified = meta.modified();
            Ok(StoredObject { bytes: bytes.into(), etag: meta.etag, modified })
        });
        match read.await {
            Err(error) if matches!(error.code(), S3ErrorCode::NoSuchKey | S3ErrorCode::NoSuchBucket) => {
                Ok(None)
            }
            other => other.map(Some).map_err(plain),
        }
    }

    /// The keys that start with `prefix`, in order, each with its size in bytes and when it was written.
    ///
    /// # Errors
    /// There is no such bucket, or a directory cannot be read.
    pub async fn objects(&self, bucket: &str, prefix: &str) -> io::Result<Vec<(String, u64, DateTime<Utc>)>> {
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        let list = self.service.blocking(move |disk| {
            let query = walk::Query { prefix, limit: usize::MAX, ..walk::Query::default() };
            let page = walk::list(&disk.bucket(&bucket)?, &query, &|_| true).map_err(internal)?;
            Ok(page.objects.into_iter().map(|(key, meta)| (key, meta.size, meta.modified())).collect())
        });
        list.await.map_err(plain)
    }

    /// Deletes every object whose key starts with `prefix` and a slash (all of the bucket for an empty prefix), and
    /// returns how many there were.
    ///
    /// # Errors
    /// There is no such bucket, or a file cannot be deleted; then some objects may be gone already.
    pub async fn delete_prefix(&self, bucket: &str, prefix: &str) -> io::Result<usize> {
        let bucket = bucket.to_owned();
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let delete = self.service.blocking(move |disk| delete_all(disk, &bucket, &prefix));
        delete.await.map_err(plain)
    }
}

fn delete_all(disk: &Disk, bucket: &str, prefix: &str) -> S3Result<usize> {
    let root = disk.bucket(bucket)?;
    let keys = walk::keys(&root, prefix).map_err(internal)?;
    for key in &keys {
        disk.delete(bucket, key, &WriteConditions::default())?;
    }
    Ok(keys.len())
}

/// An error of S3 as one of the file system, for callers that do not speak S3.
pub(super) fn plain(error: S3Error) -> io::Error {
    let kind = match error.code() {
        S3ErrorCode::NoSuchBucket | S3ErrorCode::NoSuchKey => io::ErrorKind::NotFound,
        S3ErrorCode::InvalidBucketName => io::ErrorKind::InvalidInput,
        S3ErrorCode::BucketNotEmpty => io::ErrorKind::DirectoryNotEmpty,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
