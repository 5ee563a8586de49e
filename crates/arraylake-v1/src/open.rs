//! [`open()`]: from the entry of a catalog to a repo, and [`StoreSettings`], what the entry does not say.

use std::fmt;
use std::sync::Arc;

use arraylake_types::{Author, ExtraConfig, RepoModel, RepoName};

use crate::chunks::{BucketAccess, BucketUri, ChunkOptions, ChunkStore, KeySource, Scheme};
use crate::error::{Error, ErrorKind, Result};
use crate::metastore::Metastore;
use crate::repo::{AsyncRepo, RepoOptions};

/// What the entry of a repo does not say about the store of its chunks.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoreSettings {
    /// Thresholds, sizes and limits.
    pub chunks: ChunkOptions,
    /// Where chunks of repos without a bucket config are: `s3://bucket/some/prefix`. Python: `chunkstore.uri`.
    pub uri: Option<String>,
    /// Options for S3 buckets; those of a bucket config count more. Python: the section `s3`. May hold keys.
    pub s3: ExtraConfig,
    /// Options for Google buckets of repos without a bucket config. Python: the section `gs`. May hold keys.
    pub gs: ExtraConfig,
    /// Whether keys come from the service where a bucket config says so; else those of the machine are used. On
    /// unless set. Python: `chunkstore.use_delegated_credentials`.
    pub delegated: bool,
    /// A store of your own, in place of the one that the entry describes.
    pub store: Option<ChunkStore>,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let (s3, gs) = (ExtraConfig::new(), ExtraConfig::new());
        Self { chunks: ChunkOptions::new(), uri: None, s3, gs, delegated: true, store: None }
    }
}

impl StoreSettings {
    /// Nothing but the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Thresholds, sizes and limits.
    #[must_use]
    pub fn with_chunks(mut self, options: ChunkOptions) -> Self {
        self.chunks = options;
        self
    }

    /// Where chunks of repos without a bucket config are.
    #[must_use]
    pub fn with_uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// A store of your own; its options are its own, too.
    #[must_use]
    pub fn with_store(mut self, store: ChunkStore) -> Self {
        self.store = Some(store);
        self
    }

