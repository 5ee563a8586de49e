//! [`ChunkStore`]: bytes in, references out, and back.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arraylake_types::BucketResponse;
use arraylake_types::v1::{ReferenceData, SessionId};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};

use super::known::KnownKeys;
use super::read::explain;
use super::spare::Spare;
use super::{BucketAccess, BucketUri, ChunkOptions, KeySource, Layout, Place, inline};
use crate::error::{Error, ErrorKind, Result};

/// The bytes of chunks, in any object store. Cheap to clone; clones share connections and what they know.
///
/// Nothing is deleted here: chunks that no reference leads to are the service's to collect.
#[derive(Clone)]
pub struct ChunkStore {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    layout: Layout,
    /// Where new objects go.
    own: Arc<dyn ObjectStore>,
    /// The buckets that references have named so far, and those that the caller gave.
    buckets: Mutex<HashMap<BucketUri, Arc<dyn ObjectStore>>>,
    /// How others are opened.
    access: Option<BucketAccess>,
    pub(super) options: ChunkOptions,
    known: KnownKeys,
    pub(super) spare: Spare,
}

impl ChunkStore {
    /// Over any object store, which is the bucket itself: keys have the prefix of the layout. Retrying what fails is
    /// the business of that store. References into other buckets can be read after
    /// [`with_bucket`](Self::with_bucket).
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, layout: Layout) -> Self {
        let home = match &layout {
            Layout::V0 { bucket, .. } => Some((bucket.clone(), Arc::clone(&store))),
            Layout::V1 { .. } => None,
        };
        Self::build(store, layout, home.into_iter().collect(), None)
    }

    /// In the memory of this process.
    #[must_use]
    pub fn in_memory(layout: Layout) -> Self {
        Self::new(Arc::new(object_store::memory::InMemory::new()), layout)
    }

    /// In a bucket, by the access to it. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) or [`Unsupported`](ErrorKind::Unsupported) if it cannot be opened with what the
    /// access says.
    pub fn open(access: BucketAccess, bucket: BucketUri, layout: Layout) -> Result<Self> {
        let store = access.open(&bucket)?;
        let home = (bucket, Arc::clone(&store));
        Ok(Self::build(store, layout, HashMap::from([home]), Some(access)))
    }

    /// Of a repo with a bucket config, by the id of the repo as hexadecimal text. Keys for the bucket come from the
    /// config or, where they are temporary, from `keys`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if V1 repos cannot be on that platform,
    /// [`Credentials`](ErrorKind::Credentials) if there is no way to keys that are needed.
    pub fn of_bucket(
        bucket: &BucketResponse,
        repo_id: &str,
        keys: Option<Arc<dyn KeySource>>,
    ) -> Result<Self> {
        let access = BucketAccess::of_bucket(bucket, keys)?;
        let uri = BucketAccess::uri(bucket)?;
        Self::open(access, uri, Layout::of_repo(&bucket.prefix, repo_id)?)
    }

    /// Of a repo without a bucket config, below a URI such as `s3://bucket/some/prefix`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if it is no such URI, else as [`open`](Self::open).
    pub fn of_uri(uri: &str, access: BucketAccess) -> Result<Self> {
        let (bucket, _) = BucketUri::split(uri)?;
        Self::open(access, bucket, Layout::v0(uri)?)
    }

    fn build(
        own: Arc<dyn ObjectStore>,
        layout: Layout,
        buckets: HashMap<BucketUri, Arc<dyn ObjectStore>>,
        access: Option<BucketAccess>,
    ) -> Self {
        let options = ChunkOptions::default();
        let known = KnownKeys::new(options.known_keys);
        let (buckets, spare) = (Mutex::new(buckets), options.spare());
        Self { inner: Arc::new(Inner { layout, own, buckets, access, options, known, spare }) }
    }

    /// The same objects with other options. Forgets which objects were uploaded.
    #[must_use]
    pub fn with_options(&self, options: ChunkOptions) -> Self {
        let Inner { layout, own, access, .. } = self.inner.as_ref();
        let buckets = Mutex::new(self.buckets().clone());
        let (known, spare) = (KnownKeys::new(options.known_keys), options.spare());
        let (layout, own, access) = (layout.clone(), Arc::clone(own), access.clone());
        Self { inner: Arc::new(Inner { layout, own, buckets, access, options, known, spare }) }
    }

    /// Reads references into a bucket from this store, whose keys are those of the bucket.
    #[must_use]
    pub fn with_bucket(self, bucket: BucketUri, store: Arc<dyn ObjectStore>) -> Self {
        self.buckets().insert(bucket, store);
        self
    }

    /// What the caller said about it.
    #[must_use]
    pub fn options(&self) -> &ChunkOptions {
        &self.inner.options
    }

    /// Where new objects go.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.inner.layout
    }

    /// A bucket, for listings and other reads: the repo's own, one given before, or one opened now.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if it is none of them.
    pub fn bucket(&self, bucket: &BucketUri) -> Result<Arc<dyn ObjectStore>> {
        let mut buckets = self.buckets();
        if let Some(store) = buckets.get(bucket) {
            return Ok(Arc::clone(store));
        }
        let Some(access) = &self.inner.access else {
            let message = format!("there is no way into the bucket {bucket}; give one by `with_bucket`");
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let store = access.open(bucket)?;
        buckets.insert(bucket.clone(), Arc::clone(&store));
        Ok(store)
    }

    fn buckets(&self) -> std::sync::MutexGuard<'_, HashMap<BucketUri, Arc<dyn ObjectStore>>> {
        self.inner.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object behind a place that is not inline.
    pub(super) fn object(&self, place: &Place) -> Result<(Arc<dyn ObjectStore>, Path)> {
        match place {
            Place::Own { hash, session } => {
                let key = match &self.inner.layout {
                    layout @ Layout::V1 { .. } => layout.key(hash, session),
                    Layout::V0 { .. } => {
                        let message = "a chunk reference needs a bucket config, and the repo has none";
                        return Err(Error::new(ErrorKind::InvalidReference, message));
                    }
                };
                Ok((Arc::clone(&self.inner.own), path(&key)?))
            }
            Place::Named { bucket, key } => Ok((self.bucket(bucket)?, path(key)?)),
            Place::Inline(_) => Err(Error::new(ErrorKind::Invalid, "inline data are in no object")),
        }
    }

    /// Stores a chunk for a session and returns the reference to it. Small chunks go into the reference; others are in
    /// the bucket by the time this returns. Chunks that this store has put there before are not sent again.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) or [`Credentials`](ErrorKind::Credentials); then there is no reference, and at
    /// most an object that nobody looks for.
    pub async fn put(&self, session: &SessionId, chunk: Bytes) -> Result<ReferenceData> {
        let Inner { layout, own, options, known, .. } = self.inner.as_ref();
        let (length, hash) = (chunk.len() as u64, options.hash_method.digest(&chunk));
        if options.inline_threshold.is_some_and(|threshold| chunk.len() <= threshold)
            && let Some(uri) = inline::encode(&chunk)
        {
            return Ok(ReferenceData::inline(uri, length, hash, layout.session(session).cloned()));
        }
        let key = layout.key(&hash, session);
        if !known.contains(&key) {
            let payload = PutPayload::from(chunk);
            own.put(&path(&key)?, payload).await.map_err(|error| explain("write chunk", &key, &error))?;
            known.insert(&key);
        }
        Ok(layout.reference(hash, session, length))
    }

    /// Stores many chunks, so many at once as the options say, and returns their references in the same order. The
    /// first failure ends it.
    ///
    /// # Errors
    /// As [`put`](Self::put); then there are no references at all.
    pub async fn put_many(
        &self,
        session: &SessionId,
        chunks: impl IntoIterator<Item = Bytes>,
    ) -> Result<Vec<ReferenceData>> {
        let puts = chunks.into_iter().map(|chunk| {
            let (store, session) = (self.clone(), session.clone());
            spawn(async move { store.put(&session, chunk).await })
        });
        stream::iter(puts).buffered(self.inner.options.concurrency.get()).try_collect().await
    }

    /// A reference to a part of somebody's file, as this repo writes them. Nothing is read.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if the URI does not begin with `s3://` or `gs://` and a bucket.
    pub fn virtual_reference(
        &self,
        session: &SessionId,
        uri: &str,
        offset: u64,
        length: u64,
    ) -> Result<ReferenceData> {
        BucketUri::split(uri)?;
        let session = self.inner.layout.session(session).cloned();
        Ok(ReferenceData::virtual_reference(uri, offset, length, session))
    }

    /// Whether the bucket answers: asks for a listing.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) or [`Credentials`](ErrorKind::Credentials) if it does not.
    pub async fn ping(&self) -> Result<()> {
        let (Layout::V0 { prefix, .. } | Layout::V1 { prefix }) = &self.inner.layout;
        let first = self.inner.own.list(Some(&path(prefix)?)).next().await;
        first.transpose().map(drop).map_err(|error| explain("ping bucket", prefix, &error))
    }
}

/// A key as it is; the type would encode what it finds odd.
pub(super) fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("{key:?} cannot be the key of an object: {error}"))
    })
}

/// Work that may go on on another thread, and ends with whoever waits for it.
pub(super) async fn spawn<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(work);
    match tasks.join_next().await {
        Some(Ok(outcome)) => outcome,
        _ => Err(Error::new(ErrorKind::Storage, "the work on a chunk ended before it was done")),
    }
}

impl fmt::Debug for ChunkStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkStore").field("layout", self.layout()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
