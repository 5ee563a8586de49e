//! [`OpeningStorage`]: a storage that opens a repository in fewer requests, and where nobody may list.
//!
//! Opening reads `repo`, and two more keys that belong to older repositories and mostly do not exist; the first session
//! reads `repo` again. Here `repo` is read once, the older keys are answered from that, and the first session gets the
//! same bytes. Credentials that may not list get a 403 for keys that do not exist, which breaks icechunk's own opening
//! but not this one, since it does not ask.

use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use icechunk::Storage;
use icechunk::format::{CONFIG_FILE_PATH, REPO_INFO_FILE_PATH};
use icechunk::storage::{
    DeleteObjectsResult, GetModifiedResult, ListInfo, RepositoryCreation, Settings, StorageContext,
    StorageError, StorageErrorKind, StorageInfo, StorageResult, VersionInfo, VersionedUpdateResult,
};
use icechunk_storage::sealed::Sealed;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncReadExt as _};
use tokio::sync::OnceCell;
use tokio::time::Instant;

pub(crate) use self::renewal::Keeper;
use self::renewal::Renewed;

mod renewal;

/// Where repositories of the first format keep their main branch.
const MAIN_OF_V1: &str = "refs/branch.main/ref.json";
/// How old what the first session is given may be. Enough for a session that is begun as soon as the repository is open.
const FRESH: Duration = Duration::from_millis(250);

/// Counts what this process writes to any `repo`, so that it never reads something older than its own writes.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// A write, counted when it ends, however it ends.
struct Write;

impl Drop for Write {
    fn drop(&mut self) {
        WRITES.fetch_add(1, Ordering::SeqCst);
    }
}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;
type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, StorageError>> + Send>>;

/// What the first look at `repo` said.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Found,
    Missing,
    /// Not this time, which is for the read of `repo` to report.
    Failed,
    /// Nothing: this storage was deserialised, or made for creating, and nothing is opened on it.
    NotLooked,
}

enum Kept {
    Found(Copy),
    Failed(StorageError),
}

struct Copy {
    bytes: Bytes,
    version: VersionInfo,
    read: Instant,
    writes: u64,
    /// Whether opening has had it, and the first session is next.
    given: bool,
}

/// A storage for opening a repository, and for all that follows.
#[derive(Serialize, Deserialize)]
pub(crate) struct OpeningStorage {
    inner: Renewed,
    #[serde(skip, default = "not_looked")]
    seen: OnceCell<Seen>,
    #[serde(skip)]
    kept: Mutex<Option<Kept>>,
}

/// Asks the storage below, and once more with new keys where it refused the old ones.
macro_rules! ask {
    ($self:ident.$method:ident($($argument:expr),*)) => { ask!(after: $self.$method($($argument),*)) };
    ($after:ident: $self:ident.$method:ident($($argument:expr),*)) => {{
        let inner = $self.inner.last();
        match inner.storage().$method($($argument),*).await {
            Ok(done) => Ok(done),
            Err(error) => match inner.$after(error) {
                Ok(next) => next.storage().$method($($argument),*).await.map_err(|error| next.plain(error)),
                Err(error) => Err(error),
            },
        }
    }};
}

/// The same for a listing, which says with its first item that it was refused.
macro_rules! ask_listing {
    ($self:ident.$method:ident($($argument:expr),*)) => {{
        let inner = $self.inner.last();
        let mut listing = inner.storage().$method($($argument),*).await?;
        match listing.next().await {
            None => Ok(stream::empty().boxed()),
            Some(Ok(first)) => Ok(stream::iter([Ok(first)]).chain(listing).boxed()),
            Some(Err(error)) => inner.after(error)?.storage().$method($($argument),*).await,
        }
    }};
}

fn not_looked() -> OnceCell<Seen> {
    OnceCell::from(Seen::NotLooked)
}

impl OpeningStorage {
    /// On a storage whose credentials are `keeper`'s to renew.
    pub(crate) fn new(inner: Arc<dyn Storage + Send + Sync>, keeper: Keeper) -> Self {
        Self { inner: Renewed::new(inner, Some(keeper)), seen: OnceCell::new(), kept: Mutex::default() }
    }

    /// For a repository that is created rather than opened.
    pub(crate) fn created(inner: Arc<dyn Storage + Send + Sync>, keeper: Keeper) -> Self {
        Self { seen: not_looked(), ..Self::new(inner, keeper) }
    }

