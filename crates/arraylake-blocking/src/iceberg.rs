//! [`IcebergCatalog`]: the Iceberg REST catalog of an org, for synchronous code.

use std::future::Future;

use arraylake_core::types::{
    CatalogNamespace, IcebergConfig, IcebergProperties, LoadedTable, NamespaceIdent, OrgName,
    PropertiesUpdate, TableCredentials, TableIdent,
};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::{Client, Result, runtime};

/// The Iceberg catalog of an org, for synchronous code. Cheap to clone.
///
/// ```no_run
/// use arraylake_blocking::{Client, prelude::*};
///
/// fn main() -> arraylake_blocking::Result<()> {
///     let catalog = Client::from_env()?.get_iceberg(&"acme".parse()?)?;
///     for namespace in catalog.list_namespaces(None)? {
///         println!("{namespace}: {} tables", catalog.list_tables(&namespace)?.len());
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct IcebergCatalog {
    catalog: arraylake_core::IcebergCatalog,
    handle: Option<Handle>,
}

impl Client {
    /// Opens the Iceberg catalog of an org: [`AsyncClient::get_iceberg`](arraylake_core::AsyncClient::get_iceberg).
    ///
    /// # Errors
    /// See there.
    pub fn get_iceberg(&self, org: &OrgName) -> Result<IcebergCatalog> {
        let org = org.clone();
        let catalog = self.run(|client| async move { client.get_iceberg(&org).await })?;
        Ok(IcebergCatalog { catalog, handle: self.handle() })
    }
}

