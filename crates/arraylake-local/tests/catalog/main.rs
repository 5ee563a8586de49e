//! The catalog route by route, through the tower service: no socket unless a test is about sockets.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic as the tests do")]

mod admin;
mod buckets;
mod client;
mod compute;
mod console;
mod creation;
mod credentials;
mod data;
mod endings;
mod eras;
mod exchange;
mod lake;
mod lists;
mod logins;
mod metastore;
mod namespaces;
mod pages;
mod people;
mod permissions;
mod removal;
mod repos;
mod results;
mod scale;
#[cfg(target_os = "linux")]
mod secure;
mod trial;
mod virtual_chunks;
