//! Building the storage that a plan describes.

#[cfg(any(feature = "gcs", feature = "azure"))]
use std::collections::HashMap;
use std::sync::Arc;

use arraylake_types::RepoName;
use icechunk::Storage;
#[cfg(feature = "azure")]
use icechunk::storage::{AzureCredentials, new_azure_blob_storage};
#[cfg(feature = "gcs")]
use icechunk::storage::{GcsCredentials, new_gcs_storage};
use icechunk::storage::{
    S3Credentials, S3Options, StorageResult, new_r2_storage, new_s3_storage, new_tigris_storage,
};

use super::{Access, Constructor, StoragePlan};
use crate::Error;
use crate::credentials::{Fetcher, Link};

type Built = StorageResult<Arc<dyn Storage + Send + Sync>>;

impl StoragePlan {
    /// Builds the storage. Nothing is sent.
    pub(crate) async fn build(
        self,
        link: &Link,
        repo: &RepoName,
    ) -> Result<Arc<dyn Storage + Send + Sync>, Error> {
        let built = match self.constructor {
            Constructor::Gcs => self.google(link, repo),
            Constructor::Azure => self.azure(link, repo).await,
            Constructor::S3 | Constructor::R2 | Constructor::Tigris => self.like_s3(link, repo),
        };
        built.map_err(Error::from_storage)
    }

    fn like_s3(self, link: &Link, repo: &RepoName) -> Built {
        let options = self.options();
        let fetcher = self.access.fetcher(link, repo);
        let credentials =
            Some(fetcher.map_or(S3Credentials::Anonymous, |keys| S3Credentials::Refreshable(keys)));
        // An empty prefix may hold an old layout, which only a look tells; any other cannot.
        let rooted = if self.prefix.is_empty() { None } else { Some(false) };
        let (bucket, prefix) = (self.bucket, Some(self.prefix));
        let (reading, writing) = (Vec::new(), if self.requester_pays { who_pays() } else { Vec::new() });
        match self.constructor {
            Constructor::R2 => {
                new_r2_storage(options, Some(bucket), prefix, None, credentials, reading, writing, rooted)
            }
            Constructor::Tigris => {
                new_tigris_storage(options, bucket, prefix, credentials, false, reading, writing, rooted)
            }
            _ => new_s3_storage(options, bucket, prefix, credentials, reading, writing, rooted),
        }
    }

    fn options(&self) -> S3Options {
        let mut options = S3Options::default()
            .with_region(&self.region)
            .with_allow_http(self.allow_http)
            .with_force_path_style(self.force_path_style)
            .with_requester_pays(self.requester_pays);
        if let Some(url) = &self.endpoint_url {
            options = options.with_endpoint_url(url);
        }
        if let Some(algorithm) = self.checksum_algorithm {
            options = options.with_checksum_algorithm(algorithm);
        }
        if let Some(seconds) = self.network_stream_timeout_seconds {
            options = options.with_network_stream_timeout_seconds(seconds);
        }
        options
    }

    #[cfg(feature = "gcs")]
    fn google(self, link: &Link, repo: &RepoName) -> Built {
        let options = object_store_options("base_url", self.endpoint_url.as_deref(), self.allow_http);
        let fetcher = self.access.fetcher(link, repo);
        let credentials = fetcher.map_or(GcsCredentials::Anonymous, |keys| GcsCredentials::Refreshable(keys));
        let (reading, writing) = (Vec::new(), Vec::new());
        new_gcs_storage(self.bucket, Some(self.prefix), Some(credentials), Some(options), reading, writing)
    }

    #[cfg(not(feature = "gcs"))]
    fn google(self, _: &Link, _: &RepoName) -> Built {
        Err(left_out("gcs"))
    }

    #[cfg(feature = "azure")]
    async fn azure(self, link: &Link, repo: &RepoName) -> Built {
        let options = object_store_options("endpoint", self.endpoint_url.as_deref(), self.allow_http);
        let fetcher = self.access.fetcher(link, repo);
        let credentials =
            fetcher.map_or(AzureCredentials::Anonymous, |keys| AzureCredentials::Refreshable(keys));
        let account = self.account.unwrap_or_default();
        new_azure_blob_storage(account, self.bucket, Some(self.prefix), Some(credentials), Some(options))
            .await
    }

    #[cfg(not(feature = "azure"))]
    #[expect(clippy::unused_async, reason = "as its twin")]
    async fn azure(self, _: &Link, _: &RepoName) -> Built {
        Err(left_out("azure"))
    }
}

/// Icechunk says who pays in all requests but those that write.
fn who_pays() -> Vec<(String, String)> {
    vec![("x-amz-request-payer".to_owned(), "requester".to_owned())]
}

#[cfg(not(all(feature = "gcs", feature = "azure")))]
fn left_out(feature: &str) -> icechunk::storage::StorageError {
    let text = format!("this program was built without the feature `{feature}`");
    icechunk::storage::StorageError::capture(icechunk::storage::StorageErrorKind::Other(text))
}

#[cfg(any(feature = "gcs", feature = "azure"))]
/// Options of storages that are not like S3: an endpoint of one's own under the name `key`.
pub(crate) fn object_store_options(
    key: &str,
    endpoint: Option<&str>,
    allow_http: bool,
) -> HashMap<String, String> {
    let mut options = HashMap::new();
    if let Some(endpoint) = endpoint {
        options.insert(key.to_owned(), endpoint.to_owned());
    }
    if allow_http {
        options.insert("allow_http".to_owned(), "true".to_owned());
    }
    options
}

impl Access {
    /// What icechunk is given to sign with, if it is to sign; never its `Static`, never nothing, which would mean the
    /// environment.
    pub(crate) fn fetcher(self, link: &Link, repo: &RepoName) -> Option<Arc<Fetcher>> {
        match self {
            Self::Anonymous => None,
            Self::Fetched(scope) => Some(Arc::new(Fetcher::new(link.clone(), repo.clone(), scope))),
        }
    }
}
