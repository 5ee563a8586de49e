//! Which proxy a request goes through, if any.

use std::error::Error as StdError;

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};

use crate::{BuildError, Error, ErrorKind};

/// Finds the proxy for a URI.
#[derive(Debug)]
pub(crate) struct Proxies(Option<Matcher>);

impl Proxies {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case.
    pub(crate) fn from_env() -> Self {
        const NAMES: [&str; 3] = ["http_proxy", "https_proxy", "all_proxy"];
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        // Without any of them the matcher would still take every URI apart.
        let any = NAMES.iter().any(|name| is_set(name) || is_set(&name.to_ascii_uppercase()));
        Self(any.then(Matcher::from_env))
    }

    /// The same proxy for every host.
    pub(crate) fn all(uri: &Uri) -> Self {
        Self(Some(Matcher::builder().all(uri.to_string()).build()))
    }

    pub(crate) fn of(&self, uri: &Uri) -> Option<Proxy> {
        self.0.as_ref()?.intercept(uri).map(Proxy)
    }
}

/// Refuses what is no HTTP proxy before anything is sent.
pub(crate) fn check_proxy(uri: &Uri) -> Result<(), BuildError> {
    match uri.scheme_str() {
        Some("http") | None if uri.host().is_some() => Ok(()),
        Some("http") | None => Err(BuildError::Proxy("it has no host")),
        Some(_) => Err(BuildError::Proxy("only http proxies are supported")),
    }
}

/// A proxy, and what it is to be told.
#[derive(Debug)]
pub(crate) struct Proxy(Intercept);

impl Proxy {
    pub(crate) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// The value of `proxy-authorization`.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = self.0.basic_auth()?.clone();
        value.set_sensitive(true);
        Some(value)
    }

    /// Connects through the proxy by CONNECT.
    pub(crate) fn tunnel(
        &self,
        http: HttpConnector,
    ) -> impl Service<Uri, Response = TokioIo<TcpStream>, Error = Error, Future: Send + 'static> + use<> {
        let mut tunnel = Tunnel::new(self.uri().clone(), http);
        if let Some(value) = self.authorization() {
            tunnel = tunnel.with_auth(value);
        }
        tunnel.map_err(|error| {
            // Without a cause it is the proxy's own answer, and asking again would bring the same.
            let refused = StdError::source(&error).is_none();
            Error::new(if refused { ErrorKind::Proxy } else { ErrorKind::Connect }, error)
        })
    }

    /// Refuses proxies from the environment that speak another protocol.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_proxy(self.uri()).map_err(|error| Error::new(ErrorKind::Proxy, error))
    }
}
