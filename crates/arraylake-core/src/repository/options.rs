//! [`OpenOptions`]: what a caller may say about opening and creating a repo of either kind.

#[cfg(feature = "icechunk")]
use arraylake_icechunk::icechunk::{
    RepositoryConfig, config::Credentials, format::format_constants::SpecVersionBin, storage::Settings,
};
#[cfg(feature = "icechunk")]
use arraylake_icechunk::{RepoStorage, StorageOverrides};
#[cfg(feature = "v1")]
use arraylake_v1::{Checkout, Ref, RepoOptions, chunks::ChunkStore};

/// What a caller may say about opening and creating a repo. The default says nothing.
///
/// Some of it is about Icechunk repositories alone, and some about V1 repos alone; a repo of the other kind passes
/// over it.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    pub(crate) read_only: bool,
    #[cfg(feature = "icechunk")]
    pub(crate) icechunk: arraylake_icechunk::OpenOptions,
    #[cfg(feature = "v1")]
    pub(crate) v1: Option<RepoOptions>,
    #[cfg(feature = "v1")]
    pub(crate) chunkstore: Option<ChunkStore>,
    #[cfg(feature = "v1")]
    pub(crate) checkout: FirstCheckout,
}

/// What a V1 repo looks at when it has been opened.
#[cfg(feature = "v1")]
#[derive(Clone, Debug, Default)]
pub(crate) enum FirstCheckout {
    /// The branch `main`, for a day, for writing unless the repo may only be read.
    #[default]
    Main,
    At(Ref, Checkout),
    Nothing,
}

impl OpenOptions {
    /// Says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the handle refuses to write, whatever the credentials allow.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        #[cfg(feature = "icechunk")]
        {
            self.icechunk = self.icechunk.with_read_only(read_only);
        }
        self
    }
}

/// About Icechunk repositories; see [`arraylake_icechunk::OpenOptions`].
#[cfg(feature = "icechunk")]
impl OpenOptions {
    /// Icechunk's config, on top of the stored one. It is cloned, never changed.
    #[must_use]
    pub fn with_config(mut self, config: RepositoryConfig) -> Self {
        self.icechunk = self.icechunk.with_config(config);
        self
    }

    /// Icechunk's storage settings, on top of those in the config.
    #[must_use]
    pub fn with_storage_settings(mut self, settings: Settings) -> Self {
        self.icechunk = self.icechunk.with_storage_settings(settings);
        self
    }

    /// Format of a repository to be created; version 2 unless set. Opening ignores it.
    #[must_use]
    pub fn with_spec_version(mut self, version: SpecVersionBin) -> Self {
        self.icechunk = self.icechunk.with_spec_version(version);
        self
    }

    /// What to change about the storage that the bucket config describes.
    #[must_use]
    pub fn with_storage(mut self, overrides: StorageOverrides) -> Self {
        self.icechunk = self.icechunk.with_storage(overrides);
        self
    }

    /// Puts something over the storage that the bucket config describes, or in its place: what counts, delays or keeps
    /// requests, or a storage of your own; see [`arraylake_icechunk::OpenOptions::with_storage_layer`].
    #[must_use]
    pub fn with_storage_layer(
        mut self,
        layer: impl Fn(RepoStorage) -> RepoStorage + Send + Sync + 'static,
    ) -> Self {
        self.icechunk = self.icechunk.with_storage_layer(layer);
        self
    }

    /// Your own credentials for a virtual chunk container of your config that the service does not list. What
    /// icechunk calls `Static` is printed by its `Debug` and written into serialised sessions.
    #[must_use]
    pub fn with_container_credentials(mut self, prefix: impl Into<String>, credentials: Credentials) -> Self {
        self.icechunk = self.icechunk.with_container_credentials(prefix, credentials);
        self
    }
}

/// About V1 repos.
#[cfg(feature = "v1")]
impl OpenOptions {
    /// How to work with a V1 repo; without it, as the configuration of the client says. What this says about reading
    /// alone counts as well as [`with_read_only`](Self::with_read_only).
    #[must_use]
    pub fn with_v1(mut self, options: RepoOptions) -> Self {
        self.v1 = Some(options);
        self
    }

    /// Where the chunks of a V1 repo are, in place of what its entry and the configuration say.
    #[must_use]
    pub fn with_chunkstore(mut self, store: ChunkStore) -> Self {
        self.chunkstore = Some(store);
        self
    }

    /// What a V1 repo looks at when it has been opened; without it the branch `main`, for writing where that is
    /// possible.
    #[must_use]
    pub fn with_checkout(mut self, at: impl Into<Ref>, how: Checkout) -> Self {
        self.checkout = FirstCheckout::At(at.into(), how);
        self
    }

    /// Opens a V1 repo without checking anything out, which saves the requests.
    #[must_use]
    pub fn without_checkout(mut self) -> Self {
        self.checkout = FirstCheckout::Nothing;
        self
    }
}
