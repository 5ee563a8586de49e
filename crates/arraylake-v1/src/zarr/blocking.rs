//! [`BlockingZarrStore`]: the same store for synchronous code.

use std::future::Future;

use bytes::Bytes;
use tokio::runtime::{Handle, RuntimeFlavor};
use zarrs_storage::byte_range::ByteRangeIterator;
use zarrs_storage::{
    AsyncWritableStorageTraits as _, ListableStorageTraits, MaybeBytes, MaybeBytesIterator,
    OffsetBytesIterator, ReadableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes,
    StorePrefix, WritableStorageTraits,
};

use super::ZarrStore;

/// A [`ZarrStore`] for the synchronous side of `zarrs`. Its calls may be made from any thread, as many at once as you
/// like, also from a worker of a multi-threaded runtime. On a runtime with one thread they fail, since nothing could
/// go on while they wait.
#[derive(Clone, Debug)]
pub struct BlockingZarrStore {
    store: ZarrStore,
    runtime: Handle,
}

impl ZarrStore {
    /// This store without `async`. Its work is done by `runtime`, which must outlive it and have threads of its own.
    #[must_use]
    pub fn blocking(self, runtime: Handle) -> BlockingZarrStore {
        BlockingZarrStore { store: self, runtime }
    }
}

impl BlockingZarrStore {
    /// The store itself.
    #[must_use]
    pub fn store(&self) -> &ZarrStore {
        &self.store
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, StorageError> {
        match Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Err(_) => Ok(self.runtime.block_on(future)),
            Ok(RuntimeFlavor::MultiThread) => {
                Ok(tokio::task::block_in_place(|| self.runtime.block_on(future)))
            }
            Ok(_) => Err(StorageError::Unsupported(
                "a blocking call inside an async runtime with one thread would never end".to_owned(),
            )),
        }
    }
}

impl ReadableStorageTraits for BlockingZarrStore {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        self.wait(self.store.whole(key))?
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let wanted: Vec<_> = byte_ranges.collect();
        let bytes = self.wait(self.store.parts(key, &wanted))??;
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

    fn set_partial_many(&self, key: &StoreKey, values: OffsetBytesIterator<'_>) -> Result<(), StorageError> {
        self.wait(self.store.set_partial_many(key, values))?
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.wait(self.store.erase(key))?
    }

    fn erase_many(&self, keys: &[StoreKey]) -> Result<(), StorageError> {
        self.wait(self.store.erase_many(keys))?
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
        self.wait(self.store.total(prefix.as_str()))?.map_err(super::fail)
    }
}
