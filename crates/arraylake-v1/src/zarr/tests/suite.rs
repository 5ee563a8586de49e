//! The test suite that zarrs has for stores. Its keys are `a/b` and the like, for which a V1 repo has no place, so each
//! of them stands for a chunk here: `a/b` is `x/c/0/1`. The names keep their order.

use std::collections::BTreeMap;

use zarrs_storage::byte_range::ByteRangeIterator;
use zarrs_storage::store_test::{
    async_store_list, async_store_list_size, async_store_read, async_store_write, store_list,
    store_list_size, store_read, store_write,
};
use zarrs_storage::{
    AsyncListableStorageTraits, AsyncMaybeBytesIterator, AsyncReadableStorageTraits,
    AsyncWritableStorageTraits, ListableStorageTraits, MaybeBytes, MaybeBytesIterator, OffsetBytesIterator,
    ReadableStorageTraits, StoreKeys, StoreKeysPrefixes, StorePrefix, WritableStorageTraits,
};

use super::*;

/// All names of the suite, in their order; the place of a name is its number.
const NAMES: [&str; 16] = [
    "0",
    "1",
    "a",
    "b",
    "c",
    "d",
    "e",
    "erase",
    "f",
    "g",
    "h",
    "i",
    "j",
    "k",
    "erase_many_0",
    "erase_many_1",
];
const MORE: [&str; 2] = ["erase_prefix", "notfound"];
const ROOT: &str = "x/c/";

fn numbers() -> BTreeMap<&'static str, usize> {
    // Two digits each, so that numbers are in order as texts, too.
    NAMES.into_iter().chain(MORE).enumerate().map(|(index, name)| (name, index + 10)).collect()
}

fn there(path: &str) -> String {
    let numbers = numbers();
    let parts: Vec<String> =
        path.split('/').map(|part| numbers.get(part).map_or(String::new(), usize::to_string)).collect();
    format!("{ROOT}{}", parts.join("/"))
}

fn back(path: &str) -> String {
    let names: BTreeMap<String, &str> =
        numbers().into_iter().map(|(name, number)| (number.to_string(), name)).collect();
    let bare = path.strip_prefix(ROOT).unwrap();
    let parts: Vec<&str> = bare.split('/').map(|part| names.get(part).copied().unwrap_or_default()).collect();
    parts.join("/")
}

fn key_there(key: &StoreKey) -> StoreKey {
    StoreKey::new(there(key.as_str())).unwrap()
}

fn prefix_there(prefix: &StorePrefix) -> StorePrefix {
    StorePrefix::new(there(prefix.as_str())).unwrap()
}

fn keys_back(keys: StoreKeys) -> StoreKeys {
    keys.iter().map(|key| StoreKey::new(back(key.as_str())).unwrap()).collect()
}

fn both_back(found: &StoreKeysPrefixes) -> StoreKeysPrefixes {
    let prefixes = found.prefixes().iter().map(|prefix| StorePrefix::new(back(prefix.as_str())).unwrap());
    StoreKeysPrefixes::new(keys_back(found.keys().clone()), prefixes.collect())
}

/// A store under other names.
struct Renamed<S>(S);

#[async_trait::async_trait]
impl AsyncReadableStorageTraits for Renamed<ZarrStore> {
    async fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        AsyncReadableStorageTraits::get(&self.0, &key_there(key)).await
    }

    async fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        ranges: ByteRangeIterator<'a>,
    ) -> Result<AsyncMaybeBytesIterator<'a>, StorageError> {
        AsyncReadableStorageTraits::get_partial_many(&self.0, &key_there(key), ranges).await
    }

    async fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        AsyncReadableStorageTraits::size_key(&self.0, &key_there(key)).await
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

#[async_trait::async_trait]
impl AsyncWritableStorageTraits for Renamed<ZarrStore> {
    async fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        AsyncWritableStorageTraits::set(&self.0, &key_there(key), value).await
    }

    async fn set_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        values: OffsetBytesIterator<'a>,
    ) -> Result<(), StorageError> {
        AsyncWritableStorageTraits::set_partial_many(&self.0, &key_there(key), values).await
    }

    async fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        AsyncWritableStorageTraits::erase(&self.0, &key_there(key)).await
    }

    async fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        AsyncWritableStorageTraits::erase_prefix(&self.0, &prefix_there(prefix)).await
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

#[async_trait::async_trait]
impl AsyncListableStorageTraits for Renamed<ZarrStore> {
    async fn list(&self) -> Result<StoreKeys, StorageError> {
        AsyncListableStorageTraits::list(&self.0).await.map(keys_back)
    }

    async fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        AsyncListableStorageTraits::list_prefix(&self.0, &prefix_there(prefix)).await.map(keys_back)
    }

    async fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        let found = AsyncListableStorageTraits::list_dir(&self.0, &prefix_there(prefix)).await?;
        Ok(both_back(&found))
    }

    async fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        AsyncListableStorageTraits::size_prefix(&self.0, &prefix_there(prefix)).await
    }
}

impl ReadableStorageTraits for Renamed<BlockingZarrStore> {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        self.0.get(&key_there(key))
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        self.0.get_partial_many(&key_there(key), ranges)
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.0.size_key(&key_there(key))
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

impl WritableStorageTraits for Renamed<BlockingZarrStore> {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.0.set(&key_there(key), value)
    }

    fn set_partial_many(&self, key: &StoreKey, values: OffsetBytesIterator<'_>) -> Result<(), StorageError> {
        self.0.set_partial_many(&key_there(key), values)
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.0.erase(&key_there(key))
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        self.0.erase_prefix(&prefix_there(prefix))
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

impl ListableStorageTraits for Renamed<BlockingZarrStore> {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.0.list().map(keys_back)
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        self.0.list_prefix(&prefix_there(prefix)).map(keys_back)
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        self.0.list_dir(&prefix_there(prefix)).map(|found| both_back(&found))
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        self.0.size_prefix(&prefix_there(prefix))
    }
}

#[tokio::test]
async fn the_store_passes_the_suite_of_zarrs() {
    let (store, _) = writing().await;
    // Chunks in the bucket, and chunks in their references.
    for threshold in [None, Some(512)] {
        let options = ChunkOptions::new().with_inline_threshold(threshold).unwrap();
        let chunks = store.chunks().with_options(options);
        let store = Renamed(ZarrStore::new(store.repo().clone(), chunks));
        async_store_write(&store).await.unwrap();
        async_store_read(&store).await.unwrap();
        async_store_list(&store).await.unwrap();
        async_store_list_size(&store).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blocking_store_passes_the_suite_of_zarrs() {
    let (store, _) = writing().await;
    let store = Renamed(store.blocking(tokio::runtime::Handle::current()));
    store_write(&store).unwrap();
    store_read(&store).unwrap();
    std::thread::spawn(move || {
        store_list(&store).unwrap();
        store_list_size(&store).unwrap();
    })
    .join()
    .unwrap();
}
