//! Scans of Zarr v2 hierarchies in buckets, and references made of what was found.

use std::collections::BTreeMap;
use std::sync::Arc;

use arraylake_types::v1::{ReferenceData, SessionId};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde_json::{Map, Value};

use super::read::explain;
use super::store::path;
use super::zarr2::{array_document, chunk_of_array, group_document, place, place_of_array};
use super::{BucketUri, ChunkStore, ReferenceSet, SetChunk};
use crate::error::{Error, ErrorKind, Result};
use crate::path::NodePath;

/// The metadata that are read; `.zmetadata` only repeats them.
const METADATA: [&str; 3] = [".zgroup", ".zarray", ".zattrs"];

/// What was found in a bucket: metadata by node and name, other objects with their sizes.
#[derive(Default)]
struct Found {
    metadata: BTreeMap<(String, &'static str), Map<String, Value>>,
    objects: BTreeMap<String, u64>,
}

impl ChunkStore {
    /// Looks through a Zarr v2 hierarchy in a bucket and puts it below a node: one virtual reference for each object that
    /// is a chunk. Chunks are not read.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if the URI does not begin with `s3://` or `gs://` and a bucket, or metadata are
    /// malformed; [`NotFound`](ErrorKind::NotFound) if there is no Zarr v2 hierarchy; [`Storage`](ErrorKind::Storage) and
    /// [`Credentials`](ErrorKind::Credentials) as usual.
    pub async fn scan_zarr(&self, uri: &str, below: &NodePath) -> Result<ReferenceSet> {
        let (bucket, prefix) = BucketUri::split(uri)?;
        let store = self.bucket(&bucket)?;
        let found = self.look_through(&store, prefix).await?;
        if !found.metadata.keys().any(|(_, name)| *name != ".zattrs") {
            let message = format!("there is no Zarr v2 hierarchy at {uri}: neither a .zgroup nor a .zarray");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        found.into_set(&format!("{bucket}/{prefix}"), below)
    }

    async fn look_through(&self, store: &Arc<dyn ObjectStore>, prefix: &str) -> Result<Found> {
        let mut found = Found::default();
        let mut documents = Vec::new();
        let root = path(prefix)?;
        let mut list = store.list(Some(&root));
        while let Some(object) = list.next().await {
            let object = object.map_err(|error| explain("list", prefix, &error))?;
            let key = object.location.as_ref();
            let Some(key) = key.strip_prefix(prefix).map(|key| key.trim_start_matches('/')) else { continue };
            let (node, name) = key.rsplit_once('/').unwrap_or(("", key));
            match METADATA.into_iter().find(|known| *known == name) {
                Some(name) => documents.push((node.to_owned(), name, object.location.clone())),
                None if name.starts_with('.') => {}
                None => drop(found.objects.insert(key.to_owned(), object.size)),
            }
        }
        let reads: Vec<_> =
            documents.into_iter().map(|document| read_named(Arc::clone(store), document)).collect();
        let at_once = self.options().concurrency.get();
        found.metadata = stream::iter(reads).buffer_unordered(at_once).try_collect().await?;
        Ok(found)
    }

    /// References for the chunks of a set: those to somebody's files are made, and data are put where chunks go. The
    /// sizes of whole objects are asked for. In the order of their paths.
    ///
    /// # Errors
    /// As [`put`](Self::put); [`ChunkMissing`](ErrorKind::ChunkMissing) if an object whose size is asked for is not there.
    pub async fn references(
        &self,
        session: &SessionId,
        chunks: BTreeMap<String, SetChunk>,
    ) -> Result<Vec<(String, ReferenceData)>> {
        let references = chunks.into_iter().map(|(path, chunk)| async move {
            let reference = match chunk {
                SetChunk::Data(bytes) => self.put(session, bytes).await?,
                SetChunk::Virtual { uri, offset, length } => {
                    let length = match length {
                        Some(length) => length,
                        None => self.size_of(&uri).await?,
                    };
                    self.virtual_reference(session, &uri, offset, length)?
                }
            };
            Ok((path, reference))
        });
        stream::iter(references).buffered(self.options().concurrency.get()).try_collect().await
    }

    async fn size_of(&self, uri: &str) -> Result<u64> {
        let (bucket, key) = BucketUri::split(uri)?;
        let head = self.bucket(&bucket)?.head(&path(key)?).await;
        head.map(|object| object.size).map_err(|error| explain("look at object", uri, &error))
    }
}

/// A function of its own, so that the future that holds many of it may go to another thread.
async fn read_named(
    store: Arc<dyn ObjectStore>,
    (node, name, key): (String, &'static str, Path),
) -> Result<((String, &'static str), Map<String, Value>)> {
    Ok(((node, name), read(&store, &key).await?))
}

async fn read(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<Map<String, Value>> {
    let failed = |error: object_store::Error| explain("read metadata", key.as_ref(), &error);
    let bytes: Bytes = store.get(key).await.map_err(failed)?.bytes().await.map_err(failed)?;
    crate::json::parse_object(&bytes)
        .map_err(|reason| Error::new(ErrorKind::Invalid, format!("metadata {:?} {reason}", key.as_ref())))
}

impl Found {
    fn into_set(self, uri: &str, below: &NodePath) -> Result<ReferenceSet> {
        let Self { metadata, objects } = self;
        let mut set = ReferenceSet::default();
        let none = Map::new();
        let attributes = |node: &str| metadata.get(&(node.to_owned(), ".zattrs")).unwrap_or(&none);
        for ((node, name), fields) in &metadata {
            let (path, document) = match *name {
                ".zgroup" => (place(below, node)?.group_document(), group_document(attributes(node))),
                ".zarray" => {
                    let document = array_document(node, fields, attributes(node))?;
                    (place_of_array(below, node)?.array_document(), document)
                }
                _ => continue,
            };
            set.documents.insert(path, document);
        }
        let is_array = |node: &str| metadata.contains_key(&(node.to_owned(), ".zarray"));
        for (key, size) in objects {
            match chunk_of_array(&key, is_array) {
                Some((array, chunk)) if is_array(array) => {
                    let path = format!("{}/{chunk}", place_of_array(below, array)?.chunk_directory());
                    let uri = format!("{}/{key}", uri.trim_end_matches('/'));
                    set.chunks.insert(path, SetChunk::Virtual { uri, offset: 0, length: Some(size) });
                }
                _ => set.skipped.push(key),
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests;
