//! The S3 endpoint as its clients see it: through the AWS client and through Icechunk.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and the child process reports"
)]

mod icechunk_kill;
mod icechunk_repo;
mod keys;
mod kill;
mod objects;
mod support;
