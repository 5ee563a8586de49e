//! [`Progress`], [`Report`] and [`Verification`]: how far it is, and what became of it.

use std::fmt;

use serde::Serialize;

/// How far a migration is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Commits that are done, those of earlier runs included.
    pub commits: usize,
    /// Commits in all.
    pub commits_in_all: usize,
    /// Chunks that are done of the commit at hand.
    pub chunks: usize,
    /// Chunks that the commit at hand has changed.
    pub chunks_in_commit: usize,
    /// Bytes of chunks that this run has moved.
    pub bytes: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commits, commits_in_all, chunks, chunks_in_commit, bytes } = self;
        write!(
            f,
            "{commits} of {commits_in_all} commits, {chunks} of {chunks_in_commit} chunks of the next, {bytes} bytes"
        )
    }
}

/// What a run has moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Commits that were made.
    pub commits: usize,
    /// Commits that were there already.
    pub commits_before: usize,
    /// Documents of groups and arrays that were written.
    pub documents: usize,
    /// Chunks whose bytes were moved.
    pub chunks: usize,
    /// Their bytes.
    pub bytes: u64,
    /// References to parts of somebody's file, which were kept as such.
    pub virtual_references: usize,
    /// Branches that point at what was moved.
    pub branches: usize,
    /// Tags that point at what was moved.
    pub tags: usize,
    /// What was left out: arrays that have no place in Zarr v3, with all their chunks; chunks outside of their array,
    /// chunks without bytes, documents that are none of a group or an array.
    pub left_out: Vec<String>,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// Commits that were compared.
    pub commits: usize,
    /// Documents that were compared.
    pub documents: usize,
    /// Chunks whose digests were compared.
    pub chunks: usize,
    /// Virtual references that were compared.
    pub virtual_references: usize,
    /// What differs, in words: commit, path and difference.
    pub differences: Vec<String>,
}

impl Verification {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}
