//! Everything that needs more than one crate: the contract suite over its implementations, repositories end to end,
//! the Python client, errors and secrets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "suite/azure.rs"]
mod azure;
#[path = "suite/bad_input.rs"]
mod bad_input;
#[path = "suite/blocking.rs"]
mod blocking;
#[path = "suite/blocking_repository.rs"]
mod blocking_repository;
#[path = "suite/blocking_streams.rs"]
mod blocking_streams;
#[path = "suite/browser.rs"]
mod browser;
#[path = "suite/cli.rs"]
mod cli;
#[cfg(unix)]
#[path = "suite/cli_login.rs"]
mod cli_login;
#[path = "suite/console.rs"]
mod console;
#[path = "suite/contract.rs"]
mod contract;
#[path = "suite/errors.rs"]
mod errors;
#[path = "suite/google.rs"]
mod google;
#[path = "suite/iceberg.rs"]
mod iceberg;
#[path = "suite/icechunk.rs"]
mod icechunk;
#[path = "suite/icechunk_requests.rs"]
mod icechunk_requests;
#[path = "suite/interop.rs"]
mod interop;
#[path = "suite/interop_catalog.rs"]
mod interop_catalog;
#[path = "suite/log_stream.rs"]
mod log_stream;
#[path = "suite/logins.rs"]
mod logins;
#[path = "suite/mocks.rs"]
mod mocks;
#[path = "suite/recordings/mod.rs"]
mod recordings;
#[path = "suite/redaction.rs"]
mod redaction;
#[path = "suite/v1_bad_input.rs"]
mod v1_bad_input;
#[path = "suite/v1_interop.rs"]
mod v1_interop;
#[path = "suite/v1_methods.rs"]
mod v1_methods;
#[path = "suite/v1_migrate.rs"]
mod v1_migrate;
#[path = "suite/v1_migrate_moved.rs"]
mod v1_migrate_moved;
#[path = "suite/v1_repo.rs"]
mod v1_repo;
#[path = "suite/v1_zarr.rs"]
mod v1_zarr;
