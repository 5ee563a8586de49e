//! An Arraylake on your own machine: the catalog, the metastore of V1 repos and an S3 endpoint in one process, on one
//! directory.
//!
//! | item | what it is |
//! | --- | --- |
//! | [`serve`], [`RunningLake`] | both behind sockets, on 127.0.0.1 |
//! | [`LocalService`] | catalog and metastore as a tower service, without a socket |
//! | [`LocalConfig`] | which directory, which ports, who may come in |
//! | [`LoginPolicy`] | how long logins and their codes work |
//! | [`Seed`] | what a lake holds from the start |
//! | [`s3`] | the S3 endpoint by itself |
//! | [`command`] | the command `serve` |
//!
//! Records lie in one SQLite file, objects in plain files. The answers are those that the clients of every era expect;
//! where they expect different ones, the headers by which they name themselves decide.

mod catalog;
pub mod command;
mod config;
mod contents;
mod error;
mod files;
mod identity;
mod keyring;
mod lake;
mod metastore;
mod pages;
mod random;
mod refusal;
mod repository;
pub mod s3;
mod seed;
mod serve;
mod service;
mod setup;
mod store;
mod tls;

pub use config::LocalConfig;
pub use error::{LocalError, LocalErrorKind};
pub use identity::LoginPolicy;
pub use seed::Seed;
pub use serve::{RunningLake, serve};
pub use service::LocalService;
