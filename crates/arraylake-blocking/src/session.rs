//! [`Session`]: what is read or written of a repository, for synchronous code.

use std::future::Future;
use std::sync::Arc;

use arraylake_core::icechunk::icechunk::format::SnapshotId;
use arraylake_core::icechunk::icechunk::session::Session as Inner;
use arraylake_core::icechunk::refs::Diff;
use arraylake_core::icechunk::{BlockingZarrStore, CommitOptions, Error, IcechunkRepo, ZarrStore};
use tokio::runtime::Handle;
use tokio::sync::RwLock;

use crate::runtime;

/// A session of a [`Repository`](crate::Repository): one version that is read, or one that is written. Its stores show
/// the same.
#[derive(Clone, Debug)]
pub struct Session {
    store: ZarrStore,
    repo: IcechunkRepo,
    handle: Option<Handle>,
}

impl Session {
    pub(crate) fn new(store: ZarrStore, repo: IcechunkRepo, handle: Option<Handle>) -> Self {
        Self { store, repo, handle }
    }

    fn run<F: Future<Output = T> + Send + 'static, T: Send + 'static>(
        &self,
        call: impl FnOnce(Arc<RwLock<Inner>>) -> F,
    ) -> T {
        runtime::wait(self.handle.as_ref(), call(Arc::clone(self.store.session())))
    }

    /// The session as a store for the synchronous side of the crate `zarrs`.
    #[must_use]
    pub fn store(&self) -> BlockingZarrStore {
        self.store.clone().blocking(runtime::handle(self.handle.as_ref()))
    }

    /// The async session below, for all that is not offered here.
    #[must_use]
    pub fn as_async(&self) -> &Arc<RwLock<Inner>> {
        self.store.session()
    }

    /// The snapshot that is read, or that writing began at.
    #[must_use]
    pub fn snapshot_id(&self) -> SnapshotId {
        self.run(|session| async move { session.read().await.snapshot_id().clone() })
    }

    /// The branch that is written to, if one is.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        self.run(|session| async move { session.read().await.branch().map(str::to_owned) })
    }

    /// Whether it only reads. A session that was committed does.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.run(|session| async move { session.read().await.read_only() })
    }

    /// Whether something was written that is not committed.
    #[must_use]
    pub fn has_uncommitted_changes(&self) -> bool {
        self.run(|session| async move { session.read().await.has_uncommitted_changes() })
    }

    /// What was written that is not committed.
    ///
    /// # Errors
    /// If the object store does not answer.
    pub fn changes(&self) -> Result<Diff, Error> {
        let changes = self.run(|session| async move { session.read().await.status().await });
        changes.map_err(|error| self.repo.explain(error))
    }

    /// Forgets what was written.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](arraylake_core::icechunk::ErrorKind::ReadOnly) if the session does not write.
    pub fn discard_changes(&self) -> Result<(), Error> {
        let discarded = self.run(|session| async move { session.write().await.discard_changes() });
        discarded.map(drop).map_err(|error| self.repo.explain(error))
    }

    /// Commits what was written. The session can only be read afterwards.
    ///
    /// # Errors
    /// As [`CommitOptions::execute`].
    pub fn commit(&self, commit: impl Into<CommitOptions>) -> Result<SnapshotId, Error> {
        let (store, commit) = (self.store.clone(), commit.into());
        runtime::wait(self.handle.as_ref(), async move { store.commit(commit).await })
    }

    /// The session as bytes for another process: [`IcechunkRepo::session_to_bytes`].
    ///
    /// # Errors
    /// See there.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let repo = self.repo.clone();
        self.run(|session| async move { repo.session_to_bytes(&*session.read().await) })
    }
}
