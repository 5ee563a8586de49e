//! [`Chunks`]: what references to chunks lead to.
//!
//! A session looks a reference up each time it is asked for a part of a chunk. Here a reference is followed that was looked
//! up already, without the session.

use std::ops::Range;
use std::sync::Arc;

use arraylake_types::RepoName;
use bytes::Bytes;
use icechunk::Repository;
use icechunk::asset_manager::AssetManager;
use icechunk::format::manifest::ChunkPayload;
use icechunk::format::{ChunkIndices, Path};

use self::elsewhere::{Elsewhere, Known};
use crate::containers::Authorised;
use crate::credentials::Link;
use crate::error::Cause;

mod elsewhere;

/// Follows references to the chunks of one repository.
pub(crate) struct Chunks {
    assets: Arc<AssetManager>,
    elsewhere: Elsewhere,
}

impl Chunks {
    pub(crate) fn new(repository: &Repository, authorised: Authorised, link: Link, repo: RepoName) -> Self {
        let assets = Arc::clone(repository.asset_manager());
        Self { assets, elsewhere: Elsewhere::new(Known::new(repository, authorised), link, repo) }
    }

    /// For another process. Holds no secret, unless the caller brought one.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        rmp_serde::to_vec(&(&self.assets, self.elsewhere.known()))
    }

    /// From bytes of another process; fetchers among them get the client that reads on this thread.
    pub(crate) fn from_bytes(
        bytes: &[u8],
        link: Link,
        repo: RepoName,
    ) -> Result<Self, rmp_serde::decode::Error> {
        let (assets, known): (Arc<AssetManager>, Known) = rmp_serde::from_slice(bytes)?;
        Ok(Self { assets, elsewhere: Elsewhere::new(known, link, repo) })
    }

    /// A part of a chunk, which is not in the reference itself; none if the reference is of a kind that is not known.
    pub(crate) async fn fetch(
        &self,
        payload: &ChunkPayload,
        part: Range<u64>,
        path: &Path,
        indices: &ChunkIndices,
    ) -> Result<Option<Bytes>, Cause> {
        let array = path.as_str().trim_start_matches('/');
        let from = |offset: u64| offset.saturating_add(part.start)..offset.saturating_add(part.end);
        match payload {
            ChunkPayload::Ref(chunk) => {
                let part = from(chunk.offset);
                let fetched = self.assets.fetch_chunk(array, &indices.0, &chunk.id, &part).await;
                fetched.map(Some).map_err(Cause::from)
            }
            ChunkPayload::Virtual(chunk) => {
                let fetched = self.elsewhere.fetch(chunk, &from(chunk.offset), array, indices).await;
                fetched.map(Some).map_err(Cause::from)
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
