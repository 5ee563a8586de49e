//! Branches, tags and history of a repository, with errors of this crate, and refused where writing is.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use icechunk::format::SnapshotId;
use icechunk::format::snapshot::SnapshotInfo;
use icechunk::repository::VersionInfo;
use icechunk::session::Session;

use crate::{Error, IcechunkRepo};

pub use icechunk::diff::Diff;

impl IcechunkRepo {
    /// The names of all branches.
    ///
    /// # Errors
    /// If the object store does not answer.
    pub async fn list_branches(&self) -> Result<BTreeSet<String>, Error> {
        self.repository().list_branches().await.map_err(|error| self.explain(error))
    }

    /// The snapshot that a branch points at.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such branch.
    pub async fn lookup_branch(&self, branch: &str) -> Result<SnapshotId, Error> {
        self.repository().lookup_branch(branch).await.map_err(|error| self.explain(error))
    }

    /// Makes a branch that points at a snapshot.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused,
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if there is a branch of that name,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such snapshot.
    pub async fn create_branch(&self, branch: &str, at: &SnapshotId) -> Result<(), Error> {
        self.refuse_if_read_only()?;
        self.repository().create_branch(branch, at).await.map_err(|error| self.explain(error))
    }

    /// Lets a branch point at another snapshot; with `from` only if it points at that one now.
    ///
    /// # Errors
    /// As [`create_branch`](Self::create_branch); [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if it points
    /// elsewhere than at `from`.
    pub async fn reset_branch(
        &self,
        branch: &str,
        to: &SnapshotId,
        from: Option<&SnapshotId>,
    ) -> Result<(), Error> {
        self.refuse_if_read_only()?;
        self.repository().reset_branch(branch, to, from).await.map_err(|error| self.explain(error))
    }

    /// Deletes a branch. Its snapshots stay until they expire.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is `main`,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such branch.
    pub async fn delete_branch(&self, branch: &str) -> Result<(), Error> {
        self.refuse_if_read_only()?;
        self.repository().delete_branch(branch).await.map_err(|error| self.explain(error))
    }

    /// The names of all tags.
    ///
    /// # Errors
    /// If the object store does not answer.
    pub async fn list_tags(&self) -> Result<BTreeSet<String>, Error> {
        self.repository().list_tags().await.map_err(|error| self.explain(error))
    }

    /// The snapshot that a tag points at.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such tag.
    pub async fn lookup_tag(&self, tag: &str) -> Result<SnapshotId, Error> {
        self.repository().lookup_tag(tag).await.map_err(|error| self.explain(error))
    }

    /// Makes a tag, which will always point at that snapshot.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused,
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if there is, or ever was, a tag of that name,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such snapshot.
    pub async fn create_tag(&self, tag: &str, at: &SnapshotId) -> Result<(), Error> {
        self.refuse_if_read_only()?;
        self.repository().create_tag(tag, at).await.map_err(|error| self.explain(error))
    }

    /// Deletes a tag. Its name cannot be used again.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if writing is refused,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such tag.
    pub async fn delete_tag(&self, tag: &str) -> Result<(), Error> {
        self.refuse_if_read_only()?;
        self.repository().delete_tag(tag).await.map_err(|error| self.explain(error))
    }

    /// A version and all before it, the newest first.
    ///
    /// # Errors
    /// If there is no such version; later, in the stream, if the object store does not answer.
    pub async fn ancestry(
        &self,
        version: &VersionInfo,
    ) -> Result<BoxStream<'static, Result<SnapshotInfo, Error>>, Error> {
        let repo = self.clone();
        let history = self.repository().ancestry(version).await.map_err(|error| self.explain(error))?;
        Ok(history.map(move |snapshot| snapshot.map_err(|error| repo.explain(error))).boxed())
    }

    /// What is known of a snapshot: its message, its author, its parent.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is no such snapshot.
    pub async fn lookup_snapshot(&self, id: &SnapshotId) -> Result<SnapshotInfo, Error> {
        self.repository().lookup_snapshot(id).await.map_err(|error| self.explain(error))
    }

    /// What changed from one version to a later one of the same history.
    ///
    /// # Errors
    /// If there is no such version, or the first is no ancestor of the second.
    pub async fn diff(&self, from: &VersionInfo, to: &VersionInfo) -> Result<Diff, Error> {
        self.repository().diff(from, to).await.map_err(|error| self.explain(error))
    }

    /// Commits what a session wrote.
    ///
    /// # Errors
    /// As [`CommitOptions::execute`](crate::CommitOptions::execute);
    /// [`ErrorKind::UnknownOutcome`](crate::ErrorKind::UnknownOutcome) after the time that was set.
    pub async fn commit(
        &self,
        session: &mut Session,
        commit: impl Into<crate::CommitOptions> + Send,
    ) -> Result<SnapshotId, Error> {
        self.refuse_if_read_only()?;
        commit.into().run(session, |error| self.explain(error)).await
    }
}

#[cfg(test)]
mod tests;
