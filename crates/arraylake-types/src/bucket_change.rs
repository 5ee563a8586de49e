//! Requests about a bucket config that exists: [`ModifyBucket`], [`BucketRef`], [`CredentialAccess`].

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bucket_fit::{method_fault, settings_fault};
use crate::error::InvalidInput;
use crate::new_bucket::{PLATFORMS, name_fault};
use crate::repo_request::prefix_fault;
use crate::{
    AuthConfig, AuthMethod, BucketId, BucketNickname, BucketResponse, ExtraConfig, Platform, Secret,
};

/// Which bucket config is meant: by its nickname, which is looked up in the list, or by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BucketRef {
    /// By its nickname.
    Nickname(BucketNickname),
    /// By its id; saves a request, and the right to list.
    Id(BucketId),
}

impl From<BucketNickname> for BucketRef {
    fn from(nickname: BucketNickname) -> Self {
        Self::Nickname(nickname)
    }
}

impl From<BucketId> for BucketRef {
    fn from(id: BucketId) -> Self {
        Self::Id(id)
    }
}

/// What credentials are wanted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CredentialAccess {
    /// To read.
    #[default]
    Read,
    /// To read and write.
    Write,
}

impl CredentialAccess {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Request: `PATCH /orgs/{org}/buckets/{id}`. What is not set stays as it is.
///
/// ```
/// use arraylake_types::{ModifyAuth, ModifyBucket};
/// let auth = ModifyAuth::aws_role().with_role_name("other");
/// let request = ModifyBucket::new().with_nickname("renamed")?.with_auth(auth);
/// request.validate()?;
/// let expected = r#"{"nickname":"renamed","auth_config":{"external_role_name":"other","method":"aws_customer_managed_role"}}"#;
/// let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
/// assert_eq!(serde_json::to_value(&request).unwrap(), expected);
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModifyBucket {
    /// The name people use for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<BucketNickname>,
    /// Kind of object store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Name of the bucket or container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Key prefix; empty is a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Region, endpoint and switches, as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_config: Option<ExtraConfig>,
    /// How credentials are had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_config: Option<ModifyAuth>,
    /// Whether the service's maker manages the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub em_managed: Option<bool>,
}

impl ModifyBucket {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Renames the config.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn with_nickname(mut self, nickname: impl AsRef<str>) -> Result<Self, InvalidInput> {
        self.nickname = Some(nickname.as_ref().parse()?);
        Ok(self)
    }

    /// Sets the kind of object store.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(platform);
        self
    }

    /// Sets the name of the bucket or container.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the key prefix.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets region, endpoint and switches, all of them.
    #[must_use]
    pub fn with_extra_config(mut self, extra: ExtraConfig) -> Self {
        self.extra_config = Some(extra);
        self
    }

    /// Changes how credentials are had.
    #[must_use]
    pub fn with_auth(mut self, auth: impl Into<ModifyAuth>) -> Self {
        self.auth_config = Some(auth.into());
        self
    }

    /// Says whether the service's maker manages the bucket.
    #[must_use]
    pub fn with_em_managed(mut self, managed: bool) -> Self {
        self.em_managed = Some(managed);
        self
    }

