//! Erasing. zarrs erases each chunk that it takes for empty; what it may be wrong about is kept.

use std::collections::{BTreeSet, HashMap, HashSet};

use arraylake_types::v1::Collection;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use zarrs_storage::StoreKey;

use super::key::{Key, split_chunk};
use super::read::{Stored, WantedReference};
use super::translate::is_fill_doubtful;
use super::write::outcome_of;
use super::{BATCH, ZarrStore, unsupported};
use crate::error::Result;
use crate::metastore::View;
use crate::path::NodePath;
use crate::repo::read_doc;

impl ZarrStore {
    pub(super) async fn erase_key(&self, key: &StoreKey) -> Result<()> {
        let Key::Chunk(path) = Key::parse(key.as_str()) else {
            return self.erase_keys(std::slice::from_ref(key)).await;
        };
        self.cool();
        let view = self.inner.repo.writable()?.view();
        let run = |erased| self.erase_empty(erased);
        self.inner.erasures.ask((view, path), run).await?
    }

    /// Deletes references as zarrs does when it takes chunks for empty. Where it may be wrong in that they are kept, with
    /// an error.
    async fn erase_empty(&self, erased: Vec<WantedReference>) -> Result<Vec<Result<()>>> {
        let (doubtful, mut found) = futures_util::join!(self.doubtful(&erased), self.look_up(&erased));
        let doubtful = doubtful?;
        for ((view, path), found) in erased.iter().zip(&mut found) {
            let array = NodePath::of_chunk(path).map(|(array, _)| array.array_document());
            if array.is_some_and(|array| doubtful.contains(&(view.clone(), array))) {
                *found = Err(unsupported(doubt(path)));
            }
        }
        self.erase_found(&erased, found).await
    }

    /// Documents of arrays, among those of the chunks, for which zarrs may take other texts for the fill value.
    async fn doubtful(&self, erased: &[WantedReference]) -> Result<HashSet<WantedReference>> {
        let mut documents: HashMap<&View, BTreeSet<String>> = HashMap::new();
        for (view, path) in erased {
            let node = NodePath::of_chunk(path).map(|(node, _)| node.array_document());
            documents.entry(view).or_default().extend(node);
        }
        let mut doubtful = HashSet::new();
        for (view, paths) in documents {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            for row in self.inner.repo.metastore().get_docs(&Collection::Metadata, view, &paths).await? {
                let row = read_doc::<Map<String, Value>>(row)?;
                let array = row.filter(|(_, array)| is_fill_doubtful(array));
                doubtful.extend(array.map(|(path, _)| (view.clone(), path)));
            }
        }
        Ok(doubtful)
    }

    pub(super) async fn erase_keys(&self, keys: &[StoreKey]) -> Result<()> {
        self.cool();
        let view = self.inner.repo.writable()?.view();
        let (mut documents, mut chunks) = (BTreeSet::new(), BTreeSet::new());
        for key in keys {
            match Key::parse(key.as_str()) {
                Key::Node(node) => documents.extend([node.array_document(), node.group_document()]),
                Key::Chunk(path) => drop(chunks.insert(path)),
                Key::Other => {}
            }
        }
        let chunks: Vec<WantedReference> = chunks.into_iter().map(|path| (view.clone(), path)).collect();
        for chunks in chunks.chunks(BATCH) {
            self.erase_references(chunks).await?.into_iter().collect::<Result<()>>()?;
        }
        if documents.is_empty() {
            return Ok(());
        }
        let found = self.inner.repo.fetch::<Box<RawValue>>(&Collection::Metadata, documents).await?;
        self.inner.repo.delete(&Collection::Metadata, found.into_keys()).await
    }

    /// Deletes references that are there, all in one request. What is not is left alone: zarrs erases each chunk that
    /// has nothing but fill values.
    async fn erase_references(&self, erased: &[WantedReference]) -> Result<Vec<Result<()>>> {
        let found = self.look_up(erased).await;
        self.erase_found(erased, found).await
    }

    async fn erase_found(
        &self,
        erased: &[WantedReference],
        found: Vec<Result<Option<Box<RawValue>>>>,
    ) -> Result<Vec<Result<()>>> {
        let mut outcomes = Vec::with_capacity(erased.len());
        let mut there: HashMap<&View, Vec<&str>> = HashMap::new();
        for ((view, path), found) in erased.iter().zip(found) {
            if matches!(found, Ok(Some(_))) {
                there.entry(view).or_default().push(path);
            }
            outcomes.push(found.map(drop));
        }
        let _writing = self.inner.repo.writing().await;
        let mut deleted = HashMap::new();
        for (view, paths) in there {
            let outcome = self.inner.repo.metastore().del_docs(&Collection::Chunks, view, &paths).await;
            deleted.insert(view, outcome);
        }
        let of =
            |((view, _), outcome): (&WantedReference, Result<()>)| outcome.and(outcome_of(&deleted, view));
        Ok(erased.iter().zip(outcomes).map(of).collect())
    }

    pub(super) async fn erase_under(&self, prefix: &str) -> Result<()> {
        self.cool();
        let repo = &self.inner.repo;
        repo.writable()?;
        let Ok(node) = prefix.parse::<NodePath>() else { return Ok(()) };
        if let Some((array, _)) = split_chunk(prefix.trim_end_matches('/')) {
            self.erase_chunks(array, prefix).await?;
        }
        repo.delete_node(&node).await
    }

    /// All chunks of an array, or those whose keys begin with the prefix.
    async fn erase_chunks(&self, array: &str, prefix: &str) -> Result<()> {
        let Ok(node) = array.parse::<NodePath>() else { return Ok(()) };
        let all = prefix.trim_end_matches('/').rsplit('/').next() == Some("c");
        if all && matches!(self.stored(&node).await?, Some(Stored::Array(_))) {
            let directory = format!("{}/", node.chunk_directory());
            return self.inner.repo.del_prefix(&Collection::Chunks, &directory).await;
        }
        let chunks = self.chunk_keys(prefix).await?;
        let paths = chunks.into_iter().map(|(_, path)| path);
        self.inner.repo.delete(&Collection::Chunks, paths).await
    }
}

/// Why a chunk is not erased.
fn doubt(path: &str) -> String {
    format!(
        "chunk {path} is not erased: zarrs erases a chunk of texts when they, one after the other, are its fill value \
         several times, as `aa` and nothing are for the fill value `a`, and so would lose them. Store with the \
         methods of the array whose names end in `_opt`, and \
         `CodecOptions::default().with_store_empty_chunks(true)`; erase with `AsyncRepo::del_chunks`"
    )
}
