//! [`Repositories`]: open repositories.

#[cfg(feature = "icechunk")]
use std::collections::BTreeMap;

#[cfg(feature = "icechunk")]
use arraylake_icechunk::{RepoStorage, icechunk::config::Credentials};
#[cfg(feature = "icechunk")]
use arraylake_types::{BucketNickname, ImportRepo, UpdateContainers};
use arraylake_types::{NewRepo, OrgName, RepoName};
use async_trait::async_trait;

#[cfg(feature = "icechunk")]
use crate::api::{Buckets, VirtualChunks};
use crate::client::AsyncClient;
#[cfg(feature = "icechunk")]
use crate::error::Error;
use crate::error::Result;
use crate::repository::{self, OpenOptions, Repo};
#[cfg(feature = "icechunk")]
use crate::repository::{Upkeep, UpkeepReport};

/// Open repositories: their data, not only their entries.
#[cfg(any(feature = "icechunk", feature = "v1"))]
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Repositories: Send + Sync {
    /// Opens a repo of either kind. Its credentials renew themselves for as long as it is in use.
    ///
    /// `GET /repos/{org}/{repo}/open`, and nothing else, once for all who open it at the same time; on services
    /// without that route `GET /repos/{org}/{repo}`, `GET /user` and `GET /repos/{org}/{repo}/bucket-credentials`.
    ///
    /// A V1 repo takes `GET /repos/{org}/{repo}` and `GET /user`, and is checked out as the options say: the branch
    /// `main`, for writing unless it may only be read.
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo,
    /// [`is_offline`](crate::Error::is_offline) if it is offline. A repo under maintenance opens read-only.
    async fn get_repo(&self, repo: &RepoName, options: OpenOptions) -> Result<Repo>;

    /// Makes a repo: its entry in the catalog, then an empty repository in its bucket. If the second fails, or the
    /// future is dropped, the entry is taken back. A V1 repo needs nothing in its bucket, and is checked out.
    ///
    /// `POST /orgs/{org}/repos`, then `GET /repos/{org}/{repo}/open`; for a V1 repo `GET /user`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the name is
    /// taken. If something lies at its place in the bucket already, the entry is left, so that no service takes that
    /// for data to be removed.
    async fn create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions) -> Result<Repo>;

    /// Takes a repository that lies in a bucket already into the catalog, and opens it. If it cannot be opened, or the
    /// future is dropped, the entry is taken back; the data stay as they are.
    ///
    /// `POST /orgs/{org}/repos/import`, then `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the name is
    /// taken; if there is no repository at that place.
    #[cfg(feature = "icechunk")]
    async fn import_repo(&self, org: &OrgName, request: ImportRepo, options: OpenOptions) -> Result<Repo>;

    /// Opens a repo, or makes it if it is not there. Any number of callers may do so at once; all get the same.
    ///
    /// `GET /repos/{org}/{repo}/open`; if that is not found as [`create_repo`](Self::create_repo).
    ///
    /// # Errors
    /// [`Error::Mismatch`](crate::Error::Mismatch) if it is of another kind or in another bucket than asked for.
    async fn get_or_create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions)
    -> Result<Repo>;

    /// Keeps an Icechunk repo up by the rules that the catalog keeps for it, or for its org: lets go of old versions,
    /// deletes garbage, and reports both. Each is tried dry first; see [`Upkeep`].
    ///
    /// `GET /repos/{org}/{repo}`, `GET /orgs/{org}` if the repo has no rules for garbage of its own,
    /// `GET /repos/{org}/{repo}/open`, `POST /repos/icechunk/{org}/{repo}/expiration_results` and `.../gc_results`
    ///
    /// # Errors
    /// As [`get_repo`](Self::get_repo); [`Error::Mismatch`](crate::Error::Mismatch) if it is of another kind; if the repo
    /// may only be read, the object store fails, or the service does not take the report. What was done by then is
    /// told to whoever watches.
    #[cfg(feature = "icechunk")]
    async fn maintain_repo(&self, repo: &RepoName, how: Upkeep) -> Result<UpkeepReport>;

    /// Changes which buckets the virtual chunks of a repo may lie in, and opens it with credentials for them: those of
    /// a handle opened earlier stay as they were. Needs leave to write to the repo.
    ///
    /// `PATCH /repos/icechunk/{org}/{repo}/virtual-chunk-containers`, then `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// As [`update_virtual_chunk_containers`](crate::api::VirtualChunks::update_virtual_chunk_containers) and
    /// [`get_repo`](Self::get_repo).
    #[cfg(feature = "icechunk")]
    async fn authorize_virtual_chunk_access(
        &self,
        repo: &RepoName,
        containers: UpdateContainers,
        options: OpenOptions,
    ) -> Result<Repo>;

    /// The storage of an Icechunk repo, for calls of icechunk that this crate does not have. Nothing is asked of the
    /// object store. Its credentials renew themselves.
    ///
    /// `GET /repos/{org}/{repo}/open`, or what takes its place as for [`get_repo`](Self::get_repo)
    ///
    /// # Errors
    /// As [`get_repo`](Self::get_repo); [`Error::Mismatch`](crate::Error::Mismatch) if it is of another kind.
    #[cfg(feature = "icechunk")]
    async fn get_icechunk_storage(&self, repo: &RepoName, options: OpenOptions) -> Result<RepoStorage>;

    /// Credentials to read virtual chunks that lie in a bucket config, for
    /// [`OpenOptions::with_container_credentials`]: renewed ahead of their end, or anonymous ones. Containers that the
    /// catalog lists need none, they come with the repo.
    ///
    /// `GET /orgs/{org}/buckets`; later `GET /orgs/{org}/buckets/{id}/credentials`, if the bucket needs any
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is no such bucket config; if this version
    /// cannot use its platform with its method.
    #[cfg(feature = "icechunk")]
    async fn get_icechunk_container_credentials_from_bucket(
        &self,
        org: &OrgName,
        bucket: &BucketNickname,
    ) -> Result<Credentials>;

    /// The same for several containers, given by their URL prefixes.
    ///
    /// `GET /orgs/{org}/buckets`, unless there are none
    ///
    /// # Errors
    /// If a prefix breaks a rule, before anything is sent; as
    /// [`get_icechunk_container_credentials_from_bucket`](Self::get_icechunk_container_credentials_from_bucket).
    #[cfg(feature = "icechunk")]
    async fn containers_credentials_for_buckets(
        &self,
        org: &OrgName,
        containers: BTreeMap<String, BucketNickname>,
    ) -> Result<BTreeMap<String, Credentials>>;
}