    /// Checks every rule for a change.
    ///
    /// # Errors
    /// Names the first value that breaks a rule. Secrets are never quoted.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if let Some(Platform::Other(text)) = &self.platform {
            return Err(InvalidInput::new("platform", text, PLATFORMS));
        }
        // Both are replaced as a whole, so they go together or do not, whatever is stored.
        if let (Some(platform), Some(extra)) = (&self.platform, &self.extra_config)
            && let Some(rule) = settings_fault(platform, extra)
        {
            return Err(InvalidInput::new("platform", platform.as_str(), rule));
        }
        if let Some((name, rule)) = self.name.as_ref().and_then(|name| Some((name, name_fault(name)?))) {
            return Err(InvalidInput::new("bucket name", name, rule));
        }
        if let Some(prefix) = &self.prefix {
            let long = (prefix.chars().count() > 256).then_some("must be at most 256 characters long");
            if let Some(rule) = long.or_else(|| prefix_fault(prefix)) {
                return Err(InvalidInput::new("bucket prefix", prefix, rule));
            }
        }
        self.auth_config.as_ref().map_or(Ok(()), ModifyAuth::validate)
    }

    /// Checks every rule for a change of this bucket config: it must keep what its platform cannot be without, such as
    /// the region of an S3 bucket, and a way to its credentials that goes with the platform.
    ///
    /// A rule that the bucket config breaks already is no matter of the change.
    ///
    /// # Errors
    /// Names the first value that breaks a rule. Secrets are never quoted.
    ///
    /// ```
    /// use arraylake_types::{BucketResponse, ExtraConfig, ModifyBucket};
    /// let stored = r#"{"nickname": "store", "platform": "s3", "name": "b", "extra_config": {"region_name": "us-east-1"}}"#;
    /// let stored: BucketResponse = serde_json::from_str(stored).unwrap();
    /// let error = ModifyBucket::new().with_extra_config(ExtraConfig::new()).validate_for(&stored).unwrap_err();
    /// assert_eq!(error.to_string(), r#"invalid bucket "store": S3 buckets require a region_name"#);
    /// ```
    pub fn validate_for(&self, stored: &BucketResponse) -> Result<(), InvalidInput> {
        self.validate()?;
        let old = (&stored.platform, &stored.extra_config);
        let platform = self.platform.as_ref().unwrap_or(old.0);
        let extra = self.extra_config.as_ref().unwrap_or(old.1);
        let before = settings_fault(old.0, old.1);
        if let Some(rule) = settings_fault(platform, extra).filter(|rule| before != Some(*rule)) {
            return Err(InvalidInput::new("bucket", &stored.nickname, rule));
        }
        let old_auth = stored.auth_config.as_ref().map(|auth| (auth.method(), auth.account()));
        let new_auth = self.auth_config.as_ref().map(ModifyAuth::way);
        // A service that does not tell how credentials are had checks that itself.
        let Some((method, account)) = new_auth.or_else(|| old_auth.clone()) else { return Ok(()) };
        let before = old_auth.and_then(|(method, account)| method_fault(&method, account, old.0, old.1));
        match method_fault(&method, account, platform, extra).filter(|rule| before != Some(*rule)) {
            Some(rule) => Err(InvalidInput::new("auth config", method.as_str(), rule)),
            None => Ok(()),
        }
    }
}

/// A change of how credentials are had. Of a role, what is not set stays as it is stored; other methods are replaced
/// as a whole.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModifyAuth(Map<String, Value>);

impl ModifyAuth {
    /// Part of an AWS role.
    #[must_use]
    pub fn aws_role() -> Self {
        Self::of("aws_customer_managed_role")
    }

    /// Part of the means to get Cloudflare R2 temporary credentials.
    #[must_use]
    pub fn r2_role() -> Self {
        Self::of("r2_customer_managed_role")
    }

    fn of(method: &str) -> Self {
        Self(Map::from_iter([("method".to_owned(), Value::from(method))]))
    }

    /// Sets the AWS account of a role.
    #[must_use]
    pub fn with_customer_id(self, id: impl Into<String>) -> Self {
        self.with("external_customer_id", id.into())
    }

    /// Sets the name of an AWS role.
    #[must_use]
    pub fn with_role_name(self, name: impl Into<String>) -> Self {
        self.with("external_role_name", name.into())
    }

    /// Sets the secret shared with AWS.
    #[must_use]
    pub fn with_shared_secret(self, secret: impl Into<Secret>) -> Self {
        self.with("shared_secret", secret.into().expose())
    }

    /// Sets the Cloudflare account.
    #[must_use]
    pub fn with_account_id(self, id: impl Into<String>) -> Self {
        self.with("external_account_id", id.into())
    }

