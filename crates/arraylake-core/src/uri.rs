//! [`ServiceUri`]: where the service is.

use std::fmt;
use std::str::FromStr;

use arraylake_types::InvalidInput;
use http::Uri;

pub(crate) use arraylake_transport::uri::{path, query};

/// Address of a service: `http://` or `https://`, a host, maybe a base path.
///
/// ```
/// use arraylake_core::ServiceUri;
/// assert!("https://api.earthmover.io".parse::<ServiceUri>().is_ok());
/// let error = "localhost:8000".parse::<ServiceUri>().unwrap_err().to_string();
/// assert_eq!(error, r#"invalid service URI "localhost:8000": must begin with `http://` or `https://`"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUri {
    uri: Uri,
    /// As it was written.
    text: String,
}

impl ServiceUri {
    /// The address of the public service.
    pub const DEFAULT: &'static str = "https://api.earthmover.io";

    /// The address for the transport.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The address as it was written. Other clients name files after it.
    #[cfg(feature = "login")]
    pub(crate) fn as_given(&self) -> &str {
        &self.text
    }
}

impl FromStr for ServiceUri {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bad = |value: &str, rule: &str| Err(InvalidInput::new("service URI", value, rule));
        let trimmed = text.trim();
        let lower = trimmed.to_ascii_lowercase();
        if !lower.starts_with("http://") && !lower.starts_with("https://") {
            return bad(trimmed, "must begin with `http://` or `https://`");
        }
        let Ok(uri) = trimmed.parse::<Uri>() else { return bad("<unreadable>", "must be a URI") };
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        // A password may stand before the `@`, so the value is not quoted.
        if authority.contains('@') {
            return bad("<with user>", "must not have a user or a password");
        }
        if authority.is_empty() {
            return bad(trimmed, "must have a host");
        }
        if uri.query().is_some() || trimmed.contains('#') {
            return bad("<with query>", "must not have a query or a fragment");
        }
        Ok(Self { uri, text: trimmed.to_owned() })
    }
}

impl fmt::Display for ServiceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.uri.to_string();
        f.write_str(text.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_lose_something_is_refused() {
        for bad in
            ["", "api.earthmover.io", "ftp://x", "http://", "http://u:p@h", "http://h?x=1", "http://h/#f"]
        {
            let error = bad.parse::<ServiceUri>().unwrap_err().to_string();
            assert!(!error.contains("u:p"), "{error}");
        }
        assert_eq!("https://h/api/".parse::<ServiceUri>().unwrap().to_string(), "https://h/api");
    }

    #[test]
    fn segments_and_values_are_encoded() {
        assert_eq!(path(&["repos", "ünï", "a.b-c_d"]), "/repos/%C3%BCn%C3%AF/a.b-c_d");
        assert_eq!(query(&[("page", "1"), ("f", "{\"a\": 1}")]), "?page=1&f=%7B%22a%22%3A%201%7D");
    }
}
