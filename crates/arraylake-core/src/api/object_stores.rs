//! [`ObjectStores`]: whole buckets as object stores.

use arraylake_icechunk::BucketStore;
use arraylake_types::{BucketRef, BucketResponse, CredentialAccess, OrgName};
use async_trait::async_trait;

use crate::api::Buckets;
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// Whole buckets as stores of the crate `object_store`.
#[cfg(feature = "object-store")]
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ObjectStores: Send + Sync {
    /// All that lies in a bucket config as an [`ObjectStore`](crate::icechunk::object_store::ObjectStore), the config's own
    /// prefix being the root. Its credentials renew themselves for as long as it is in use, and are shared by all stores
    /// of the same bucket config and access.
    ///
    /// `GET /orgs/{org}/buckets`, or `GET /orgs/{org}/buckets/{id}` if the bucket config is named by its id; later
    /// `GET /orgs/{org}/buckets/{id}/credentials`, if the bucket needs any.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use arraylake_core::icechunk::object_store::{ObjectStoreExt, path::Path};
    /// use arraylake_core::{AsyncClient, prelude::*};
    ///
    /// let client = AsyncClient::from_env()?;
    /// let bucket = BucketRef::Nickname("cold-store".parse()?);
    /// let store = client.get_obstore_for_bucket(&"acme".parse()?, &bucket, CredentialAccess::Read).await?;
    /// println!("{} bytes", store.head(&Path::from("a/file")).await?.size);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is no such bucket config; if this version
    /// cannot use its platform with its method.
    async fn get_obstore_for_bucket(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        access: CredentialAccess,
    ) -> Result<BucketStore>;
}

#[async_trait]
impl ObjectStores for AsyncClient {
    async fn get_obstore_for_bucket(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        access: CredentialAccess,
    ) -> Result<BucketStore> {
        let config = config(self, org, bucket).await?;
        let store = self.opener().bucket_store(org, config, access).await;
        store.map_err(|error| Error::storage("get obstore for bucket", error))
    }
}

async fn config(client: &AsyncClient, org: &OrgName, bucket: &BucketRef) -> Result<BucketResponse> {
    match bucket {
        BucketRef::Nickname(nickname) => client.get_bucket_config(org, nickname).await,
        BucketRef::Id(id) => client.get_bucket_config_by_id(org, *id).await,
        _ => Err(Error::Unsupported("this version does not know that kind of reference to a bucket".into())),
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json};

    use super::*;
    use crate::test_support::client_over;

    const ID: &str = "11111111-1111-4111-8111-111111111111";

    fn bucket(method: &str) -> String {
        format!(
            r#"{{"id":"{ID}","nickname":"cold-store","platform":"s3","name":"b","prefix":"p",
            "extra_config":{{"region_name":"us-east-1"}},"auth_config":{{"method":"{method}"}}}}"#
        )
    }

    #[tokio::test]
    async fn a_bucket_config_takes_one_request_and_credentials_none_before_they_are_needed() {
        let role = bucket("aws_customer_managed_role");
        let script = Script::new([json(200, format!("[{role}]")), json(200, role)]);
        let (client, org) = (client_over(&script), "acme".parse().unwrap());
        let nickname = BucketRef::Nickname("cold-store".parse().unwrap());
        let id = BucketRef::Id(ID.parse().unwrap());
        for bucket in [nickname, id] {
            let store = client.get_obstore_for_bucket(&org, &bucket, CredentialAccess::Read).await.unwrap();
            assert_eq!(store.to_string(), "PrefixObjectStore(p)");
        }
        assert_eq!(script.paths(), ["/orgs/acme/buckets".to_owned(), format!("/orgs/acme/buckets/{ID}")]);
    }

    #[tokio::test]
    async fn what_cannot_be_used_says_which_call_it_was() {
        let script = Script::new([json(200, bucket("magic"))]);
        let (client, org) = (client_over(&script), "acme".parse().unwrap());
        let id = BucketRef::Id(ID.parse().unwrap());
        let error = client.get_obstore_for_bucket(&org, &id, CredentialAccess::Read).await.unwrap_err();
        assert_eq!(error.operation(), Some("get obstore for bucket"));
        assert!(error.to_string().contains("magic"), "{error}");
    }
}
