//! Reading.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use icechunk::format::manifest::ChunkPayload;
use icechunk::format::{ChunkIndices, Path};
use icechunk::session::{SessionError, SessionErrorKind};
use zarrs_storage::byte_range::{ByteRange, ByteRangeIterator};
use zarrs_storage::{
    AsyncMaybeBytesIterator, AsyncReadableStorageTraits, MaybeBytes, StorageError, StoreKey,
};

use super::ZarrStore;
use super::key::Key;
use super::ranges::{cut, join, resolve};

impl ZarrStore {
    /// The bytes of all ranges, or none if there is no such key.
    pub(super) async fn ranges(
        &self,
        key: &StoreKey,
        wanted: &[ByteRange],
    ) -> Result<Option<Vec<Bytes>>, StorageError> {
        let session = self.session.read().await;
        let (path, indices) = match Key::parse(key.as_str()) {
            Key::Other => return Ok(None),
            Key::Node(path) => {
                let node = self.present(session.get_node(&path).await)?;
                return node.map(|node| slices(&node.user_data, wanted)).transpose();
            }
            Key::Chunk(path, indices) => (path, indices),
        };
        let payload = self.present(session.get_chunk_ref(&path, &indices).await)?.flatten();
        // Whoever wants to write need not wait for the object store.
        drop(session);
        match payload {
            None => Ok(None),
            Some(ChunkPayload::Inline(bytes)) => slices(&bytes, wanted).map(Some),
            Some(payload) => {
                let size = payload.length();
                let wanted = resolved(wanted, size)?;
                let spans = join(&wanted, size);
                let fetched: Vec<_> = stream::iter(spans)
                    .map(|span| self.fetch(&payload, &path, &indices, span))
                    .buffer_unordered(self.concurrency)
                    .try_collect()
                    .await?;
                let all: Option<Vec<_>> = wanted.iter().map(|range| cut(&fetched, range)).collect();
                all.map(Some).ok_or_else(|| StorageError::Other(format!("{key}: a chunk ended early")))
            }
        }
    }

    async fn fetch(
        &self,
        payload: &ChunkPayload,
        path: &Path,
        indices: &ChunkIndices,
        span: Range<u64>,
    ) -> Result<(Range<u64>, Bytes), StorageError> {
        let fetched = self.chunks.fetch(payload, span.clone(), path, indices).await;
        match fetched.map_err(|error| self.fail(error))? {
            Some(bytes) => Ok((span, bytes)),
            None => Err(StorageError::Unsupported(format!("a chunk of {path} is of an unknown kind"))),
        }
    }

    pub(super) async fn size_of(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        let session = self.session.read().await;
        Ok(match Key::parse(key.as_str()) {
            Key::Other => None,
            Key::Node(path) => {
                let node = self.present(session.get_node(&path).await)?;
                node.map(|node| node.user_data.len() as u64)
            }
            Key::Chunk(path, indices) => {
                let payload = self.present(session.get_chunk_ref(&path, &indices).await)?.flatten();
                payload.map(|payload| payload.length())
            }
        })
    }

    /// None where there is no such node, or a group where a chunk would need an array.
    pub(super) fn present<T>(&self, outcome: Result<T, SessionError>) -> Result<Option<T>, StorageError> {
        match outcome {
            Ok(found) => Ok(Some(found)),
            Err(error) => match error.kind {
                SessionErrorKind::NodeNotFound { .. }
                | SessionErrorKind::AncestorNodeNotFound { .. }
                | SessionErrorKind::NotAnArray { .. } => Ok(None),
                _ => Err(self.fail(error)),
            },
        }
    }
}

fn resolved(wanted: &[ByteRange], size: u64) -> Result<Vec<Range<u64>>, StorageError> {
    wanted.iter().map(|range| resolve(*range, size).map_err(StorageError::from)).collect()
}

fn slices(bytes: &Bytes, wanted: &[ByteRange]) -> Result<Vec<Bytes>, StorageError> {
    let size = bytes.len() as u64;
    let whole = [(0..size, bytes.clone())];
    let ranges = resolved(wanted, size)?;
    Ok(ranges.iter().filter_map(|range| cut(&whole, range)).collect())
}

#[async_trait]
impl AsyncReadableStorageTraits for ZarrStore {
    async fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        let bytes = self.ranges(key, &[ByteRange::FromStart(0, None)]).await?;
        Ok(bytes.and_then(|mut bytes| bytes.pop()))
    }

    async fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<AsyncMaybeBytesIterator<'a>, StorageError> {
        let wanted: Vec<_> = byte_ranges.collect();
        let bytes = self.ranges(key, &wanted).await?;
        Ok(bytes.map(|bytes| stream::iter(bytes.into_iter().map(Ok)).boxed()))
    }

    async fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        self.size_of(key).await
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}
