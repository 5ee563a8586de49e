//! Reading: documents, translated; chunks, by their references.

use std::collections::HashMap;
use std::ops::Range;

use arraylake_types::v1::{Collection, ReferenceData};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zarrs_storage::byte_range::{ByteRange, ByteRangeIterator, InvalidByteRangeError};
use zarrs_storage::{
    AsyncMaybeBytesIterator, AsyncReadableStorageTraits, MaybeBytes, StorageError, StoreKey,
};

use super::gather::again;
use super::key::Key;
use super::{ZarrStore, array_to_v3, fail, group_to_v3};
use crate::error::{Error, ErrorKind, Result};
use crate::metastore::{Listing, View};
use crate::path::{NodePath, node_of_chunk};
use crate::repo::read_doc;

/// A reference that is wanted: what is looked at, and the path.
pub(super) type WantedReference = (View, String);

/// The document of a node, as it is stored.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    Array(Map<String, Value>),
    Group(Map<String, Value>),
}

impl Stored {
    fn to_v3(&self) -> Result<Value> {
        match self {
            Self::Array(array) => array_to_v3(array),
            Self::Group(group) => Ok(group_to_v3(group)),
        }
    }
}

impl ZarrStore {
    /// The document of a node, if it has one.
    pub(super) async fn stored(&self, node: &NodePath) -> Result<Option<Stored>> {
        let view = self.inner.repo.session()?.view();
        if let Some(known) = self.warm.as_ref().and_then(|warm| warm.document(&view, node)) {
            return Ok(known);
        }
        let (array, group) = (node.array_document(), node.group_document());
        let paths = [array.as_str(), group.as_str()];
        let mut found = self.inner.repo.fetch_at(&Collection::Metadata, &view, paths).await?;
        match (found.remove(&array), found.remove(&group)) {
            (Some(document), other) => {
                if other.is_some() {
                    tracing::warn!(%node, "is an array and a group; the array is shown");
                }
                Ok(Some(Stored::Array(document)))
            }
            (None, Some(document)) => Ok(Some(Stored::Group(document))),
            (None, None) => Ok(None),
        }
    }

    /// The document of a node for Zarr v3. The root group always has one, and so has what something lies in.
    async fn document(&self, node: &NodePath) -> Result<Option<Bytes>> {
        let document = match self.stored(node).await? {
            Some(stored) => stored.to_v3().map_err(|error| {
                Error::new(error.kind().clone(), format!("{node} cannot be shown as Zarr v3: {error}"))
            })?,
            None if node.is_root() || self.has_children(node).await? => group_to_v3(&Map::new()),
            None => return Ok(None),
        };
        Ok(Some(Bytes::from(document.to_string())))
    }

    async fn has_children(&self, node: &NodePath) -> Result<bool> {
        let view = self.inner.repo.session()?.view();
        let listing = Listing::of_directory(format!("{}/", node.metadata_directory()));
        let metastore = self.inner.repo.metastore();
        Ok(!metastore.list(&Collection::Metadata, &view, &listing).await?.is_empty())
    }

    /// The reference of a chunk, if it was written. Who asks at the same time asks together.
    pub(super) async fn reference(&self, path: String) -> Result<Option<ReferenceData>> {
        let view = self.inner.repo.session()?.view();
        if let Some(known) = self.warm.as_ref().and_then(|warm| warm.reference(&view, &path)) {
            return Ok(known);
        }
        let run = |wanted| self.references(wanted);
        self.inner.reads.ask((view, path), run).await?
    }

    async fn references(&self, wanted: Vec<WantedReference>) -> Result<Vec<Result<Option<ReferenceData>>>> {
        Ok(self.look_up(&wanted).await)
    }

