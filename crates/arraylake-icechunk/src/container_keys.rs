//! Credentials for virtual chunks in a bucket config, for containers that the service does not list.

use std::sync::Arc;

use arraylake_types::{BucketResponse, CredentialAccess, OpenRepo, OrgName};
use icechunk::config::Credentials;
#[cfg(feature = "azure")]
use icechunk::storage::AzureCredentials;
#[cfg(feature = "gcs")]
use icechunk::storage::GcsCredentials;
use icechunk::storage::S3Credentials;

use crate::credentials::{Fetcher, Want, bucket_keys};
use crate::{Access, Constructor, Error, Opener, StorageOverrides, plan};

impl Opener {
    /// Credentials to read virtual chunks that lie in a bucket config of `org`, for
    /// [`with_container_credentials`](crate::OpenOptions::with_container_credentials). They are fetched when they are first
    /// needed and renewed ahead of their end, through `GET /orgs/{org}/buckets/{id}/credentials`; constant keys that the
    /// config holds are used as they are, and are not in what icechunk prints or serialises.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) if this version cannot use the platform with the method,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the config lacks its id or a storage account,
    /// [`ErrorKind::Credentials`](crate::ErrorKind::Credentials) if it needs keys and masks them.
    pub fn container_credentials(
        &self,
        org: &OrgName,
        bucket: &BucketResponse,
    ) -> Result<Credentials, Error> {
        let nickname = &bucket.nickname;
        let id = bucket.id.ok_or_else(|| Error::config(format!("bucket config {nickname} has no id")))?;
        let answer = OpenRepo::new(bucket.clone(), bucket.prefix.clone());
        // Credentials need no region; the container says which it is in.
        let plan = plan(&answer, &StorageOverrides::new().with_region("any"))?;
        let fetcher = (plan.access != Access::Anonymous).then(|| {
            let want = Want::Bucket { org: org.clone(), id, access: CredentialAccess::Read };
            if let Some(keys) = bucket_keys(&answer) {
                self.link.cache.put(want.clone(), keys);
            }
            Arc::new(Fetcher::of(self.link.clone(), want))
        });
        Ok(of_kind(plan.constructor, fetcher))
    }
}

/// In the form that a storage takes; without a fetcher, anonymous ones.
pub(crate) fn of_kind(constructor: Constructor, fetcher: Option<Arc<Fetcher>>) -> Credentials {
    match constructor {
        #[cfg(feature = "gcs")]
        Constructor::Gcs => Credentials::Gcs(match fetcher {
            Some(fetcher) => GcsCredentials::Refreshable(fetcher),
            None => GcsCredentials::Anonymous,
        }),
        #[cfg(feature = "azure")]
        Constructor::Azure => Credentials::Azure(match fetcher {
            Some(fetcher) => AzureCredentials::Refreshable(fetcher),
            None => AzureCredentials::Anonymous,
        }),
        _ => Credentials::S3(match fetcher {
            Some(fetcher) => S3Credentials::Refreshable(fetcher),
            None => S3Credentials::Anonymous,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::ErrorKind;
    use crate::testing::{SECRET, setup};

    fn bucket(platform: &str, auth: Value) -> BucketResponse {
        let config = json!({"id": "11111111-1111-4111-8111-111111111111", "nickname": "data", "platform": platform,
            "name": "data-name", "prefix": "", "extra_config": {}, "auth_config": auth});
        serde_json::from_value(config).unwrap()
    }

    fn credentials(platform: &str, auth: Value) -> Result<Credentials, Error> {
        let setup = setup(Duration::from_secs(3600), Duration::ZERO);
        setup.opener().container_credentials(&"acme".parse().unwrap(), &bucket(platform, auth))
    }

    #[test]
    fn roles_are_asked_for_and_what_is_public_is_read_without() {
        for (auth, renewed) in [
            (json!({"method": "aws_customer_managed_role"}), true),
            (json!({"method": "anonymous"}), false),
            (Value::Null, false),
        ] {
            let Credentials::S3(made) = credentials("s3", auth).unwrap() else { panic!("keys of S3") };
            assert_eq!(matches!(made, S3Credentials::Refreshable(_)), renewed);
        }
    }

    #[tokio::test]
    async fn constant_keys_are_given_out_but_neither_printed_nor_serialised() {
        let auth = json!({"method": "hmac", "access_key_id": "AKIA", "secret_access_key": SECRET});
        let made = credentials("s3", auth).unwrap();
        let text = format!("{made:?} {}", serde_json::to_string(&made).unwrap());
        assert!(!text.contains(SECRET), "{text}");
        let Credentials::S3(S3Credentials::Refreshable(fetcher)) = made else { panic!("{text}") };
        assert_eq!(fetcher.get().await.unwrap().secret_access_key, SECRET);
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let masked = json!({"method": "hmac", "access_key_id": "***", "secret_access_key": "**********"});
        assert_eq!(credentials("s3", masked).unwrap_err().kind(), &ErrorKind::Credentials);
        let error = credentials("s3", json!({"method": "gcp_customer_managed_role"})).unwrap_err();
        assert!(error.to_string().contains("gcp_customer_managed_role"), "{error}");
    }
}
