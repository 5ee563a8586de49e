//! Listing, by the service's lists of documents and of references.

use std::collections::{BTreeSet, HashMap};

use arraylake_types::v1::{Collection, ReferenceData};
use async_trait::async_trait;
use serde_json::{Map, Value};
use zarrs_storage::{
    AsyncListableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix,
};

use super::key::{self, Key, Naming, chunk_key, is_ambiguous, node_key, split_chunk};
use super::read::Stored;
use super::{ZarrStore, array_to_v3, fail, group_to_v3};
use crate::error::{Error, ErrorKind, Result};
use crate::path::NodePath;

impl ZarrStore {
    /// Documents whose keys begin with a prefix: the keys, and the paths that they stand for.
    async fn document_keys(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let repo = &self.inner.repo;
        let mut paths = if prefix.is_empty() {
            repo.list_prefix(&Collection::Metadata, "meta/root").await?
        } else {
            repo.list_prefix(&Collection::Metadata, &format!("meta/root/{prefix}")).await?
        };
        if let Some(node) = directory(prefix).filter(|node| !node.is_root()) {
            let own = [node.array_document(), node.group_document()];
            let found = repo.fetch::<Map<String, Value>>(&Collection::Metadata, own).await?;
            paths.extend(found.into_keys());
        }
        let keys =
            paths.into_iter().filter_map(|path| Some((node_key(&NodePath::of_document(&path)?), path)));
        Ok(keys.filter(|(key, _)| key.starts_with(prefix)).collect())
    }

    /// Chunks whose keys begin with a prefix: the keys, and the paths that they stand for.
    pub(super) async fn chunk_keys(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let repo = &self.inner.repo;
        let under = if prefix.is_empty() { "data/root".to_owned() } else { format!("data/root/{prefix}") };
        let mut paths: BTreeSet<String> =
            repo.list_prefix(&Collection::Chunks, &under).await?.into_iter().collect();
        let bare = prefix.trim_end_matches('/');
        if split_chunk(bare).is_some()
            && let Key::Chunk(path) = Key::parse(bare)
        {
            // `a/c/` is the beginning of `a/c0`, and `a/c/1/` of `a/c1/`.
            let under =
                if bare.ends_with('c') { path.trim_end_matches('0').to_owned() } else { format!("{path}/") };
            paths.extend(repo.list_prefix(&Collection::Chunks, &under).await?);
        }
        let namings = self.namings(&paths).await?;
        let naming = |node: &NodePath| namings.get(node).copied().unwrap_or(Naming::Slashes);
        let keys = paths.into_iter().filter_map(|path| Some((chunk_key(&path, naming)?, path)));
        Ok(keys.filter(|(key, _)| key.starts_with(prefix)).collect())
    }

