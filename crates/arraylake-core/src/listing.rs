//! Listings: what their calls look like, and the streams of pages that [`AsyncClient`] offers besides the roles.

use arraylake_types::{
    IcebergNamespace, IcebergTableSummary, InvalidInput, ListIcebergNamespaces, ListIcebergTables, ListRepos,
    Metadata, OrgName, Page, PageRequest, RepoId, RepoModel, RepoSubscription, Rows,
    iceberg::check_namespace_name,
};

use crate::api::is_missing_route;
use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{Error, Result};
use crate::pages::Pages;

impl AsyncClient {
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
        from.validate()?;
        repo_pages(self, org, from, options)
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
        from.validate()?;
        options.validate()?;
        let (client, org) = (self.clone(), org.clone());
        Ok(Pages::new(from.page, move |number| {
            let (client, org, options) = (client.clone(), org.clone(), options.clone());
            let page = PageRequest::new(number).with_size(from.size);
            async move { namespace_page(&client, &org, page, &options).await }
        }))
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
        from.validate()?;
        options.validate()?;
        check_namespace_name(name)?;
        let (client, org, name) = (self.clone(), org.clone(), name.to_owned());
        Ok(Pages::new(from.page, move |number| {
            let (client, org, name, options) = (client.clone(), org.clone(), name.clone(), options.clone());
            let page = PageRequest::new(number).with_size(from.size);
            async move { table_page(&client, &org, &name, page, &options).await }
        }))
    }

    /// Who subscribes to a repo, page by page.
    ///
    /// `GET /repo/{id}/subscriptions`
    pub fn get_repo_subscriptions_stream(&self, id: &RepoId) -> Pages<RepoSubscription> {
        let (client, id) = (self.clone(), id.clone());
        Pages::new(1, move |number| {
            let (client, id) = (client.clone(), id.clone());
            async move { subscription_page(&client, &id, number).await }
        })
    }
}

pub(crate) fn check(options: &ListRepos) -> Result<(), InvalidInput> {
    options.filter_metadata.as_ref().map_or(Ok(()), Metadata::validate)
}

pub(crate) fn repo_pages(
    client: &AsyncClient,
    org: &OrgName,
    from: PageRequest,
    options: ListRepos,
) -> Result<Pages<RepoModel>> {
    check(&options)?;
    let (client, org) = (client.clone(), org.clone());
    Ok(Pages::new(from.page, move |number| {
        let (client, org, options) = (client.clone(), org.clone(), options.clone());
        let page = PageRequest::new(number).with_size(from.size);
        async move { repo_page_or_all(&client, &org, page, &options).await }
    }))
}

/// A page; on a service without pages all there is.
async fn repo_page_or_all(
    client: &AsyncClient,
    org: &OrgName,
    page: PageRequest,
    options: &ListRepos,
) -> Result<Page<RepoModel>> {
    if !client.era().lists_plainly.is_set() {
        match repo_page(client, org, page, options).await {
            Err(error) if page.page == 1 && is_missing_route(&error) => {}
            answer => return answer,
        }
    }
    let rows = list_plainly(client, org, options).await?;
    client.era().lists_plainly.set();
    let count = (rows.items.len() + rows.bad.len()) as u64;
    let mut all = Page::new(Vec::new(), count, 1, count);
    all.rows = rows;
    Ok(all)
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

/// The filter as JSON text; none if it is empty.
fn filter(options: &ListRepos) -> Option<String> {
    let facts = options.filter_metadata.as_ref().filter(|facts| !facts.0.is_empty())?;
    Some(facts.to_wire_text())
}

pub(crate) async fn repo_page(
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
    client.call(call).await?.read_with(|body| Page::from_slice_with(body, client.recall()))
}

pub(crate) async fn namespace_page(
    client: &AsyncClient,
    org: &OrgName,
    page: PageRequest,
    options: &ListIcebergNamespaces,
) -> Result<Page<IcebergNamespace>> {
    let (number, size) = (page.page.to_string(), page.size.to_string());
    let filter = options.filter_metadata.as_ref().map(Metadata::to_wire_text);
    let mut pairs =
        vec![("page", number.as_str()), ("size", size.as_str()), ("direction", options.direction.as_str())];
    pairs.extend(filter.as_deref().map(|text| ("filter_metadata", text)));
    pairs.extend(options.search.as_deref().map(|words| ("search", words)));
    pairs.extend(options.sort.as_ref().map(|sort| ("sort", sort.as_str())));
    if options.include_ghosts {
        pairs.push(("include_ghosts", "true"));
    }
    let path = ["orgs", org.as_str(), "iceberg", "namespaces", "paginated"];
    let call = Call::get("list iceberg namespaces", &path).query(&pairs);
    client.call(call).await?.read_with(Page::from_slice)
}

pub(crate) async fn table_page(
    client: &AsyncClient,
    org: &OrgName,
    name: &str,
    page: PageRequest,
    options: &ListIcebergTables,
) -> Result<Page<IcebergTableSummary>> {
    let (number, size) = (page.page.to_string(), page.size.to_string());
    let mut pairs =
        vec![("page", number.as_str()), ("size", size.as_str()), ("direction", options.direction.as_str())];
    pairs.extend(options.search.as_deref().map(|words| ("search", words)));
    pairs.extend(options.sort.as_ref().map(|sort| ("sort", sort.as_str())));
    let path = ["orgs", org.as_str(), "iceberg", "namespaces", name, "tables", "paginated"];
    let call = Call::get("list iceberg tables", &path).query(&pairs);
    client.call(call).await?.read_with(Page::from_slice)
}

pub(crate) async fn subscription_page(
    client: &AsyncClient,
    id: &RepoId,
    number: u64,
) -> Result<Page<RepoSubscription>> {
    let number = number.to_string();
    let call = Call::get("get repo subscriptions", &["repo", id.as_str(), "subscriptions"]);
    client.call(call.query(&[("page", &number)])).await?.read_with(Page::from_slice)
}
