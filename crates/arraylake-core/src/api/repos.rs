//! [`Repos`]: entries of repos in the catalog.

mod newest;

use async_trait::async_trait;
use http::{Method, StatusCode};

use arraylake_types::{
    DeleteConfirmation, DeleteRepo, ImportRepo, ListRepos, ModifyRepo, NewRepo, NewRepoStatus,
    NewRepoVisibility, OpenRepo, OrgName, Page, PageRequest, RepoId, RepoModel, RepoName, RepoStatus, Rows,
    StorageCredentials,
};

use self::newest::Newest;
use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::listing::{check, repo_page, repo_pages};

/// How many pages of a listing are under way at once: a hundred pages from far away in a few waits, on connections that
/// any service can spare.
const PAGES_AHEAD: usize = 16;

/// Entries of repos in the catalog.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Repos: Send + Sync {
    /// Lists the repos of an org, the one changed last first. A row that cannot be read is reported in
    /// [`Rows::bad`] and does not spoil the others.
    ///
    /// `GET /orgs/{org}/repos/paginated`, several pages at once; `GET /orgs/{org}/repos` on services without it.
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such org.
    async fn list_repos(&self, org: &OrgName, options: ListRepos) -> Result<Rows<RepoModel>>;

    /// One page of the repos of an org, in the order of the service.
    ///
    /// `GET /orgs/{org}/repos/paginated`
    ///
    /// # Errors
    /// If the page or its size is out of range, before anything is sent.
    async fn list_repos_page(
        &self,
        org: &OrgName,
        page: PageRequest,
        options: ListRepos,
    ) -> Result<Page<RepoModel>>;

    /// What the catalog knows of a repo.
    ///
    /// `GET /repos/{org}/{repo}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo.
    async fn get_repo_object(&self, repo: &RepoName) -> Result<RepoModel>;

    /// Place, credentials and status of a repo, in one answer. To get an open repository use `get_repo`.
    ///
    /// `GET /repos/{org}/{repo}/open`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo, or the service lacks the route.
    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo>;

    /// Credentials for the bucket of a repo.
    ///
    /// `GET /repos/{org}/{repo}/bucket-credentials`
    ///
    /// # Errors
    /// If there is no such repo, or its bucket does not vend credentials.
    async fn get_repo_bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials>;

    /// Makes the entry of a repo and nothing else. To make the repository too use `create_repo`.
    ///
    /// `POST /orgs/{org}/repos`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if a repo or a
    /// ghost has the name; [`is_unknown_outcome`](crate::Error::is_unknown_outcome) if the answer was lost.
    async fn create_repo_object(&self, org: &OrgName, request: NewRepo) -> Result<RepoModel>;

    /// Makes the entry of a repo whose repository lies in a bucket already, and nothing else.
    ///
    /// `POST /orgs/{org}/repos/import`; `POST /orgs/{org}/repos` on services without it.
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if a repo or a
    /// ghost has the name; [`is_unknown_outcome`](crate::Error::is_unknown_outcome) if the answer was lost.
    async fn import_repo_object(&self, org: &OrgName, request: ImportRepo) -> Result<RepoModel>;

    /// What the catalog knows of a repo, by its id.
    ///
    /// `GET /repo/{id}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo.
    async fn get_repo_object_by_id(&self, id: &RepoId) -> Result<RepoModel>;

    /// Credentials for the bucket of a repo, by the repo's id.
    ///
    /// `GET /repo/{id}/bucket-credentials`
    ///
    /// # Errors
    /// If there is no such repo, or its bucket does not vend credentials.
    async fn get_repo_bucket_credentials_by_id(&self, id: &RepoId) -> Result<StorageCredentials>;

    /// Changes description, metadata, garbage collection and expiration of a repo, as far as they are set.
    ///
    /// `PATCH /orgs/{org}/{repo}`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_validation`](crate::Error::is_validation) if a fact to
    /// add is there already.
    async fn modify_repo(&self, repo: &RepoName, request: ModifyRepo) -> Result<()>;

    /// Takes a repo offline, puts it under maintenance, or back online. The public service keeps this to administrators.
    ///
    /// `PUT /orgs/{org}/{repo}/status`
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) if the token does not allow it; if the status may not be changed.
    async fn set_repo_status(&self, repo: &RepoName, request: NewRepoStatus) -> Result<RepoStatus>;

    /// Says who may see a repo.
    ///
    /// `PUT /orgs/{org}/{repo}/visibility`. No client is known to call this route: only its path and the body are, so
    /// the method is a guess.
    ///
    /// # Errors
    /// If the visibility is not a known one, before anything is sent; if the service takes no such request.
    async fn set_repo_visibility(&self, repo: &RepoName, request: NewRepoVisibility) -> Result<()>;

    /// Deletes a repo: see [`DeleteRepo`] for what becomes of its data.
    ///
    /// `DELETE /orgs/{org}/{repo}`
    ///
    /// # Errors
    /// If the token does not allow it. Newer services do not mind if there is no such repo.
    async fn delete_repo(&self, repo: &RepoName, sure: DeleteConfirmation, options: DeleteRepo)
    -> Result<()>;
}

