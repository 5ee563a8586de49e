//! [`ExtraConfig`]: region, endpoint and switches of a bucket.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Region, endpoint and switches of a bucket: an open map with typed accessors for the keys that mean something.
///
/// Values of the wrong type read as unset; the texts `true` and `false` count as booleans.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExtraConfig(pub Map<String, Value>);

impl ExtraConfig {
    /// Nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// `region_name`, if it is a text that is not empty.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.text("region_name")
    }

    /// `endpoint_url`, if it is a text that is not empty.
    #[must_use]
    pub fn endpoint_url(&self) -> Option<&str> {
        self.text("endpoint_url")
    }

    /// `use_ssl`; true unless said otherwise.
    #[must_use]
    pub fn use_ssl(&self) -> bool {
        self.flag("use_ssl").unwrap_or(true)
    }

    /// Whether plain HTTP is allowed: `use_ssl` is false, or the endpoint says `http://`.
    #[must_use]
    pub fn allow_http(&self) -> bool {
        !self.use_ssl() || self.endpoint_url().is_some_and(|url| url.starts_with("http://"))
    }

    /// `force_path_style`; unless set, the opposite of `use_ssl`.
    #[must_use]
    pub fn force_path_style(&self) -> bool {
        self.flag("force_path_style").unwrap_or_else(|| !self.use_ssl())
    }

    /// `unsafe_use_conditional_update`, if set.
    #[must_use]
    pub fn conditional_update(&self) -> Option<bool> {
        self.flag("unsafe_use_conditional_update")
    }

    /// `unsafe_use_conditional_create`, if set.
    #[must_use]
    pub fn conditional_create(&self) -> Option<bool> {
        self.flag("unsafe_use_conditional_create")
    }

    /// Whether the endpoint is Cloudflare R2.
    #[must_use]
    pub fn is_r2(&self) -> bool {
        self.endpoint_url().is_some_and(|url| url.contains(".r2.")) && !self.is_tigris()
    }

    /// Whether the endpoint is Tigris.
    #[must_use]
    pub fn is_tigris(&self) -> bool {
        self.endpoint_url()
            .is_some_and(|url| url.contains("fly.storage.tigris.dev") || url.contains("t3.storage.dev"))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.0.get(key)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_style_follows_ssl_unless_it_is_set() {
        assert!(!ExtraConfig::new().force_path_style());
        assert!(ExtraConfig::new().with("use_ssl", false).force_path_style());
        assert!(
            !ExtraConfig::new().with("use_ssl", false).with("force_path_style", false).force_path_style()
        );
        assert!(!ExtraConfig::new().with("use_ssl", "false").use_ssl());
        assert!(ExtraConfig::new().with("use_ssl", 0).use_ssl(), "an odd type reads as unset");
    }

    #[test]
    fn an_http_endpoint_allows_http() {
        assert!(ExtraConfig::new().with("endpoint_url", "http://127.0.0.1:9000").allow_http());
        assert!(!ExtraConfig::new().with("endpoint_url", "https://s3.example.com").allow_http());
        assert_eq!(ExtraConfig::new().with("region_name", "").region(), None);
    }
}
