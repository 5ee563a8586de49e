//! [`Repos`]: entries of repos in the catalog.

use std::collections::HashSet;

use async_trait::async_trait;
use http::{Method, StatusCode};

use arraylake_types::{
    DeleteConfirmation, DeleteRepo, ImportRepo, ListRepos, ModifyRepo, NewRepo, NewRepoStatus,
    NewRepoVisibility, OpenRepo, OrgName, Page, PageRequest, RepoId, RepoModel, RepoName, RepoStatus, Rows,
    StorageCredentials,
};

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::listing::{check, repo_page, repo_pages};

/// How many pages of a listing are under way at once.
const PAGES_AHEAD: usize = 8;

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
        let pages = repo_pages(self, org, PageRequest::default(), options)?;
        Ok(newest_first(pages.with_ahead(PAGES_AHEAD).collect().await?))
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
        self.call(Call::get("get repo", &path)).await?.read()
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
        self.call(Call::get("get repo by id", &["repo", id.as_str()])).await?.read()
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

/// A listing may shift between two pages, so that a repo comes twice.
fn newest_first(mut rows: Rows<RepoModel>) -> Rows<RepoModel> {
    let mut seen = HashSet::with_capacity(rows.items.len());
    let again: Vec<bool> = rows.items.iter().map(|repo| !seen.insert(repo.id.as_str())).collect();
    if again.contains(&true) {
        let mut again = again.into_iter();
        rows.items.retain(|_| again.next() != Some(true));
    }
    // Rows are large: this sorts their keys, and moves each row once.
    rows.items.sort_by_cached_key(|repo| std::cmp::Reverse(repo.updated));
    rows
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};

    use super::*;
    use crate::test_support::{client_over, repo_json};

    fn org() -> OrgName {
        "acme".parse().unwrap()
    }

    fn page(names: &[&str], page: u64, pages: u64) -> String {
        let items: Vec<String> = names.iter().map(|name| repo_json(name)).collect();
        format!(r#"{{"items":[{}],"total":9,"page":{page},"size":100,"pages":{pages}}}"#, items.join(","))
    }

    #[tokio::test]
    async fn pages_are_joined_in_order_without_repeats() {
        let script = Script::new([
            json(200, page(&["r1", "r2"], 1, 3)),
            json(200, page(&["r2", "r3"], 2, 3)),
            json(200, page(&["r4"], 3, 3)),
        ]);
        let rows = client_over(&script).list_repos(&org(), ListRepos::new()).await.unwrap();
        assert_eq!(rows.iter().map(|repo| repo.name.as_str()).collect::<Vec<_>>(), ["r1", "r2", "r3", "r4"]);
        assert_eq!(script.paths()[0], "/orgs/acme/repos/paginated?page=1&size=100");
    }

    #[tokio::test]
    async fn an_older_service_is_asked_the_older_way_and_remembered() {
        let list = format!("[{}]", repo_json("old"));
        let script = Script::new([status(404), json(200, &list), json(200, &list)]);
        let client = client_over(&script);
        assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
        assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
        let plain = "/orgs/acme/repos";
        assert_eq!(script.paths(), ["/orgs/acme/repos/paginated?page=1&size=100", plain, plain]);
    }

    #[tokio::test]
    async fn an_unknown_org_is_not_found_and_is_not_taken_for_an_older_service() {
        let script = Script::new([status(404), status(404), json(200, page(&["r1"], 1, 1))]);
        let client = client_over(&script);
        assert!(client.list_repos(&org(), ListRepos::new()).await.unwrap_err().is_not_found());
        assert_eq!(client.list_repos(&org(), ListRepos::new()).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_service_that_promises_pages_it_does_not_have_is_not_asked_for_ever() {
        let mut steps = vec![json(200, page(&["r1"], 1, 1_000_000_000))];
        steps.extend((2..40).map(|number| json(200, page(&[], number, 1_000_000_000))));
        let script = Script::new(steps);
        let rows = client_over(&script).list_repos(&org(), ListRepos::new()).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(script.requests().len() <= 1 + PAGES_AHEAD);
    }

    #[tokio::test]
    async fn a_lost_answer_to_a_creation_is_an_unknown_outcome_and_a_refused_connection_is_not() {
        use arraylake_transport::testing::{cut, refuse};
        let script = Script::new([cut()]);
        let client = client_over(&script);
        let error = client.create_repo_object(&org(), NewRepo::new("era5")).await.unwrap_err();
        assert!(error.is_unknown_outcome() && error.is_interrupted(), "{error:?}");
        let script = Script::new(std::iter::repeat_with(refuse).take(9));
        let error = client_over(&script).create_repo_object(&org(), NewRepo::new("era5")).await.unwrap_err();
        assert!(error.is_connect() && !error.is_unknown_outcome(), "{error:?}");
    }

    #[tokio::test]
    async fn an_import_falls_back_to_the_older_route_and_remembers() {
        let repo = repo_json("era5");
        let script = Script::new([status(405), json(201, &repo), json(201, &repo)]);
        let client = client_over(&script);
        let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
        client.import_repo_object(&org(), request.clone()).await.unwrap();
        client.import_repo_object(&org(), request).await.unwrap();
        let plain = "/orgs/acme/repos";
        assert_eq!(script.paths(), ["/orgs/acme/repos/import", plain, plain]);
        let body: serde_json::Value = serde_json::from_slice(script.requests()[1].body()).unwrap();
        assert_eq!((&body["create_mode"], &body["prefix"]), (&"import".into(), &"p".into()));
    }

    #[tokio::test]
    async fn an_import_into_an_unknown_org_is_not_taken_for_an_older_service() {
        let script = Script::new([status(404), status(404), json(201, repo_json("era5"))]);
        let client = client_over(&script);
        let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
        assert!(client.import_repo_object(&org(), request.clone()).await.unwrap_err().is_not_found());
        client.import_repo_object(&org(), request).await.unwrap();
        assert_eq!(script.paths()[2], "/orgs/acme/repos/import");
    }

    #[tokio::test]
    async fn a_repo_is_found_by_id_changed_and_put_offline() {
        let set = r#"{"mode":"offline","message":"moving"}"#;
        let script =
            Script::new([json(200, repo_json("era5")), json(200, "null"), json(200, set), status(204)]);
        let client = client_over(&script);
        let id = "65F0C0FFEE0123456789ABCD".parse().unwrap();
        assert_eq!(client.get_repo_object_by_id(&id).await.unwrap().name, "era5");
        let repo: RepoName = "acme/era5".parse().unwrap();
        client.modify_repo(&repo, ModifyRepo::new().with_description("")).await.unwrap();
        let mode = arraylake_types::RepoOperationMode::Offline;
        let request = NewRepoStatus::new(mode).with_message("moving");
        assert!(client.set_repo_status(&repo, request).await.unwrap().is_offline());
        let public = NewRepoVisibility::new(arraylake_types::RepoVisibility::AuthenticatedPublic);
        client.set_repo_visibility(&repo, public).await.unwrap();
        let base = "/orgs/acme/era5";
        let (status, visibility) = (format!("{base}/status"), format!("{base}/visibility"));
        assert_eq!(script.paths(), ["/repo/65f0c0ffee0123456789abcd", base, &status, &visibility]);
        assert_eq!(script.requests()[1].body(), &r#"{"description":""}"#);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_sent_again_only_if_it_may_be_said_twice() {
        let repo: RepoName = "acme/era5".parse().unwrap();
        let script = Script::new([status(503), status(204), status(503)]);
        let client = client_over(&script);
        client.modify_repo(&repo, ModifyRepo::new().with_description("d")).await.unwrap();
        let add = ModifyRepo::new().with_add_metadata(arraylake_types::Metadata::new().with("k", 1));
        assert!(client.modify_repo(&repo, add).await.unwrap_err().is_server_error());
        assert_eq!(script.requests().len(), 3);
    }

    #[tokio::test]
    async fn a_listing_streams_page_by_page_and_an_older_service_gives_all_at_once() {
        let script = Script::new([json(200, page(&["r1"], 1, 2)), json(200, page(&["r2"], 2, 2))]);
        let from = PageRequest::default().with_size(1);
        let mut pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
        assert_eq!(pages.next().await.unwrap().unwrap().rows[0].name, "r1");
        assert_eq!(pages.next().await.unwrap().unwrap().rows[0].name, "r2");
        assert!(pages.next().await.unwrap().is_none());
        assert_eq!(script.paths()[1], "/orgs/acme/repos/paginated?page=2&size=1");
        let list = format!("[{},{}]", repo_json("r1"), repo_json("r2"));
        let script = Script::new([status(404), json(200, list)]);
        let mut pages = client_over(&script).list_repos_stream(&org(), from, ListRepos::new()).unwrap();
        assert_eq!(pages.next().await.unwrap().unwrap().rows.len(), 2);
        assert!(pages.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_bad_request_never_leaves() {
        let script = Script::new([]);
        let client = client_over(&script);
        assert!(
            client.create_repo_object(&org(), NewRepo::new("settings")).await.unwrap_err().is_invalid_input()
        );
        let page = PageRequest::new(0);
        assert!(client.list_repos_page(&org(), page, ListRepos::new()).await.unwrap_err().is_invalid_input());
        assert!(script.requests().is_empty());
    }

    #[tokio::test]
    async fn a_deletion_says_only_what_was_asked() {
        let script = Script::new([status(204), status(204)]);
        let client = client_over(&script);
        let repo: RepoName = "acme/era5".parse().unwrap();
        let sure = DeleteConfirmation::imsure().imreallysure();
        client.delete_repo(&repo, sure, DeleteRepo::new()).await.unwrap();
        client.delete_repo(&repo, sure, DeleteRepo::new().with_immediate().with_retain_data()).await.unwrap();
        assert_eq!(script.paths(), ["/orgs/acme/era5", "/orgs/acme/era5?immediate=true&retain_data=true"]);
    }
}
