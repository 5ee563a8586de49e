//! [`NewBucket`]: the request that makes a bucket config, and [`BucketUri`], where its data lies.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bucket_fit::{method_fault, settings_fault};
use crate::error::InvalidInput;
use crate::name::is_name;
use crate::repo_request::prefix_fault;
use crate::{AuthConfig, BucketNickname, ExtraConfig, Platform, Secret};

/// The rule for a platform.
pub(crate) const PLATFORMS: &str = "must be s3, s3-compatible, minio, gs or azure";

/// Where the data of a bucket config lies: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`.
///
/// Anything else in the URI is refused, not dropped: user, port, query, fragment, a slash at the end.
///
/// ```
/// use arraylake_types::{BucketUri, Platform};
/// let uri: BucketUri = "s3://my-bucket/some/prefix".parse().unwrap();
/// assert_eq!((uri.platform(), uri.name(), uri.prefix()), (&Platform::S3, "my-bucket", "some/prefix"));
/// let error = "ftp://x".parse::<BucketUri>().unwrap_err().to_string();
/// assert_eq!(error, r#"invalid bucket URI "ftp://x": must begin with `s3://`, `gs://` or `az://`"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUri {
    platform: Platform,
    name: String,
    prefix: String,
}

impl BucketUri {
    /// The platform that the scheme names.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Name of the bucket or container.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Key prefix; may be empty.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl FromStr for BucketUri {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bad = |rule: &str| InvalidInput::new("bucket URI", text, rule);
        let (scheme, rest) = text.split_once("://").unwrap_or(("", ""));
        let platform = match scheme.to_ascii_lowercase().as_str() {
            "s3" => Platform::S3,
            "gs" => Platform::Gs,
            "az" => Platform::Azure,
            _ => return Err(bad("must begin with `s3://`, `gs://` or `az://`")),
        };
        if rest.contains(['?', '#']) {
            return Err(bad("must not have a query or a fragment"));
        }
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.contains(['@', ':']) {
            return Err(bad("must not have a user or a port"));
        }
        if let Some(rule) = name_fault(name) {
            return Err(bad(rule));
        }
        if let Some(rule) = prefix_fault(prefix) {
            return Err(bad(&format!("the prefix {rule}")));
        }
        Ok(Self { platform, name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

pub(crate) fn name_fault(name: &str) -> Option<&'static str> {
    match name.chars().count() {
        0..3 => Some("the bucket name must be at least 3 characters long"),
        64.. => Some("the bucket name must be at most 63 characters long"),
        _ if !is_name(name) => Some(
            "the bucket name must be letters, digits, `_`, `.` or `-`, beginning with a letter, digit or `_`",
        ),
        _ => None,
    }
}

/// Request: `POST /orgs/{org}/buckets`. No bucket is made in the object store.
///
/// ```
/// use arraylake_types::{AuthConfig, NewBucket};
/// let request = NewBucket::new("scratch", "s3://my-bucket")?
///     .with_endpoint_url("http://127.0.0.1:9000")
///     .with_use_ssl(false)
///     .with_auth(AuthConfig::hmac("key", "secret"));
/// request.validate()?;
/// assert_eq!(request.platform.as_str(), "s3-compatible");
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewBucket {
    /// The name people will use for it.
    pub nickname: BucketNickname,
    /// Kind of object store.
    pub platform: Platform,
    /// Name of the bucket or container.
    pub name: String,
    /// Key prefix; may be empty.
    #[serde(default)]
    pub prefix: String,
    /// Region, endpoint and switches.
    pub extra_config: ExtraConfig,
    /// Whether the service's maker manages the bucket.
    #[serde(default)]
    pub em_managed: bool,
    /// How credentials are had.
    pub auth_config: AuthConfig,
}

impl NewBucket {
    /// A bucket config without credentials.
    ///
    /// # Errors
    /// If the nickname or the URI breaks a rule.
    pub fn new(nickname: &str, uri: &str) -> Result<Self, InvalidInput> {
        let uri: BucketUri = uri.parse()?;
        Ok(Self {
            nickname: nickname.parse()?,
            platform: uri.platform,
            name: uri.name,
            prefix: uri.prefix,
            extra_config: ExtraConfig::new(),
            em_managed: false,
            auth_config: AuthConfig::anonymous(),
        })
    }

    /// Sets how credentials are had.
    #[must_use]
    pub fn with_auth(mut self, auth: AuthConfig) -> Self {
        self.auth_config = auth;
        self
    }

    /// Sets the region.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        self.with_extra("region_name", region.into())
    }

    /// Sets an endpoint; an S3 bucket thereby becomes S3-compatible.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        let url = url.into();
        if self.platform == Platform::S3 && !url.is_empty() {
            self.platform = Platform::S3Compatible;
        }
        self.with_extra("endpoint_url", url)
    }

    /// Says whether TLS is used; it is, unless told otherwise.
    #[must_use]
    pub fn with_use_ssl(self, use_ssl: bool) -> Self {
        self.with_extra("use_ssl", use_ssl)
    }

    /// Says whether the bucket name goes into the path; it does exactly when TLS is off, unless told otherwise.
    #[must_use]
    pub fn with_force_path_style(self, force: bool) -> Self {
        self.with_extra("force_path_style", force)
    }

    /// Sets any further key.
    #[must_use]
    pub fn with_extra(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.extra_config = self.extra_config.with(key, value);
        self
    }

