//! [`BlockingZarrStore`]: the same store for synchronous code.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use icechunk::format::SnapshotId;
use tokio::runtime::{Handle, RuntimeFlavor};
use zarrs_storage::byte_range::{ByteRange, ByteRangeIterator};
use zarrs_storage::{
    AsyncWritableStorageTraits as _, ListableStorageTraits, MaybeBytes, MaybeBytesIterator,
    OffsetBytesIterator, ReadableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes,
    StorePrefix, WritableStorageTraits,
};

use super::ZarrStore;
use crate::{CommitOptions, Error, ErrorKind, IcechunkRepo};

/// A [`ZarrStore`] for the synchronous side of `zarrs`. Its calls may be made from any thread, as many at once as you
/// like, also from a worker of a multi-threaded runtime. On a runtime with one thread they fail, since nothing could
/// go on while they wait.
#[derive(Clone, Debug)]
pub struct BlockingZarrStore {
    store: Arc<ZarrStore>,
    runtime: Handle,
}

impl ZarrStore {
    /// This store without `async`. Its work is done by `runtime`, which must outlive it and have threads of its own.
    #[must_use]
    pub fn blocking(self, runtime: Handle) -> BlockingZarrStore {
        BlockingZarrStore { store: Arc::new(self), runtime }
    }
}

impl IcechunkRepo {
    /// [`store`](Self::store) for synchronous code. Works on the runtime that the repository was opened on, which for
    /// a blocking client is its own.
    ///
    /// # Errors
    /// As [`readonly_session`](Self::readonly_session); [`ErrorKind::Config`] if called on a runtime with one thread.
    pub fn blocking_store(&self, branch: &str) -> Result<BlockingZarrStore, Error> {
        let runtime = self.runtime();
        let store = wait(runtime, self.store(branch)).map_err(refused)??;
        Ok(store.blocking(runtime.clone()))
    }

    /// [`writable_store`](Self::writable_store) for synchronous code.
    ///
    /// # Errors
    /// As [`writable_session`](Self::writable_session), and as [`blocking_store`](Self::blocking_store).
    pub fn blocking_writable_store(&self, branch: &str) -> Result<BlockingZarrStore, Error> {
        let runtime = self.runtime();
        let store = wait(runtime, self.writable_store(branch)).map_err(refused)??;
        Ok(store.blocking(runtime.clone()))
    }
}

impl BlockingZarrStore {
    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &ZarrStore {
        &self.store
    }

    /// Commits what was written; see [`ZarrStore::commit`].
    ///
    /// # Errors
    /// As [`ZarrStore::commit`]; [`ErrorKind::Config`] if called on a runtime with one thread.
    pub fn commit(&self, commit: impl Into<CommitOptions> + Send) -> Result<SnapshotId, Error> {
        self.wait(self.store.commit(commit)).map_err(refused)?
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, StorageError> {
        wait(&self.runtime, future)
    }
}

fn wait<T>(runtime: &Handle, future: impl Future<Output = T>) -> Result<T, StorageError> {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Err(_) => Ok(runtime.block_on(future)),
        Ok(RuntimeFlavor::CurrentThread) => Err(StorageError::Unsupported(
            "a blocking call inside an async runtime with one thread would never end".to_owned(),
        )),
        Ok(_) => Ok(tokio::task::block_in_place(|| runtime.block_on(future))),
    }
}

fn refused(error: StorageError) -> Error {
    Error::new(ErrorKind::Config, error.to_string())
}

impl ReadableStorageTraits for BlockingZarrStore {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        let bytes = self.wait(self.store.ranges(key, &[ByteRange::FromStart(0, None)]))??;
        Ok(bytes.and_then(|mut bytes| bytes.pop()))
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let wanted: Vec<_> = byte_ranges.collect();
        let bytes = self.wait(self.store.ranges(key, &wanted))??;
        Ok(bytes.map(|bytes| -> Box<dyn Iterator<Item = _>> { Box::new(bytes.into_iter().map(Ok)) }))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.wait(self.store.size_of(key))?
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

impl WritableStorageTraits for BlockingZarrStore {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.wait(self.store.set(key, value))?
    }

    fn set_partial_many(
        &self,
        key: &StoreKey,
        offset_values: OffsetBytesIterator<'_>,
    ) -> Result<(), StorageError> {
        self.wait(self.store.set_partial_many(key, offset_values))?
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.wait(self.store.erase(key))?
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        self.wait(self.store.erase_prefix(prefix))?
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

impl ListableStorageTraits for BlockingZarrStore {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.wait(self.store.keys(""))?
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        self.wait(self.store.keys(prefix.as_str()))?
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        self.wait(self.store.children(prefix.as_str()))?
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        self.wait(self.store.total(prefix.as_str()))?
    }
}
