//! The metastore of V1 repos: sessions, commits, branches, tags, and documents in versions.
//!
//! A document is written into a session, and a commit is made of all that its session holds. Commits form a tree, kept as
//! *lines*: `v1_commit` has the line of each and its depth, and a branch keeps to one line while it moves forward, see
//! [`lines`]. When a branch comes to show a commit, each path that was touched gets a row in `v1_version` that names line,
//! depth, and version. So the history of a commit is a handful of lines and a depth on each, and what a path holds at a
//! commit is the newest of its versions on one of them: no read walks through the history, or through that of others.

mod commits;
mod documents;
mod lines;
mod refs;
mod sessions;
#[cfg(test)]
mod testing;
mod view;

use arraylake_types::RepoId;
use arraylake_types::v1::Collection;
use rusqlite::{OptionalExtension as _, Transaction};

use super::Db;

pub(crate) use self::commits::Point;
pub(crate) use self::documents::Touched;
pub(crate) use self::lines::Chain;
pub(crate) use self::sessions::{End, StoredSession};
pub(crate) use self::view::{Entry, View};

/// The metastore of one repo, in a transaction.
pub(crate) struct Meta<'d> {
    db: &'d Transaction<'d>,
    repo: i64,
}

/// The collections that hold documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Metadata = 0,
    Chunks = 1,
}

impl Kept {
    /// The collection of that name, if it holds documents.
    pub(crate) fn of(collection: &Collection) -> Option<Self> {
        match collection {
            Collection::Metadata => Some(Self::Metadata),
            Collection::Chunks => Some(Self::Chunks),
            _ => None,
        }
    }

    fn number(self) -> i64 {
        self as i64
    }
}

impl Db<'_> {
    /// The metastore of a repo; none if there is no such repo.
    pub(crate) fn meta<'d>(&'d self, repo: &RepoId) -> rusqlite::Result<Option<Meta<'d>>> {
        let mut query = self.0.prepare_cached("SELECT seq FROM repo WHERE id = ?1")?;
        let seq = query.query_row([repo.as_str()], |row| row.get(0)).optional()?;
        Ok(seq.map(|repo| Meta { db: &self.0, repo }))
    }
}
