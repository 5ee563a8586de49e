//! Every command in this process against a local service, and the real program for what only a process can show.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod auth;
mod bucket;
mod compute;
mod exits;
mod others;
mod printing;
mod process;
mod repo;
#[cfg(feature = "icechunk")]
mod repository;
mod support;
#[cfg(unix)]
mod terminal;
