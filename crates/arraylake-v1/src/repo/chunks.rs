//! Chunks, one or many: their bytes, and the references to them.

use std::collections::BTreeMap;

use arraylake_types::v1::{Collection, ReferenceData};
use bytes::Bytes;

use super::AsyncRepo;
use super::documents::missing;
use crate::chunks::ChunkStore;
use crate::error::{Error, ErrorKind, Result};

impl AsyncRepo {
    /// The store that holds the bytes of chunks.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if there is none: the repo has no bucket config, and nothing says where
    /// its chunks are.
    pub fn chunkstore(&self) -> Result<&ChunkStore> {
        self.inner.chunks.as_ref().ok_or_else(|| {
            let message = format!(
                "{} has no bucket: give it a store for chunks, or set `chunkstore.uri` in the configuration",
                self.name()
            );
            Error::new(ErrorKind::Unsupported, message)
        })
    }

    /// Stores a chunk at a path such as `data/root/a/c0/1`: its bytes first, then the reference to them.
    ///
    /// An object in the bucket, then `PUT /repos/{org}/{repo}/contents/chunks/_bulk_set`
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`SessionExpired`](ErrorKind::SessionExpired), [`Invalid`](ErrorKind::Invalid)
    /// if the path does not begin with `data/`, [`Storage`](ErrorKind::Storage) if the bucket fails; then nothing
    /// refers to the chunk.
    pub async fn set_chunk(&self, path: &str, chunk: impl Into<Bytes>) -> Result<()> {
        self.set_chunks([(path, chunk)]).await
    }

    /// Stores chunks, of one array or of several: all their bytes first, then the references. If the bucket fails no
    /// reference is stored at all.
    ///
    /// # Errors
    /// As [`set_chunk`](Self::set_chunk).
    pub async fn set_chunks<P: Into<String>, C: Into<Bytes>>(
        &self,
        chunks: impl IntoIterator<Item = (P, C)>,
    ) -> Result<()> {
        let view = self.writable()?.view();
        let (paths, chunks): (Vec<String>, Vec<Bytes>) =
            chunks.into_iter().map(|(path, chunk)| (path.into(), chunk.into())).unzip();
        for path in &paths {
            crate::path::check(&Collection::Chunks, path)?;
        }
        let references = self.chunkstore()?.put_many(&view.session, chunks).await?;
        self.put_in(&view, &Collection::Chunks, paths.into_iter().zip(references)).await
    }

    /// The bytes of a chunk.
    ///
    /// `POST /repos/{org}/{repo}/contents/chunks/_bulk_get`, then the object in the bucket unless it is inline
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no reference, [`ChunkMissing`](ErrorKind::ChunkMissing) if there is
    /// no object behind it, [`InvalidReference`](ErrorKind::InvalidReference), [`Storage`](ErrorKind::Storage).
    pub async fn get_chunk(&self, path: &str) -> Result<Bytes> {
        self.get_chunks([path]).await?.remove(path).ok_or_else(|| missing("chunk", path))
    }

    /// The bytes of chunks by their paths, of one array or of several; those that are not there are left out. Parts of
    /// one object that lie near each other are fetched together.
    ///
    /// # Errors
    /// As [`get_chunk`](Self::get_chunk), but for what is missing.
    pub async fn get_chunks(
        &self,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<BTreeMap<String, Bytes>> {
        let references = self.get_chunk_refs(paths).await?;
        let chunks = self.chunkstore()?.get_many(references.values()).await?;
        let found = references.into_keys().zip(chunks);
        Ok(found.filter_map(|(path, chunk)| Some((path, chunk?))).collect())
    }

    /// Whether there is a reference at a path. The bucket is not asked.
    ///
    /// # Errors
    /// If the path does not begin with `data/`.
    pub async fn chunk_exists(&self, path: &str) -> Result<bool> {
        Ok(!self.get_chunk_refs([path]).await?.is_empty())
    }

    /// Deletes the reference to a chunk. Its bytes stay in the bucket, for older commits.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`ReadOnly`](ErrorKind::ReadOnly).
    pub async fn del_chunk(&self, path: &str) -> Result<()> {
        self.writable()?;
        if !self.chunk_exists(path).await? {
            return Err(missing("chunk", path));
        }
        self.del_chunks([path]).await
    }

    /// Deletes the references to chunks; those that are not there are no error.
    /// `PUT /repos/{org}/{repo}/contents/chunks/_bulk_delete`
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly), [`SessionExpired`](ErrorKind::SessionExpired).
    pub async fn del_chunks(&self, paths: impl IntoIterator<Item = impl Into<String>>) -> Result<()> {
        self.delete(&Collection::Chunks, paths).await
    }

    /// Where a chunk is. `POST /repos/{org}/{repo}/contents/chunks/_bulk_get`
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub async fn get_chunk_ref(&self, path: &str) -> Result<ReferenceData> {
        self.get_chunk_refs([path]).await?.remove(path).ok_or_else(|| missing("chunk", path))
    }

    /// Where chunks are, by their paths; those that are not there are left out.
    ///
    /// # Errors
    /// If a path does not begin with `data/`, or a reference cannot be read.
    pub async fn get_chunk_refs(
        &self,
        paths: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<BTreeMap<String, ReferenceData>> {
        self.fetch(&Collection::Chunks, paths).await
    }

    /// Stores where a chunk is. `PUT /repos/{org}/{repo}/contents/chunks/_bulk_set`
    ///
    /// # Errors
    /// [`InvalidReference`](ErrorKind::InvalidReference) if it breaks a rule, [`ReadOnly`](ErrorKind::ReadOnly),
    /// [`SessionExpired`](ErrorKind::SessionExpired).
    pub async fn set_chunk_ref(&self, path: &str, reference: ReferenceData) -> Result<()> {
        self.set_chunk_refs([(path, reference)]).await
    }

    /// Stores where chunks are. Nobody checks that there is anything.
    ///
    /// # Errors
    /// As [`set_chunk_ref`](Self::set_chunk_ref), before anything is sent.
    pub async fn set_chunk_refs<P: Into<String>>(
        &self,
        references: impl IntoIterator<Item = (P, ReferenceData)>,
    ) -> Result<()> {
        let view = self.writable()?.view();
        let references: Vec<(String, ReferenceData)> =
            references.into_iter().map(|(path, reference)| (path.into(), reference)).collect();
        for (path, reference) in &references {
            crate::chunks::ObjectRange::of(reference).map_err(|error| {
                Error::new(error.kind().clone(), format!("reference of {path:?}: {error}"))
            })?;
        }
        self.put_in(&view, &Collection::Chunks, references).await
    }

    /// Says that a chunk is a part of somebody's file: `length` bytes from `offset` on. Nothing is read.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if the URI does not begin with `s3://` or `gs://`; else as
    /// [`set_chunk_ref`](Self::set_chunk_ref).
    pub async fn set_virtual_ref(&self, path: &str, uri: &str, offset: u64, length: u64) -> Result<()> {
        let session = self.writable()?;
        let reference = self.chunkstore()?.virtual_reference(&session.id, uri, offset, length)?;
        self.set_chunk_refs([(path, reference)]).await
    }

    /// Whether the bucket answers. The service is not asked.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) or [`Credentials`](ErrorKind::Credentials) if it does not.
    pub async fn ping(&self) -> Result<()> {
        self.chunkstore()?.ping().await
    }
}

#[cfg(test)]
mod tests;
