//! [`IcebergCatalog`]: the Iceberg REST catalog of an org.

mod tables;

use std::sync::Arc;

use arraylake_types::{
    CatalogNamespace, IcebergConfig, IcebergProperties, InvalidInput, NamespaceIdent, OrgName,
    PropertiesUpdate,
};
use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::call::{Answer, Call};
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// Pages of a listing after which it is given up: a token that leads in a circle must not be followed for ever.
const MOST_PAGES: usize = 10_000;

const HEAD_NAMESPACE: &str = "HEAD /v1/{prefix}/namespaces/{namespace}";

/// The Iceberg catalog of an org, as its service speaks the Iceberg REST protocol. Cheap to clone.
///
/// It knows namespaces, tables and their names. To read and write what is in tables, give
/// [`properties`](Self::properties) to a library for them, such as `iceberg` with `iceberg-catalog-rest`, and a factory
/// for the stores of their files:
///
/// ```text
/// let properties = client.get_iceberg(&org).await?.properties().await?;
/// let builder = RestCatalogBuilder::default().with_storage_factory(files);
/// let catalog = builder.load("arraylake", properties.into_iter().collect()).await?;
/// ```
///
/// A service on your own machine (`arraylake serve`) has namespaces there, and no tables.
///
/// Every request asks for keys to the tables' files (`X-Iceberg-Access-Delegation: vended-credentials`), and a login is
/// renewed as for all other calls.
#[derive(Clone, Debug)]
pub struct IcebergCatalog {
    client: AsyncClient,
    org: OrgName,
    config: Arc<IcebergConfig>,
}

impl AsyncClient {
    /// Opens the Iceberg catalog of an org.
    ///
    /// `GET /iceberg/v1/config`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such org; nobody is logged in, or the login has ended and
    /// cannot be renewed.
    pub async fn get_iceberg(&self, org: &OrgName) -> Result<IcebergCatalog> {
        #[cfg(feature = "login")]
        if let crate::Access::Login(login) = self.access() {
            // Better to say here that the login has ended than to have each request refused.
            login.live_token().await?;
        }
        let call = Call::get("open iceberg catalog", &["iceberg", "v1", "config"]);
        let config = self.call(delegated(call.query(&[("warehouse", org.as_str())]))).await?.read()?;
        Ok(IcebergCatalog { client: self.clone(), org: org.clone(), config: Arc::new(config) })
    }
}

/// Asks for keys to the tables' files.
fn delegated(call: Call) -> Call {
    call.header("x-iceberg-access-delegation", "vended-credentials")
        .header("accept", "application/json")
        .sensitive()
}

impl IcebergCatalog {
    /// The org.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// How the catalog wants its clients to be set up.
    #[must_use]
    pub fn config(&self) -> &IcebergConfig {
        &self.config
    }

