//! [`AuthConfig`]: how credentials of a bucket are had.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Other, Secret};

open_enum! {
    /// How credentials of a bucket are had.
    pub enum AuthMethod {
        /// None are needed.
        Anonymous = "anonymous",
        /// A fixed pair of keys.
        Hmac = "hmac",
        /// An AWS role; the older spelling.
        CustomerManagedRole = "customer_managed_role",
        /// An AWS role.
        AwsCustomerManagedRole = "aws_customer_managed_role",
        /// A Google service account.
        GcpCustomerManagedRole = "gcp_customer_managed_role",
        /// Cloudflare R2 temporary credentials.
        R2CustomerManagedRole = "r2_customer_managed_role",
        /// Azure shared access signatures.
        AzureCredentialDelegation = "azure_credential_delegation",
        /// Deprecated: a policy on the bucket itself.
        BucketPolicy = "bucket_policy",
    }
}

impl AuthMethod {
    /// Whether the service vends temporary credentials.
    #[must_use]
    pub fn is_delegated(&self) -> bool {
        matches!(
            self,
            Self::CustomerManagedRole
                | Self::AwsCustomerManagedRole
                | Self::GcpCustomerManagedRole
                | Self::R2CustomerManagedRole
                | Self::AzureCredentialDelegation
        )
    }
}

/// How credentials of a bucket are had, with all that goes with the method.
///
/// Secrets that the service keeps to itself are masked ([`Secret::is_mask`]) or absent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AuthConfig {
    /// None are needed.
    Anonymous {
        /// Azure only: the storage account.
        storage_account: Option<String>,
    },
    /// A fixed pair of keys.
    Hmac {
        /// The public half.
        access_key_id: Option<Secret>,
        /// The secret half.
        secret_access_key: Option<Secret>,
    },
    /// An AWS role.
    AwsRole {
        /// Whether the older spelling `customer_managed_role` is used.
        legacy: bool,
        /// AWS account.
        external_customer_id: Option<String>,
        /// Role in that account.
        external_role_name: Option<String>,
        /// External id shared between the service and AWS.
        shared_secret: Option<Secret>,
    },
    /// A Google service account.
    GcpRole {
        /// E-mail address of the service account.
        target_service_account: Option<String>,
    },
    /// Cloudflare R2 temporary credentials.
    R2Role {
        /// Cloudflare account.
        external_account_id: Option<String>,
        /// Access key that the temporary ones derive from.
        parent_access_key_id: Option<Secret>,
        /// API token that vends.
        account_api_token: Option<Secret>,
        /// Secret of the parent key, which vends without the API token.
        parent_secret_access_key: Option<Secret>,
        /// Life of the temporary credentials, in seconds.
        duration_seconds: u64,
    },
    /// Azure shared access signatures.
    AzureDelegation {
        /// Azure tenant.
        tenant_id: Option<String>,
        /// Storage account.
        storage_account: Option<String>,
    },
    /// Deprecated: a policy on the bucket itself.
    BucketPolicy,
    /// A method this version does not know, with all that came.
    Other {
        /// The method.
        method: String,
        /// Everything else.
        fields: Other,
    },
}

/// Life of R2 credentials when nothing is said, in seconds.
const R2_DURATION_SECONDS: u64 = 3600;

