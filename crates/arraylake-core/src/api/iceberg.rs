//! [`IcebergNamespaces`]: Iceberg namespaces and their tables.

use arraylake_types::iceberg::check_namespace_name;
use arraylake_types::{
    DeleteConfirmation, DeleteRepo, IcebergNamespace, IcebergTableSummary, ListIcebergNamespaces,
    ListIcebergTables, ModifyIcebergNamespace, NewIcebergNamespace, OrgName, Page, PageRequest, Rows,
};
use async_trait::async_trait;
use http::Method;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;
use crate::listing::{namespace_page, table_page};

/// Rows a page of a listing that is fetched as a whole.
const PAGE_SIZE: u64 = 50;

/// Iceberg namespaces and their tables, as the service manages them. Their data are reached by the Iceberg catalog below
/// `/iceberg`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait IcebergNamespaces: Send + Sync {
    /// Makes a namespace.
    ///
    /// `POST /orgs/{org}/iceberg/namespaces`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the name is
    /// taken; [`is_unknown_outcome`](crate::Error::is_unknown_outcome) if the answer was lost.
    async fn create_iceberg_namespace(
        &self,
        org: &OrgName,
        request: NewIcebergNamespace,
    ) -> Result<IcebergNamespace>;

    /// A namespace by its name.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/{name}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is none of that name.
    async fn get_iceberg_namespace(&self, org: &OrgName, name: &str) -> Result<IcebergNamespace>;

    /// Lists the namespaces of an org, on every page.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces`; with a filter, a search or an order of its own
    /// `GET /orgs/{org}/iceberg/namespaces/paginated`.
    ///
    /// # Errors
    /// If there is no such org, or the token does not allow it.
    async fn list_iceberg_namespaces(
        &self,
        org: &OrgName,
        options: ListIcebergNamespaces,
    ) -> Result<Rows<IcebergNamespace>>;

    /// One page of the namespaces of an org.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/paginated`
    ///
    /// # Errors
    /// If the page or its size is out of range, before anything is sent.
    async fn list_iceberg_namespaces_page(
        &self,
        org: &OrgName,
        page: PageRequest,
        options: ListIcebergNamespaces,
    ) -> Result<Page<IcebergNamespace>>;

    /// Changes description, metadata and visibility of a namespace, as far as they are set.
    ///
    /// `PATCH /orgs/{org}/iceberg/namespaces/{name}`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; if there is none of that name.
    async fn modify_iceberg_namespace(
        &self,
        org: &OrgName,
        name: &str,
        request: ModifyIcebergNamespace,
    ) -> Result<IcebergNamespace>;

    /// Deletes a namespace without tables: see [`DeleteRepo`] for what becomes of its data.
    ///
    /// `DELETE /orgs/{org}/iceberg/namespaces/{name}`
    ///
    /// # Errors
    /// [`is_conflict`](crate::Error::is_conflict) if it has tables.
    async fn delete_iceberg_namespace(
        &self,
        org: &OrgName,
        name: &str,
        sure: DeleteConfirmation,
        options: DeleteRepo,
    ) -> Result<()>;

    /// Takes the deletion of a namespace back.
    ///
    /// `POST /orgs/{org}/iceberg/namespaces/{name}/restore`
    ///
    /// # Errors
    /// If there is no such ghost, or its data are being removed already.
    async fn restore_iceberg_namespace(&self, org: &OrgName, name: &str) -> Result<()>;

    /// Lists the tables of a namespace, on every page.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such namespace.
    async fn list_iceberg_tables(
        &self,
        org: &OrgName,
        name: &str,
        options: ListIcebergTables,
    ) -> Result<Rows<IcebergTableSummary>>;

    /// One page of the tables of a namespace.
    ///
    /// `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`
    ///
    /// # Errors
    /// If the page or its size is out of range, before anything is sent.
    async fn list_iceberg_tables_page(
        &self,
        org: &OrgName,
        name: &str,
        page: PageRequest,
        options: ListIcebergTables,
    ) -> Result<Page<IcebergTableSummary>>;
}

