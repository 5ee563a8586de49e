//! The contract suite: what every implementation of the roles must do, as plain functions over trait objects.
//!
//! `tests/main.rs` runs it over the client and the local service, with and without a socket, and over any service
//! that `ARRAYLAKE_TEST_URI` names.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(missing_docs, clippy::missing_panics_doc, reason = "a test says what it does in its name")]

pub mod archive;
pub mod azurite;
pub mod browser;
pub mod cloud;
pub mod contract;
pub mod dataset;
pub mod faults;
pub mod google;
mod installed;
pub mod lake;
pub mod log;
pub mod person;
pub mod proxy;
pub mod python;
pub mod v1;
pub mod v1_dataset;
pub mod vendor;

/// The examples of the top-level README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