    /// How the arrays name their chunks, for those whose paths do not tell.
    async fn namings(&self, paths: &BTreeSet<String>) -> Result<HashMap<NodePath, Naming>> {
        let ambiguous = paths.iter().filter(|path| is_ambiguous(path));
        let nodes: BTreeSet<NodePath> =
            ambiguous.filter_map(|path| Some(NodePath::of_chunk(path)?.0)).collect();
        let documents = nodes.iter().map(NodePath::array_document);
        let found = self.inner.repo.fetch::<Map<String, Value>>(&Collection::Metadata, documents).await?;
        let known =
            found.iter().filter_map(|(path, array)| Some((NodePath::of_document(path)?, naming(array))));
        Ok(known.collect())
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<StoreKeys, StorageError> {
        let (documents, chunks) =
            futures_util::future::join(self.document_keys(prefix), self.chunk_keys(prefix)).await;
        let mut keys: BTreeSet<String> = documents.map_err(fail)?.into_iter().map(|(key, _)| key).collect();
        keys.extend(chunks.map_err(fail)?.into_iter().map(|(key, _)| key));
        keys.into_iter().map(|key| StoreKey::new(key).map_err(StorageError::from)).collect()
    }

    pub(super) async fn children(&self, prefix: &str) -> Result<StoreKeysPrefixes, StorageError> {
        let (keys, prefixes) = self.names(prefix).await.map_err(fail)?;
        let keys = keys.into_iter().map(|key| StoreKey::new(key).map_err(StorageError::from));
        let prefixes = prefixes.into_iter().map(|name| StorePrefix::new(name).map_err(StorageError::from));
        Ok(StoreKeysPrefixes::new(keys.collect::<Result<_, _>>()?, prefixes.collect::<Result<_, _>>()?))
    }

    /// Keys in a directory, and the directories in it.
    async fn names(&self, prefix: &str) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
        let (mut keys, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
        let Some(node) = directory(prefix) else { return Ok((keys, prefixes)) };
        let repo = &self.inner.repo;
        let own = self.stored(&node).await?;
        if own.is_some() || node.is_root() {
            keys.insert(node_key(&node));
        }
        for path in repo.list_dir(&Collection::Metadata, &node.metadata_directory()).await? {
            let child =
                NodePath::of_document(&path).or_else(|| path.strip_prefix("meta/root/")?.parse().ok());
            // The document of the root group lies beside the directory.
            prefixes.extend(child.filter(|child| !child.is_root()).map(|child| key::base(&child)));
        }
        if let Some(Stored::Array(array)) = &own {
            let naming = naming(array);
            for path in repo.list_dir(&Collection::Chunks, &node.chunk_directory()).await? {
                let Some(chunk) = path.strip_prefix(&node.chunk_directory()) else { continue };
                if !chunk.starts_with("/c") {
                    continue;
                }
                match naming {
                    Naming::Slashes => drop(prefixes.insert(format!("{prefix}c/"))),
                    Naming::Dots => keys.extend(chunk_key(&path, |_| naming)),
                    Naming::Single => drop(keys.insert(format!("{prefix}c"))),
                }
            }
        }
        if split_chunk(prefix.trim_end_matches('/')).is_some() {
            for (key, _) in self.chunk_keys(prefix).await? {
                match key[prefix.len()..].split_once('/') {
                    Some((name, _)) => drop(prefixes.insert(format!("{prefix}{name}/"))),
                    None => drop(keys.insert(key)),
                }
            }
        }
        Ok((keys, prefixes))
    }

    /// Bytes of all chunks, by their references, and of all documents as they are shown. Documents that cannot be
    /// shown count nothing.
    pub(super) async fn total(&self, prefix: &str) -> Result<u64> {
        let repo = &self.inner.repo;
        let chunks = self.chunk_keys(prefix).await?.into_iter().map(|(_, path)| path);
        let references = repo.fetch::<ReferenceData>(&Collection::Chunks, chunks).await?;
        let documents = self.document_keys(prefix).await?.into_iter().map(|(_, path)| path);
        let documents = repo.fetch::<Map<String, Value>>(&Collection::Metadata, documents).await?;
        let shown = documents.iter().filter_map(|(path, stored)| {
            let document =
                if path.ends_with(".array.json") { array_to_v3(stored).ok()? } else { group_to_v3(stored) };
            Some(document.to_string().len() as u64)
        });
        let mut bytes = references.values().map(|reference| reference.length).chain(shown);
        bytes.try_fold(0, u64::checked_add).ok_or_else(|| {
            Error::new(
                ErrorKind::Decode,
                format!("the sizes under {prefix:?} come to more than can be counted"),
            )
        })
    }
}

fn naming(array: &Map<String, Value>) -> Naming {
    let dimensions = array.get("shape").and_then(Value::as_array).map(Vec::len);
    let separator = array.get("chunk_grid").and_then(|grid| grid.get("separator")).and_then(Value::as_str);
    match (dimensions, separator) {
        (Some(0), _) => Naming::Single,
        (_, Some(".")) => Naming::Dots,
        _ => Naming::Slashes,
    }
}

/// The node that a prefix is the directory of; none if no node can be there.
fn directory(prefix: &str) -> Option<NodePath> {
    prefix.trim_end_matches('/').parse().ok()
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
        self.total(prefix.as_str()).await.map_err(fail)
    }
}