#[async_trait]
impl Repos for AsyncClient {
    async fn list_repos(&self, org: &OrgName, options: ListRepos) -> Result<Rows<RepoModel>> {
        let mut pages = repo_pages(self, org, PageRequest::default(), options)?.with_ahead(PAGES_AHEAD);
        let Some(first) = pages.next().await? else { return Ok(Rows::default()) };
        let mut newest = Newest::new(first.total);
        newest.add(first.rows);
        while let Some(page) = pages.next().await? {
            newest.add(page.rows);
        }
        Ok(newest.finish())
    }

    async fn list_repos_page(
        &self,
        org: &OrgName,
        page: PageRequest,
        options: ListRepos,
    ) -> Result<Page<RepoModel>> {
        page.validate()?;
        check(&options)?;
        repo_page(self, org, page, &options).await
    }

    async fn get_repo_object(&self, repo: &RepoName) -> Result<RepoModel> {
        let path = ["repos", repo.org().as_str(), repo.repo()];
        self.call(Call::get("get repo", &path)).await?.read_with(|body| self.recall().read(body))
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo> {
        let path = ["repos", repo.org().as_str(), repo.repo(), "open"];
        self.call(Call::get("open repo", &path).sensitive()).await?.read()
    }

    async fn get_repo_bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials> {
        let path = ["repos", repo.org().as_str(), repo.repo(), "bucket-credentials"];
        self.call(Call::get("get bucket credentials", &path).sensitive()).await?.read()
    }

    async fn create_repo_object(&self, org: &OrgName, request: NewRepo) -> Result<RepoModel> {
        const OPERATION: &str = "create repo";
        request.validate()?;
        let call = Call::new(OPERATION, Method::POST, &["orgs", org.as_str(), "repos"]).json(&request)?;
        self.call_once(OPERATION, call).await?.read()
    }

    async fn import_repo_object(&self, org: &OrgName, request: ImportRepo) -> Result<RepoModel> {
        const OPERATION: &str = "import repo";
        request.validate()?;
        if !self.era().lacks_import.is_set() {
            let path = ["orgs", org.as_str(), "repos", "import"];
            let call = Call::new(OPERATION, Method::POST, &path).json(&request)?;
            match self.call_once(OPERATION, call).await {
                Err(error) if is_missing_route(&error) => {}
                answer => return answer?.read(),
            }
        }
        let path = ["orgs", org.as_str(), "repos"];
        let call = Call::new(OPERATION, Method::POST, &path).json(&request.as_new_repo())?;
        let answer = self.call_once(OPERATION, call).await?;
        self.era().lacks_import.set();
        answer.read()
    }

    async fn get_repo_object_by_id(&self, id: &RepoId) -> Result<RepoModel> {
        let call = Call::get("get repo by id", &["repo", id.as_str()]);
        self.call(call).await?.read_with(|body| self.recall().read(body))
    }

    async fn get_repo_bucket_credentials_by_id(&self, id: &RepoId) -> Result<StorageCredentials> {
        let path = ["repo", id.as_str(), "bucket-credentials"];
        self.call(Call::get("get bucket credentials", &path).sensitive()).await?.read()
    }

    async fn modify_repo(&self, repo: &RepoName, request: ModifyRepo) -> Result<()> {
        request.validate()?;
        let path = ["orgs", repo.org().as_str(), repo.repo()];
        let call = Call::new("modify repo", Method::PATCH, &path).json(&request)?;
        // A fact can be added and removed once only; all else may be said twice.
        let repeatable = request.add_metadata.is_none() && request.remove_metadata.is_none();
        self.call(if repeatable { call.idempotent() } else { call }).await?;
        Ok(())
    }

    async fn set_repo_status(&self, repo: &RepoName, request: NewRepoStatus) -> Result<RepoStatus> {
        request.validate()?;
        let path = ["orgs", repo.org().as_str(), repo.repo(), "status"];
        self.call(Call::new("set repo status", Method::PUT, &path).json(&request)?).await?.read()
    }

    async fn set_repo_visibility(&self, repo: &RepoName, request: NewRepoVisibility) -> Result<()> {
        request.validate()?;
        let path = ["orgs", repo.org().as_str(), repo.repo(), "visibility"];
        self.call(Call::new("set repo visibility", Method::PUT, &path).json(&request)?).await?;
        Ok(())
    }

    async fn delete_repo(
        &self,
        repo: &RepoName,
        _sure: DeleteConfirmation,
        options: DeleteRepo,
    ) -> Result<()> {
        let mut pairs = Vec::new();
        if options.immediate {
            pairs.push(("immediate", "true"));
        }
        if options.retain_data {
            pairs.push(("retain_data", "true"));
        }
        let path = ["orgs", repo.org().as_str(), repo.repo()];
        self.call(Call::new("delete repo", Method::DELETE, &path).query(&pairs)).await?;
        #[cfg(feature = "icechunk")]
        self.credentials().forget(repo);
        Ok(())
    }
}

/// A missing route and a missing thing look alike; the caller asks the older route to tell them apart.
pub(crate) fn is_missing_route(error: &Error) -> bool {
    matches!(error.status(), Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED))
}

#[cfg(test)]
mod tests;
