//! Writing and erasing. What is written is uploaded at once and becomes visible to others with a commit.

use async_trait::async_trait;
use bytes::Bytes;
use icechunk::format::Path;
use icechunk::session::Session;
use zarrs_storage::{AsyncWritableStorageTraits, OffsetBytesIterator, StorageError, StoreKey, StorePrefix};

use super::ZarrStore;
use super::key::{Key, base};

impl ZarrStore {
    async fn erase_key(&self, key: &StoreKey) -> Result<(), StorageError> {
        if self.store.read_only().await {
            return Err(StorageError::ReadOnly);
        }
        if Key::parse(key.as_str()) == Key::Other {
            return Ok(());
        }
        self.store.delete(key.as_str()).await.map_err(|error| self.fail(error))
    }

    async fn erase_under(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        if self.store.read_only().await {
            return Err(StorageError::ReadOnly);
        }
        if prefix.as_str().is_empty() {
            return self.store.clear().await.map_err(|error| self.fail(error));
        }
        self.store.delete_dir(prefix.as_str()).await.map_err(|error| self.fail(error))?;
        // Nodes may have been made without the groups above them, which `delete_dir` then does not find.
        let mut session = self.session.write().await;
        for path in self.nodes_under(&session, prefix).await? {
            let Some(node) = self.present(session.get_node(&path).await)? else { continue };
            session.delete_node(node).await.map_err(|error| self.fail(error))?;
        }
        Ok(())
    }

    async fn nodes_under(&self, session: &Session, prefix: &StorePrefix) -> Result<Vec<Path>, StorageError> {
        let nodes = session.list_nodes(&Path::root()).await.map_err(|error| self.fail(error))?;
        let mut paths = Vec::new();
        for node in nodes {
            let path = node.map_err(|error| self.fail(error))?.path;
            if base(&path).starts_with(prefix.as_str()) {
                paths.push(path);
            }
        }
        Ok(paths)
    }
}

#[async_trait]
impl AsyncWritableStorageTraits for ZarrStore {
    async fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.store.set(key.as_str(), value).await.map_err(|error| self.fail(error))
    }

    async fn set_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        offset_values: OffsetBytesIterator<'a>,
    ) -> Result<(), StorageError> {
        zarrs_storage::async_store_set_partial_many(self, key, offset_values).await
    }

    async fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.erase_key(key).await
    }

    async fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        self.erase_under(prefix).await
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}
