//! Icechunk repositories in buckets described by an Arraylake catalog.
//!
//! The catalog tells where a repository lives and hands out keys to the bucket; this crate makes an open
//! [`icechunk::Repository`] of that. It knows nothing of HTTP: what it needs from a client reaches it through one
//! small trait, [`CredentialSource`].
//!
//! ```text
//! OpenRepo ──plan──► StoragePlan ──► icechunk storage ──► IcechunkRepo
//!     │                                    │
//!     └─seed─► CredentialCache ◄──asks── fetcher          (the cache asks the CredentialSource, ahead of expiry)
//! ```
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`source`] | [`CredentialSource`], and [`CredentialError`], the one way it fails |
//! | [`credentials`] | [`CredentialCache`]: one per client, refreshes ahead of expiry, one fetch at a time |
//! | [`storage`] | [`plan`]: which storage, region, endpoint and credentials a bucket config means |
//! | [`open`] | [`Opener`]: opens and creates |
//! | [`options`] | [`OpenOptions`]: what a caller may say about it |
//! | [`repo`] | [`IcechunkRepo`]: the open repository, cheap to clone |
//! | [`refs`] | its branches, tags and history |
//! | [`commit`] | [`CommitOptions`]: what a commit says, and what it does where somebody else was faster |
#![cfg_attr(
    feature = "zarrs",
    doc = "| [`zarr`] | [`ZarrStore`]: a session as a store for the crate `zarrs` |"
)]
#![cfg_attr(
    feature = "object-store",
    doc = "| [`bucket_store`] | all that lies in a bucket config, as an `ObjectStore` |"
)]
//! | [`sessions`] | sessions as bytes, for other processes |
//! | [`maintenance`] | [`Expire`] and [`CollectGarbage`] |
//! | [`error`] | [`Error`] and its [`ErrorKind`] |
//!
//! No secret is stored in anything that icechunk prints or serialises: storages hold a fetcher that knows names
//! only.

#[cfg(feature = "object-store")]
pub mod bucket_store;
#[cfg(feature = "zarrs")]
mod chunks;
pub mod commit;
mod container_keys;
mod containers;
mod create;
pub mod credentials;
pub mod error;
pub mod maintenance;
pub mod open;
mod opening;
pub mod options;
pub mod refs;
pub mod repo;
pub mod sessions;
pub mod source;
pub mod storage;
#[cfg(test)]
mod testing;
#[cfg(feature = "zarrs")]
pub mod zarr;

#[cfg(feature = "object-store")]
pub use bucket_store::BucketStore;
pub use commit::CommitOptions;
pub use credentials::{CredentialCache, Scope};
pub use error::{Error, ErrorKind};
pub use maintenance::{CollectGarbage, Collected, Expire};
pub use open::Opener;
pub use options::{OpenOptions, StorageOverrides};
pub use repo::IcechunkRepo;
pub use source::{CredentialError, CredentialErrorKind, CredentialSource};
pub use storage::{Access, Constructor, RepoStorage, StoragePlan, plan};

#[cfg(feature = "zarrs")]
pub use zarr::{BlockingZarrStore, ZarrStore};

/// The version of icechunk this crate is built on.
pub use icechunk;

/// The version of the crate `object_store` that [`bucket_store`] is built on.
#[cfg(feature = "object-store")]
pub use object_store;
