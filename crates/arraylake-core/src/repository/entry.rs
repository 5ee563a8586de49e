//! [`NewEntry`]: the entry of a repo that is being made.

use std::future::Future;
use std::time::Duration;

use arraylake_types::{DeleteConfirmation, DeleteRepo, RepoModel, RepoName};

use super::Repo;
use crate::api::Repos;
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// How long taking back an entry may last, apart from the call that failed.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(30);

/// The entry of a repo that is being made. Unless it is [settled](Self::settle) it is taken back: when the future that
/// holds it is dropped, too.
#[derive(Debug)]
pub(crate) struct NewEntry {
    client: AsyncClient,
    repo: RepoName,
    #[cfg_attr(not(feature = "v1"), expect(dead_code, reason = "only V1 repos are opened by it"))]
    model: RepoModel,
    armed: bool,
}

impl NewEntry {
    /// Makes the entry, in a task of its own: when the caller goes away in the middle, the request is still answered,
    /// and the entry that nobody waits for is dropped and so taken back.
    pub(crate) async fn make(
        client: &AsyncClient,
        repo: &RepoName,
        register: impl Future<Output = Result<RepoModel>> + Send + 'static,
    ) -> Result<Self> {
        let (client, repo) = (client.clone(), repo.clone());
        let made =
            tokio::spawn(
                async move { register.await.map(|model| Self { client, repo, model, armed: true }) },
            );
        made.await.unwrap_or_else(|_| Err(shutting_down()))
    }

    /// What the service answered.
    #[cfg(feature = "v1")]
    pub(crate) fn model(&self) -> &RepoModel {
        &self.model
    }

    /// Keeps the entry of a repo that is complete, and takes back that of one that is not. Where something lies at
    /// its place already the entry stays too: that is somebody's, and no service may take it for data to be removed.
    pub(crate) async fn settle(mut self, outcome: Result<Repo>) -> Result<Repo> {
        match outcome {
            Err(error) if !error.prefix_was_occupied() => Err(self.take_back(error).await),
            outcome => {
                self.armed = false;
                outcome
            }
        }
    }

    /// Takes the entry back and says so if that fails.
    async fn take_back(mut self, cause: Error) -> Error {
        self.armed = false;
        match self.start().await.unwrap_or_else(|_| Err(shutting_down())) {
            Ok(()) => cause,
            Err(rollback) => {
                let repo = self.repo.to_string();
                Error::RollbackFailed { repo, cause: Box::new(cause), rollback: Box::new(rollback) }
            }
        }
    }

    /// A task of its own, so that a caller who goes away does not stop it. `immediate` frees the name, `retain_data`
    /// keeps whatever lies there: it may not be ours.
    fn start(&self) -> tokio::task::JoinHandle<Result<()>> {
        let (client, repo) = (self.client.clone(), self.repo.clone());
        tokio::spawn(async move {
            #[cfg(feature = "icechunk")]
            client.credentials().forget(&repo);
            let sure = DeleteConfirmation::imsure().imreallysure();
            let options = DeleteRepo::new().with_immediate().with_retain_data();
            let deleted =
                tokio::time::timeout(ROLLBACK_LIMIT, client.delete_repo(&repo, sure, options)).await;
            deleted.unwrap_or_else(|_| Err(Error::Unsupported("taking back the entry took too long".into())))
        })
    }
}

fn shutting_down() -> Error {
    Error::Unsupported("the runtime is shutting down".into())
}

impl Drop for NewEntry {
    fn drop(&mut self) {
        if self.armed && tokio::runtime::Handle::try_current().is_ok() {
            tracing::debug!(repo = %self.repo, "a creation was cancelled, its entry is taken back");
            drop(self.start());
        }
    }
}
