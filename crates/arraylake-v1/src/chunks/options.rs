//! [`ChunkOptions`]: thresholds, sizes and limits of a chunk store.

use std::num::NonZeroUsize;

use arraylake_types::InvalidInput;

use super::spare::Spare;
use super::{HashMethod, inline};

/// What a caller may say about a chunk store. Thresholds and sizes are those of the Python client unless set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkOptions {
    /// How digests are made; `hashlib.sha256` unless set. Python: `chunkstore.hash_method`.
    pub hash_method: HashMethod,
    /// Chunks of at most so many bytes go into their references; 512 unless set, which is the most. None turns that
    /// off. Python: `chunkstore.inline_threshold_bytes`.
    pub inline_threshold: Option<usize>,
    /// The longest part of an object that is asked for at once, in bytes; 8 MiB unless set. Python:
    /// `chunkstore.max_request_size`.
    pub max_request_size: u64,
    /// Parts of one object are asked for together if at most so many bytes lie between them; 1 MiB unless set.
    /// Python: `chunkstore.coalesce_size`.
    pub coalesce_size: u64,
    /// Uploads or downloads under way at once, for one call; 16 unless set.
    pub concurrency: NonZeroUsize,
    /// How many keys of uploaded objects are remembered, so that equal chunks of a session are uploaded once; 5000
    /// unless set.
    pub known_keys: usize,
    /// Whether chunks that are read by [`get_many`](super::ChunkStore::get_many) and `get_chunks` come in memory of
    /// earlier ones that nobody holds any more, which is much faster than fresh memory. Up to 64 MiB of it are kept, for
    /// all stores of the process together, until the last one is dropped. On unless set.
    pub reuse_memory: bool,
    /// Whether the bytes that are read are checked against the digest of their reference. Not for virtual
    /// references, which have none. Off unless set.
    pub validate: bool,
    /// Whether a reference to an object that is gone reads as if there were no chunk, so that Zarr fills in the fill
    /// value, instead of being an error. Off unless set. Python:
    /// `chunkstore.unsafe_use_fill_value_for_missing_chunks`.
    pub fill_missing: bool,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self {
            hash_method: HashMethod::default(),
            inline_threshold: Some(inline::MAX),
            max_request_size: 8 << 20,
            coalesce_size: 1 << 20,
            concurrency: NonZeroUsize::new(16).unwrap_or(NonZeroUsize::MIN),
            known_keys: 5000,
            reuse_memory: true,
            validate: false,
            fill_missing: false,
        }
    }
}

impl ChunkOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How digests are made.
    #[must_use]
    pub fn with_hash_method(mut self, method: HashMethod) -> Self {
        self.hash_method = method;
        self
    }

    /// Up to how many bytes chunks go into their references; none turns that off.
    ///
    /// # Errors
    /// If it is more than 512.
    pub fn with_inline_threshold(mut self, bytes: Option<usize>) -> Result<Self, InvalidInput> {
        if let Some(bytes) = bytes.filter(|bytes| *bytes > inline::MAX) {
            let rule = "must be at most 512 bytes";
            return Err(InvalidInput::new("inline threshold", bytes.to_string(), rule));
        }
        self.inline_threshold = bytes;
        Ok(self)
    }

    /// The longest part of an object that is asked for at once; 0 means the default.
    #[must_use]
    pub fn with_max_request_size(mut self, bytes: u64) -> Self {
        self.max_request_size = if bytes == 0 { Self::default().max_request_size } else { bytes };
        self
    }

    /// How many bytes may lie between parts that are asked for together.
    #[must_use]
    pub fn with_coalesce_size(mut self, bytes: u64) -> Self {
        self.coalesce_size = bytes;
        self
    }

    /// Uploads or downloads under way at once, for one call.
    #[must_use]
    pub fn with_concurrency(mut self, requests: NonZeroUsize) -> Self {
        self.concurrency = requests;
        self
    }

    /// How many keys of uploaded objects are remembered.
    #[must_use]
    pub fn with_known_keys(mut self, keys: usize) -> Self {
        self.known_keys = keys;
        self
    }

    /// Whether chunks come in memory of earlier ones.
    #[must_use]
    pub fn with_reused_memory(mut self, reuse: bool) -> Self {
        self.reuse_memory = reuse;
        self
    }

    pub(super) fn spare(&self) -> Spare {
        if self.reuse_memory { Spare::shared() } else { Spare::none() }
    }

    /// Whether what is read is checked against its digest.
    #[must_use]
    pub fn with_validation(mut self, validate: bool) -> Self {
        self.validate = validate;
        self
    }

    /// Whether a chunk whose object is gone reads as if it had never been written.
    #[must_use]
    pub fn with_fill_value_for_missing_chunks(mut self, fill: bool) -> Self {
        self.fill_missing = fill;
        self
    }
}
