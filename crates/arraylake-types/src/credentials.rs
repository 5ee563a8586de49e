//! [`StorageCredentials`]: keys to a bucket, told apart by their field names.

use serde::{Deserialize, Serialize};

use crate::{Other, Secret, Timestamp};

wire_struct! {
    /// Credentials of an S3-like bucket.
    #[derive(Eq)]
    pub struct S3Credentials {
        /// Access key id.
        pub aws_access_key_id: Secret = required("aws_access_key_id"),
        /// Secret access key.
        pub aws_secret_access_key: Secret = required("aws_secret_access_key"),
        /// Session token, with temporary credentials.
        pub aws_session_token: Option<Secret> = lenient("aws_session_token"),
        /// When they stop working; none means never.
        pub expiration: Option<Timestamp> = lenient("expiration"),
    }
}

impl S3Credentials {
    /// A pair of keys that never expires.
    pub fn new(access_key_id: impl Into<Secret>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            aws_access_key_id: access_key_id.into(),
            aws_secret_access_key: secret_access_key.into(),
            aws_session_token: None,
            expiration: None,
            other: Other::new(),
        }
    }

    /// Makes them temporary.
    #[must_use]
    pub fn with_session(mut self, token: impl Into<Secret>, expiration: Timestamp) -> Self {
        self.aws_session_token = Some(token.into());
        self.expiration = Some(expiration);
        self
    }
}

wire_struct! {
    /// Credentials of a Google bucket.
    #[derive(Eq)]
    pub struct GcsCredentials {
        /// OAuth access token.
        pub access_token: Secret = required("access_token"),
        /// The service account behind it.
        pub principal: String = lenient("principal"),
        /// When it stops working; none means never.
        pub expiration: Option<Timestamp> = lenient("expiration"),
    }
}

wire_struct! {
    /// Credentials of an Azure container.
    #[derive(Eq)]
    pub struct AzureCredentials {
        /// Shared access signature.
        pub sas_token: Secret = required("sas_token"),
        /// The storage account it belongs to.
        pub storage_account: String = lenient("storage_account"),
        /// When it stops working; none means never.
        pub expiration: Option<Timestamp> = lenient("expiration"),
    }
}

/// Credentials of a bucket, as vended by the service.
///
/// Answer of `GET /repos/{org}/{repo}/bucket-credentials` and `GET /orgs/{org}/buckets/{id}/credentials`. There is no
/// tag on the wire; the field names tell the kinds apart. Parse errors never quote what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum StorageCredentials {
    /// S3 and its kin.
    S3(S3Credentials),
    /// Google Cloud Storage.
    Gcs(GcsCredentials),
    /// Azure Blob Storage.
    Azure(AzureCredentials),
}

impl StorageCredentials {
    /// When they stop working; none means never.
    #[must_use]
    pub fn expiration(&self) -> Option<Timestamp> {
        match self {
            Self::S3(keys) => keys.expiration,
            Self::Gcs(token) => token.expiration,
            Self::Azure(signature) => signature.expiration,
        }
    }
}

impl From<S3Credentials> for StorageCredentials {
    fn from(keys: S3Credentials) -> Self {
        Self::S3(keys)
    }
}

wire_struct! {
    /// The fields of all kinds, flat, as they come.
    struct Fields {
        /// See the kinds.
        pub aws_access_key_id: Option<Secret> = lenient("aws_access_key_id"),
        /// See there.
        pub aws_secret_access_key: Option<Secret> = lenient("aws_secret_access_key"),
        /// See there.
        pub aws_session_token: Option<Secret> = lenient("aws_session_token"),
        /// See there.
        pub access_token: Option<Secret> = lenient("access_token"),
        /// See there.
        pub principal: String = lenient("principal"),
        /// See there.
        pub sas_token: Option<Secret> = lenient("sas_token"),
        /// See there.
        pub storage_account: String = lenient("storage_account"),
        /// See there.
        pub expiration: Option<Timestamp> = lenient("expiration"),
    }
}

impl<'de> Deserialize<'de> for StorageCredentials {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        let (expiration, other) = (fields.expiration, fields.other);
        if let (Some(id), Some(secret)) = (fields.aws_access_key_id, fields.aws_secret_access_key) {
            let aws_session_token = fields.aws_session_token;
            return Ok(Self::S3(S3Credentials {
                aws_access_key_id: id,
                aws_secret_access_key: secret,
                aws_session_token,
                expiration,
                other,
            }));
        }
        if let Some(access_token) = fields.access_token {
            let principal = fields.principal;
            return Ok(Self::Gcs(GcsCredentials { access_token, principal, expiration, other }));
        }
        if let Some(sas_token) = fields.sas_token {
            let storage_account = fields.storage_account;
            return Ok(Self::Azure(AzureCredentials { sas_token, storage_account, expiration, other }));
        }
        Err(serde::de::Error::custom("credentials of a kind this version does not know"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_fields_and_none_is_printed() {
        let s3 = r#"{"aws_access_key_id":"MARKER","aws_secret_access_key":"MARKER","aws_session_token":null,"expiration":"2030-01-01T00:00:00"}"#;
        let gcs = r#"{"access_token":"MARKER","principal":"p","expiration":null}"#;
        let azure = r#"{"sas_token":"MARKER","storage_account":"acct","expiration":null}"#;
        for (text, expires) in [(s3, true), (gcs, false), (azure, false)] {
            let credentials: StorageCredentials = serde_json::from_str(text).unwrap();
            assert_eq!(credentials.expiration().is_some(), expires);
            assert!(!format!("{credentials:?}").contains("MARKER"));
        }
    }

    #[test]
    fn an_unknown_kind_is_an_error_that_does_not_quote_it() {
        let error = serde_json::from_str::<StorageCredentials>(r#"{"magic":"MARKER"}"#).unwrap_err();
        assert!(!error.to_string().contains("MARKER"));
    }
}
