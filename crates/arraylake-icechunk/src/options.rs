//! [`OpenOptions`]: what a caller may say about opening and creating.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use icechunk::RepositoryConfig;
use icechunk::config::Credentials;
use icechunk::format::format_constants::SpecVersionBin;
#[cfg(feature = "azure")]
use icechunk::storage::AzureCredentials;
#[cfg(feature = "gcs")]
use icechunk::storage::GcsCredentials;
use icechunk::storage::s3_config::S3ChecksumAlgorithm;
use icechunk::storage::{S3Credentials, Settings};

use crate::RepoStorage;

type Layer = Arc<dyn Fn(RepoStorage) -> RepoStorage + Send + Sync>;

/// What a caller may say about opening and creating. The default says nothing.
#[derive(Clone, Default)]
pub struct OpenOptions {
    pub(crate) config: Option<RepositoryConfig>,
    pub(crate) settings: Option<Settings>,
    pub(crate) read_only: bool,
    pub(crate) spec_version: Option<SpecVersionBin>,
    pub(crate) overrides: StorageOverrides,
    pub(crate) containers: BTreeMap<String, Credentials>,
    pub(crate) layer: Option<Layer>,
}

impl OpenOptions {
    /// Says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Icechunk's config, on top of the stored one. It is cloned, never changed.
    #[must_use]
    pub fn with_config(mut self, config: RepositoryConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// Icechunk's storage settings, on top of those in the config. They hold from the first request on.
    ///
    /// Reads of chunks multiply retries: those of the SDK by those of icechunk, as many as `max_tries` says each. For
    /// work in which somebody waits, fewer than the 10 of icechunk are better.
    #[must_use]
    pub fn with_storage_settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Whether the handle refuses to write, whatever the credentials allow.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Format of a repository to be created; version 2 unless set. Opening ignores it.
    #[must_use]
    pub fn with_spec_version(mut self, version: SpecVersionBin) -> Self {
        self.spec_version = Some(version);
        self
    }

    /// What to change about the storage that the bucket config describes.
    #[must_use]
    pub fn with_storage(mut self, overrides: StorageOverrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Puts something over the storage that the bucket config describes, or in its place: what counts, delays or keeps
    /// requests, or a storage of your own. Whatever comes of it is opened or created in, and travels with sessions.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arraylake_icechunk::OpenOptions;
    /// use arraylake_icechunk::icechunk::storage::metering::MeteringStorage;
    ///
    /// let options = OpenOptions::new().with_storage_layer(|storage| Arc::new(MeteringStorage::new(storage)));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn with_storage_layer(
        mut self,
        layer: impl Fn(RepoStorage) -> RepoStorage + Send + Sync + 'static,
    ) -> Self {
        self.layer = Some(Arc::new(layer));
        self
    }

    /// Your own credentials for a virtual chunk container of your config that the service does not list. What
    /// icechunk calls `Static` is printed by its `Debug` and written into serialised sessions.
    #[must_use]
    pub fn with_container_credentials(mut self, prefix: impl Into<String>, credentials: Credentials) -> Self {
        self.containers.insert(prefix.into(), credentials);
        self
    }
}

impl OpenOptions {
    /// Whether what icechunk would serialise holds a secret.
    pub(crate) fn holds_secrets(&self) -> bool {
        self.containers.values().any(is_fixed)
    }
}

/// What is of a kind that only another crate in the program knows counts as a secret.
fn is_fixed(credentials: &Credentials) -> bool {
    if let Credentials::S3(credentials) = credentials {
        return matches!(credentials, S3Credentials::Static(_));
    }
    #[cfg(feature = "gcs")]
    if let Credentials::Gcs(credentials) = credentials {
        return matches!(credentials, GcsCredentials::Static(_));
    }
    #[cfg(feature = "azure")]
    if let Credentials::Azure(credentials) = credentials {
        return matches!(credentials, AzureCredentials::Static(_));
    }
    !matches!(credentials, Credentials::LocalFileSystemAccess | Credentials::HttpAccess)
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions")
            .field("config", &self.config)
            .field("settings", &self.settings)
            .field("read_only", &self.read_only)
            .field("spec_version", &self.spec_version)
            .field("overrides", &self.overrides)
            .field("containers", &self.containers.keys())
            .field("has_layer", &self.layer.is_some())
            .finish()
    }
}

/// What to change about the storage that the bucket config describes; what is unset stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StorageOverrides {
    /// Region.
    pub region: Option<String>,
    /// Endpoint.
    pub endpoint_url: Option<String>,
    /// Whether the bucket name goes into the path.
    pub force_path_style: Option<bool>,
    /// After how many seconds without progress a download is given up; 0 means never, icechunk's default is 10.
    pub network_stream_timeout_seconds: Option<u32>,
    /// Whether the caller pays for requests; for what is like S3 alone, and not where virtual chunks are read.
    pub requester_pays: bool,
    /// Whether a bucket of Amazon is reached by IPv6, too, where this machine has that. One with an endpoint of its own
    /// stays there.
    pub dualstack: bool,
    /// Which checksum goes with what is written, where a store does not take the SDK's choice; for what is like S3 alone.
    pub checksum_algorithm: Option<S3ChecksumAlgorithm>,
}

impl StorageOverrides {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Another endpoint.
    #[must_use]
    pub fn with_endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint_url = Some(url.into());
        self
    }

    /// Whether the bucket name goes into the path.
    #[must_use]
    pub fn with_force_path_style(mut self, force: bool) -> Self {
        self.force_path_style = Some(force);
        self
    }

    /// After how many seconds without progress a download is given up; 0 means never.
    #[must_use]
    pub fn with_network_stream_timeout_seconds(mut self, seconds: u32) -> Self {
        self.network_stream_timeout_seconds = Some(seconds);
        self
    }

    /// Whether the caller pays for requests.
    #[must_use]
    pub fn with_requester_pays(mut self, pays: bool) -> Self {
        self.requester_pays = pays;
        self
    }

    /// Whether a bucket of Amazon is reached by IPv6, too: at `s3.dualstack.{region}.amazonaws.com`.
    #[must_use]
    pub fn with_dualstack(mut self, dualstack: bool) -> Self {
        self.dualstack = dualstack;
        self
    }

    /// Which checksum goes with what is written.
    #[must_use]
    pub fn with_checksum_algorithm(mut self, algorithm: S3ChecksumAlgorithm) -> Self {
        self.checksum_algorithm = Some(algorithm);
        self
    }
}