impl IcebergCatalog {
    fn run<F, T>(&self, call: impl FnOnce(arraylake_core::IcebergCatalog) -> F) -> T
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        runtime::wait(self.handle.as_ref(), call(self.catalog.clone()))
    }

    /// The async catalog below.
    #[must_use]
    pub fn as_async(&self) -> &arraylake_core::IcebergCatalog {
        &self.catalog
    }

    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        self.catalog.org()
    }

    /// How the catalog wants its clients to be set up.
    #[must_use]
    pub fn config(&self) -> &IcebergConfig {
        self.catalog.config()
    }

    /// Where the catalog is.
    #[must_use]
    pub fn uri(&self) -> String {
        self.catalog.uri()
    }

    /// What a client of Iceberg REST catalogs has to be given to open this one.
    ///
    /// # Errors
    /// See [`properties`](arraylake_core::IcebergCatalog::properties).
    pub fn properties(&self) -> Result<IcebergProperties> {
        self.run(|it| async move { it.properties().await })
    }

    /// Lists the namespaces of the catalog, or those directly in one.
    ///
    /// # Errors
    /// See [`list_namespaces`](arraylake_core::IcebergCatalog::list_namespaces).
    pub fn list_namespaces(&self, parent: Option<&NamespaceIdent>) -> Result<Vec<NamespaceIdent>> {
        let parent = parent.cloned();
        self.run(|it| async move { it.list_namespaces(parent.as_ref()).await })
    }

    /// Makes a namespace.
    ///
    /// # Errors
    /// See [`create_namespace`](arraylake_core::IcebergCatalog::create_namespace).
    pub fn create_namespace(
        &self,
        namespace: &NamespaceIdent,
        properties: IcebergProperties,
    ) -> Result<CatalogNamespace> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.create_namespace(&namespace, properties).await })
    }

    /// Whether there is a namespace.
    ///
    /// # Errors
    /// See [`namespace_exists`](arraylake_core::IcebergCatalog::namespace_exists).
    pub fn namespace_exists(&self, namespace: &NamespaceIdent) -> Result<bool> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.namespace_exists(&namespace).await })
    }

    /// The properties of a namespace.
    ///
    /// # Errors
    /// See [`load_namespace_properties`](arraylake_core::IcebergCatalog::load_namespace_properties).
    pub fn load_namespace_properties(&self, namespace: &NamespaceIdent) -> Result<IcebergProperties> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.load_namespace_properties(&namespace).await })
    }

    /// Sets and removes properties of a namespace.
    ///
    /// # Errors
    /// See [`update_namespace_properties`](arraylake_core::IcebergCatalog::update_namespace_properties).
    pub fn update_namespace_properties(
        &self,
        namespace: &NamespaceIdent,
        removals: &[&str],
        updates: IcebergProperties,
    ) -> Result<PropertiesUpdate> {
        let namespace = namespace.clone();
        let removals: Vec<String> = removals.iter().map(|name| (*name).to_owned()).collect();
        self.run(|it| async move {
            let removals: Vec<&str> = removals.iter().map(String::as_str).collect();
            it.update_namespace_properties(&namespace, &removals, updates).await
        })
    }

    /// Drops a namespace that has no tables.
    ///
    /// # Errors
    /// See [`drop_namespace`](arraylake_core::IcebergCatalog::drop_namespace).
    pub fn drop_namespace(&self, namespace: &NamespaceIdent) -> Result<()> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.drop_namespace(&namespace).await })
    }

    /// Lists the tables of a namespace.
    ///
    /// # Errors
    /// See [`list_tables`](arraylake_core::IcebergCatalog::list_tables).
    pub fn list_tables(&self, namespace: &NamespaceIdent) -> Result<Vec<TableIdent>> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.list_tables(&namespace).await })
    }

    /// Lists the views of a namespace.
    ///
    /// # Errors
    /// See [`list_views`](arraylake_core::IcebergCatalog::list_views).
    pub fn list_views(&self, namespace: &NamespaceIdent) -> Result<Vec<TableIdent>> {
        let namespace = namespace.clone();
        self.run(|it| async move { it.list_views(&namespace).await })
    }

    /// Whether there is a table.
    ///
    /// # Errors
    /// See [`table_exists`](arraylake_core::IcebergCatalog::table_exists).
    pub fn table_exists(&self, table: &TableIdent) -> Result<bool> {
        let table = table.clone();
        self.run(|it| async move { it.table_exists(&table).await })
    }

    /// A table: its metadata, and with what its files are reached.
    ///
    /// # Errors
    /// See [`load_table`](arraylake_core::IcebergCatalog::load_table).
    pub fn load_table(&self, table: &TableIdent) -> Result<LoadedTable> {
        let table = table.clone();
        self.run(|it| async move { it.load_table(&table).await })
    }

    /// Keys to the files of a table.
    ///
    /// # Errors
    /// See [`get_table_credentials`](arraylake_core::IcebergCatalog::get_table_credentials).
    pub fn get_table_credentials(&self, table: &TableIdent) -> Result<Vec<TableCredentials>> {
        let table = table.clone();
        self.run(|it| async move { it.get_table_credentials(&table).await })
    }

    /// Makes a table.
    ///
    /// # Errors
    /// See [`create_table`](arraylake_core::IcebergCatalog::create_table).
    pub fn create_table(&self, namespace: &NamespaceIdent, request: &Value) -> Result<LoadedTable> {
        let (namespace, request) = (namespace.clone(), request.clone());
        self.run(|it| async move { it.create_table(&namespace, &request).await })
    }

    /// Makes a table of metadata that are there already.
    ///
    /// # Errors
    /// See [`register_table`](arraylake_core::IcebergCatalog::register_table).
    pub fn register_table(&self, table: &TableIdent, metadata_location: &str) -> Result<LoadedTable> {
        let (table, location) = (table.clone(), metadata_location.to_owned());
        self.run(|it| async move { it.register_table(&table, &location).await })
    }

    /// Changes a table, if it still is as it is required to be.
    ///
    /// # Errors
    /// See [`commit_table`](arraylake_core::IcebergCatalog::commit_table).
    pub fn commit_table(
        &self,
        table: &TableIdent,
        requirements: &Value,
        updates: &Value,
    ) -> Result<LoadedTable> {
        let (table, requirements, updates) = (table.clone(), requirements.clone(), updates.clone());
        self.run(|it| async move { it.commit_table(&table, &requirements, &updates).await })
    }

    /// Gives a table another name.
    ///
    /// # Errors
    /// See [`rename_table`](arraylake_core::IcebergCatalog::rename_table).
    pub fn rename_table(&self, table: &TableIdent, to: &TableIdent) -> Result<()> {
        let (table, to) = (table.clone(), to.clone());
        self.run(|it| async move { it.rename_table(&table, &to).await })
    }

    /// Drops a table. Its files stay where they are.
    ///
    /// # Errors
    /// See [`drop_table`](arraylake_core::IcebergCatalog::drop_table).
    pub fn drop_table(&self, table: &TableIdent) -> Result<()> {
        let table = table.clone();
        self.run(|it| async move { it.drop_table(&table).await })
    }

    /// Drops a table, and asks the catalog to remove its files.
    ///
    /// # Errors
    /// See [`purge_table`](arraylake_core::IcebergCatalog::purge_table).
    pub fn purge_table(&self, table: &TableIdent) -> Result<()> {
        let table = table.clone();
        self.run(|it| async move { it.purge_table(&table).await })
    }
}

#[cfg(test)]
mod tests {
    use arraylake_core::transport::testing::{Script, json};
    use arraylake_core::{AsyncClient, Config};

    use super::*;

    #[test]
    fn a_catalog_is_opened_and_asked_without_async() {
        let config = r#"{"overrides":{"prefix":"acme"}}"#;
        let tables = r#"{"identifiers":[{"namespace":["n"],"name":"t"}]}"#;
        let leaf = Script::new([json(200, config), json(200, tables), json(204, "")]);
        let script = leaf.clone();
        let builder = AsyncClient::builder().with_config(Config::empty()).with_token("ema_x");
        let builder = builder.with_transport(|transport| transport.with_leaf(leaf));
        let catalog = Client::build(builder).unwrap().get_iceberg(&"acme".parse().unwrap()).unwrap();
        let table = catalog.list_tables(&"n".parse().unwrap()).unwrap().remove(0);
        catalog.drop_table(&table).unwrap();
        assert_eq!(script.paths()[2], "/iceberg/v1/acme/namespaces/n/tables/t?purgeRequested=False");
    }
}