    /// The store of a repo; none where there is no bucket config and no URI.
    fn open(self, metastore: &Metastore, entry: &RepoModel) -> Result<Option<ChunkStore>> {
        if self.store.is_some() {
            return Ok(self.store);
        }
        let store = match (&entry.bucket, &self.uri) {
            (Some(bucket), _) => {
                let mut bucket = bucket.clone().into_inner();
                bucket.extra_config = over(bucket.extra_config, &self.s3);
                if !self.delegated && bucket.auth_method().is_some_and(|method| method.is_delegated()) {
                    bucket.auth_config = None;
                }
                let keys: Arc<dyn KeySource> = Arc::new(metastore.clone());
                ChunkStore::of_bucket(&bucket, entry.id.as_str(), Some(keys))?
            }
            (None, Some(uri)) => {
                let section = match BucketUri::split(uri)?.0.scheme {
                    Scheme::Gs => self.gs,
                    _ => self.s3,
                };
                ChunkStore::of_uri(uri, BucketAccess::new(section))?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(store.with_options(self.chunks)))
    }
}

/// Options, and others where they say nothing.
fn over(mut options: ExtraConfig, below: &ExtraConfig) -> ExtraConfig {
    for (key, value) in &below.0 {
        options.0.entry(key).or_insert_with(|| value.clone());
    }
    options
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Options may hold keys.
        f.debug_struct("StoreSettings")
            .field("chunks", &self.chunks)
            .field("uri", &self.uri)
            .field("delegated", &self.delegated)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Opens the repo that an entry of the catalog describes, with nothing checked out. Sends nothing. Commits will carry
/// the author's name and address.
///
/// A repo under maintenance can only be read. One whose chunks are in no bucket that is known is opened all the same:
/// its metadata can be used, and calls about chunks say what is missing.
///
/// # Errors
/// [`ErrorKind::Offline`] if the repo is offline, [`ErrorKind::Unsupported`] if it subscribes to another, or V1 repos
/// cannot be in its bucket.
pub fn open(
    metastore: Metastore,
    entry: &RepoModel,
    author: Author,
    options: RepoOptions,
    settings: StoreSettings,
) -> Result<AsyncRepo> {
    let name = metastore.repo();
    refuse_offline(name, entry)?;
    if entry.bucket.is_none() && entry.subscription.is_some() {
        let message =
            format!("{name} subscribes to a V1 repo of another org, which this version cannot open");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    if entry.status.is_maintenance() {
        let explanation = entry.status.explanation();
        tracing::warn!(repo = %name, "the repo is under maintenance and may only be read{explanation}");
    }
    let store = settings.open(&metastore, entry)?;
    let repo = AsyncRepo::new(metastore, author, options).with_status(entry.status.clone().into_inner());
    Ok(match store {
        Some(store) => repo.with_chunkstore(store),
        None => repo,
    })
}

/// Refuses a repo that is offline. For whoever still has something to ask before [`open()`].
///
/// # Errors
/// [`ErrorKind::Offline`], with the time and the reason as far as they are known.
pub fn refuse_offline(repo: &RepoName, entry: &RepoModel) -> Result<()> {
    let status = &entry.status;
    if !status.is_offline() {
        return Ok(());
    }
    let kind = ErrorKind::Offline { until: status.estimated_end_time, message: status.message.clone() };
    Err(Error::new(kind, format!("{repo} is offline{}", status.explanation())))
}

#[cfg(test)]
mod tests {
    use arraylake_transport::Transport;
    use arraylake_transport::testing::Script;
    use serde_json::{Value, json};

    use super::*;
    use crate::chunks::Layout;

    fn opened(entry: Value, settings: StoreSettings) -> Result<AsyncRepo> {
        let base = "http://api.test".parse().unwrap();
        let transport = Transport::builder().with_base_uri(base).with_leaf(Script::new([])).build().unwrap();
        let metastore = Metastore::new(transport, "acme/old".parse().unwrap());
        let mut all = json!({"_id": "5F3A", "org": "acme", "name": "old", "kind": "v1"});
        all.as_object_mut().unwrap().extend(entry.as_object().unwrap().clone());
        let entry: RepoModel = serde_json::from_value(all).unwrap();
        open(metastore, &entry, Author::new(None, "ada@example.com"), RepoOptions::new(), settings)
    }

    fn bucket(auth: Value) -> Value {
        json!({"bucket": {"id": "11111111-1111-4111-8111-111111111111", "nickname": "n", "platform": "s3",
            "name": "b", "prefix": "pre", "extra_config": {}, "is_default": true, "auth_config": auth}})
    }

    #[test]
    fn chunks_are_where_the_bucket_config_or_the_uri_says() {
        let delegated = bucket(json!({"method": "aws_customer_managed_role"}));
        for settings in [StoreSettings::new(), StoreSettings { delegated: false, ..StoreSettings::new() }] {
            let repo = opened(delegated.clone(), settings.with_uri("s3://passed/over")).unwrap();
            assert_eq!(*repo.chunkstore().unwrap().layout(), Layout::of_repo("pre", "5f3a").unwrap());
        }
        let repo = opened(json!({}), StoreSettings::new().with_uri("s3://old/pre")).unwrap();
        assert_eq!(*repo.chunkstore().unwrap().layout(), Layout::v0("s3://old/pre").unwrap());
        assert!(
            opened(json!({}), StoreSettings::new().with_uri("file:///old")).unwrap_err().is_invalid_input()
        );
    }

    #[test]
    fn without_a_bucket_metadata_can_be_used_and_chunks_say_what_is_missing() {
        let repo = opened(json!({}), StoreSettings::new()).unwrap();
        let error = repo.chunkstore().unwrap_err().to_string();
        assert!(error.contains("acme/old") && error.contains("chunkstore.uri"), "{error}");
        let subscribed = json!({"subscription": {"id": "1"}});
        let error = opened(subscribed, StoreSettings::new()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn options_of_a_bucket_config_count_more_and_none_is_printed() {
        let own = ExtraConfig::new().with("region_name", "eu-west-1");
        let below = ExtraConfig::new().with("region_name", "us-east-1").with("aws_access_key_id", "MARKER");
        let merged = over(own, &below);
        assert_eq!(
            (merged.region(), merged.0["aws_access_key_id"].as_str()),
            (Some("eu-west-1"), Some("MARKER"))
        );
        let settings = StoreSettings { s3: below, ..StoreSettings::new() };
        assert!(!format!("{settings:?}").contains("MARKER"));
    }
}
