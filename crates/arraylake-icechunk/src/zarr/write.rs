//! Writing and erasing. What is written is uploaded at once and becomes visible to others with a commit.

use async_trait::async_trait;
use bytes::Bytes;
use icechunk::format::Path;
use icechunk::session::Session;
use serde_json::Value;
use zarrs_storage::{AsyncWritableStorageTraits, OffsetBytesIterator, StorageError, StoreKey, StorePrefix};

use super::ZarrStore;
use super::key::{Key, base};

impl ZarrStore {
    async fn erase_key(&self, key: &StoreKey) -> Result<(), StorageError> {
        if self.store.read_only().await {
            return Err(StorageError::ReadOnly);
        }
        match Key::parse(key.as_str()) {
            Key::Other => return Ok(()),
            Key::Chunk(array, _) => self.refuse_doubtful(&array, key).await?,
            Key::Node(_) => {}
        }
        self.store.delete(key.as_str()).await.map_err(|error| self.fail(error))
    }

    /// Refuses to erase a chunk that zarrs may have taken for empty by mistake.
    async fn refuse_doubtful(&self, array: &Path, key: &StoreKey) -> Result<(), StorageError> {
        let array = self.present(self.session.read().await.get_node(array).await)?;
        if array.is_some_and(|array| is_fill_doubtful(&array.user_data)) {
            let message = format!(
                "{key} is not erased: zarrs erases a chunk of texts when they, one after the other, are its fill \
                 value several times, as `aa` and nothing are for the fill value `a`, and so would lose them. Store \
                 with the methods of the array whose names end in `_opt`, and \
                 `CodecOptions::default().with_store_empty_chunks(true)`"
            );
            return Err(StorageError::Unsupported(message));
        }
        Ok(())
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

/// Whether elements of an array have different lengths, so that zarrs, which looks at all of them one after the other,
/// may take others for its fill value. No texts at all are no doubt.
fn is_fill_doubtful(document: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(document) else { return false };
    let data_type = &document["data_type"];
    let name = data_type.as_str().or_else(|| data_type["name"].as_str());
    let has_fill = match &document["fill_value"] {
        Value::String(text) => !text.is_empty(),
        Value::Array(bytes) => !bytes.is_empty(),
        _ => false,
    };
    has_fill && matches!(name, Some("string" | "bytes" | "variable_length_bytes"))
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
