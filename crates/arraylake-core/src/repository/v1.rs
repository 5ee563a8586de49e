//! V1 repos: their entry in the catalog, and the first checkout.

mod settings;

use arraylake_types::{Author, BucketNickname, RepoKind, RepoModel, RepoName};
use arraylake_v1::{AsyncRepo, Checkout, Metastore, Ref, SharedRepo};

pub(crate) use self::settings::V1Settings;
use super::make::check_bucket;
use super::options::FirstCheckout;
use super::{OpenOptions, Repo, of_another_kind};
use crate::api::{Repos, Users};
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// Opens the V1 repo of an entry, and checks out what is wanted.
pub(crate) async fn open_entry(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    entry: RepoModel,
    options: OpenOptions,
) -> Result<Repo> {
    let failed = |error| Error::v1(operation, error);
    refuse(operation, repo, &entry)?;
    let author = client.get_user().await?.author();
    let opened = open_unchecked(client, operation, (repo, &entry), author, &options)?;
    let (at, how) = match options.checkout {
        FirstCheckout::Nothing => return Ok(Repo::V1(opened)),
        FirstCheckout::At(at, how) => (at, how),
        FirstCheckout::Main => {
            let how = Checkout::new().with_for_writing(!opened.is_read_only());
            (Ref::from("main"), how)
        }
    };
    opened.checkout(at, how).await.map_err(failed)?;
    Ok(Repo::V1(opened))
}

/// Opens the repo of an entry that has just been made. One that could not hold a chunk is none.
pub(super) async fn create(
    client: &AsyncClient,
    repo: &RepoName,
    entry: RepoModel,
    options: OpenOptions,
) -> Result<Repo> {
    const OPERATION: &str = "create repo";
    let opened = open_entry(client, OPERATION, repo, entry, options).await?;
    if let Some(repo) = opened.as_v1() {
        repo.chunkstore().map_err(|error| Error::v1(OPERATION, error))?;
    }
    Ok(opened)
}

/// Refuses what is no V1 repo, or is offline.
fn refuse(operation: &'static str, repo: &RepoName, entry: &RepoModel) -> Result<()> {
    if entry.kind != RepoKind::V1 {
        return Err(of_another_kind(repo, &entry.kind, &RepoKind::V1));
    }
    arraylake_v1::refuse_offline(repo, entry).map_err(|error| Error::v1(operation, error))
}

/// A repo with nothing checked out.
fn open_unchecked(
    client: &AsyncClient,
    operation: &'static str,
    (repo, entry): (&RepoName, &RepoModel),
    author: Author,
    options: &OpenOptions,
) -> Result<AsyncRepo> {
    let settings = client.v1_settings();
    let mut work = match &options.v1 {
        Some(work) => work.clone(),
        None => settings.repo_options()?,
    };
    work.read_only |= options.read_only;
    let mut metastore = Metastore::new(client.transport().clone(), repo.clone());
    if !settings.managed_sessions() {
        metastore = metastore.without_managed_sessions();
    }
    let mut stores = settings.store_settings()?;
    stores.store.clone_from(&options.chunkstore);
    arraylake_v1::open(metastore, entry, author, work, stores).map_err(|error| Error::v1(operation, error))
}

impl AsyncClient {
    /// Opens a V1 repo on the session of another process, which [`AsyncRepo::share`] gave. Data are read and written
    /// with the credentials of this client.
    ///
    /// `GET /repos/{org}/{repo}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such repo, [`is_offline`](Error::is_offline) if it is
    /// offline; if the session is of another service.
    pub async fn get_shared_repo(&self, shared: &SharedRepo, options: OpenOptions) -> Result<AsyncRepo> {
        const OPERATION: &str = "get shared repo";
        let entry = self.get_repo_object(&shared.repo).await?;
        refuse(OPERATION, &shared.repo, &entry)?;
        let repo = open_unchecked(self, OPERATION, (&shared.repo, &entry), shared.author.clone(), &options)?;
        repo.adopt(shared).map_err(|error| Error::v1(OPERATION, error))?;
        Ok(repo)
    }
}

/// Opens a repo that has an entry, in the bucket that was asked for.
pub(super) async fn open_existing(
    client: &AsyncClient,
    repo: &RepoName,
    wanted: Option<&BucketNickname>,
    options: &OpenOptions,
) -> Result<Repo> {
    let entry = client.get_repo_object(repo).await?;
    if entry.kind == RepoKind::V1 {
        check_bucket(repo, wanted, entry.bucket.as_deref())?;
    }
    open_entry(client, "get or create repo", repo, entry, options.clone()).await
}

/// Opens a repo, where V1 is the only kind that this build knows.
#[cfg(not(feature = "icechunk"))]
pub(crate) async fn get(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    options: OpenOptions,
) -> Result<Repo> {
    let entry = client.get_repo_object(repo).await?;
    super::refuse_unknown_kinds(repo, &entry.kind)?;
    open_entry(client, operation, repo, entry, options).await
}

#[cfg(test)]
mod tests;
