//! Tables of an [`IcebergCatalog`].

use arraylake_types::{LoadedTable, NamespaceIdent, TableCredentials, TableIdent};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{IcebergCatalog, Page};
use crate::call::Call;
use crate::error::{Error, Result};

const HEAD_TABLE: &str = "HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}";
const DROP_TABLE: &str = "DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}";
const LIST_VIEWS: &str = "GET /v1/{prefix}/namespaces/{namespace}/views";

impl IcebergCatalog {
    fn table_call(
        &self,
        operation: &'static str,
        method: Method,
        table: &TableIdent,
        rest: &[&str],
    ) -> Result<Call> {
        let namespace = table.namespace.joined();
        let mut path = vec!["namespaces", &namespace, "tables", &table.name];
        path.extend(rest);
        self.call(operation, method, &path)
    }

    /// Lists the tables of a namespace, on every page.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces/{namespace}/tables`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such namespace.
    pub async fn list_tables(&self, namespace: &NamespaceIdent) -> Result<Vec<TableIdent>> {
        let namespace = namespace.joined();
        let call = || self.call("list iceberg tables", Method::GET, &["namespaces", &namespace, "tables"]);
        self.pages::<Identifiers>(call, &[]).await
    }

    /// Lists the views of a namespace, on every page; none, without a request, unless the catalog says that it has any.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces/{namespace}/views`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such namespace.
    pub async fn list_views(&self, namespace: &NamespaceIdent) -> Result<Vec<TableIdent>> {
        if !self.config().lists(LIST_VIEWS) {
            return Ok(Vec::new());
        }
        let namespace = namespace.joined();
        let call = || self.call("list iceberg views", Method::GET, &["namespaces", &namespace, "views"]);
        self.pages::<Identifiers>(call, &[]).await
    }

    /// Whether there is a table.
    ///
    /// `HEAD /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}` if the catalog says that it has this route, else
    /// `GET`.
    ///
    /// # Errors
    /// If the catalog cannot be asked.
    pub async fn table_exists(&self, table: &TableIdent) -> Result<bool> {
        let method = if self.config().lists(HEAD_TABLE) { Method::HEAD } else { Method::GET };
        self.is_there(self.table_call("look for iceberg table", method, table, &[])?).await
    }

    /// A table: its metadata, and with what its files are reached.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is none of that name.
    pub async fn load_table(&self, table: &TableIdent) -> Result<LoadedTable> {
        self.send(self.table_call("load iceberg table", Method::GET, table, &[])?).await?.read()
    }

    /// Keys to the files of a table, to go on with when those that came with it end.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no table of that name, or it has no keys.
    pub async fn get_table_credentials(&self, table: &TableIdent) -> Result<Vec<TableCredentials>> {
        let call = self.table_call("get iceberg table credentials", Method::GET, table, &["credentials"])?;
        let answer: Credentials = self.send(call).await?.read()?;
        Ok(answer.credentials)
    }

    /// Makes a table. The request is that of the Iceberg REST protocol: `name`, `schema` and what else there is to say.
    ///
    /// `POST /iceberg/v1/{prefix}/namespaces/{namespace}/tables`
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) if there is one of that name.
    pub async fn create_table(&self, namespace: &NamespaceIdent, request: &Value) -> Result<LoadedTable> {
        let path = ["namespaces", &namespace.joined(), "tables"];
        let call = self.call("create iceberg table", Method::POST, &path)?.json(request)?;
        self.client.call_once("create iceberg table", call).await?.read()
    }

    /// Makes a table of metadata that are there already.
    ///
    /// `POST /iceberg/v1/{prefix}/namespaces/{namespace}/register`
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) if there is one of that name.
    pub async fn register_table(&self, table: &TableIdent, metadata_location: &str) -> Result<LoadedTable> {
        let path = ["namespaces", &table.namespace.joined(), "register"];
        let body = json!({"name": table.name, "metadata-location": metadata_location, "overwrite": false});
        let call = self.call("register iceberg table", Method::POST, &path)?.json(&body)?;
        self.client.call_once("register iceberg table", call).await?.read()
    }

    /// Changes a table, if it still is as it is required to be. Requirements and updates are those of the Iceberg REST
    /// protocol.
    ///
    /// `POST /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}`
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) if a requirement does not hold any longer;
    /// [`is_unknown_outcome`](Error::is_unknown_outcome) if the answer was lost.
    pub async fn commit_table(
        &self,
        table: &TableIdent,
        requirements: &Value,
        updates: &Value,
    ) -> Result<LoadedTable> {
        let body = json!({"identifier": table, "requirements": requirements, "updates": updates});
        let call = self.table_call("commit iceberg table", Method::POST, table, &[])?.json(&body)?;
        self.client.call_once("commit iceberg table", call).await?.read()
    }

    /// Gives a table another name, in this namespace or another.
    ///
    /// `POST /iceberg/v1/{prefix}/tables/rename`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such table or no such namespace;
    /// [`is_conflict`](Error::is_conflict) if there is a table of the new name.
    pub async fn rename_table(&self, table: &TableIdent, to: &TableIdent) -> Result<()> {
        let body = json!({"source": table, "destination": to});
        let call = self.call("rename iceberg table", Method::POST, &["tables", "rename"])?.json(&body)?;
        self.client.call_once("rename iceberg table", call).await.map(drop)
    }

    /// Drops a table. Its files stay where they are.
    ///
    /// `DELETE /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is none of that name; if the catalog says that it cannot do this.
    pub async fn drop_table(&self, table: &TableIdent) -> Result<()> {
        self.remove_table("drop iceberg table", table, "False").await
    }

    /// Drops a table, and asks the catalog to remove its files.
    ///
    /// `DELETE /iceberg/v1/{prefix}/namespaces/{namespace}/tables/{table}`
    ///
    /// # Errors
    /// As [`drop_table`](Self::drop_table).
    pub async fn purge_table(&self, table: &TableIdent) -> Result<()> {
        self.remove_table("purge iceberg table", table, "True").await
    }

    async fn remove_table(&self, operation: &'static str, table: &TableIdent, purge: &str) -> Result<()> {
        if self.config().denies(DROP_TABLE) {
            return Err(Error::Unsupported(format!("the catalog of {} drops no tables", self.org())));
        }
        // Spelled as this service has always been asked.
        let query = [("purgeRequested", purge)];
        self.send(self.table_call(operation, Method::DELETE, table, &[])?.query(&query)).await.map(drop)
    }
}

#[derive(Deserialize)]
struct Identifiers {
    #[serde(default)]
    identifiers: Vec<TableIdent>,
    #[serde(default, rename = "next-page-token")]
    next: Option<String>,
}

impl Page for Identifiers {
    type Row = TableIdent;

    fn into_parts(self) -> (Vec<TableIdent>, Option<String>) {
        (self.identifiers, self.next)
    }
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default, rename = "storage-credentials")]
    credentials: Vec<TableCredentials>,
}