    /// Forgets what was read: whoever comes next wants it as it is now.
    pub(crate) fn forget(&self) {
        self.keep(None);
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    async fn look(&self, ctx: &StorageContext<'_>) -> Seen {
        *self.seen.get_or_init(|| self.first_look(ctx)).await
    }

    async fn first_look(&self, ctx: &StorageContext<'_>) -> Seen {
        let writes = WRITES.load(Ordering::SeqCst);
        match self.fetch(ctx).await {
            Ok((bytes, version)) => {
                let copy = Copy { bytes, version, read: Instant::now(), writes, given: false };
                self.keep(Some(Kept::Found(copy)));
                Seen::Found
            }
            Err(StorageError { kind: StorageErrorKind::ObjectNotFound, .. }) => Seen::Missing,
            Err(error) => {
                self.keep(Some(Kept::Failed(error)));
                Seen::Failed
            }
        }
    }

    async fn fetch(&self, ctx: &StorageContext<'_>) -> StorageResult<(Bytes, VersionInfo)> {
        match ask!(self.get_object_conditional(ctx, REPO_INFO_FILE_PATH, None))? {
            GetModifiedResult::Modified { mut data, new_version } => {
                let mut bytes = Vec::new();
                let failed = |error| StorageError::capture(StorageErrorKind::IOError(error));
                data.read_to_end(&mut bytes).await.map_err(failed)?;
                Ok((bytes.into(), new_version))
            }
            GetModifiedResult::OnLatestVersion => {
                let text = "a read without conditions was answered as one with".to_owned();
                Err(StorageError::capture(StorageErrorKind::Other(text)))
            }
        }
    }

    /// What was read a moment ago, once for opening and once for the first session.
    fn take(&self) -> Option<StorageResult<GetModifiedResult>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.take()? {
            Kept::Failed(error) => Some(Err(error)),
            Kept::Found(copy) => {
                let stale = copy.read.elapsed() > FRESH || copy.writes != WRITES.load(Ordering::SeqCst);
                if copy.given && stale {
                    return None;
                }
                let data: Reader = Box::pin(Cursor::new(copy.bytes.clone()));
                let new_version = copy.version.clone();
                if !copy.given {
                    *kept = Some(Kept::Found(Copy { given: true, ..copy }));
                }
                Some(Ok(GetModifiedResult::Modified { data, new_version }))
            }
        }
    }

    /// Whether a key need not be asked for: where there is a `repo`, those of older repositories mean nothing.
    async fn is_superseded(&self, ctx: &StorageContext<'_>, path: &str) -> bool {
        matches!(path, MAIN_OF_V1 | CONFIG_FILE_PATH)
            && matches!(self.look(ctx).await, Seen::Found | Seen::Failed)
    }
}

impl Sealed for OpeningStorage {}

impl fmt::Display for OpeningStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

impl fmt::Debug for OpeningStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpeningStorage").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[async_trait]
#[typetag::serde(name = "arraylake-opening")]
impl Storage for OpeningStorage {
    fn storage_info(&self) -> StorageInfo {
        self.inner.last().storage().storage_info()
    }

    async fn default_settings(&self) -> StorageResult<Settings> {
        ask!(self.default_settings())
    }

    async fn can_write(&self) -> StorageResult<bool> {
        ask!(self.can_write())
    }

    async fn can_create_repository(&self) -> StorageResult<RepositoryCreation> {
        ask!(self.can_create_repository())
    }

    async fn create_location_if_needed(&self) -> StorageResult<()> {
        ask!(self.create_location_if_needed())
    }

    async fn get_object_range(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
        range: Option<&Range<u64>>,
    ) -> StorageResult<(Chunks, VersionInfo)> {
        if range.is_none() && self.is_superseded(ctx, path).await {
            return Err(StorageError::capture(StorageErrorKind::ObjectNotFound));
        }
        ask!(self.get_object_range(ctx, path, range))
    }

    async fn get_object_conditional(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
        previous_version: Option<&VersionInfo>,
    ) -> StorageResult<GetModifiedResult> {
        if path == REPO_INFO_FILE_PATH && previous_version.is_none() {
            let first = self.seen.get().is_none();
            let seen = self.look(ctx).await;
            if let Some(answer) = self.take() {
                return answer;
            }
            if first && seen == Seen::Missing {
                return Err(StorageError::capture(StorageErrorKind::ObjectNotFound));
            }
        }
        ask!(self.get_object_conditional(ctx, path, previous_version))
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
        let _counted = (path == REPO_INFO_FILE_PATH).then_some(Write);
        ask!(self.put_object(ctx, path, bytes.clone(), content_type, metadata.clone(), previous_version))
    }

    async fn copy_object(
        &self,
        ctx: &StorageContext<'_>,
        from: &str,
        to: &str,
        content_type: Option<&str>,
        version: &VersionInfo,
    ) -> StorageResult<VersionedUpdateResult> {
        ask!(self.copy_object(ctx, from, to, content_type, version))
    }

    async fn list_objects<'a>(
        &'a self,
        ctx: &StorageContext<'_>,
        prefix: &str,
    ) -> StorageResult<BoxStream<'a, StorageResult<ListInfo<String>>>> {
        ask_listing!(self.list_objects(ctx, prefix))
    }

    async fn list_objects_with_id_prefixes<'a>(
        &'a self,
        ctx: &StorageContext<'_>,
        prefix: &str,
        id_prefixes: &[String],
    ) -> StorageResult<BoxStream<'a, StorageResult<ListInfo<String>>>> {
        ask_listing!(self.list_objects_with_id_prefixes(ctx, prefix, id_prefixes))
    }

    fn lists_id_prefixes_natively(&self) -> bool {
        self.inner.last().storage().lists_id_prefixes_natively()
    }

    async fn delete_batch(
        &self,
        ctx: &StorageContext<'_>,
        prefix: &str,
        batch: Vec<(String, u64)>,
    ) -> StorageResult<DeleteObjectsResult> {
        ask!(self.delete_batch(ctx, prefix, batch.clone()))
    }

    async fn get_object_last_modified(
        &self,
        ctx: &StorageContext<'_>,
        path: &str,
    ) -> StorageResult<DateTime<Utc>> {
        ask!(after_no_words: self.get_object_last_modified(ctx, path))
    }
}

#[cfg(test)]
mod tests;