impl AuthConfig {
    /// No credentials are needed.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::Anonymous { storage_account: None }
    }

    /// A fixed pair of keys.
    pub fn hmac(access_key_id: impl Into<Secret>, secret_access_key: impl Into<Secret>) -> Self {
        Self::Hmac {
            access_key_id: Some(access_key_id.into()),
            secret_access_key: Some(secret_access_key.into()),
        }
    }

    /// An AWS role.
    pub fn aws_role(
        customer_id: impl Into<String>,
        role: impl Into<String>,
        shared: impl Into<Secret>,
    ) -> Self {
        Self::AwsRole {
            legacy: false,
            external_customer_id: Some(customer_id.into()),
            external_role_name: Some(role.into()),
            shared_secret: Some(shared.into()),
        }
    }

    /// A Google service account.
    pub fn gcp_role(target_service_account: impl Into<String>) -> Self {
        Self::GcpRole { target_service_account: Some(target_service_account.into()) }
    }

    /// Cloudflare R2 temporary credentials, vended with an API token.
    pub fn r2_role(
        account: impl Into<String>,
        parent_key: impl Into<Secret>,
        api_token: impl Into<Secret>,
    ) -> Self {
        Self::R2Role {
            external_account_id: Some(account.into()),
            parent_access_key_id: Some(parent_key.into()),
            account_api_token: Some(api_token.into()),
            parent_secret_access_key: None,
            duration_seconds: R2_DURATION_SECONDS,
        }
    }

    /// Azure shared access signatures.
    pub fn azure_delegation(tenant_id: impl Into<String>, storage_account: impl Into<String>) -> Self {
        Self::AzureDelegation {
            tenant_id: Some(tenant_id.into()),
            storage_account: Some(storage_account.into()),
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Anonymous { .. } => AuthMethod::Anonymous,
            Self::Hmac { .. } => AuthMethod::Hmac,
            Self::AwsRole { legacy: true, .. } => AuthMethod::CustomerManagedRole,
            Self::AwsRole { .. } => AuthMethod::AwsCustomerManagedRole,
            Self::GcpRole { .. } => AuthMethod::GcpCustomerManagedRole,
            Self::R2Role { .. } => AuthMethod::R2CustomerManagedRole,
            Self::AzureDelegation { .. } => AuthMethod::AzureCredentialDelegation,
            Self::BucketPolicy => AuthMethod::BucketPolicy,
            Self::Other { method, .. } => AuthMethod::Other(method.clone()),
        }
    }

    /// The same without its secrets: masked where one is stored. Keys of `hmac` stay, clients need them.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let mask = |secret: &mut Option<Secret>| {
            if secret.is_some() {
                *secret = Some(Secret::mask());
            }
        };
        match &mut self {
            Self::AwsRole { shared_secret, .. } => mask(shared_secret),
            Self::R2Role { parent_access_key_id, account_api_token, parent_secret_access_key, .. } => {
                mask(parent_access_key_id);
                mask(account_api_token);
                mask(parent_secret_access_key);
            }
            _ => {}
        }
        self
    }
}

wire_struct! {
    /// Every field of every method, flat, as it comes.
    struct Fields {
        /// See the variants of `AuthConfig`.
        pub method: AuthMethod = or(AuthMethod::Other(String::new()), "method"),
        /// See there.
        pub storage_account: Option<String> = lenient("storage_account"),
        /// See there.
        pub access_key_id: Option<Secret> = lenient("access_key_id"),
        /// See there.
        pub secret_access_key: Option<Secret> = lenient("secret_access_key"),
        /// See there.
        pub external_customer_id: Option<String> = lenient("external_customer_id"),
        /// See there.
        pub external_role_name: Option<String> = lenient("external_role_name"),
        /// See there.
        pub shared_secret: Option<Secret> = lenient("shared_secret"),
        /// See there.
        pub target_service_account: Option<String> = lenient("target_service_account"),
        /// See there.
        pub external_account_id: Option<String> = lenient("external_account_id"),
        /// See there.
        pub parent_access_key_id: Option<Secret> = lenient("parent_access_key_id"),
        /// See there.
        pub account_api_token: Option<Secret> = lenient("account_api_token"),
        /// See there.
        pub parent_secret_access_key: Option<Secret> = lenient("parent_secret_access_key"),
        /// See there.
        pub duration_seconds: Option<u64> = lenient("duration_seconds"),
        /// See there.
        pub tenant_id: Option<String> = lenient("tenant_id"),
    }
}

impl Fields {
    /// All that came, for a method this version does not know.
    fn into_other(self) -> Other {
        let mut all = match serde_json::to_value(&self) {
            Ok(Value::Object(fields)) => fields,
            _ => self.other.into_map(),
        };
        all.retain(|key, value| key != "method" && !value.is_null());
        all.into()
    }
}

