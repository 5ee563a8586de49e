//! A V1 repo as Zarr v3: translation of documents and keys, and [`ZarrStore`], the store for the crate `zarrs`.
//!
//! V1 repos keep their arrays as a draft of Zarr v3 had it. Here they look as Zarr v3 became: `a/b/zarr.json` is the
//! document of `/a/b`, `a/b/c/0/1` one of its chunks; groups that exist only because something is in them are shown
//! as groups. What is written by Python reads here, and the other way round, with what Python gets wrong done right:
//! arrays in the order of Fortran, arrays without dimensions, groups named `c`.
//!
//! ```no_run
//! # async fn example(repo: arraylake_v1::AsyncRepo) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use arraylake_v1::{Checkout, CommitOptions};
//!
//! repo.checkout("main", Checkout::new()).await?;
//! let store = Arc::new(repo.store()?);
//! zarrs::group::GroupBuilder::new().build(Arc::clone(&store), "/")?.async_store_metadata().await?;
//! repo.commit("An empty group", CommitOptions::new()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Codecs and data types of Python that `zarrs` does not know by itself are plugins here, found as soon as this crate is
//! linked, under the names that they have in zarr-python: `numcodecs.delta`, `numcodecs.astype`, `numcodecs.quantize`,
//! `numcodecs.packbits`, `numcodecs.lz4`, `numcodecs.lzma`, `numcodecs.crc32`, `numcodecs.jenkins_lookup3`;
//! `null_terminated_bytes` (`|S3`), `raw_bytes` and `structured`. Known here alone, see [`array_for_others`], are
//! `numcodecs.categorize`, and `numcodecs.json2` and `numcodecs.msgpack2` for objects that are texts; and fields whose
//! orders of bytes differ, or which have several elements. A [`ZarrStore`] also takes the place of
//! `numcodecs.fixedscaleoffset`, which `zarrs` reckons with four bytes. Those that `zarrs` knows need its features:
//! `adler32`, `bitround`, `blosc`, `bz2`, `crc32c`, `fletcher32`, `gzip`, `transpose`, `zlib`, `zstd`.
//!
//! What has no place on the other side is an error that names it and says what to do: objects of Python other than texts
//! and bytes (reading those of `pickle` runs whatever code they hold), `vlen-array`, `zfpy` in one direction, sharding
//! and the like in the other. An element of `numcodecs.json2` or `numcodecs.msgpack2` that is no text is an error that
//! says which one it is.
//!
//! # Texts and empty chunks
//!
//! `zarrs` does not store a chunk that has nothing but fill values. Of texts it looks at all of a chunk one after the
//! other: with the fill value `a` it takes `aa` and an empty text for two of them, and so would lose them. A
//! [`ZarrStore`] refuses to erase a chunk of such an array, and nothing is lost: tell `zarrs` to store empty chunks, too,
//! with each call, since it does not look at the options of the array. An empty fill value, or none, which is what Python
//! writes unless told otherwise, has no such trouble.
//!
//! ```
//! use zarrs::array::{ArrayBuilder, CodecOptions, data_type};
//! # use zarrs::storage::store::MemoryStore;
//! # let store = std::sync::Arc::new(MemoryStore::new());
//! let array = ArrayBuilder::new(vec![4], vec![2], data_type::string(), "a").build(store, "/texts").unwrap();
//! let options = CodecOptions::default().with_store_empty_chunks(true);
//! array.store_chunk_opt(&[0], vec!["aa".to_owned(), String::new()], &options).unwrap();
//! # assert_eq!(array.retrieve_chunk::<Vec<String>>(&[0]).unwrap(), ["aa", ""]);
//! ```
//!
//! Numbers that JSON does not know, which Python writes into attributes as bare `NaN`, become texts (`"NaN"`). Python
//! itself loses them.

mod blocking;
mod codecs;
mod dtype;
mod erase;
mod fill;
mod gather;
mod key;
mod list;
mod numcodecs;
mod read;
mod translate;
mod warm;
mod write;

use std::fmt;
use std::sync::Arc;

use arraylake_types::v1::ReferenceData;
use zarrs_storage::StorageError;

pub use self::blocking::BlockingZarrStore;
use self::gather::Gather;
pub use self::translate::{array_for_others, array_to_draft, array_to_v3, group_to_draft, group_to_v3};
use self::warm::Warm;
use self::write::NewReference;
use crate::chunks::ChunkStore;
use crate::error::{Error, ErrorKind, Result};
use crate::repo::AsyncRepo;

/// References that go in one request, at most.
const BATCH: usize = 1000;
/// Requests for references under way at once. While so many are, others gather and go together.
const REQUESTS: usize = 4;

/// A V1 repo as a store for `zarrs`: readable, writable and listable. Cheap to clone.
///
/// It looks at what the repo looks at: a checkout or a commit of the repo changes what it shows. Each call uses the
/// session that there is when it begins. Writes are refused with `ReadOnly` where the session cannot write.
///
/// Calls that are made at the same time share requests for references, so many calls at once are cheaper than the same
/// one after the other.
#[derive(Clone)]
pub struct ZarrStore {
    inner: Arc<Inner>,
    warm: Option<Arc<Warm>>,
}

struct Inner {
    repo: AsyncRepo,
    chunks: ChunkStore,
    reads: Gather<read::WantedReference, Result<Option<ReferenceData>>>,
    writes: Gather<NewReference, Result<()>>,
    erasures: Gather<read::WantedReference, Result<()>>,
}

impl ZarrStore {
    /// A repo and its chunks.
    #[must_use]
    pub fn new(repo: AsyncRepo, chunks: ChunkStore) -> Self {
        numcodecs::register();
        let (reads, writes) = (Gather::new(REQUESTS, BATCH), Gather::new(REQUESTS, BATCH));
        let erasures = Gather::new(REQUESTS, BATCH);
        Self { inner: Arc::new(Inner { repo, chunks, reads, writes, erasures }), warm: None }
    }

    /// The repo, for all that `zarrs` does not know: checkouts, commits, moves.
    #[must_use]
    pub fn repo(&self) -> &AsyncRepo {
        &self.inner.repo
    }

    /// The chunks.
    #[must_use]
    pub fn chunks(&self) -> &ChunkStore {
        &self.inner.chunks
    }
}

impl AsyncRepo {
    /// The repo as a store for `zarrs`. Nothing is sent.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if the repo has no store for chunks.
    pub fn store(&self) -> Result<ZarrStore> {
        Ok(ZarrStore::new(self.clone(), self.chunkstore()?.clone()))
    }
}

fn fail(error: Error) -> StorageError {
    match error.kind() {
        ErrorKind::ReadOnly | ErrorKind::Detached => StorageError::ReadOnly,
        ErrorKind::Unsupported => StorageError::Unsupported(error.to_string()),
        _ => StorageError::from(std::io::Error::other(error)),
    }
}

fn unsupported(message: String) -> Error {
    Error::new(ErrorKind::Unsupported, message)
}

impl Error {
    /// The error that a [`ZarrStore`] gave to `zarrs`.
    #[must_use]
    pub fn of_zarrs(error: &StorageError) -> Option<&Self> {
        match error {
            StorageError::IOError(error) => error.get_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Debug for ZarrStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZarrStore")
            .field("repo", &self.inner.repo)
            .field("chunks", &self.inner.chunks)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_sync_static<T: Clone + Send + Sync + 'static>() {}
    send_sync_static::<ZarrStore>();
};

#[cfg(test)]
mod tests;
