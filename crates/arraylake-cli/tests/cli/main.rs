//! Every command in this process against a local service, and the real program for what only a process can show.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
mod auth_faults;
mod bucket;
mod compute;
mod exits;
#[cfg(feature = "v1")]
mod migrate;
mod newcomer;
mod others;
mod person;
mod printing;
mod process;
mod repo;
#[cfg(feature = "icechunk")]
mod repository;
#[cfg(all(unix, feature = "serve"))]
mod serve;
mod support;
#[cfg(unix)]
mod terminal;
