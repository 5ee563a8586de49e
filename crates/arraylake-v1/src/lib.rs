//! V1 repos: the older kind, whose metadata live in the service and whose chunks live in a bucket.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`repo`] | [`AsyncRepo`]: a repo with a session, which reads, writes and commits |
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
pub mod metastore;
pub mod path;
pub mod repo;
#[cfg(feature = "zarrs")]
pub mod zarr;

pub use arraylake_transport::types;

pub use error::{Error, ErrorKind, Result};
pub use metastore::Metastore;
pub use path::NodePath;
pub use repo::{AsyncRepo, Checkout, CommitOptions, CommitOutcome, CommitPolicy, Ref, RepoOptions, Session};
