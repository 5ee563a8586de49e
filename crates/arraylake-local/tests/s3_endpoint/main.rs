//! The S3 endpoint as its clients see it: through the AWS client and through Icechunk.

mod icechunk_repo;
mod keys;
mod kill;
mod objects;
mod support;