    /// What is stored for chunks, with one request for each array. What goes wrong with one array, or in one session,
    /// is not the error of others.
    pub(super) async fn look_up<T: DeserializeOwned + Clone>(
        &self,
        wanted: &[WantedReference],
    ) -> Vec<Result<Option<T>>> {
        // The service wants all chunks of a request to be of one array.
        let mut requests: HashMap<(&View, &str), Vec<&str>> = HashMap::new();
        for (view, path) in wanted {
            requests.entry((view, node_of_chunk(path))).or_default().push(path);
        }
        let metastore = self.inner.repo.metastore();
        let calls = requests.iter().map(|((view, _), paths)| async move {
            let rows = metastore.get_docs(&Collection::Chunks, view, paths).await?;
            rows.into_iter().filter_map(|row| read_doc(row).transpose()).collect::<Result<HashMap<_, T>>>()
        });
        let answers = futures_util::future::join_all(calls).await;
        let answers: HashMap<_, _> = requests.keys().copied().zip(answers).collect();
        let found = wanted.iter().map(|(view, path)| match answers.get(&(view, node_of_chunk(path))) {
            // Two may want the same.
            Some(Ok(rows)) => Ok(rows.get(path).cloned()),
            Some(Err(error)) => Err(again(error)),
            None => Ok(None),
        });
        found.collect()
    }

    /// The whole value of a key.
    pub(super) async fn whole(&self, key: &StoreKey) -> Result<Option<Bytes>, StorageError> {
        match Key::parse(key.as_str()) {
            Key::Node(node) => self.document(&node).await.map_err(fail),
            Key::Chunk(path) => {
                let Some(reference) = self.reference(path).await.map_err(fail)? else { return Ok(None) };
                self.present(self.inner.chunks.get(&reference).await)
            }
            Key::Other => Ok(None),
        }
    }

    /// Parts of the value of a key, checked before anything is fetched.
    pub(super) async fn parts(
        &self,
        key: &StoreKey,
        wanted: &[ByteRange],
    ) -> Result<Option<Vec<Bytes>>, StorageError> {
        let Key::Chunk(path) = Key::parse(key.as_str()) else {
            let Some(document) = self.whole(key).await? else { return Ok(None) };
            let ranges = resolve(wanted, document.len() as u64)?;
            // Within a document that is in memory.
            let cut = |range: &Range<u64>| document.slice(range.start as usize..range.end as usize);
            return Ok(Some(ranges.iter().map(cut).collect()));
        };
        let Some(reference) = self.reference(path).await.map_err(fail)? else { return Ok(None) };
        let ranges = resolve(wanted, reference.length)?;
        self.present(self.inner.chunks.get_ranges(&reference, &ranges).await)
    }

    /// Nothing for a chunk whose object is gone, if that is no error.
    fn present<T>(&self, outcome: Result<T>) -> Result<Option<T>, StorageError> {
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(error)
                if *error.kind() == ErrorKind::ChunkMissing && self.inner.chunks.options().fill_missing =>
            {
                Ok(None)
            }
            Err(error) => Err(fail(error)),
        }
    }

    pub(super) async fn size_of(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        match Key::parse(key.as_str()) {
            Key::Node(node) => {
                let document = self.document(&node).await.map_err(fail)?;
                Ok(document.map(|document| document.len() as u64))
            }
            Key::Chunk(path) => {
                let reference = self.reference(path).await.map_err(fail)?;
                Ok(reference.map(|reference| reference.length))
            }
            Key::Other => Ok(None),
        }
    }
}

fn resolve(wanted: &[ByteRange], size: u64) -> Result<Vec<Range<u64>>, StorageError> {
    let one = |range: &ByteRange| {
        let resolved = match *range {
            ByteRange::FromStart(start, None) => Some(start..size),
            ByteRange::FromStart(start, Some(length)) => start.checked_add(length).map(|end| start..end),
            ByteRange::Suffix(length) => size.checked_sub(length).map(|start| start..size),
        };
        let within = resolved.filter(|range| range.start <= range.end && range.end <= size);
        within.ok_or_else(|| StorageError::from(InvalidByteRangeError::new(*range, size)))
    };
    wanted.iter().map(one).collect()
}

#[async_trait]
impl AsyncReadableStorageTraits for ZarrStore {
    async fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        self.whole(key).await
    }

    async fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<AsyncMaybeBytesIterator<'a>, StorageError> {
        let wanted: Vec<_> = byte_ranges.collect();
        let bytes = self.parts(key, &wanted).await?;
        Ok(bytes.map(|bytes| stream::iter(bytes.into_iter().map(Ok)).boxed()))
    }

    async fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.size_of(key).await
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}
