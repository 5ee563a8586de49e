//! Chunk references, their inline form, and [`ChunkStore`], which holds the bytes of chunks.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`store`] | [`ChunkStore`]: bytes in, references out, and back |
//! | [`place`] | [`Place`]: what a reference means, and the rules that references follow |
//! | [`hash`] | [`HashMethod`]: digests by the names of Python functions |
//! | [`inline`] | data inside of references |
//! | [`layout`] | [`Layout`]: the keys of objects, old and new |
//! | [`uri`] | [`BucketUri`]: the address of a bucket |
//! | [`ranges`] | which requests bring the wanted bytes: near ones joined, long ones split |
//! | [`options`] | [`ChunkOptions`]: thresholds, sizes, limits |
//! | [`bucket`] | [`BucketAccess`]: stores over S3 and Google buckets, by what a bucket config says |
//! | [`kerchunk`] | [`ReferenceSet`]: references in the way of kerchunk, as documents and chunks |
//! | [`scan`] | the chunks of a Zarr v2 hierarchy in a bucket, as references |
//! | [`credentials`] | [`KeySource`]: where temporary keys come from, renewed ahead of their end |
//!
//! A write is always in this order: the object, then its reference. [`ChunkStore::put`] and
//! [`put_many`](ChunkStore::put_many) return references only of objects that are there; whoever stores the references
//! first and the objects afterwards has to go out of their way.
//!
//! ```
//! use arraylake_v1::chunks::{ChunkStore, Layout};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> arraylake_v1::Result<()> {
//! let store = ChunkStore::in_memory(Layout::v1("5f3a")?);
//! let session = "b709b995c7f542ac9f7fc10c2b367f6f".parse()?;
//! let chunk = bytes::Bytes::from(vec![7; 4096]);
//! let reference = store.put(&session, chunk.clone()).await?;
//! assert_eq!((reference.length, reference.uri.as_deref()), (4096, None));
//! assert_eq!(store.get(&reference).await?, chunk);
//! # Ok(())
//! # }
//! ```

pub mod bucket;
pub mod credentials;
pub mod hash;
pub mod inline;
pub mod kerchunk;
mod known;
pub mod layout;
pub mod options;
pub mod place;
pub mod ranges;
mod read;
pub mod scan;
mod spare;
pub mod store;
pub mod uri;
mod zarr2;

pub use self::bucket::BucketAccess;
pub use self::credentials::KeySource;
pub use self::hash::HashMethod;
pub use self::kerchunk::{ReferenceSet, SetChunk};
pub use self::layout::Layout;
pub use self::options::ChunkOptions;
pub use self::place::{ObjectRange, Place};
pub use self::read::verify;
pub use self::store::ChunkStore;
pub use self::uri::{BucketUri, Scheme};

/// The version of `object_store` this crate is built on.
pub use object_store;
