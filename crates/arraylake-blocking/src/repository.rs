//! [`Repository`]: an open Icechunk repository for synchronous code.

use std::collections::BTreeSet;
use std::future::Future;

use arraylake_core::icechunk::icechunk::format::SnapshotId;
use arraylake_core::icechunk::icechunk::format::snapshot::SnapshotInfo;
use arraylake_core::icechunk::icechunk::repository::VersionInfo;
use arraylake_core::icechunk::refs::Diff;
use arraylake_core::icechunk::{
    BlockingZarrStore, CollectGarbage, Collected, Error, Expire, IcechunkRepo, ZarrStore,
};
use arraylake_core::types::{ExpirationResult, RepoName, RepoStatus};
use arraylake_core::{Repo, Result};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::runtime::Handle;

use crate::{Client, Session, runtime};

/// What fails on an open repository.
type Opened<T> = std::result::Result<T, Error>;

/// An open Icechunk repository for synchronous code. Cheap to clone; clones share caches, connections and credentials.
///
/// ```no_run
/// use arraylake_blocking::{Client, prelude::*};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let client = Client::from_env()?;
///     let repo = client.repository(client.get_repo(&"acme/era5".parse()?, OpenOptions::new())?)?;
///     for snapshot in repo.ancestry("main")? {
///         let snapshot = snapshot?;
///         println!("{} {} {}", snapshot.id, snapshot.flushed_at, snapshot.message);
///     }
///     let session = repo.writable_session("main")?;
///     let store = std::sync::Arc::new(session.store());
///     // ... arrays of the crate `zarrs` are written to the store ...
///     session.commit("what was written")?;
///     # drop(store);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Repository {
    repo: IcechunkRepo,
    handle: Option<Handle>,
}

impl<A: ?Sized> Client<A> {
    /// An open repository for synchronous code, on the runtime of this client.
    ///
    /// # Errors
    /// If it is of another kind than Icechunk.
    pub fn repository(&self, repo: Repo) -> Result<Repository> {
        Ok(Repository { repo: repo.into_icechunk()?, handle: self.handle() })
    }
}

impl From<IcechunkRepo> for Repository {
    fn from(repo: IcechunkRepo) -> Self {
        Self { repo, handle: None }
    }
}

impl Repository {
    /// Runs the calls on a runtime of yours instead of the shared one. It must go on running while calls are made.
    #[must_use]
    pub fn on(mut self, runtime: Handle) -> Self {
        self.handle = Some(runtime);
        self
    }

    fn run<F: Future<Output = T> + Send + 'static, T: Send + 'static>(
        &self,
        call: impl FnOnce(IcechunkRepo) -> F,
    ) -> T {
        runtime::wait(self.handle.as_ref(), call(self.repo.clone()))
    }

    fn session(&self, store: ZarrStore) -> Session {
        Session::new(store, self.repo.clone(), self.handle.clone())
    }

    /// The async repository below.
    #[must_use]
    pub fn as_async(&self) -> &IcechunkRepo {
        &self.repo
    }

    /// Full name.
    #[must_use]
    pub fn name(&self) -> &RepoName {
        self.repo.name()
    }

    /// The catalog's status at the time of opening.
    #[must_use]
    pub fn status(&self) -> &RepoStatus {
        self.repo.status()
    }

