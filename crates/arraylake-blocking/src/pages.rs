//! [`Pages`]: a listing page by page, as an iterator.

use arraylake_core::types::{
    IcebergNamespace, IcebergTableSummary, ListIcebergNamespaces, ListIcebergTables, ListRepos, OrgName,
    Page, PageRequest, RepoId, RepoModel, RepoSubscription,
};
use tokio::runtime::Handle;

use crate::runtime;
use crate::{Client, Result};

/// A listing, page by page and in order; the next page is fetched while one is looked at. See
/// [`arraylake_core::Pages`].
#[derive(Debug)]
#[must_use = "nothing is fetched before `next`"]
pub struct Pages<T> {
    pages: Option<arraylake_core::Pages<T>>,
    handle: Option<Handle>,
}

impl<T: Send + 'static> Pages<T> {
    fn new(client: &Client, pages: arraylake_core::Pages<T>) -> Self {
        Self { pages: Some(pages), handle: client.handle() }
    }

    /// Sets how many pages are fetched while the caller looks at one; 0 fetches only what is asked for.
    pub fn with_ahead(mut self, pages: usize) -> Self {
        self.pages = self.pages.map(|inner| inner.with_ahead(pages));
        self
    }
}

impl<T: Send + 'static> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.pages.take()?;
        let (pages, page) = runtime::wait(self.handle.as_ref(), async move {
            let page = pages.next().await;
            (pages, page)
        });
        let page = page.transpose()?;
        if page.is_ok() {
            self.pages = Some(pages);
        }
        Some(page)
    }
}

impl Client {
    /// The repos of an org page by page, in the order of the service, from a page on.
    ///
    /// `GET /orgs/{org}/repos/paginated`; on services without it all of them come as one page.
    ///
    /// # Errors
    /// If a value is out of range.
    pub fn list_repos_stream(
        &self,
        org: &OrgName,
        from: PageRequest,
        options: ListRepos,
    ) -> Result<Pages<RepoModel>> {
        Ok(Pages::new(self, self.api().list_repos_stream(org, from, options)?))
    }

    /// The Iceberg namespaces of an org page by page, from a page on.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/paginated`
    ///
    /// # Errors
    /// If a value is out of range.
    pub fn list_iceberg_namespaces_stream(
        &self,
        org: &OrgName,
        from: PageRequest,
        options: ListIcebergNamespaces,
    ) -> Result<Pages<IcebergNamespace>> {
        Ok(Pages::new(self, self.api().list_iceberg_namespaces_stream(org, from, options)?))
    }

    /// The tables of an Iceberg namespace page by page, from a page on.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`
    ///
    /// # Errors
    /// If a value is out of range.
    pub fn list_iceberg_tables_stream(
        &self,
        org: &OrgName,
        name: &str,
        from: PageRequest,
        options: ListIcebergTables,
    ) -> Result<Pages<IcebergTableSummary>> {
        Ok(Pages::new(self, self.api().list_iceberg_tables_stream(org, name, from, options)?))
    }

    /// Who subscribes to a repo, page by page.
    ///
    /// `GET /repo/{id}/subscriptions`
    pub fn get_repo_subscriptions_stream(&self, id: &RepoId) -> Pages<RepoSubscription> {
        Pages::new(self, self.api().get_repo_subscriptions_stream(id))
    }
}