    /// Sets the platform, for those that no URI names: MinIO.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self
    }

    /// Checks every rule for a new bucket config.
    ///
    /// # Errors
    /// Names the first value that breaks a rule. Secrets are never quoted.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if let Some(rule) = name_fault(&self.name) {
            return Err(InvalidInput::new("bucket name", &self.name, rule));
        }
        if let Some(rule) = prefix_fault(&self.prefix) {
            return Err(InvalidInput::new("bucket prefix", &self.prefix, rule));
        }
        if self.prefix.chars().count() > 256 {
            return Err(InvalidInput::new(
                "bucket prefix",
                &self.prefix,
                "must be at most 256 characters long",
            ));
        }
        self.validate_platform()?;
        self.validate_auth()
    }

    fn validate_platform(&self) -> Result<(), InvalidInput> {
        if let Platform::Other(text) = &self.platform {
            return Err(InvalidInput::new("platform", text, PLATFORMS));
        }
        match settings_fault(&self.platform, &self.extra_config) {
            Some(rule) => Err(InvalidInput::new("bucket", self.nickname.as_str(), rule)),
            None => Ok(()),
        }
    }

    fn validate_auth(&self) -> Result<(), InvalidInput> {
        let (method, account) = (self.auth_config.method(), self.auth_config.account());
        let bad = |rule: &str| Err(InvalidInput::new("auth config", method.as_str(), rule));
        if let Some(rule) = method_fault(&method, account, &self.platform, &self.extra_config) {
            return bad(rule);
        }
        let present = |secret: &Option<Secret>| secret.as_ref().is_some_and(|it| !it.is_empty());
        match &self.auth_config {
            AuthConfig::AwsRole { shared_secret, .. } => check_shared_secret(shared_secret.as_ref()),
            AuthConfig::R2Role { account_api_token, parent_secret_access_key, .. }
                if !present(account_api_token) && !present(parent_secret_access_key) =>
            {
                bad("R2 auth requires either account_api_token or parent_secret_access_key")
            }
            AuthConfig::Hmac { access_key_id, secret_access_key, .. }
                if !present(access_key_id) || !present(secret_access_key) =>
            {
                bad("requires access_key_id and secret_access_key")
            }
            _ => Ok(()),
        }
    }
}

/// AWS takes the shared secret as an external id, and has rules for those.
fn check_shared_secret(secret: Option<&Secret>) -> Result<(), InvalidInput> {
    let text = secret.map_or("", Secret::expose);
    let legal = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    let rule = if text.is_empty() {
        "AWS customer-managed-role buckets require a shared_secret"
    } else if secret.is_some_and(Secret::is_mask) {
        "the mask of a stored secret cannot be sent back"
    } else if !(2..=1224).contains(&text.len()) || !text.chars().all(legal) {
        "must be 2-1224 characters of A-Z, a-z, 0-9 and _+=,.@:/-"
    } else {
        return Ok(());
    };
    Err(InvalidInput::new("shared_secret", format!("<{} characters>", text.chars().count()), rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(uri: &str) -> String {
        uri.parse::<BucketUri>().unwrap_err().to_string()
    }

    #[test]
    fn every_odd_uri_is_refused_by_its_rule() {
        assert!(fault("http://bucket.example.com").contains("must begin with"));
        assert!(fault("my-new-bucket").contains("must begin with"));
        assert!(fault("s3:/b/p").contains("must begin with"));
        assert!(fault("s3://").contains("at least 3"));
        assert!(fault("s3://ab").contains("at least 3"));
        assert!(fault(&format!("s3://{}", "x".repeat(64))).contains("at most 63"));
        assert!(fault("s3://my new").contains("letters"));
        assert!(fault("s3://bucket/p/").contains("slash"));
        assert!(fault("s3://bucket//p").contains("slash"));
        assert!(fault("s3://bucket/a b").contains("spaces"));
        assert!(fault("s3://user@bucket").contains("user"));
        assert!(fault("s3://bucket?x=1").contains("query"));
        assert!(fault("s3://bucket/p#f").contains("fragment"));
        assert_eq!("S3://bucket/".parse::<BucketUri>().unwrap().prefix(), "");
    }

    #[test]
    fn an_s3_bucket_needs_a_region_unless_it_has_an_endpoint() {
        let plain = NewBucket::new("scratch", "s3://bucket").unwrap();
        assert!(plain.validate().unwrap_err().to_string().contains("region_name"));
        plain.clone().with_region("us-east-1").validate().unwrap();
        plain.with_endpoint_url("https://s3.example.com").validate().unwrap();
    }

    #[test]
    fn methods_go_with_their_platforms_only() {
        let s3 = NewBucket::new("scratch", "s3://bucket").unwrap().with_region("r");
        let bad = [
            AuthConfig::gcp_role("sa@example.com"),
            AuthConfig::azure_delegation("tenant", "account"),
            AuthConfig::r2_role("account", "key", "token"),
            AuthConfig::aws_role("1", "role", ""),
            AuthConfig::aws_role("1", "role", "x"),
            AuthConfig::aws_role("1", "role", "**********"),
            AuthConfig::hmac("", "x"),
            AuthConfig::BucketPolicy,
        ];
        for auth in bad {
            assert!(s3.clone().with_auth(auth.clone()).validate().is_err(), "{auth:?}");
        }
        s3.with_auth(AuthConfig::aws_role("1", "role", "shared-secret")).validate().unwrap();
        let azure = NewBucket::new("blobs", "az://container").unwrap();
        assert!(azure.validate().is_err());
    }

    #[test]
    fn the_body_is_what_the_python_client_sends() {
        let request = NewBucket::new("new-bucket", "s3://my-new-bucket").unwrap().with_region("us-west-2");
        let expected = r#"{"nickname":"new-bucket","platform":"s3","name":"my-new-bucket","prefix":"","extra_config":{"region_name":"us-west-2"},"em_managed":false,"auth_config":{"method":"anonymous","storage_account":null}}"#;
        assert_eq!(serde_json::to_string(&request).unwrap(), expected);
    }
}