#[async_trait]
impl IcebergNamespaces for AsyncClient {
    async fn create_iceberg_namespace(
        &self,
        org: &OrgName,
        request: NewIcebergNamespace,
    ) -> Result<IcebergNamespace> {
        const OPERATION: &str = "create iceberg namespace";
        request.validate()?;
        let call = Call::new(OPERATION, Method::POST, &all(org)).json(&request)?;
        self.call_once(OPERATION, call).await?.read()
    }

    async fn get_iceberg_namespace(&self, org: &OrgName, name: &str) -> Result<IcebergNamespace> {
        check_namespace_name(name)?;
        self.call(Call::get("get iceberg namespace", &one(org, name))).await?.read()
    }

    async fn list_iceberg_namespaces(
        &self,
        org: &OrgName,
        options: ListIcebergNamespaces,
    ) -> Result<Rows<IcebergNamespace>> {
        if !options.is_plain() {
            let from = PageRequest::default().with_size(PAGE_SIZE);
            return self.list_iceberg_namespaces_stream(org, from, options)?.collect().await;
        }
        let ghosts = [("include_ghosts", "true")];
        let query: &[(&str, &str)] = if options.include_ghosts { &ghosts } else { &[] };
        let call = Call::get("list iceberg namespaces", &all(org)).query(query);
        self.call(call).await?.read_with(Rows::from_slice)
    }

    async fn list_iceberg_namespaces_page(
        &self,
        org: &OrgName,
        page: PageRequest,
        options: ListIcebergNamespaces,
    ) -> Result<Page<IcebergNamespace>> {
        page.validate()?;
        options.validate()?;
        namespace_page(self, org, page, &options).await
    }

    async fn modify_iceberg_namespace(
        &self,
        org: &OrgName,
        name: &str,
        request: ModifyIcebergNamespace,
    ) -> Result<IcebergNamespace> {
        check_namespace_name(name)?;
        request.validate()?;
        let call = Call::new("modify iceberg namespace", Method::PATCH, &one(org, name)).json(&request)?;
        // A fact can be added and removed once only; all else may be said twice.
        let repeatable = request.add_metadata.is_none() && request.remove_metadata.is_none();
        self.call(if repeatable { call.idempotent() } else { call }).await?.read()
    }

    async fn delete_iceberg_namespace(
        &self,
        org: &OrgName,
        name: &str,
        _sure: DeleteConfirmation,
        options: DeleteRepo,
    ) -> Result<()> {
        check_namespace_name(name)?;
        let mut pairs = vec![("imsure", "true")];
        if options.immediate {
            pairs.push(("immediate", "true"));
        }
        if options.retain_data {
            pairs.push(("retain_data", "true"));
        }
        self.call(Call::new("delete iceberg namespace", Method::DELETE, &one(org, name)).query(&pairs))
            .await?;
        Ok(())
    }

    async fn restore_iceberg_namespace(&self, org: &OrgName, name: &str) -> Result<()> {
        check_namespace_name(name)?;
        let path = ["orgs", org.as_str(), "iceberg", "namespaces", name, "restore"];
        self.call(Call::new("restore iceberg namespace", Method::POST, &path)).await?;
        Ok(())
    }

    async fn list_iceberg_tables(
        &self,
        org: &OrgName,
        name: &str,
        options: ListIcebergTables,
    ) -> Result<Rows<IcebergTableSummary>> {
        let from = PageRequest::default().with_size(PAGE_SIZE);
        self.list_iceberg_tables_stream(org, name, from, options)?.collect().await
    }

    async fn list_iceberg_tables_page(
        &self,
        org: &OrgName,
        name: &str,
        page: PageRequest,
        options: ListIcebergTables,
    ) -> Result<Page<IcebergTableSummary>> {
        page.validate()?;
        options.validate()?;
        check_namespace_name(name)?;
        table_page(self, org, name, page, &options).await
    }
}

