//! What a store asks for credentials before each request: the cache, which mostly has some.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use arraylake_types::StorageCredentials;
use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
#[cfg(feature = "azure")]
use object_store::azure::AzureCredential;
#[cfg(feature = "gcs")]
use object_store::gcp::GcpCredential;

use super::{refused, unfit};
use crate::credentials::{Link, Want};

/// Credentials of one bucket config. Knows names only.
pub(super) struct Provider {
    link: Link,
    want: Want,
}

impl Provider {
    pub(super) fn new(link: Link, want: Want) -> Self {
        Self { link, want }
    }

    async fn keys(&self) -> object_store::Result<StorageCredentials> {
        self.link.cache.serve(&self.link.source, &self.want).await.map_err(refused)
    }
}

/// The same in the form of one kind of store.
pub(super) struct Typed<C> {
    provider: Provider,
    form: PhantomData<fn() -> C>,
}

impl<C> Typed<C> {
    pub(super) fn new(provider: Provider) -> Self {
        Self { provider, form: PhantomData }
    }
}

impl<C> fmt::Debug for Typed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "credentials of {}", self.provider.want)
    }
}

#[async_trait]
impl CredentialProvider for Typed<AwsCredential> {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let StorageCredentials::S3(keys) = self.provider.keys().await? else {
            return Err(unfit(&self.provider.want));
        };
        Ok(Arc::new(AwsCredential {
            key_id: keys.aws_access_key_id.expose().to_owned(),
            secret_key: keys.aws_secret_access_key.expose().to_owned(),
            token: keys.aws_session_token.map(|token| token.expose().to_owned()),
        }))
    }
}

#[cfg(feature = "gcs")]
#[async_trait]
impl CredentialProvider for Typed<GcpCredential> {
    type Credential = GcpCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<GcpCredential>> {
        let StorageCredentials::Gcs(token) = self.provider.keys().await? else {
            return Err(unfit(&self.provider.want));
        };
        Ok(Arc::new(GcpCredential { bearer: token.access_token.expose().to_owned() }))
    }
}

#[cfg(feature = "azure")]
#[async_trait]
impl CredentialProvider for Typed<AzureCredential> {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        let StorageCredentials::Azure(signature) = self.provider.keys().await? else {
            return Err(unfit(&self.provider.want));
        };
        Ok(Arc::new(AzureCredential::SASToken(pairs(signature.sas_token.expose()))))
    }
}

/// A signature as pairs of a query. The store encodes them again.
#[cfg(feature = "azure")]
fn pairs(signature: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = signature.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

#[cfg(all(test, feature = "azure"))]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_apart_and_decoded() {
        let pairs = pairs("?sv=2024-01-01&sig=a%2Bb%3D&x");
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("sv", "2024-01-01"), ("sig", "a+b="), ("x", "")]);
    }
}
