//! How [`AuthConfig`] reads and writes: flat, with the method as the tag.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuthConfig, AuthMethod, R2_DURATION_SECONDS};
use crate::{Other, Secret};

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
    /// All that came, for a method this version does not know, or knows to have no fields.
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
    fn from(mut fields: Fields) -> Self {
        let mut other = || std::mem::take(&mut fields.other);
        match fields.method {
            AuthMethod::Anonymous => {
                Self::Anonymous { storage_account: fields.storage_account, other: other() }
            }
            AuthMethod::Hmac => Self::Hmac {
                access_key_id: fields.access_key_id,
                secret_access_key: fields.secret_access_key,
                other: other(),
            },
            AuthMethod::CustomerManagedRole | AuthMethod::AwsCustomerManagedRole => Self::AwsRole {
                legacy: fields.method == AuthMethod::CustomerManagedRole,
                external_customer_id: fields.external_customer_id,
                external_role_name: fields.external_role_name,
                shared_secret: fields.shared_secret,
                other: other(),
            },
            AuthMethod::GcpCustomerManagedRole => {
                Self::GcpRole { target_service_account: fields.target_service_account, other: other() }
            }
            AuthMethod::R2CustomerManagedRole => Self::R2Role {
                external_account_id: fields.external_account_id,
                parent_access_key_id: fields.parent_access_key_id,
                account_api_token: fields.account_api_token,
                parent_secret_access_key: fields.parent_secret_access_key,
                duration_seconds: fields.duration_seconds.unwrap_or(R2_DURATION_SECONDS),
                other: other(),
            },
            AuthMethod::AzureCredentialDelegation => Self::AzureDelegation {
                tenant_id: fields.tenant_id,
                storage_account: fields.storage_account,
                other: other(),
            },
            AuthMethod::BucketPolicy if fields.other.is_empty() => Self::BucketPolicy,
            AuthMethod::BucketPolicy | AuthMethod::Other(_) => {
                Self::Other { method: fields.method.to_string(), fields: fields.into_other() }
            }
        }
    }
}

impl<'de> Deserialize<'de> for AuthConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self::from)
    }
}

fn text(text: &Option<String>) -> Value {
    text.clone().map_or(Value::Null, Value::String)
}

fn secret(secret: &Option<Secret>) -> Value {
    secret.as_ref().map_or(Value::Null, |it| Value::from(it.expose()))
}

impl Serialize for AuthConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields: Vec<(&str, Value)> = match self {
            Self::Anonymous { storage_account, .. } => vec![("storage_account", text(storage_account))],
            Self::Hmac { access_key_id, secret_access_key, .. } => {
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
            Self::GcpRole { target_service_account, .. } => {
                vec![("target_service_account", text(target_service_account))]
            }
            Self::R2Role {
                external_account_id,
                parent_access_key_id,
                account_api_token,
                parent_secret_access_key,
                duration_seconds,
                ..
            } => vec![
                ("external_account_id", text(external_account_id)),
                ("parent_access_key_id", secret(parent_access_key_id)),
                ("account_api_token", secret(account_api_token)),
                ("parent_secret_access_key", secret(parent_secret_access_key)),
                ("duration_seconds", Value::from(*duration_seconds)),
            ],
            Self::AzureDelegation { tenant_id, storage_account, .. } => {
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
    for (key, value) in config.other() {
        map.serialize_entry(key, value)?;
    }
    map.end()
}