impl From<Fields> for AuthConfig {
    fn from(fields: Fields) -> Self {
        match fields.method {
            AuthMethod::Anonymous => Self::Anonymous { storage_account: fields.storage_account },
            AuthMethod::Hmac => Self::Hmac {
                access_key_id: fields.access_key_id,
                secret_access_key: fields.secret_access_key,
            },
            AuthMethod::CustomerManagedRole | AuthMethod::AwsCustomerManagedRole => Self::AwsRole {
                legacy: fields.method == AuthMethod::CustomerManagedRole,
                external_customer_id: fields.external_customer_id,
                external_role_name: fields.external_role_name,
                shared_secret: fields.shared_secret,
            },
            AuthMethod::GcpCustomerManagedRole => {
                Self::GcpRole { target_service_account: fields.target_service_account }
            }
            AuthMethod::R2CustomerManagedRole => Self::R2Role {
                external_account_id: fields.external_account_id,
                parent_access_key_id: fields.parent_access_key_id,
                account_api_token: fields.account_api_token,
                parent_secret_access_key: fields.parent_secret_access_key,
                duration_seconds: fields.duration_seconds.unwrap_or(R2_DURATION_SECONDS),
            },
            AuthMethod::AzureCredentialDelegation => {
                Self::AzureDelegation { tenant_id: fields.tenant_id, storage_account: fields.storage_account }
            }
            AuthMethod::BucketPolicy => Self::BucketPolicy,
            AuthMethod::Other(ref method) => {
                Self::Other { method: method.clone(), fields: fields.into_other() }
            }
        }
    }
}

impl<'de> Deserialize<'de> for AuthConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for AuthConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let secret =
            |secret: &Option<Secret>| secret.as_ref().map_or(Value::Null, |it| Value::from(it.expose()));
        let fields: Vec<(&str, Value)> = match self {
            Self::Anonymous { storage_account } => vec![("storage_account", text(storage_account))],
            Self::Hmac { access_key_id, secret_access_key } => {
                vec![
                    ("access_key_id", secret(access_key_id)),
                    ("secret_access_key", secret(secret_access_key)),
                ]
            }
            Self::AwsRole { external_customer_id, external_role_name, shared_secret, .. } => vec![
                ("external_customer_id", text(external_customer_id)),
                ("external_role_name", text(external_role_name)),
                ("shared_secret", secret(shared_secret)),
            ],
            Self::GcpRole { target_service_account } => {
                vec![("target_service_account", text(target_service_account))]
            }
            Self::R2Role {
                external_account_id,
                parent_access_key_id,
                account_api_token,
                parent_secret_access_key,
                duration_seconds,
            } => vec![
                ("external_account_id", text(external_account_id)),
                ("parent_access_key_id", secret(parent_access_key_id)),
                ("account_api_token", secret(account_api_token)),
                ("parent_secret_access_key", secret(parent_secret_access_key)),
                ("duration_seconds", Value::from(*duration_seconds)),
            ],
            Self::AzureDelegation { tenant_id, storage_account } => {
                vec![("tenant_id", text(tenant_id)), ("storage_account", text(storage_account))]
            }
            Self::BucketPolicy | Self::Other { .. } => Vec::new(),
        };
        write_fields(self, fields, serializer)
    }
}

fn write_fields<S: serde::Serializer>(
    config: &AuthConfig,
    fields: Vec<(&str, Value)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("method", config.method().as_str())?;
    for (key, value) in fields {
        map.serialize_entry(key, &value)?;
    }
    if let AuthConfig::Other { fields, .. } = config {
        for (key, value) in fields {
            map.serialize_entry(key, value)?;
        }
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_text_holds_a_key() {
        let keys = AuthConfig::hmac("MARKER", "MARKER");
        let role = AuthConfig::aws_role("acct", "role", "MARKER");
        let r2 = AuthConfig::r2_role("acct", "MARKER", "MARKER");
        for config in [keys, role, r2] {
            assert!(!format!("{config:?}").contains("MARKER"));
        }
    }

    #[test]
    fn masking_keeps_null_apart_from_stored() {
        let text = serde_json::to_value(AuthConfig::r2_role("acct", "p", "t").masked()).unwrap();
        assert_eq!(text["account_api_token"], "**********");
        assert_eq!(text["parent_secret_access_key"], Value::Null);
    }

    #[test]
    fn an_unknown_method_survives() {
        let text = r#"{"method":"magic","wand":7}"#;
        let config: AuthConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.method(), AuthMethod::Other("magic".into()));
        assert_eq!(serde_json::to_string(&config).unwrap(), text);
    }
}
