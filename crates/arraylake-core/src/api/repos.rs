//! [`Repos`]: entries of repos in the catalog.

use std::collections::{HashSet, VecDeque};

use async_trait::async_trait;
use http::{Method, StatusCode};
use tokio::task::JoinHandle;

use arraylake_types::{
    DeleteConfirmation, DeleteRepo, InvalidInput, ListRepos, NewRepo, OpenRepo, OrgName, Page, PageRequest,
    RepoModel, RepoName, Rows, StorageCredentials,
};

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// How many pages of a listing are under way at once.
const PAGES_AHEAD: usize = 8;

/// The most rows for which room is made ahead.
const MAX_ROOM: u64 = 20_000;

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
        check(&options)?;
        let rows = if self.era().lists_plainly.is_set() {
            list_plainly(self, org, &options).await?
        } else {
            match list_by_pages(self, org, &options).await {
                Err(error) if is_missing_route(&error) => {
                    let rows = list_plainly(self, org, &options).await?;
                    self.era().lists_plainly.set();
                    rows
                }
                answer => answer?,
            }
        };
        Ok(newest_first(rows))
    }

    async fn list_repos_page(
        &self,
        org: &OrgName,
        page: PageRequest,
        options: ListRepos,
    ) -> Result<Page<RepoModel>> {
        page.validate()?;
        check(&options)?;
        fetch_page(self, org, page, &options).await
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
        match self.call(call).await {
            Ok(answer) => answer.read(),
            // The request left, and nobody knows what became of it.
            Err(Error::Transport { source, .. }) if !source.is_connect() && source.attempts() > 0 => {
                Err(Error::Unknown { operation: OPERATION, source })
            }
            Err(error) => Err(error),
        }
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

fn check(options: &ListRepos) -> Result<(), InvalidInput> {
    options.filter_metadata.as_ref().map_or(Ok(()), arraylake_types::Metadata::validate)
}

/// A missing route and a missing thing look alike; the caller asks the older route to tell them apart.
pub(crate) fn is_missing_route(error: &Error) -> bool {
    matches!(error.status(), Some(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED))
}

/// The filter as JSON text; none if it is empty.
fn filter(options: &ListRepos) -> Option<String> {
    let facts = options.filter_metadata.as_ref().filter(|facts| !facts.0.is_empty())?;
    serde_json::to_string(facts).ok()
}

async fn list_plainly(client: &AsyncClient, org: &OrgName, options: &ListRepos) -> Result<Rows<RepoModel>> {
    if options.include_ghosts {
        return Err(Error::Unsupported("this service does not list deleted repos".into()));
    }
    let filter = filter(options);
    let pairs: Vec<(&str, &str)> = filter.iter().map(|text| ("filter_metadata", text.as_str())).collect();
    let call = Call::get("list repos", &["orgs", org.as_str(), "repos"]).query(&pairs);
    client.call(call).await?.read_with(Rows::from_slice)
}

async fn fetch_page(
    client: &AsyncClient,
    org: &OrgName,
    page: PageRequest,
    options: &ListRepos,
) -> Result<Page<RepoModel>> {
    let (number, size, filter) = (page.page.to_string(), page.size.to_string(), filter(options));
    let mut pairs = vec![("page", number.as_str()), ("size", size.as_str())];
    if let Some(text) = &filter {
        pairs.push(("filter_metadata", text));
    }
    if options.include_ghosts {
        pairs.push(("include_ghosts", "true"));
    }
    let call = Call::get("list repos", &["orgs", org.as_str(), "repos", "paginated"]).query(&pairs);
    client.call(call).await?.read_with(Page::from_slice)
}

/// A page being fetched; given up when the listing is.
struct Fetch(JoinHandle<Result<Page<RepoModel>>>);

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Fetch {
    fn start(client: &AsyncClient, org: &OrgName, number: u64, options: &ListRepos) -> Self {
        let (client, org, options) = (client.clone(), org.clone(), options.clone());
        Self(tokio::spawn(async move { fetch_page(&client, &org, PageRequest::new(number), &options).await }))
    }

    async fn page(mut self) -> Result<Page<RepoModel>> {
        (&mut self.0).await.map_err(|_| Error::Unsupported("the runtime is shutting down".into()))?
    }
}

/// The first page tells how many there are; the others are fetched and read several at once, and kept in order.
async fn list_by_pages(client: &AsyncClient, org: &OrgName, options: &ListRepos) -> Result<Rows<RepoModel>> {
    let first = fetch_page(client, org, PageRequest::new(1), options).await?;
    if first.is_last() {
        return Ok(first.rows);
    }
    let (mut rows, pages) = (first.rows, first.pages);
    // Rows are large, and growing would move them time and again. A service that boasts must not claim much memory.
    let room = first.total.min(MAX_ROOM).saturating_sub(rows.items.len() as u64);
    rows.items.reserve(usize::try_from(room).unwrap_or_default());
    let mut under_way = VecDeque::new();
    let mut next = 2;
    loop {
        while next <= pages && under_way.len() < PAGES_AHEAD {
            under_way.push_back(Fetch::start(client, org, next, options));
            next += 1;
        }
        let Some(fetch) = under_way.pop_front() else { return Ok(rows) };
        let page = fetch.page().await?;
        // A service that reports more pages than it has must not be asked for ever.
        if page.rows.items.is_empty() && page.rows.bad.is_empty() {
            return Ok(rows);
        }
        rows.items.extend(page.rows.items);
        rows.bad.extend(page.rows.bad);
    }
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