#[async_trait]
impl Repositories for AsyncClient {
    async fn get_repo(&self, repo: &RepoName, options: OpenOptions) -> Result<Repo> {
        repository::get(self, "get repo", repo, options).await
    }

    async fn create_repo(&self, org: &OrgName, request: NewRepo, options: OpenOptions) -> Result<Repo> {
        repository::create(self, org, request, options).await
    }

    #[cfg(feature = "icechunk")]
    async fn import_repo(&self, org: &OrgName, request: ImportRepo, options: OpenOptions) -> Result<Repo> {
        repository::import(self, org, request, options).await
    }

    async fn get_or_create_repo(
        &self,
        org: &OrgName,
        request: NewRepo,
        options: OpenOptions,
    ) -> Result<Repo> {
        repository::get_or_create(self, org, request, options).await
    }

    #[cfg(feature = "icechunk")]
    async fn maintain_repo(&self, repo: &RepoName, how: Upkeep) -> Result<UpkeepReport> {
        repository::maintain(self, repo, how).await
    }

    #[cfg(feature = "icechunk")]
    async fn authorize_virtual_chunk_access(
        &self,
        repo: &RepoName,
        containers: UpdateContainers,
        options: OpenOptions,
    ) -> Result<Repo> {
        self.update_virtual_chunk_containers(repo, containers).await?;
        // What was asked before the change may be under way, and is not what is wanted.
        let place = repository::locate(self, repo).await?;
        repository::open(self, "authorize virtual chunk access", repo, place, options).await
    }

    #[cfg(feature = "icechunk")]
    async fn get_icechunk_storage(&self, repo: &RepoName, options: OpenOptions) -> Result<RepoStorage> {
        repository::storage(self, repo, &options).await
    }

    #[cfg(feature = "icechunk")]
    async fn get_icechunk_container_credentials_from_bucket(
        &self,
        org: &OrgName,
        bucket: &BucketNickname,
    ) -> Result<Credentials> {
        let config = self.get_bucket_config(org, bucket).await?;
        let made = self.opener().container_credentials(org, &config);
        made.map_err(|error| Error::storage("get icechunk container credentials from bucket", error))
    }

    #[cfg(feature = "icechunk")]
    async fn containers_credentials_for_buckets(
        &self,
        org: &OrgName,
        containers: BTreeMap<String, BucketNickname>,
    ) -> Result<BTreeMap<String, Credentials>> {
        if containers.is_empty() {
            return Ok(BTreeMap::new());
        }
        repository::container_credentials(self, org, containers).await
    }
}

#[cfg(test)]
mod tests;
