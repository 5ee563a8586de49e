//! Which proxy a request goes through, if any, and what the proxy is told.

use std::error::Error as StdError;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tower::Service;

use super::stream::{Connecting, Stream};
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
        // Without any of them the matcher would still take every URI apart.
        let any = NAMES.iter().any(|name| variable(name).is_some());
        // The matcher takes `*` for every name, but for no address.
        let none = variable("no_proxy").is_some_and(|hosts| hosts.split(',').any(|host| host.trim() == "*"));
        Self((any && !none).then(Matcher::from_env))
    }

    /// The same proxy for every host.
    pub(crate) fn all(uri: &Uri) -> Self {
        Self(Some(Matcher::builder().all(uri.to_string()).build()))
    }

    pub(crate) fn of(&self, uri: &Uri) -> Option<Proxy> {
        self.0.as_ref()?.intercept(uri).map(Proxy)
    }
}

/// The environment variable `name`, in upper case or else as it is, unless it is empty.
fn variable(name: &str) -> Option<String> {
    let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    value(&name.to_ascii_uppercase()).or_else(|| value(name))
}

/// Refuses what is no proxy of a kind we know before anything is sent.
pub(crate) fn check_proxy(uri: &Uri) -> Result<(), BuildError> {
    Protocol::of(uri)?;
    uri.host().map(drop).ok_or(BuildError::Proxy("it has no host"))
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Https,
    /// Names are looked up by the proxy, whether it is written `socks5` or `socks5h`.
    Socks5,
}

impl Protocol {
    fn of(uri: &Uri) -> Result<Self, BuildError> {
        match uri.scheme_str() {
            Some("http") | None => Ok(Self::Http),
            Some("https") => Ok(Self::Https),
            Some("socks5" | "socks5h") => Ok(Self::Socks5),
            Some(_) => Err(BuildError::Proxy("only http, https and socks5 proxies are supported")),
        }
    }
}

/// A proxy, and what it is to be told.
#[derive(Debug)]
pub(crate) struct Proxy(Intercept);

impl Proxy {
    pub(super) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// Proxies from the environment may speak something else.
    pub(super) fn protocol(&self) -> Result<Protocol, Error> {
        Protocol::of(self.uri()).map_err(|error| Error::new(ErrorKind::Proxy, error))
    }

    /// Where to connect to: with the port that SOCKS has where none is given.
    pub(super) fn address(&self) -> Result<Uri, Error> {
        let default = (self.protocol()? == Protocol::Socks5).then_some(1080);
        with_port(self.uri(), default)
    }

    /// The value of `proxy-authorization`.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = self.0.basic_auth()?.clone();
        value.set_sensitive(true);
        Some(value)
    }

    /// Has an HTTP proxy at the other end of `stream` connect it to `uri`.
    pub(super) async fn tunnel(&self, stream: Stream, uri: Uri) -> Result<Stream, Error> {
        let mut tunnel = Tunnel::new(self.uri().clone(), Connecting::from(stream));
        if let Some(value) = self.authorization() {
            tunnel = tunnel.with_auth(value);
        }
        tunnel.call(uri).await.map_err(|error| {
            // Without a cause it is the proxy's own answer, and asking again would bring the same.
            let refused = StdError::source(&error).is_none();
            Error::new(if refused { ErrorKind::Proxy } else { ErrorKind::Connect }, error)
        })
    }

    /// Has a SOCKS proxy at the other end of `stream` connect it to `uri`.
    pub(super) async fn socks(&self, stream: Stream, uri: &Uri) -> Result<Stream, Error> {
        let mut socks = SocksV5::new(self.uri().clone(), Connecting::from(stream));
        if let Some((user, password)) = self.0.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        // Without a port it would be that of https.
        let default = (uri.scheme() == Some(&Scheme::HTTP)).then_some(80);
        socks.call(with_port(uri, default)?).await.map_err(|error| Error::new(ErrorKind::Proxy, error))
    }
}

/// The same URI, with the port `default` where it has none.
fn with_port(uri: &Uri, default: Option<u16>) -> Result<Uri, Error> {
    let (Some(port), None, Some(host)) = (default, uri.port(), uri.host()) else { return Ok(uri.clone()) };
    let wrong = |error: http::Error| Error::new(ErrorKind::Proxy, error);
    let authority = Authority::try_from(format!("{host}:{port}")).map_err(|error| wrong(error.into()))?;
    let mut parts = uri.clone().into_parts();
    parts.authority = Some(authority);
    Uri::from_parts(parts).map_err(|error| wrong(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_a_kind_we_do_not_speak_is_refused_when_it_is_given() {
        for uri in ["proxy:3128", "http://proxy", "https://u:p@proxy", "socks5://[::1]:9", "socks5h://proxy"]
        {
            assert_eq!(check_proxy(&uri.parse().unwrap()), Ok(()), "{uri}");
        }
        for uri in ["socks4://proxy", "ftp://proxy", "/path"] {
            assert!(check_proxy(&uri.parse().unwrap()).is_err(), "{uri}");
        }
    }

    #[test]
    fn ports_are_added_where_none_is_given() {
        for (uri, default, expected) in [
            ("http://a.test/x?y", Some(80), "http://a.test:80/x?y"),
            ("http://a.test:81/x", Some(80), "http://a.test:81/x"),
            ("https://[::1]/", Some(443), "https://[::1]:443/"),
            ("https://a.test/", None, "https://a.test/"),
        ] {
            assert_eq!(with_port(&uri.parse().unwrap(), default).unwrap(), expected);
        }
    }
}
