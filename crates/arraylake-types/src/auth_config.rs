//! [`AuthConfig`]: how credentials of a bucket are had.

mod wire;

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
        /// Fields this version does not know.
        other: Other,
    },
    /// A fixed pair of keys.
    Hmac {
        /// The public half.
        access_key_id: Option<Secret>,
        /// The secret half.
        secret_access_key: Option<Secret>,
        /// Fields this version does not know.
        other: Other,
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
        /// Fields this version does not know.
        other: Other,
    },
    /// A Google service account.
    GcpRole {
        /// E-mail address of the service account.
        target_service_account: Option<String>,
        /// Fields this version does not know.
        other: Other,
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
        /// Fields this version does not know.
        other: Other,
    },
    /// Azure shared access signatures.
    AzureDelegation {
        /// Azure tenant.
        tenant_id: Option<String>,
        /// Storage account.
        storage_account: Option<String>,
        /// Fields this version does not know.
        other: Other,
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

/// The fields nobody knows of a config that is borrowed in either way, where it may have some.
macro_rules! other_of {
    ($config:expr) => {
        match $config {
            Self::Anonymous { other, .. }
            | Self::Hmac { other, .. }
            | Self::AwsRole { other, .. }
            | Self::GcpRole { other, .. }
            | Self::R2Role { other, .. }
            | Self::AzureDelegation { other, .. }
            | Self::Other { fields: other, .. } => Some(other),
            Self::BucketPolicy => None,
        }
    };
}

impl AuthConfig {
    /// No credentials are needed.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::Anonymous { storage_account: None, other: Other::new() }
    }

    /// A fixed pair of keys.
    pub fn hmac(access_key_id: impl Into<Secret>, secret_access_key: impl Into<Secret>) -> Self {
        Self::Hmac {
            access_key_id: Some(access_key_id.into()),
            secret_access_key: Some(secret_access_key.into()),
            other: Other::new(),
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
            other: Other::new(),
        }
    }

    /// A Google service account.
    pub fn gcp_role(target_service_account: impl Into<String>) -> Self {
        let target_service_account = Some(target_service_account.into());
        Self::GcpRole { target_service_account, other: Other::new() }
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
            other: Other::new(),
        }
    }

    /// Azure shared access signatures.
    pub fn azure_delegation(tenant_id: impl Into<String>, storage_account: impl Into<String>) -> Self {
        Self::AzureDelegation {
            tenant_id: Some(tenant_id.into()),
            storage_account: Some(storage_account.into()),
            other: Other::new(),
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
            Self::Other { method, .. } => method.as_str().into(),
        }
    }

    /// Fields this version does not know; of a method it does not know, all of them.
    #[must_use]
    pub fn other(&self) -> &Other {
        static NONE: Other = Other::new();
        other_of!(self).unwrap_or(&NONE)
    }

    /// The same with nothing but the fields that the method has.
    #[must_use]
    pub fn known(mut self) -> Self {
        if let Some(other) = other_of!(&mut self) {
            *other = Other::new();
        }
        self
    }

    /// The storage account, if nothing else gives access to it.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Anonymous { storage_account, .. } => storage_account.as_deref(),
            _ => None,
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

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

    #[test]
    fn a_field_nobody_knows_survives_with_every_method_and_is_not_printed() {
        for method in AuthMethod::KNOWN {
            let text = format!(r#"{{"method":"{method}","wand":"MARKER"}}"#);
            let config: AuthConfig = serde_json::from_str(&text).unwrap();
            assert_eq!(config.method().as_str(), *method);
            assert_eq!(serde_json::to_value(&config).unwrap()["wand"], "MARKER", "{method}");
            assert!(!format!("{config:?}").contains("MARKER"), "{config:?}");
        }
    }
}
