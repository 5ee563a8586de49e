//! A V1 repo as Zarr v3: translation of documents and keys, and the store for the crate `zarrs`.
