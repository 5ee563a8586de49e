//! V1 repos: the older kind, whose metadata live in the service and whose chunks live in a bucket.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`repo`] | [`AsyncRepo`]: a repo with a session, which reads, writes and commits |
//! | [`open`](mod@open) | [`open()`]: from the entry of a catalog to a repo, by [`StoreSettings`] |
//! | [`metastore`] | [`Metastore`]: every route of a V1 repo, one method each |
//! | [`path`] | [`NodePath`]: where a group or an array is |
//! | [`error`] | [`Error`] and its [`ErrorKind`] |
//! | [`chunks`] | chunk references, their inline form, and the store that holds the bytes |
#![cfg_attr(
    feature = "zarrs",
    doc = "| [`zarr`] | a repo as Zarr v3, and as a store for the crate `zarrs` |"
)]
//!
//! This crate knows the [transport](arraylake_transport) and nothing of the client above it.

pub mod chunks;
pub mod error;
mod json;
pub mod metastore;
pub mod open;
pub mod path;
pub mod repo;
#[cfg(feature = "zarrs")]
pub mod zarr;

pub use arraylake_transport::types;

pub use error::{Error, ErrorKind, Result};
pub use metastore::Metastore;
pub use open::{StoreSettings, open, refuse_offline};
pub use path::NodePath;
pub use repo::{
    AsyncRepo, Change, Checkout, CommitData, CommitLog, CommitOptions, CommitOutcome, CommitPolicy, Ref,
    RepoOptions, Session, SharedRepo, Status,
};

/// What the signatures of [`AsyncRepo`] name, for generated code.
#[doc(hidden)]
pub mod codegen_prelude {
    pub use std::collections::BTreeMap;
    pub use std::sync::Arc;
    pub use std::time::Duration;

    pub use arraylake_types::v1::{
        Branch, Collection, Commit, CommitId, PathSize, ReferenceData, SessionId, SessionInfo, Tag, Tree,
    };
    pub use arraylake_types::{Author, RepoName, RepoStatus};
    pub use bytes::Bytes;
    pub use serde::Serialize;
    pub use serde::de::DeserializeOwned;

    pub use crate::chunks::{ChunkStore, ReferenceSet};
    pub use crate::error::{ErrorKind, Result};
    pub use crate::metastore::Metastore;
    pub use crate::path::NodePath;
    pub use crate::repo::{
        Checkout, CommitData, CommitLog, CommitOptions, CommitOutcome, Ref, RepoOptions, Session, SharedRepo,
        Status,
    };
}
