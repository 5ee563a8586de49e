//! Where requests go: the base URI, and what counts as the same origin.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::{BuildError, Error, ErrorKind};

/// Scheme, host and port: who gets the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    https: bool,
    host: String,
    port: u16,
    /// Host and port as they were written, by which most requests are known at a glance.
    authority: String,
}

impl Origin {
    /// The origin of an absolute `http` or `https` URI. Of anything else: one that no request has.
    pub(crate) fn of(uri: &Uri) -> Self {
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let authority = uri.authority().map(Authority::to_string).unwrap_or_default();
        Self { https, host, port: port(uri, https), authority }
    }

    /// Whether `uri` is of this origin.
    pub(crate) fn is_of(&self, uri: &Uri) -> bool {
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return false,
        };
        if https == self.https && uri.authority().is_some_and(|at| at.as_str() == self.authority) {
            return true;
        }
        let host = uri.host().unwrap_or_default();
        https == self.https
            && !host.is_empty()
            && host.eq_ignore_ascii_case(&self.host)
            && port(uri, https) == self.port
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }
}

fn port(uri: &Uri, https: bool) -> u16 {
    uri.port_u16().unwrap_or(if https { 443 } else { 80 })
}

/// The base URI: relative requests are appended to it.
#[derive(Clone, Debug)]
pub(crate) struct BaseUri {
    scheme: Scheme,
    authority: Authority,
    /// The base path without a slash at its end.
    prefix: String,
    origin: Origin,
}

impl BaseUri {
    pub(crate) fn new(uri: &Uri) -> Result<Self, BuildError> {
        let wrong = BuildError::BaseUri;
        let scheme = match uri.scheme_str() {
            Some("http") => Scheme::HTTP,
            Some("https") => Scheme::HTTPS,
            _ => return Err(wrong("its scheme is neither http nor https")),
        };
        let authority = uri.authority().filter(|at| !at.host().is_empty());
        let authority = authority.ok_or(wrong("it has no host"))?.clone();
        if authority.as_str().contains('@') {
            return Err(wrong("it holds user information"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let prefix = uri.path().trim_end_matches('/').to_owned();
        if has_dot_segment(&prefix) {
            return Err(wrong("its path has a segment of dots"));
        }
        Ok(Self { scheme, authority, prefix, origin: Origin::of(uri) })
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Makes the URI of a request absolute.
    pub(crate) fn resolve(&self, uri: &Uri) -> Result<Uri, Error> {
        let wrong = |text: &'static str| Error::new(ErrorKind::Request, text).with_attempts(0);
        match (uri.scheme_str(), uri.authority()) {
            (Some("http" | "https"), Some(_)) => return Ok(uri.clone()),
            (None, None) => {}
            _ => return Err(wrong("the URI is neither a path nor an http or https URL")),
        }
        if has_dot_segment(uri.path()) {
            return Err(wrong("the path has a segment of dots"));
        }
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(self.join(uri).map_err(|error| Error::new(ErrorKind::Request, error))?);
        Uri::from_parts(parts).map_err(|error| Error::new(ErrorKind::Request, error))
    }

    fn join(&self, uri: &Uri) -> Result<PathAndQuery, http::uri::InvalidUri> {
        match uri.path_and_query() {
            Some(path) if self.prefix.is_empty() => Ok(path.clone()),
            Some(path) => {
                PathAndQuery::from_maybe_shared(bytes::Bytes::from(format!("{}{path}", self.prefix)))
            }
            None => PathAndQuery::from_maybe_shared(bytes::Bytes::from(format!("{}/", self.prefix))),
        }
    }
}

/// `.` and `..` would reach another route than the one that was meant.
fn has_dot_segment(path: &str) -> bool {
    path.contains("/.") && path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(base: &'static str, path: &'static str) -> String {
        let base = BaseUri::new(&Uri::from_static(base)).unwrap();
        base.resolve(&Uri::from_static(path)).unwrap().to_string()
    }

    #[test]
    fn a_base_path_is_kept_with_and_without_a_slash_at_its_end() {
        for base in ["https://h/api/v2", "https://h/api/v2/"] {
            assert_eq!(resolved(base, "/user?a=b"), "https://h/api/v2/user?a=b");
        }
        for base in ["http://h:8080", "http://h:8080/"] {
            assert_eq!(resolved(base, "/user?a=b"), "http://h:8080/user?a=b");
            assert_eq!(resolved(base, "/"), "http://h:8080/");
        }
    }

    #[test]
    fn an_absolute_uri_stays_as_it_is() {
        assert_eq!(resolved("https://h/api", "https://idp.test/token"), "https://idp.test/token");
    }

    #[test]
    fn a_base_uri_has_a_scheme_and_a_host_and_no_more_than_a_path() {
        for wrong in ["/path", "ftp://h", "https://user:pw@h", "https://h/?q", "https://h/a/../b"] {
            assert!(BaseUri::new(&Uri::from_static(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dots_do_not_climb_out_of_the_base_path() {
        let base = BaseUri::new(&Uri::from_static("https://h/api")).unwrap();
        for path in ["/../admin", "/a/./b", "/a/.."] {
            assert_eq!(
                base.resolve(&Uri::from_static(path)).unwrap_err().kind(),
                ErrorKind::Request,
                "{path}"
            );
        }
        assert!(base.resolve(&Uri::from_static("/.well-known/x..y")).is_ok());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::of(&Uri::from_static("https://API.test"));
        for (uri, same) in [
            ("https://api.test/x", true),
            ("https://api.test:443", true),
            ("https://api.test:444", false),
            ("http://api.test:443", false),
            ("https://api.test.evil", false),
            ("/x", false),
        ] {
            assert_eq!(origin.is_of(&Uri::from_static(uri)), same, "{uri}");
        }
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        let loopback = |uri| Origin::of(&Uri::from_static(uri)).is_loopback();
        assert!(loopback("http://localhost:1") && loopback("http://127.0.0.2") && loopback("http://[::1]:1"));
        assert!(!loopback("http://localhost.evil") && !loopback("http://10.0.0.1"));
    }
}
