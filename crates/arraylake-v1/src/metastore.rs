//! [`Metastore`]: every route of a V1 repo, one method each, as the service offers them.
//!
//! Nothing here keeps state or repeats what was lost to another writer; that is the business of the layers above.

mod call;
mod docs;
mod history;
mod sessions;

use std::fmt;
use std::sync::Arc;

use arraylake_transport::Transport;
use arraylake_types::v1::{CommitId, SessionId};
use arraylake_types::{RepoName, StorageCredentials};

use self::call::Call;
pub use self::docs::Listing;
use crate::error::Result;

/// The service that keeps the metadata of one V1 repo. Cheap to clone.
///
/// Methods are named after those of the Python client and call one route each, below `/repos/{org}/{repo}`.
#[derive(Clone)]
pub struct Metastore {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    repo: RepoName,
    managed_sessions: bool,
}

/// What a call looks at: the documents of a session on top of those of a commit.
///
/// The service goes by what each request says, not by what it was told when the session was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct View {
    /// The session.
    pub session: SessionId,
    /// The commit below it; none on an empty repo.
    pub base: Option<CommitId>,
}

impl View {
    /// A session on top of a commit.
    #[must_use]
    pub fn new(session: SessionId, base: Option<CommitId>) -> Self {
        Self { session, base }
    }

    /// A commit as it is.
    #[must_use]
    pub fn of_commit(base: Option<CommitId>) -> Self {
        Self { session: SessionId::reading(base.as_ref()), base }
    }

    fn query(&self) -> [(&'static str, &str); 2] {
        [("session_id", self.session.as_str()), ("base_commit", text(self.base.as_ref()))]
    }
}

/// An absent commit is an empty text on the wire.
fn text(commit: Option<&CommitId>) -> &str {
    commit.map_or("", CommitId::as_str)
}

impl Metastore {
    /// The metastore of a repo, over a transport that knows the service and the token.
    #[must_use]
    pub fn new(transport: Transport, repo: RepoName) -> Self {
        Self { inner: Arc::new(Inner { transport, repo, managed_sessions: true }) }
    }

    /// Says that sessions are not made by the service: then any id may be written under, and nothing expires.
    #[must_use]
    pub fn without_managed_sessions(&self) -> Self {
        let Inner { transport, repo, .. } = self.inner.as_ref();
        let inner = Inner { transport: transport.clone(), repo: repo.clone(), managed_sessions: false };
        Self { inner: Arc::new(inner) }
    }

    /// Full name of the repo.
    #[must_use]
    pub fn repo(&self) -> &RepoName {
        &self.inner.repo
    }

    /// Whether the service makes the sessions.
    #[must_use]
    pub fn has_managed_sessions(&self) -> bool {
        self.inner.managed_sessions
    }

    /// Address of the service, where it is known.
    #[must_use]
    pub fn api_url(&self) -> Option<String> {
        let uri = self.inner.transport.base_uri()?;
        Some(uri.to_string().trim_end_matches('/').to_owned())
    }

    /// Credentials for the bucket of the repo. `GET /repos/{org}/{repo}/bucket-credentials`
    ///
    /// # Errors
    /// If the service does not answer, or hands out none.
    pub async fn bucket_credentials(&self) -> Result<StorageCredentials> {
        let call = Call::get("get bucket credentials", self, &["bucket-credentials"]).sensitive();
        self.call(call).await?.read()
    }
}

impl fmt::Debug for Metastore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metastore").field("repo", &self.inner.repo.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
