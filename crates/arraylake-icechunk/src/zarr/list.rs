//! Listing. Nodes come from the snapshot, chunks from the manifests; nothing in the bucket is listed.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::stream::StreamExt as _;
use icechunk::format::Path;
use icechunk::format::snapshot::{NodeData, NodeSnapshot};
use icechunk::session::Session;
use zarrs_storage::{
    AsyncListableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix,
};

use super::ZarrStore;
use super::key::{base, chunk_key, path};

/// Which chunks a listing walks.
#[derive(Clone, Copy, PartialEq)]
enum Chunks {
    All,
    /// Of arrays that a prefix names, whether there are any; of arrays below it none.
    Hinted,
}

/// Keys and the sizes of their values.
type Found = Vec<(String, u64)>;

impl ZarrStore {
    async fn found(&self, prefix: &str, chunks: Chunks) -> Result<Found, StorageError> {
        let session = self.session.read().await;
        let mut found = Found::new();
        let Some(top) = path(prefix.trim_end_matches('/')) else { return Ok(found) };
        for node in self.nodes(&session, &top, prefix).await? {
            let (own, base) = (node.path == top, base(&node.path));
            let key = format!("{base}zarr.json");
            if key.starts_with(prefix) {
                found.push((key, node.user_data.len() as u64));
            }
            // Within an array a directory is made of its chunks.
            let inside = !base.starts_with(prefix);
            if chunks == Chunks::All || own || inside {
                let hint = chunks == Chunks::Hinted && own;
                self.add_chunks(&session, &node, prefix, hint, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// The node at a path and those below, or else the array that the path is in.
    async fn nodes(
        &self,
        session: &Session,
        top: &Path,
        prefix: &str,
    ) -> Result<Vec<NodeSnapshot>, StorageError> {
        let mut nodes = Vec::new();
        for node in session.list_nodes(top).await.map_err(|error| self.fail(error))? {
            let node = node.map_err(|error| self.fail(error))?;
            if base(&node.path).starts_with(prefix) {
                nodes.push(node);
            }
        }
        if nodes.is_empty() {
            let above = self.present(session.get_closest_ancestor_node(top).await)?;
            nodes.extend(above);
        }
        Ok(nodes)
    }

    async fn add_chunks(
        &self,
        session: &Session,
        node: &NodeSnapshot,
        prefix: &str,
        hint: bool,
        found: &mut Found,
    ) -> Result<(), StorageError> {
        if matches!(node.node_data, NodeData::Group) {
            return Ok(());
        }
        let mut chunks = std::pin::pin!(session.all_node_chunks(node).await);
        while let Some(chunk) = chunks.next().await {
            let (path, chunk) = chunk.map_err(|error| self.fail(error))?;
            let key = chunk_key(&path, &chunk.coord);
            if key.starts_with(prefix) {
                found.push((key, chunk.payload.length()));
                if hint {
                    break;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<StoreKeys, StorageError> {
        let mut keys: Vec<_> =
            self.found(prefix, Chunks::All).await?.into_iter().map(|(key, _)| key).collect();
        keys.sort();
        keys.into_iter().map(|key| Ok(StoreKey::new(key)?)).collect()
    }

    pub(super) async fn children(&self, prefix: &str) -> Result<StoreKeysPrefixes, StorageError> {
        let (mut keys, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        for (key, _) in self.found(prefix, Chunks::Hinted).await? {
            match key[prefix.len()..].split_once('/') {
                Some((child, _)) => prefixes.insert(format!("{prefix}{child}/")),
                None => keys.insert(key),
            };
        }
        let keys: Result<Vec<_>, StorageError> =
            keys.into_iter().map(|key| Ok(StoreKey::new(key)?)).collect();
        let prefixes: Result<Vec<_>, StorageError> =
            prefixes.into_iter().map(|prefix| Ok(StorePrefix::new(prefix)?)).collect();
        Ok(StoreKeysPrefixes::new(keys?, prefixes?))
    }

    pub(super) async fn total(&self, prefix: &str) -> Result<u64, StorageError> {
        Ok(self.found(prefix, Chunks::All).await?.into_iter().map(|(_, size)| size).sum())
    }
}

#[async_trait]
impl AsyncListableStorageTraits for ZarrStore {
    async fn list(&self) -> Result<StoreKeys, StorageError> {
        self.keys("").await
    }

    async fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        self.keys(prefix.as_str()).await
    }

    async fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        self.children(prefix.as_str()).await
    }

    async fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        self.total(prefix.as_str()).await
    }
}