fn all(org: &OrgName) -> [&str; 4] {
    ["orgs", org.as_str(), "iceberg", "namespaces"]
}

fn one<'a>(org: &'a OrgName, name: &'a str) -> [&'a str; 5] {
    ["orgs", org.as_str(), "iceberg", "namespaces", name]
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};

    use super::*;
    use crate::test_support::client_over;

    const NAMESPACE: &str = r#"{"id":"66666666-6666-4666-8666-666666666666","org":"acme","name":"tt"}"#;
    const TABLE: &str =
        r#"{"name":"t1","namespace":"tt","table_uuid":"77777777-7777-4777-8777-777777777777"}"#;

    fn org() -> OrgName {
        "acme".parse().unwrap()
    }

    fn page(row: &str, number: u64, pages: u64) -> String {
        format!(r#"{{"items":[{row}],"total":2,"page":{number},"size":1,"pages":{pages}}}"#)
    }

    #[tokio::test]
    async fn a_plain_listing_is_one_request_and_any_other_goes_page_by_page() {
        let script = Script::new([
            json(200, format!("[{NAMESPACE}]")),
            json(200, page(NAMESPACE, 1, 2)),
            json(200, page(NAMESPACE, 2, 2)),
        ]);
        let client = client_over(&script);
        let plain = ListIcebergNamespaces::new().with_ghosts();
        assert_eq!(client.list_iceberg_namespaces(&org(), plain).await.unwrap().len(), 1);
        let search = ListIcebergNamespaces::new().with_search("x y");
        assert_eq!(client.list_iceberg_namespaces(&org(), search).await.unwrap().len(), 2);
        let base = "/orgs/acme/iceberg/namespaces";
        let paged = |number| format!("{base}/paginated?page={number}&size=50&direction=desc&search=x%20y");
        assert_eq!(script.paths(), [format!("{base}?include_ghosts=true"), paged(1), paged(2)]);
    }

    #[tokio::test]
    async fn a_namespace_is_made_changed_deleted_and_restored() {
        let script = Script::new([
            json(201, NAMESPACE),
            json(200, NAMESPACE),
            json(200, NAMESPACE),
            status(204),
            status(204),
        ]);
        let client = client_over(&script);
        client.create_iceberg_namespace(&org(), NewIcebergNamespace::new("a/b")).await.unwrap();
        client.get_iceberg_namespace(&org(), "a/b").await.unwrap();
        client.modify_iceberg_namespace(&org(), "a/b", ModifyIcebergNamespace::new()).await.unwrap();
        let sure = DeleteConfirmation::imsure().imreallysure();
        let options = DeleteRepo::new().with_immediate();
        client.delete_iceberg_namespace(&org(), "a/b", sure, options).await.unwrap();
        client.restore_iceberg_namespace(&org(), "a/b").await.unwrap();
        let base = "/orgs/acme/iceberg/namespaces";
        let one = format!("{base}/a%2Fb");
        let deletion = format!("{one}?imsure=true&immediate=true");
        assert_eq!(script.paths(), [base, &one, &one, &deletion, &format!("{one}/restore")]);
    }

    #[tokio::test]
    async fn tables_of_every_page_are_listed() {
        let script = Script::new([json(200, page(TABLE, 1, 2)), json(200, page(TABLE, 2, 2))]);
        let client = client_over(&script);
        let tables = client.list_iceberg_tables(&org(), "tt", ListIcebergTables::new()).await.unwrap();
        assert_eq!(tables.len(), 2);
        let path = "/orgs/acme/iceberg/namespaces/tt/tables/paginated?page=1&size=50&direction=desc";
        assert_eq!(script.paths()[0], path);
    }

    #[tokio::test]
    async fn a_name_that_would_be_taken_for_another_route_never_leaves() {
        let script = Script::new([]);
        for bad in ["", "..", "paginated"] {
            let error = client_over(&script).get_iceberg_namespace(&org(), bad).await.unwrap_err();
            assert!(error.is_invalid_input(), "{bad}");
        }
    }
}
