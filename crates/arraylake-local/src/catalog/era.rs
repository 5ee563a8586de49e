//! [`Era`]: which client is asking, where clients want different answers.

use http::HeaderMap;

/// Which client is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// The Python client, by major and minor release.
    Python(u32, u32),
    /// The published crate `arraylake`.
    Rust,
    /// A client that names itself and is none of those: this project's.
    Own,
    /// A client that does not say; answered as Python 1.7.
    Unknown,
}

impl Era {
    /// Reads the headers by which clients name themselves.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let client = text("x-arraylake-client").unwrap_or_default();
        let python =
            client.starts_with("python") || text("client-name").is_some_and(|it| it.contains("python"));
        match (text("client-name"), text("client-version")) {
            _ if client.starts_with("rust/") => Self::Rust,
            (Some(_), _) if !python => Self::Own,
            (_, Some(version)) => Self::python(version),
            _ if python => Self::python(client.rsplit('/').next().unwrap_or_default()),
            _ if client.is_empty() => Self::Unknown,
            _ => Self::Own,
        }
    }

    fn python(version: &str) -> Self {
        let mut parts = version.split('.').map(|part| part.parse().ok());
        match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => Self::Python(major, minor),
            (Some(major), None) => Self::Python(major, 0),
            _ => Self::Unknown,
        }
    }

    /// A Python client before 1.0.
    pub(crate) fn is_early(self) -> bool {
        matches!(self, Self::Python(0, _))
    }

    /// A Python client from 1.0 on, or one taken for it.
    pub(crate) fn is_late(self) -> bool {
        matches!(self, Self::Python(1.., _) | Self::Unknown)
    }

    /// Whether deleting a repo that is not there counts as done.
    pub(crate) fn may_delete_nothing(self) -> bool {
        self.is_late() || self == Self::Rust
    }

    /// Whether the client reads the log of a compute service as one JSON string.
    pub(crate) fn wants_old_logs(self) -> bool {
        matches!(self, Self::Python(0, ..16))
    }

    /// Whether the client knows AWS roles by their old name only.
    pub(crate) fn wants_old_role(self) -> bool {
        matches!(self, Self::Python(0, ..16))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn era(headers: &[(&'static str, &'static str)]) -> Era {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        Era::of(&headers.iter().map(pair).collect())
    }

    #[test]
    fn each_client_is_known_by_its_headers() {
        let python = ("client-name", "arraylake-python-client");
        assert_eq!(era(&[python, ("client-version", "0.20.0")]), Era::Python(0, 20));
        assert_eq!(era(&[("client-version", "0.14.0")]), Era::Python(0, 14));
        let new = [python, ("client-version", "1.7.0"), ("x-arraylake-client", "python/1.7.0")];
        assert_eq!(era(&new), Era::Python(1, 7));
        assert_eq!(era(&[("x-arraylake-client", "rust/0.15.1")]), Era::Rust);
        let own = [
            ("client-name", "arraylake-rust-sdk"),
            ("client-version", "0.1.0"),
            ("x-arraylake-client", "arraylake-rust-sdk/0.1.0"),
        ];
        assert_eq!(era(&own), Era::Own);
        assert_eq!(era(&own[2..]), Era::Own);
        assert_eq!(era(&[]), Era::Unknown);
    }
}
