//! Open repositories: what the catalog says and what lies in the bucket, brought together.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arraylake_icechunk::{CredentialError, CredentialSource, ErrorKind, IcechunkRepo, Opener};
use arraylake_types::{
    DeleteConfirmation, DeleteRepo, OpenRepo, RepoKind, RepoModel, RepoName, StorageCredentials,
};
use async_trait::async_trait;

use crate::api::{Repos, Users};
use crate::client::AsyncClient;
use crate::error::{Error, Result};

pub use arraylake_icechunk::OpenOptions;

/// How long taking back an entry may last, apart from the call that failed.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(30);

/// An open repository, of either kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Repo {
    /// An Icechunk repository.
    Icechunk(IcechunkRepo),
}

impl Repo {
    /// The Icechunk repository, if it is one.
    #[must_use]
    pub fn as_icechunk(&self) -> Option<&IcechunkRepo> {
        match self {
            Self::Icechunk(repo) => Some(repo),
        }
    }

    /// The Icechunk repository.
    ///
    /// # Errors
    /// If it is of another kind.
    pub fn into_icechunk(self) -> Result<IcechunkRepo> {
        match self {
            Self::Icechunk(repo) => Ok(repo),
        }
    }
}

/// The client as a source of storage credentials.
#[derive(Debug)]
struct ClientSource {
    client: AsyncClient,
    api_url: String,
}

#[async_trait]
impl CredentialSource for ClientSource {
    fn api_url(&self) -> &str {
        &self.api_url
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError> {
        locate(&self.client, repo).await.map_err(as_credential_error)
    }

    async fn bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials, CredentialError> {
        self.client.get_repo_bucket_credentials(repo).await.map_err(as_credential_error)
    }
}

fn as_credential_error(error: Error) -> CredentialError {
    let made = if error.is_transient() { CredentialError::transient } else { CredentialError::refused };
    let mut refusal = made(&error.to_string());
    if let Some(pause) = error.retry_after() {
        refusal = refusal.with_retry_after(pause);
    }
    refusal.with_source(Arc::new(error))
}

pub(crate) fn opener(client: &AsyncClient) -> Opener {
    let source = ClientSource { client: client.clone(), api_url: client.service_uri().to_string() };
    Opener::new(Arc::new(source), client.credentials().clone())
}

impl AsyncClient {
    /// What opens repositories with the credentials of this client: for sessions that come as bytes from other
    /// processes ([`Opener::session_from_bytes`], [`Opener::register`]), and for answers of `/open` of your own.
    #[must_use]
    pub fn opener(&self) -> Opener {
        opener(self)
    }
}

/// Place, credentials and status of a repo: in one request, or in several on a service without that route.
pub(crate) async fn locate(client: &AsyncClient, repo: &RepoName) -> Result<OpenRepo> {
    if !client.era().lacks_open.is_set() {
        match client.open_repo(repo).await {
            Err(error) if crate::api::is_missing_route(&error) => {
                let model = client.get_repo_object(repo).await?;
                refuse_other_kinds(repo, &model)?;
                client.era().lacks_open.set();
                return assemble(client, repo, model).await;
            }
            answer => return answer,
        }
    }
    let model = client.get_repo_object(repo).await?;
    refuse_other_kinds(repo, &model)?;
    assemble(client, repo, model).await
}

pub(crate) fn refuse_other_kinds(repo: &RepoName, model: &RepoModel) -> Result<()> {
    match &model.kind {
        RepoKind::Icechunk => Ok(()),
        RepoKind::V1 => {
            Err(Error::Unsupported(format!("{repo} is a V1 repo, which this version cannot open")))
        }
        kind => Err(Error::Unsupported(format!(
            "{repo} is of the kind {kind:?}, which this version does not know"
        ))),
    }
}

/// As [`locate`], for whoever wants it as it is: those who ask at the same time share one request.
pub(crate) async fn locate_shared(client: &AsyncClient, repo: &RepoName) -> Result<OpenRepo> {
    client.credentials().share(repo, locate(client, repo)).await
}

/// What the newer route would have answered.
async fn assemble(client: &AsyncClient, repo: &RepoName, model: RepoModel) -> Result<OpenRepo> {
    let Some((bucket, prefix)) = model.storage() else {
        return Err(Error::Unsupported(format!(
            "{repo} has no bucket: it subscribes to a repo that is gone"
        )));
    };
    let mut answer = OpenRepo::new(bucket.clone(), prefix);
    if bucket.auth_method().is_some_and(|method| method.is_delegated()) && !model.status.is_offline() {
        answer.repo_credentials = Some(client.get_repo_bucket_credentials(repo).await?);
    }
    let user = client.get_user().await?;
    answer.author = Some(user.author());
    answer.principal_id = Some(user.id().to_string());
    answer.status = model.status;
    Ok(answer)
}

/// Opens what an answer describes. Where nothing is there, the catalog is asked whether the repo is of another kind.
pub(crate) async fn open(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    answer: OpenRepo,
    options: OpenOptions,
) -> Result<Repo> {
    match opener(client).open(repo, answer, options).await {
        Ok(opened) => Ok(Repo::Icechunk(opened)),
        Err(error) => {
            if *error.kind() == ErrorKind::NoRepository
                && let Ok(model) = client.get_repo_object(repo).await
            {
                refuse_other_kinds(repo, &model)?;
            }
            Err(Error::storage(operation, error))
        }
    }
}

/// The entry of a repo that is being made. Unless it is [settled](Self::settle) it is taken back: when the future that
/// holds it is dropped, too.
#[derive(Debug)]
pub(crate) struct NewEntry {
    client: AsyncClient,
    repo: RepoName,
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
        let made = tokio::spawn(async move { register.await.map(|_| Self { client, repo, armed: true }) });
        made.await.unwrap_or_else(|_| Err(shutting_down()))
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
