//! All that lies in a bucket config, as an [`ObjectStore`] whose credentials stay fresh.
//!
//! ```no_run
//! # async fn example(
//! #     opener: arraylake_icechunk::Opener,
//! #     org: arraylake_types::OrgName,
//! #     bucket: arraylake_types::BucketResponse,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use arraylake_icechunk::object_store::{ObjectStoreExt, path::Path};
//! use arraylake_types::CredentialAccess;
//!
//! let store = opener.bucket_store(&org, bucket, CredentialAccess::Read).await?;
//! let bytes = store.get(&Path::from("era5/zarr.json")).await?.bytes().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The same table as for repositories decides which store it is, and the same cache keeps the credentials: under the
//! bucket config and what they may do, once for all stores of a client. Where the bucket refuses them before their end
//! they are fetched anew, and the request is made once more; parts of an upload are not.

use std::sync::Arc;

use arraylake_types::{AuthMethod, BucketId, BucketResponse, CredentialAccess, OpenRepo, OrgName, Platform};
use object_store::aws::{AmazonS3Builder, AwsCredential, S3ConditionalPut};
#[cfg(feature = "azure")]
use object_store::azure::{AzureCredential, MicrosoftAzureBuilder};
#[cfg(feature = "gcs")]
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, CredentialProvider, ObjectStore, StaticCredentialProvider};

use self::provider::Provider;
use self::renewal::Renewing;
use crate::credentials::{Want, bucket_keys};
use crate::storage::account;
use crate::{
    Access, Constructor, CredentialError, Error, ErrorKind, Opener, StorageOverrides, StoragePlan, plan,
};

mod provider;
mod renewal;

/// All that lies in a bucket config.
pub type BucketStore = Arc<dyn ObjectStore>;

impl Opener {
    /// All that lies in a bucket config of `org`, the config's own prefix being the root. Credentials are fetched when
    /// they are first needed and renewed ahead of their end, through
    /// `GET /orgs/{org}/buckets/{id}/credentials`; constant keys that the config holds are used as they are. What needs
    /// no credentials is asked without any.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if this version cannot use the platform with the method, [`ErrorKind::Config`] if the
    /// config lacks its id, a region or a storage account, [`ErrorKind::Credentials`] if the service has to be asked at
    /// once, which it has where the config masks its keys or names no storage account, and gives none.
    pub async fn bucket_store(
        &self,
        org: &OrgName,
        bucket: BucketResponse,
        access: CredentialAccess,
    ) -> Result<BucketStore, Error> {
        let nickname = bucket.nickname.clone();
        let id = bucket.id.ok_or_else(|| Error::config(format!("bucket config {nickname} has no id")))?;
        let conditional = bucket.extra_config.conditional_update();
        let plan = self.plan_of_bucket(org, id, bucket, access).await?;
        let prefix = plan.prefix.trim_matches('/').to_owned();
        let want = Want::Bucket { org: org.clone(), id, access };
        let store = self.store(plan, want, conditional).map_err(|error| {
            Error::config(format!("the store of bucket {nickname} cannot be set up: {error}"))
        })?;
        Ok(if prefix.is_empty() { store } else { Arc::new(PrefixStore::new(store, prefix)) })
    }

    /// What is known of the bucket config goes through the same table as an answer about a repo.
    async fn plan_of_bucket(
        &self,
        org: &OrgName,
        id: BucketId,
        bucket: BucketResponse,
        access: CredentialAccess,
    ) -> Result<StoragePlan, Error> {
        let prefix = bucket.prefix.clone();
        let mut answer = OpenRepo::new(bucket, prefix);
        let want = Want::Bucket { org: org.clone(), id, access };
        match bucket_keys(&answer) {
            Some(keys) => self.link.cache.put(want, keys),
            None if asks_at_once(&answer) => {
                let keys = self.link.cache.serve(&self.link.source, &want).await;
                answer.repo_credentials =
                    Some(keys.map_err(|error| Error::of_credentials(error, &want.to_string()))?);
            }
            None => {}
        }
        plan(&answer, &StorageOverrides::new())
    }

    fn store(
        &self,
        plan: StoragePlan,
        want: Want,
        conditional: Option<bool>,
    ) -> object_store::Result<BucketStore> {
        let signed = plan.access != Access::Anonymous;
        let provider = signed.then(|| Provider::new(self.link.clone(), want.clone()));
        let options = ClientOptions::new().with_allow_http(plan.allow_http);
        let store = match plan.constructor {
            Constructor::Gcs => google(plan, provider, options),
            Constructor::Azure => azure(plan, provider, options),
            Constructor::S3 | Constructor::R2 | Constructor::Tigris => {
                like_s3(plan, provider, options, conditional)
            }
        }?;
        Ok(if signed { Arc::new(Renewing::new(store, self.link.clone(), want)) } else { store })
    }
}