    /// Sets the R2 key that temporary ones derive from.
    #[must_use]
    pub fn with_parent_key(self, id: impl Into<Secret>) -> Self {
        self.with("parent_access_key_id", id.into().expose())
    }

    /// Sets the secret of the R2 parent key.
    #[must_use]
    pub fn with_parent_secret(self, secret: impl Into<Secret>) -> Self {
        self.with("parent_secret_access_key", secret.into().expose())
    }

    /// Sets the Cloudflare API token that vends.
    #[must_use]
    pub fn with_api_token(self, token: impl Into<Secret>) -> Self {
        self.with("account_api_token", token.into().expose())
    }

    /// Sets the life of R2 credentials, in seconds.
    #[must_use]
    pub fn with_duration_seconds(self, seconds: u64) -> Self {
        self.with("duration_seconds", seconds)
    }

    fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The method, and the storage account of a bucket without credentials.
    fn way(&self) -> (AuthMethod, Option<&str>) {
        let text = |key: &str| self.0.get(key).and_then(Value::as_str);
        (text("method").unwrap_or_default().into(), text("storage_account"))
    }

    fn validate(&self) -> Result<(), InvalidInput> {
        let method = self.0.get("method").and_then(Value::as_str).unwrap_or_default();
        let creatable = [
            "anonymous",
            "hmac",
            "customer_managed_role",
            "aws_customer_managed_role",
            "gcp_customer_managed_role",
            "r2_customer_managed_role",
            "azure_credential_delegation",
        ];
        if !creatable.contains(&method) {
            return Err(InvalidInput::new("auth config", method, "is not a method that can be set"));
        }
        let masked =
            self.0.iter().find(|(_, value)| value.as_str().is_some_and(|text| Secret::new(text).is_mask()));
        match masked {
            Some((key, _)) => {
                let rule = "the mask of a stored secret cannot be sent back; leave the field out to keep it";
                Err(InvalidInput::new("auth config", key, rule))
            }
            None => Ok(()),
        }
    }
}

impl From<AuthConfig> for ModifyAuth {
    /// Replaces the whole auth config.
    fn from(auth: AuthConfig) -> Self {
        match serde_json::to_value(auth) {
            Ok(Value::Object(fields)) => Self(fields),
            _ => Self(Map::new()),
        }
    }
}

impl std::fmt::Debug for ModifyAuth {
    /// Names the fields; their values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ModifyAuth").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_nothing_sent() {
        assert_eq!(serde_json::to_string(&ModifyBucket::new()).unwrap(), "{}");
    }

    #[test]
    fn a_mask_is_not_sent_back_and_no_secret_is_printed() {
        let auth = ModifyAuth::aws_role().with_shared_secret(Secret::mask());
        let error = ModifyBucket::new().with_auth(auth).validate().unwrap_err().to_string();
        assert!(error.contains("shared_secret"), "{error}");
        let request = ModifyBucket::new().with_auth(ModifyAuth::r2_role().with_api_token("MARKER"));
        request.validate().unwrap();
        assert!(!format!("{request:?}").contains("MARKER"));
    }

    #[test]
    fn every_rule_of_a_change_names_its_value() {
        for (request, expected) in [
            (ModifyBucket::new().with_name("ab"), "at least 3"),
            (ModifyBucket::new().with_prefix("/p"), "slash"),
            (ModifyBucket::new().with_prefix("p".repeat(257)), "256"),
            (ModifyBucket::new().with_platform("punchcards".into()), "punchcards"),
            (ModifyBucket::new().with_auth(AuthConfig::BucketPolicy), "bucket_policy"),
            (
                ModifyBucket::new().with_platform(Platform::S3).with_extra_config(ExtraConfig::new()),
                "region_name",
            ),
        ] {
            let error = request.validate().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        ModifyBucket::new().with_auth(AuthConfig::hmac("k", "s")).with_prefix("").validate().unwrap();
    }
}
