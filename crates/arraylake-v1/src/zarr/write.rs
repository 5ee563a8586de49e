//! Writing. What is written is visible to others with a commit.

use std::collections::HashMap;

use arraylake_types::v1::{Collection, NewDoc};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;
use zarrs_storage::{AsyncWritableStorageTraits, OffsetBytesIterator, StorageError, StoreKey, StorePrefix};

use super::gather::again;
use super::key::Key;
use super::{ZarrStore, array_to_draft, fail, group_to_draft, unsupported};
use crate::error::{Error, ErrorKind, Result};
use crate::metastore::View;
use crate::path::NodePath;

/// A reference on its way: what it is written to, the path, and the JSON.
pub(super) type NewReference = (View, String, Box<RawValue>);

impl ZarrStore {
    async fn set_key(&self, key: &StoreKey, value: Bytes) -> Result<()> {
        // Nothing that this handle remembers may outlive what it writes.
        self.cool();
        match Key::parse(key.as_str()) {
            Key::Node(node) => self.set_document(&node, &value).await,
            Key::Chunk(path) => self.set_chunk(path, value).await,
            Key::Other => {
                Err(unsupported(format!("key {key:?} has no place in a V1 repo", key = key.as_str())))
            }
        }
    }

    async fn set_document(&self, node: &NodePath, value: &[u8]) -> Result<()> {
        self.inner.repo.writable()?;
        let bad = |reason: String| Error::new(ErrorKind::Invalid, format!("the document of {node} {reason}"));
        let document = crate::json::parse_object(value).map_err(bad)?;
        let (path, other, stored) = match document.get("node_type").and_then(Value::as_str) {
            Some("array") => (node.array_document(), node.group_document(), array_to_draft(&document)?),
            Some("group") => (node.group_document(), node.array_document(), group_to_draft(&document)),
            _ => return Err(bad("has a `node_type` that is neither `array` nor `group`".to_owned())),
        };
        self.inner.repo.set_doc(&path, &stored).await?;
        if self.inner.repo.doc_exists(&other).await? {
            self.inner.repo.del_docs([other]).await?;
        }
        Ok(())
    }

    /// The chunk goes into the bucket, and then its reference to the service, together with others.
    async fn set_chunk(&self, path: String, value: Bytes) -> Result<()> {
        let session = self.inner.repo.writable()?;
        let reference = self.inner.chunks.put(&session.id, value).await?;
        let json = serde_json::value::to_raw_value(&reference)
            .map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))?;
        let run = |references| self.store_references(references);
        self.inner.writes.ask((session.view(), path, json), run).await?
    }

    /// Each session has an outcome of its own: one that is over does not spoil what others write.
    async fn store_references(&self, references: Vec<NewReference>) -> Result<Vec<Result<()>>> {
        let mut sessions: HashMap<&View, Vec<NewDoc<&RawValue>>> = HashMap::new();
        for (view, path, json) in &references {
            sessions.entry(view).or_default().push(NewDoc::new(view.session.clone(), path.clone(), json));
        }
        let _writing = self.inner.repo.writing().await;
        let mut outcomes = HashMap::new();
        for (view, docs) in sessions {
            let outcome = self.inner.repo.metastore().add_docs(&Collection::Chunks, view, &docs).await;
            outcomes.insert(view, outcome);
        }
        Ok(references.iter().map(|(view, ..)| outcome_of(&outcomes, view)).collect())
    }
}

/// What became of a session; well, if nothing was sent for it.
pub(super) fn outcome_of(outcomes: &HashMap<&View, Result<()>>, view: &View) -> Result<()> {
    match outcomes.get(view) {
        Some(Err(error)) => Err(again(error)),
        _ => Ok(()),
    }
}

#[async_trait]
impl AsyncWritableStorageTraits for ZarrStore {
    async fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.set_key(key, value).await.map_err(fail)
    }

    async fn set_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        offset_values: OffsetBytesIterator<'a>,
    ) -> Result<(), StorageError> {
        zarrs_storage::async_store_set_partial_many(self, key, offset_values).await
    }

    async fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.erase_key(key).await.map_err(fail)
    }

    async fn erase_many(&self, keys: &[StoreKey]) -> Result<(), StorageError> {
        self.erase_keys(keys).await.map_err(fail)
    }

    async fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        self.erase_under(prefix.as_str()).await.map_err(fail)
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}