    /// Whether writing is refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.repo.is_read_only()
    }

    /// A session that reads the tip of a branch, as it is now.
    ///
    /// # Errors
    /// As [`IcechunkRepo::readonly_session`].
    pub fn readonly_session(&self, branch: &str) -> Opened<Session> {
        self.readonly_session_at(VersionInfo::BranchTipRef(branch.to_owned()))
    }

    /// A session that reads a version: a branch, a tag, a snapshot, or a branch at a time.
    ///
    /// # Errors
    /// As [`IcechunkRepo::readonly_session_at`].
    pub fn readonly_session_at(&self, version: VersionInfo) -> Opened<Session> {
        let session = self.run(|repo| async move { repo.readonly_session_at(&version).await })?;
        Ok(self.session(self.repo.store_of(session)))
    }

    /// A session that writes to a branch.
    ///
    /// # Errors
    /// As [`IcechunkRepo::writable_session`].
    pub fn writable_session(&self, branch: &str) -> Opened<Session> {
        let branch = branch.to_owned();
        let session = self.run(|repo| async move { repo.writable_session(&branch).await })?;
        Ok(self.session(self.repo.store_of(session)))
    }

    /// The tip of a branch, as it is now, as a store that reads.
    ///
    /// # Errors
    /// As [`IcechunkRepo::readonly_session`].
    pub fn store(&self, branch: &str) -> Opened<BlockingZarrStore> {
        self.readonly_session(branch).map(|session| session.store())
    }

    /// The names of all branches.
    ///
    /// # Errors
    /// As [`IcechunkRepo::list_branches`].
    pub fn list_branches(&self) -> Opened<BTreeSet<String>> {
        self.run(|repo| async move { repo.list_branches().await })
    }

    /// The snapshot that a branch points at.
    ///
    /// # Errors
    /// As [`IcechunkRepo::lookup_branch`].
    pub fn lookup_branch(&self, branch: &str) -> Opened<SnapshotId> {
        let branch = branch.to_owned();
        self.run(|repo| async move { repo.lookup_branch(&branch).await })
    }

    /// Makes a branch that points at a snapshot.
    ///
    /// # Errors
    /// As [`IcechunkRepo::create_branch`].
    pub fn create_branch(&self, branch: &str, at: &SnapshotId) -> Opened<()> {
        let (branch, at) = (branch.to_owned(), at.clone());
        self.run(|repo| async move { repo.create_branch(&branch, &at).await })
    }

    /// Lets a branch point at another snapshot; with `from` only if it points at that one now.
    ///
    /// # Errors
    /// As [`IcechunkRepo::reset_branch`].
    pub fn reset_branch(&self, branch: &str, to: &SnapshotId, from: Option<&SnapshotId>) -> Opened<()> {
        let (branch, to, from) = (branch.to_owned(), to.clone(), from.cloned());
        self.run(|repo| async move { repo.reset_branch(&branch, &to, from.as_ref()).await })
    }

    /// Deletes a branch.
    ///
    /// # Errors
    /// As [`IcechunkRepo::delete_branch`].
    pub fn delete_branch(&self, branch: &str) -> Opened<()> {
        let branch = branch.to_owned();
        self.run(|repo| async move { repo.delete_branch(&branch).await })
    }

    /// The names of all tags.
    ///
    /// # Errors
    /// As [`IcechunkRepo::list_tags`].
    pub fn list_tags(&self) -> Opened<BTreeSet<String>> {
        self.run(|repo| async move { repo.list_tags().await })
    }

    /// The snapshot that a tag points at.
    ///
    /// # Errors
    /// As [`IcechunkRepo::lookup_tag`].
    pub fn lookup_tag(&self, tag: &str) -> Opened<SnapshotId> {
        let tag = tag.to_owned();
        self.run(|repo| async move { repo.lookup_tag(&tag).await })
    }

    /// Makes a tag, which will always point at that snapshot.
    ///
    /// # Errors
    /// As [`IcechunkRepo::create_tag`].
    pub fn create_tag(&self, tag: &str, at: &SnapshotId) -> Opened<()> {
        let (tag, at) = (tag.to_owned(), at.clone());
        self.run(|repo| async move { repo.create_tag(&tag, &at).await })
    }

    /// Deletes a tag. Its name cannot be used again.
    ///
    /// # Errors
    /// As [`IcechunkRepo::delete_tag`].
    pub fn delete_tag(&self, tag: &str) -> Opened<()> {
        let tag = tag.to_owned();
        self.run(|repo| async move { repo.delete_tag(&tag).await })
    }

    /// The tip of a branch and all before it, the newest first.
    ///
    /// # Errors
    /// As [`IcechunkRepo::ancestry`].
    pub fn ancestry(&self, branch: &str) -> Opened<Ancestry> {
        self.ancestry_of(VersionInfo::BranchTipRef(branch.to_owned()))
    }

    /// A version and all before it, the newest first.
    ///
    /// # Errors
    /// As [`IcechunkRepo::ancestry`].
    pub fn ancestry_of(&self, version: VersionInfo) -> Opened<Ancestry> {
        let snapshots = self.run(|repo| async move { repo.ancestry(&version).await })?;
        Ok(Ancestry { snapshots: Some(snapshots), handle: self.handle.clone() })
    }

    /// What is known of a snapshot.
    ///
    /// # Errors
    /// As [`IcechunkRepo::lookup_snapshot`].
    pub fn lookup_snapshot(&self, id: &SnapshotId) -> Opened<SnapshotInfo> {
        let id = id.clone();
        self.run(|repo| async move { repo.lookup_snapshot(&id).await })
    }

    /// What changed from one version to a later one of the same history.
    ///
    /// # Errors
    /// As [`IcechunkRepo::diff`].
    pub fn diff(&self, from: VersionInfo, to: VersionInfo) -> Opened<Diff> {
        self.run(|repo| async move { repo.diff(&from, &to).await })
    }

    /// Lets go of old versions.
    ///
    /// # Errors
    /// As [`IcechunkRepo::expire`].
    pub fn expire(&self, how: Expire) -> Opened<ExpirationResult> {
        self.run(|repo| async move { repo.expire(how).await })
    }

    /// Deletes what nothing refers to.
    ///
    /// # Errors
    /// As [`IcechunkRepo::collect_garbage`].
    pub fn collect_garbage(&self, how: CollectGarbage) -> Opened<Collected> {
        self.run(|repo| async move { repo.collect_garbage(how).await })
    }
}

/// A version and all before it, the newest first.
#[must_use = "nothing is looked up before `next`"]
pub struct Ancestry {
    snapshots: Option<BoxStream<'static, Opened<SnapshotInfo>>>,
    handle: Option<Handle>,
}

impl Iterator for Ancestry {
    type Item = Opened<SnapshotInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut snapshots = self.snapshots.take()?;
        let (snapshots, next) = runtime::wait(self.handle.as_ref(), async move {
            let next = snapshots.next().await;
            (snapshots, next)
        });
        self.snapshots = Some(snapshots).filter(|_| next.is_some());
        next
    }
}

impl std::fmt::Debug for Ancestry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ancestry").finish_non_exhaustive()
    }
}
