//! [`Repo`]: a V1 repo, called without `async`.

use std::future::Future;

use arraylake_core::types::RepoStatus;
use arraylake_core::types::v1::CommitId;
use arraylake_core::v1::{AsyncRepo, SharedRepo};
use tokio::runtime::Handle;

use crate::{Client, Result, runtime};

/// A V1 repo with a session, which reads, writes and commits. Cheap to clone; clones share the session.
///
/// Its methods are those of [`AsyncRepo`], each with the documentation of its async twin.
///
/// ```no_run
/// use arraylake_blocking::{Client, prelude::*, v1};
/// use arraylake_core::v1::CommitOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::from_env()?;
/// let repo = client.get_repo(&"acme/old".parse()?, OpenOptions::new())?.into_v1()?;
/// let repo = v1::Repo::from(repo);
/// let group = serde_json::json!({"attributes": {"title": "Sea ice"}});
/// repo.set_doc("meta/root.group.json", group)?;
/// repo.commit("Begin", CommitOptions::new())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Repo {
    repo: AsyncRepo,
    handle: Option<Handle>,
}

impl From<AsyncRepo> for Repo {
    /// A blocking face over the same repo and the same session.
    fn from(repo: AsyncRepo) -> Self {
        Self { repo, handle: None }
    }
}

impl Repo {
    /// Runs the calls on a runtime of yours instead of the shared one. It must go on running while calls are made.
    #[must_use]
    pub fn on(mut self, runtime: Handle) -> Self {
        self.handle = Some(runtime);
        self
    }

    /// The async repo below, with the same session.
    #[must_use]
    pub fn as_async(&self) -> &AsyncRepo {
        &self.repo
    }

    /// Another handle on the same repo, with a session of its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { repo: self.repo.fork(), handle: self.handle.clone() }
    }

    /// Another handle, which reads a commit. Nobody is asked whether there is such a commit.
    #[must_use]
    pub fn at(&self, commit: &CommitId) -> Self {
        Self { repo: self.repo.at(commit), handle: self.handle.clone() }
    }

    /// See [`AsyncRepo::with_status`].
    #[must_use]
    pub fn with_status(&self, status: RepoStatus) -> Self {
        Self { repo: self.repo.with_status(status), handle: self.handle.clone() }
    }

    pub(crate) fn run<F, Fut, T>(&self, call: F) -> T
    where
        F: FnOnce(AsyncRepo) -> Fut,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        runtime::wait(self.handle.as_ref(), call(self.repo.clone()))
    }
}

impl Client {
    /// Opens a V1 repo on the session of another process; see
    /// [`get_shared_repo`](arraylake_core::AsyncClient::get_shared_repo).
    ///
    /// `GET /repos/{org}/{repo}`
    ///
    /// # Errors
    /// If there is no such repo, it is offline, or the session is of another service.
    pub fn get_shared_repo(&self, shared: &SharedRepo, options: arraylake_core::OpenOptions) -> Result<Repo> {
        let shared = shared.clone();
        let repo = self.run(move |client| async move { client.get_shared_repo(&shared, options).await })?;
        Ok(Repo { repo, handle: self.handle() })
    }
}