/// Whether the table cannot be read before there are credentials: keys that the config does not show, or an account
/// that it does not name.
fn asks_at_once(answer: &OpenRepo) -> bool {
    let bucket = &answer.repo_bucket;
    match bucket.auth_method() {
        Some(AuthMethod::Hmac) => bucket.platform.is_s3_like(),
        Some(AuthMethod::AzureCredentialDelegation) => {
            bucket.platform == Platform::Azure && account(answer).is_err()
        }
        Some(method) => method.is_delegated() && bucket.platform == Platform::Minio,
        None => false,
    }
}

/// Some credentials are always given, if only empty ones: without any the builders look into the environment.
fn signed<C: std::fmt::Debug + Send + Sync + 'static>(
    provider: Option<Provider>,
    nothing: C,
) -> Arc<dyn CredentialProvider<Credential = C>>
where
    provider::Typed<C>: CredentialProvider<Credential = C>,
{
    match provider {
        Some(provider) => Arc::new(provider::Typed::new(provider)),
        None => Arc::new(StaticCredentialProvider::new(nothing)),
    }
}

fn like_s3(
    plan: StoragePlan,
    provider: Option<Provider>,
    options: ClientOptions,
    conditional: Option<bool>,
) -> object_store::Result<BucketStore> {
    let nothing = AwsCredential { key_id: String::new(), secret_key: String::new(), token: None };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_bucket_name(plan.bucket)
        .with_region(plan.region)
        .with_skip_signature(provider.is_none())
        .with_credentials(signed(provider, nothing));
    builder = match plan.endpoint_url {
        // At an endpoint of one's own the name goes into the path: it would have to be part of the endpoint else.
        Some(url) => builder.with_endpoint(url.trim_end_matches('/')),
        None => builder.with_virtual_hosted_style_request(!plan.force_path_style),
    };
    if conditional == Some(false) {
        builder = builder.with_conditional_put(S3ConditionalPut::Disabled);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(feature = "gcs")]
fn google(
    plan: StoragePlan,
    provider: Option<Provider>,
    options: ClientOptions,
) -> object_store::Result<BucketStore> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_client_options(options)
        .with_bucket_name(plan.bucket)
        .with_skip_signature(provider.is_none())
        .with_credentials(signed(provider, GcpCredential { bearer: String::new() }));
    if let Some(url) = plan.endpoint_url {
        builder = builder.with_base_url(url.trim_end_matches('/'));
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(feature = "azure")]
fn azure(
    plan: StoragePlan,
    provider: Option<Provider>,
    options: ClientOptions,
) -> object_store::Result<BucketStore> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_client_options(options)
        .with_account(plan.account.unwrap_or_default())
        .with_container_name(plan.bucket)
        .with_skip_signature(provider.is_none())
        .with_credentials(signed(provider, AzureCredential::SASToken(Vec::new())));
    if let Some(url) = plan.endpoint_url {
        builder = builder.with_endpoint(url);
    }
    Ok(Arc::new(builder.build()?))
}

#[cfg(not(feature = "gcs"))]
fn google(_: StoragePlan, _: Option<Provider>, _: ClientOptions) -> object_store::Result<BucketStore> {
    Err(object_store::Error::NotImplemented {
        operation: "Google buckets".to_owned(),
        implementer: "a program built without the feature `gcs`".to_owned(),
    })
}

#[cfg(not(feature = "azure"))]
fn azure(_: StoragePlan, _: Option<Provider>, _: ClientOptions) -> object_store::Result<BucketStore> {
    Err(object_store::Error::NotImplemented {
        operation: "Azure containers".to_owned(),
        implementer: "a program built without the feature `azure`".to_owned(),
    })
}

/// Credentials that were not had, as the store reports them.
fn refused(error: CredentialError) -> object_store::Error {
    if error.is_transient() {
        return object_store::Error::Generic { store: "arraylake", source: Box::new(error) };
    }
    object_store::Error::Unauthenticated { path: String::new(), source: Box::new(error) }
}

/// Credentials of another kind than the bucket's platform needs.
fn unfit(want: &Want) -> object_store::Error {
    let message = format!("the service gave credentials for {want} that do not fit its platform");
    refused(CredentialError::new(crate::CredentialErrorKind::Unusable, message))
}

impl Error {
    fn of_credentials(error: CredentialError, want: &str) -> Self {
        let message = format!("no credentials for {want}: {error}");
        Self::with_source(ErrorKind::Credentials, message, Some(crate::error::Cause::Credentials(error)))
    }
}

#[cfg(test)]
mod tests;
