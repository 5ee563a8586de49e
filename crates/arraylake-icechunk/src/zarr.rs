//! [`ZarrStore`]: a session as a store for the crate `zarrs`, async, and with [`BlockingZarrStore`] without.
//!
//! ```no_run
//! # async fn example(repo: arraylake_icechunk::IcechunkRepo) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! let store = Arc::new(repo.writable_store("main").await?);
//! zarrs::group::GroupBuilder::new().build(Arc::clone(&store), "/")?.async_store_metadata().await?;
//! let snapshot = store.commit("An empty group").await?;
//! # Ok(())
//! # }
//! ```
//!
//! A key that is not there reads as `None`, whichever way it is read, and so does one that Icechunk has no place
//! for. Ranges of one chunk are checked, joined where they are near each other, and fetched at once.
//!
//! `zarrs` does not store a chunk that has nothing but fill values, and looks at all texts of a chunk one after the other:
//! with the fill value `a` it takes `aa` and an empty text for two of them. A chunk of texts or bytes with a fill value
//! that is not empty is not erased, so that nothing is lost: store with the methods whose names end in `_opt` and
//! `CodecOptions::default().with_store_empty_chunks(true)`.

mod blocking;
mod key;
mod list;
mod ranges;
mod read;
mod write;

use std::fmt;
use std::sync::Arc;

use arraylake_types::RepoName;
use icechunk::Store;
use icechunk::format::SnapshotId;
use icechunk::session::Session;
use tokio::sync::RwLock;
use zarrs_storage::StorageError;

pub use self::blocking::BlockingZarrStore;
use crate::chunks::Chunks;
use crate::error::Cause;
use crate::{CommitOptions, CredentialCache, Error, IcechunkRepo};

/// A session as a store for `zarrs`: readable, writable and listable. Cheap to clone; clones share the session.
///
/// The session is locked while a reference to a chunk is looked up or set, and not while the object store is waited for:
/// any number of tasks may read and write at once.
#[derive(Clone)]
pub struct ZarrStore {
    store: Store,
    session: Arc<RwLock<Session>>,
    chunks: Arc<Chunks>,
    concurrency: usize,
    name: RepoName,
    cache: CredentialCache,
}

impl ZarrStore {
    pub(crate) fn new(session: Session, chunks: Arc<Chunks>, name: RepoName, cache: CredentialCache) -> Self {
        let concurrency = session.config().get_partial_values_concurrency();
        let session = Arc::new(RwLock::new(session));
        let store = Store::from_session_and_config(Arc::clone(&session), concurrency);
        Self { store, session, chunks, concurrency: usize::from(concurrency.max(1)), name, cache }
    }

    /// The session, for all that `zarrs` does not know: commits with rebase, moves, status.
    #[must_use]
    pub fn session(&self) -> &Arc<RwLock<Session>> {
        &self.session
    }

    /// Commits what was written. The session can only be read afterwards; further writes need a new store.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if somebody else changed the branch since the session
    /// began, [`ErrorKind::NothingToCommit`](crate::ErrorKind::NothingToCommit) if nothing was written,
    /// [`ErrorKind::UnknownOutcome`](crate::ErrorKind::UnknownOutcome) after the time that was set.
    pub async fn commit(&self, commit: impl Into<CommitOptions> + Send) -> Result<SnapshotId, Error> {
        let mut session = self.session.write().await;
        commit.into().run(&mut session, |error| self.explain(error)).await
    }

    pub(crate) fn explain(&self, error: impl Into<Cause>) -> Error {
        Error::explain(error, &self.name, &self.cache)
    }

    fn fail(&self, error: impl Into<Cause>) -> StorageError {
        match self.explain(error) {
            error if *error.kind() == crate::ErrorKind::ReadOnly => StorageError::ReadOnly,
            error => StorageError::from(std::io::Error::other(error)),
        }
    }
}

impl fmt::Debug for ZarrStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZarrStore").field("repo", &self.name.as_str()).finish_non_exhaustive()
    }
}

impl IcechunkRepo {
    /// The tip of a branch, as it is now, as a store that reads.
    ///
    /// # Errors
    /// As [`readonly_session`](Self::readonly_session).
    pub async fn store(&self, branch: &str) -> Result<ZarrStore, Error> {
        self.readonly_session(branch).await.map(|session| self.store_of(session))
    }

    /// A branch as a store that reads and writes; see [`ZarrStore::commit`].
    ///
    /// # Errors
    /// As [`writable_session`](Self::writable_session).
    pub async fn writable_store(&self, branch: &str) -> Result<ZarrStore, Error> {
        self.writable_session(branch).await.map(|session| self.store_of(session))
    }

    /// Any session of this repository as a store.
    #[must_use]
    pub fn store_of(&self, session: Session) -> ZarrStore {
        ZarrStore::new(session, Arc::clone(self.chunks()), self.name().clone(), self.cache().clone())
    }
}

impl Error {
    /// The error that a [`ZarrStore`] gave to `zarrs`.
    #[must_use]
    pub fn of_zarrs(error: &StorageError) -> Option<&Self> {
        match error {
            StorageError::IOError(error) => error.get_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
