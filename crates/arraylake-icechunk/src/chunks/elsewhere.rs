//! [`Elsewhere`]: virtual chunks, with new keys where their bucket refused the old ones.
//!
//! Icechunk keeps the keys of virtual chunks until these end by the clock of this machine. A bucket that refuses them
//! earlier is asked again with others: once, since what is refused twice will be refused again.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arraylake_types::RepoName;
use bytes::Bytes;
use icechunk::Repository;
use icechunk::format::ChunkIndices;
use icechunk::format::manifest::{VirtualChunkRef, VirtualReferenceError};
use icechunk::storage::{Attribution, AttributionLabels, RequestAttribution, Settings};
use icechunk::virtual_chunks::{VirtualChunkContainer, VirtualChunkResolver};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::containers::{Authorised, with_slash};
use crate::credentials::{Fetcher, Link};
use crate::error::{one_line, refuses_keys};

/// How often a virtual chunk is asked for that breaks off in the middle, which icechunk does not repeat as it does for
/// its own chunks.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// Fetches virtual chunks.
pub(super) struct Elsewhere {
    known: Known,
    /// Tells which container a chunk is in, and fetches nothing.
    containers: VirtualChunkResolver,
    /// One for each container that was read, by URL prefix: each has keys of its own.
    resolvers: Mutex<HashMap<String, Held>>,
    /// Icechunk bounds how many native chunks are fetched at once, and virtual ones not at all.
    permits: Semaphore,
    link: Link,
    repo: RepoName,
}

/// A resolver, and how many refusals there were before it.
#[derive(Clone)]
struct Held {
    resolver: Arc<VirtualChunkResolver>,
    taken: u64,
}

/// What resolvers are made of.
#[derive(Serialize, Deserialize)]
pub(super) struct Known {
    containers: Vec<VirtualChunkContainer>,
    authorised: Authorised,
    settings: Settings,
    concurrency: u16,
    attribution: Attribution,
}

impl Known {
    pub(super) fn new(repository: &Repository, authorised: Authorised) -> Self {
        let config = repository.config();
        Self {
            containers: config.virtual_chunk_containers().cloned().collect(),
            authorised,
            settings: repository.storage_settings().clone(),
            concurrency: config.max_concurrent_requests(),
            attribution: repository.attribution().clone(),
        }
    }

    /// One without connections and credentials, both of which come with the first chunk.
    fn resolver(&self) -> VirtualChunkResolver {
        let containers = self.containers.iter().cloned();
        let resolver = VirtualChunkResolver::new(containers, self.authorised.clone(), self.settings.clone());
        resolver.with_attribution(AttributionLabels::from(&self.attribution))
    }
}

/// What is asked for: a part of a chunk, and for which chunk of which array that is.
struct Wanted<'a> {
    chunk: &'a VirtualChunkRef,
    part: &'a Range<u64>,
    array: &'a str,
    indices: &'a ChunkIndices,
}

impl Wanted<'_> {
    /// Asks, and again where the answer breaks off.
    async fn from(&self, resolver: &VirtualChunkResolver) -> Result<Bytes, VirtualReferenceError> {
        let (url, checksum) = (self.chunk.location.url(), self.chunk.checksum.as_ref());
        let mut tries = 1;
        loop {
            let attribution = RequestAttribution {
                labels: resolver.attribution_labels(),
                array: Some(self.array),
                chunk: Some(&self.indices.0),
            };
            match resolver.fetch_chunk(url, self.part, checksum, attribution).await {
                Err(error) if tries < TRIES && broke_off(&error) => {
                    tokio::time::sleep(PAUSE * tries).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

impl Elsewhere {
    pub(super) fn new(known: Known, link: Link, repo: RepoName) -> Self {
        let (containers, resolvers) = (known.resolver(), Mutex::default());
        let permits = Semaphore::new(usize::from(known.concurrency.max(1)));
        Self { known, containers, resolvers, permits, link, repo }
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    pub(super) async fn fetch(
        &self,
        chunk: &VirtualChunkRef,
        part: &Range<u64>,
        array: &str,
        indices: &ChunkIndices,
    ) -> Result<Bytes, VirtualReferenceError> {
        let wanted = Wanted { chunk, part, array, indices };
        let Some(container) = self.containers.matching_container(&chunk.location) else {
            // It says so in icechunk's words.
            return wanted.from(&self.containers).await;
        };
        let prefix = container.url_prefix();
        // Nobody closes it.
        let _permit = self.permits.acquire().await.ok();
        let held = self.held(prefix);
        match wanted.from(&held.resolver).await {
            Err(error) if refuses_keys(&error.kind) => match self.renewed(prefix, &held) {
                Some(next) => wanted.from(&next.resolver).await,
                None => Err(error),
            },
            outcome => outcome,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.resolvers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_held(&self) -> Held {
        Held { resolver: Arc::new(self.known.resolver()), taken: self.link.cache.refusals() }
    }

    fn held(&self, prefix: &str) -> Held {
        self.lock().entry(prefix.to_owned()).or_insert_with(|| self.new_held()).clone()
    }

    /// What to ask with after a refusal; none if that would not help.
    fn renewed(&self, prefix: &str, refused: &Held) -> Option<Held> {
        let mut resolvers = self.lock();
        // Others were refused at the same time.
        if let Some(newer) = resolvers.get(prefix)
            && !Arc::ptr_eq(&newer.resolver, &refused.resolver)
        {
            return Some(newer.clone());
        }
        // Keys that come from elsewhere are in no cache, and whoever gives them is asked again.
        let own = self.known.authorised.get(&with_slash(prefix))?.as_ref().and_then(Fetcher::want_behind);
        let (cache, repo) = (&self.link.cache, &self.repo);
        if !cache.refused(|want| Some(want) == own.as_ref(), refused.taken) {
            return None;
        }
        tracing::debug!(%repo, prefix, "a bucket refused the keys of virtual chunks, they are fetched anew");
        let next = self.new_held();
        resolvers.insert(prefix.to_owned(), next.clone());
        Some(next)
    }
}

/// Whether the answer ended early. Connections that were not made were tried again by then.
fn broke_off(error: &VirtualReferenceError) -> bool {
    let text = format!("{} {:?}", one_line(&error.kind), error.kind);
    ["streaming error", "StreamingError", "IncompleteMessage", "connection reset"]
        .iter()
        .any(|words| text.contains(words))
}