    /// Where the catalog is.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}/iceberg", self.client.service_uri())
    }

    /// What a client of Iceberg REST catalogs has to be given to open this one: `uri`, `warehouse`, `token`, and the
    /// header that asks for keys. Sends nothing, unless a login has to be renewed.
    ///
    /// The token of a login ends after a while, and such a client cannot renew it: open it anew then.
    ///
    /// # Errors
    /// As [`Access::token`](crate::Access::token).
    pub async fn properties(&self) -> Result<IcebergProperties> {
        let token = self.client.access().token().await?;
        Ok(IcebergProperties::default()
            .with("uri", self.uri())
            .with("warehouse", self.org.as_str())
            .with("token", token.expose())
            .with("header.X-Iceberg-Access-Delegation", "vended-credentials"))
    }

    fn call(&self, operation: &'static str, method: Method, rest: &[&str]) -> Result<Call> {
        let mut path = vec!["iceberg", "v1"];
        path.extend(self.config.prefix().into_iter().flat_map(|prefix| prefix.split('/')));
        path.extend(rest);
        // Names that a service told were not checked by anybody yet.
        if let Some(odd) = path.iter().find(|part| matches!(**part, "" | "." | "..")) {
            return Err(
                InvalidInput::new("name in the Iceberg catalog", *odd, "must be more than dots").into()
            );
        }
        Ok(delegated(Call::new(operation, method, &path)))
    }

    async fn send(&self, call: Call) -> Result<Answer> {
        self.client.call(call).await
    }

    /// Whether what a call asks about is there.
    async fn is_there(&self, call: Call) -> Result<bool> {
        match self.send(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All pages of a listing.
    async fn pages<P: Page>(
        &self,
        call: impl Fn() -> Result<Call>,
        query: &[(&str, &str)],
    ) -> Result<Vec<P::Row>> {
        let (mut rows, mut token) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = query.to_vec();
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let page: P = self.send(call()?.query(&query)).await?.read()?;
            let (more, next) = page.into_parts();
            rows.extend(more);
            match next.filter(|next| !next.is_empty() && token.as_ref() != Some(next)) {
                Some(next) => token = Some(next),
                None => return Ok(rows),
            }
        }
        Err(Error::Unsupported(format!("a listing of more than {MOST_PAGES} pages")))
    }

    /// Lists the namespaces of the catalog, or those directly in one, on every page.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces`
    ///
    /// # Errors
    /// If there is no such namespace.
    pub async fn list_namespaces(&self, parent: Option<&NamespaceIdent>) -> Result<Vec<NamespaceIdent>> {
        let parent = parent.map(NamespaceIdent::joined);
        let query: Vec<(&str, &str)> = parent.iter().map(|parent| ("parent", parent.as_str())).collect();
        let call = || self.call("list iceberg namespaces", Method::GET, &["namespaces"]);
        self.pages::<Namespaces>(call, &query).await
    }

    /// Makes a namespace. To choose its bucket, make it through the
    /// [management API](crate::api::IcebergNamespaces::create_iceberg_namespace).
    ///
    /// `POST /iceberg/v1/{prefix}/namespaces`
    ///
    /// # Errors
    /// [`is_conflict`](Error::is_conflict) if there is one of that name.
    pub async fn create_namespace(
        &self,
        namespace: &NamespaceIdent,
        properties: IcebergProperties,
    ) -> Result<CatalogNamespace> {
        let body = json!({"namespace": namespace, "properties": properties});
        let call = self.call("create iceberg namespace", Method::POST, &["namespaces"])?.json(&body)?;
        self.client.call_once("create iceberg namespace", call).await?.read()
    }

    /// Whether there is a namespace.
    ///
    /// `HEAD /iceberg/v1/{prefix}/namespaces/{namespace}` if the catalog says that it has this route, else `GET`.
    ///
    /// # Errors
    /// If the catalog cannot be asked.
    pub async fn namespace_exists(&self, namespace: &NamespaceIdent) -> Result<bool> {
        let method = if self.config.lists(HEAD_NAMESPACE) { Method::HEAD } else { Method::GET };
        let path = ["namespaces", &namespace.joined()];
        self.is_there(self.call("look for iceberg namespace", method, &path)?).await
    }

    /// The properties of a namespace.
    ///
    /// `GET /iceberg/v1/{prefix}/namespaces/{namespace}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is none of that name.
    pub async fn load_namespace_properties(&self, namespace: &NamespaceIdent) -> Result<IcebergProperties> {
        let path = ["namespaces", &namespace.joined()];
        let found: CatalogNamespace =
            self.send(self.call("load iceberg namespace", Method::GET, &path)?).await?.read()?;
        Ok(IcebergProperties(found.properties))
    }

    /// Sets and removes properties of a namespace.
    ///
    /// `POST /iceberg/v1/{prefix}/namespaces/{namespace}/properties`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is none of that name; if one is to be both set and removed.
    pub async fn update_namespace_properties(
        &self,
        namespace: &NamespaceIdent,
        removals: &[&str],
        updates: IcebergProperties,
    ) -> Result<PropertiesUpdate> {
        let path = ["namespaces", &namespace.joined(), "properties"];
        let call = self.call("update iceberg namespace", Method::POST, &path)?;
        self.send(call.json(&json!({"removals": removals, "updates": updates}))?.idempotent()).await?.read()
    }

    /// Drops a namespace that has no tables.
    ///
    /// `DELETE /iceberg/v1/{prefix}/namespaces/{namespace}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is none of that name; [`is_conflict`](Error::is_conflict) if it
    /// has tables.
    pub async fn drop_namespace(&self, namespace: &NamespaceIdent) -> Result<()> {
        let path = ["namespaces", &namespace.joined()];
        self.send(self.call("drop iceberg namespace", Method::DELETE, &path)?).await.map(drop)
    }
}

/// A page of a listing.
trait Page: for<'de> Deserialize<'de> {
    type Row;
    /// The rows, and the token of the next page.
    fn into_parts(self) -> (Vec<Self::Row>, Option<String>);
}

#[derive(Deserialize)]
struct Namespaces {
    #[serde(default)]
    namespaces: Vec<NamespaceIdent>,
    #[serde(default, rename = "next-page-token")]
    next: Option<String>,
}

impl Page for Namespaces {
    type Row = NamespaceIdent;

    fn into_parts(self) -> (Vec<NamespaceIdent>, Option<String>) {
        (self.namespaces, self.next)
    }
}

#[cfg(test)]
mod tests;
