//! [`IcechunkRepo`]: an open repository of the catalog.

use std::fmt;
use std::sync::Arc;

use arraylake_types::{RepoName, RepoStatus};
use icechunk::Repository;
use icechunk::repository::VersionInfo;
use icechunk::session::Session;
#[cfg(feature = "zarrs")]
use tokio::runtime::Handle;

#[cfg(feature = "zarrs")]
use crate::chunks::Chunks;
use crate::containers::Authorised;
use crate::credentials::Link;
use crate::error::Cause;
use crate::opening::OpeningStorage;
use crate::{Error, ErrorKind};

/// An open repository of the catalog. Cheap to clone; clones share caches, connections and credentials.
#[derive(Clone)]
pub struct IcechunkRepo {
    inner: Arc<Inner>,
}

struct Inner {
    repository: Arc<Repository>,
    name: RepoName,
    rights: Rights,
    link: Link,
    opening: Option<Arc<OpeningStorage>>,
    #[cfg(feature = "zarrs")]
    chunks: Arc<Chunks>,
    /// The one it was opened on.
    #[cfg(feature = "zarrs")]
    runtime: Handle,
}

/// What a handle may do.
pub(crate) struct Rights {
    pub(crate) status: RepoStatus,
    pub(crate) read_only: bool,
    /// Whether what icechunk would serialise holds a secret.
    pub(crate) holds_secrets: bool,
}

impl IcechunkRepo {
    pub(crate) fn new(
        repository: Repository,
        name: RepoName,
        mut rights: Rights,
        link: Link,
        opening: Option<Arc<OpeningStorage>>,
        authorised: Authorised,
    ) -> Self {
        rights.read_only |= rights.status.is_maintenance();
        #[cfg(feature = "zarrs")]
        let chunks = Arc::new(Chunks::new(&repository, authorised, link.clone(), name.clone()));
        #[cfg(not(feature = "zarrs"))]
        drop(authorised);
        let inner = Inner {
            repository: Arc::new(repository),
            name,
            rights,
            link,
            opening,
            #[cfg(feature = "zarrs")]
            chunks,
            #[cfg(feature = "zarrs")]
            runtime: Handle::current(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Icechunk's own handle, for everything this one does not offer. It does not refuse to write where
    /// [`is_read_only`](Self::is_read_only) says so, and `reopen` forgets the author of commits.
    #[must_use]
    pub fn repository(&self) -> &Arc<Repository> {
        &self.inner.repository
    }

    /// Full name.
    #[must_use]
    pub fn name(&self) -> &RepoName {
        &self.inner.name
    }

    /// The catalog's status at the time of opening.
    #[must_use]
    pub fn status(&self) -> &RepoStatus {
        &self.inner.rights.status
    }

    /// Whether writing is refused: the caller wanted that, or the repo is under maintenance.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.inner.rights.read_only
    }

    /// A session that reads the tip of a branch, as it is now. The first session of a repository that was opened
    /// within the last quarter of a second shows it as it was then, unless this process has committed since.
    ///
    /// # Errors
    /// If there is no such branch, or the object store does not answer.
    pub async fn readonly_session(&self, branch: &str) -> Result<Session, Error> {
        self.readonly_session_at(&VersionInfo::BranchTipRef(branch.to_owned())).await
    }

    /// A session that reads a version: a branch, a tag, a snapshot, or a branch at a time.
    ///
    /// # Errors
    /// If there is no such version, or the object store does not answer.
    pub async fn readonly_session_at(&self, version: &VersionInfo) -> Result<Session, Error> {
        self.inner.repository.readonly_session(version).await.map_err(|error| self.explain(error))
    }

    /// A session that writes to a branch. Its commits carry the author's name and address.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] if writing is refused; else as [`readonly_session`](Self::readonly_session).
    pub async fn writable_session(&self, branch: &str) -> Result<Session, Error> {
        self.refuse_if_read_only()?;
        if let Some(opening) = &self.inner.opening {
            opening.forget();
        }
        self.inner.repository.writable_session(branch).await.map_err(|error| self.explain(error))
    }

    /// Turns an error of icechunk on this repository, a session or a store of it into one of this crate: one line,
    /// and the failure to get credentials in place of what the SDK makes of it.
    #[must_use]
    pub fn explain(&self, error: impl Into<Cause>) -> Error {
        Error::explain(error, &self.inner.name, &self.inner.link.cache)
    }

    #[cfg(feature = "zarrs")]
    pub(crate) fn runtime(&self) -> &Handle {
        &self.inner.runtime
    }

    pub(crate) fn refuse_if_read_only(&self) -> Result<(), Error> {
        let rights = &self.inner.rights;
        if rights.status.is_maintenance() {
            let message = format!(
                "{} is under maintenance and may only be read{}",
                self.inner.name,
                rights.status.explanation()
            );
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        if rights.read_only {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                format!("{} was opened to be read", self.inner.name),
            ));
        }
        Ok(())
    }

    pub(crate) fn api_url(&self) -> &str {
        self.inner.link.source.api_url()
    }

    pub(crate) fn holds_secrets(&self) -> bool {
        self.inner.rights.holds_secrets
    }

    #[cfg(feature = "zarrs")]
    pub(crate) fn chunks(&self) -> &Arc<Chunks> {
        &self.inner.chunks
    }

    #[cfg(feature = "zarrs")]
    pub(crate) fn cache(&self) -> &crate::CredentialCache {
        &self.inner.link.cache
    }
}

/// Names and flags alone: icechunk's own handle prints far more.
impl fmt::Debug for IcechunkRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IcechunkRepo")
            .field("name", &self.inner.name.as_str())
            .field("mode", &self.inner.rights.status.mode)
            .field("read_only", &self.inner.rights.read_only)
            .finish_non_exhaustive()
    }
}
