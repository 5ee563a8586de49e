//! Commits.

use arraylake_types::v1::{Commit, CommitId, NewCommit};
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::{from_json, parsed, to_json};
use super::{Meta, StoredSession};

/// Where a commit lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(super) line: i64,
    pub(super) depth: i64,
    /// The number of its session.
    pub(crate) session: i64,
    /// The newest version that the session held when the commit was made.
    pub(super) last_doc: i64,
}

impl Meta<'_> {
    /// Where a commit lies; none if there is no such commit.
    pub(crate) fn point(&self, id: &CommitId) -> rusqlite::Result<Option<Point>> {
        let text = "SELECT line, depth, session, last_doc FROM v1_commit WHERE repo = ?1 AND id = ?2";
        let mut query = self.db.prepare_cached(text)?;
        query.query_row(params![self.repo, id.as_str()], point).optional()
    }

    /// Commits, the newest first: those older than one, at most so many.
    pub(crate) fn commits(&self, before: Option<&CommitId>, limit: u64) -> rusqlite::Result<Vec<Commit>> {
        let limit = i64::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(i64::MAX);
        let mut query = self.db.prepare_cached(
            "SELECT model FROM v1_commit WHERE repo = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        // Ids are hexadecimal digits. One bound in either case, so that a later page does not go through those before.
        let values = params![self.repo, before.map_or("~", CommitId::as_str), limit];
        query.query_map(values, commit)?.collect()
    }

    /// A commit by its id.
    pub(crate) fn commit(&self, id: &CommitId) -> rusqlite::Result<Option<Commit>> {
        let mut query = self.db.prepare_cached("SELECT model FROM v1_commit WHERE repo = ?1 AND id = ?2")?;
        query.query_row(params![self.repo, id.as_str()], commit).optional()
    }

    /// Makes a commit of all that a session holds. `fresh` is an id for it, made larger if a commit has a larger one.
    pub(crate) fn insert_commit(
        &self,
        session: &StoredSession,
        parent: Option<&Point>,
        request: NewCommit,
        fresh: u128,
    ) -> rusqlite::Result<CommitId> {
        let id = self.free_id(fresh)?;
        let (line, depth) = self.place_behind(parent)?;
        let commit = Commit::new(id, request);
        let values = params![self.repo, commit.id.as_str(), session.seq, line, depth, to_json(&commit)?];
        self.db
            .prepare_cached(
                "INSERT INTO v1_commit (repo, id, session, line, depth, model, last_doc)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6,
                     (SELECT coalesce(max(seq), 0) FROM v1_doc WHERE session = ?3))",
            )?
            .execute(values)?;
        Ok(commit.id)
    }

    /// An id that is larger than all there are.
    fn free_id(&self, fresh: u128) -> rusqlite::Result<CommitId> {
        let mut query =
            self.db.prepare_cached("SELECT id FROM v1_commit WHERE repo = ?1 ORDER BY id DESC LIMIT 1")?;
        let last: Option<String> = query.query_row([self.repo], |row| row.get(0)).optional()?;
        let last = last.and_then(|id| u128::from_str_radix(&id, 16).ok()).unwrap_or_default();
        parsed(0, &format!("{:024x}", fresh.max(last + 1)))
    }
}

fn point(row: &Row<'_>) -> rusqlite::Result<Point> {
    Ok(Point { line: row.get(0)?, depth: row.get(1)?, session: row.get(2)?, last_doc: row.get(3)? })
}

fn commit(row: &Row<'_>) -> rusqlite::Result<Commit> {
    from_json(0, row.get_ref(0)?.as_str()?)
}
