//! Chunks of a commit, batch by batch.

use std::collections::BTreeSet;

use arraylake_icechunk::icechunk::format::format_constants::SpecVersionBin;
use arraylake_icechunk::icechunk::format::manifest::{ChunkPayload, VirtualChunkRef};
use arraylake_icechunk::icechunk::format::{ChunkIndices, Path};
use arraylake_icechunk::icechunk::session::SessionError;
use arraylake_types::v1::ReferenceData;
use arraylake_v1::NodePath;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::Migration;
use super::apply::{Applier, Work};
use super::changes::{BATCH, Meaning, meaning};
use crate::error::Result;

/// Bytes of chunks in memory, at most, unless one chunk is larger.
const BATCH_BYTES: u64 = 64 << 20;
/// Uploads under way at once.
const UPLOADS: usize = 16;

/// A chunk on its way: where it goes, and what it is there; nothing takes it away.
type Placed = (Path, ChunkIndices, Option<ChunkPayload>);
/// A chunk whose bytes are needed.
type Sought<'r> = (&'r str, Path, ChunkIndices, &'r ReferenceData);

impl Applier<'_> {
    pub(super) async fn chunks(
        &mut self,
        work: &mut Work<'_>,
        all: BTreeSet<String>,
        from: Option<&str>,
    ) -> Result<()> {
        let mut rest: Vec<String> = all.into_iter().collect();
        if let Some(from) = from {
            let done = rest.partition_point(|path| path.as_str() <= from);
            self.progress.chunks = done;
            rest.drain(..done);
        }
        let mut rest = rest.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(rest.len().min(BATCH));
            self.batch(work, batch).await?;
            rest = later;
            self.progress.chunks += batch.len();
            work.loose += batch.len();
            if let (Some(last), false) = (batch.last(), rest.is_empty())
                && work.loose >= self.migration.flush_every.get()
                && self.migration.target.repository().spec_version() >= SpecVersionBin::V2
            {
                self.commit(work, Some(last)).await?;
            }
            self.migration.tell(&self.progress);
        }
        Ok(())
    }

    async fn batch(&mut self, work: &mut Work<'_>, paths: &[String]) -> Result<()> {
        work.arrays.learn(&work.at, paths).await?;
        let references = work.at.get_chunk_refs(paths.iter().cloned()).await.map_err(Migration::v1)?;
        let mut placed: Vec<Placed> = Vec::new();
        let mut with_bytes: Vec<Sought<'_>> = Vec::new();
        for path in paths {
            let reference = references.get(path);
            let Some((at, numbers)) = work.arrays.place(path)? else {
                let array = NodePath::of_chunk(path).map(|(array, _)| array);
                if reference.is_some() && array.is_none_or(|array| !self.skipped.contains(&array)) {
                    self.left_out(work, path, "no array that was moved holds it");
                }
                continue;
            };
            match (meaning(reference)?, reference) {
                (Meaning::Bytes, Some(reference)) => with_bytes.push((path, at, numbers, reference)),
                (Meaning::Virtual(found), _) => {
                    self.check_container(work, &found).await?;
                    self.report.virtual_references += 1;
                    placed.push((at, numbers, Some(ChunkPayload::Virtual(found))));
                }
                (Meaning::LeftOut(why), _) => {
                    self.left_out(work, path, why);
                    placed.push((at, numbers, None));
                }
                _ => placed.push((at, numbers, None)),
            }
        }
        placed.extend(self.moved(work, &with_bytes).await?);
        let mut session = work.session.write().await;
        for (at, numbers, payload) in placed {
            let set = session.set_chunk_ref(at, numbers, payload).await;
            set.map_err(|error| self.migration.icechunk(error))?;
        }
        Ok(())
    }

    /// Refuses a virtual reference that could not be read.
    async fn check_container(&self, work: &Work<'_>, found: &VirtualChunkRef) -> Result<()> {
        if !self.migration.check_containers
            || work.session.read().await.validate_virtual_chunk_location(&found.location).is_ok()
        {
            return Ok(());
        }
        let what = format!(
            "no virtual chunk container of it covers {}: add one with `authorize_virtual_chunk_access` and open it anew \
             (`arraylake migrate --container`)",
            found.location.url()
        );
        Err(self.migration.mismatch(what))
    }

    /// Reads chunks and puts them into the Icechunk repo, so many at once as fit into memory.
    async fn moved(&mut self, work: &Work<'_>, chunks: &[Sought<'_>]) -> Result<Vec<Placed>> {
        let mut placed = Vec::with_capacity(chunks.len());
        let mut rest = chunks;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|(.., reference)| {
                bytes += reference.length;
                bytes <= BATCH_BYTES
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            placed.extend(self.uploaded(work, now).await?);
            rest = later;
        }
        Ok(placed)
    }

    async fn uploaded(&mut self, work: &Work<'_>, chunks: &[Sought<'_>]) -> Result<Vec<Placed>> {
        let store = work.at.chunkstore().map_err(Migration::v1)?;
        let found = store.get_many(chunks.iter().map(|(.., reference)| *reference)).await;
        let mut uploads = Vec::with_capacity(chunks.len());
        let mut placed = Vec::new();
        for ((path, at, numbers, _), chunk) in chunks.iter().zip(found.map_err(Migration::v1)?) {
            let Some(chunk) = chunk else {
                // The V1 repo was opened to read it as if it had never been written.
                self.left_out(work, path, "its object is gone");
                placed.push((at.clone(), numbers.clone(), None));
                continue;
            };
            self.report.chunks += 1;
            self.progress.bytes += chunk.len() as u64;
            let writer = work.session.read().await.get_chunk_writer(at, numbers);
            let upload = writer.map_err(|error| self.migration.icechunk(error))?(chunk);
            let (at, numbers) = (at.clone(), numbers.clone());
            uploads.push(async move { Ok::<Placed, SessionError>((at, numbers, Some(upload.await?))) });
        }
        let uploaded: Result<Vec<Placed>, _> =
            stream::iter(uploads).buffer_unordered(UPLOADS).try_collect().await;
        placed.extend(uploaded.map_err(|error| self.migration.icechunk(error))?);
        Ok(placed)
    }
}
