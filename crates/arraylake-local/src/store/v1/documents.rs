//! Writing documents, and what a session or a commit has touched.

use std::collections::BTreeSet;

use arraylake_types::v1::SessionId;
use rusqlite::{Row, params};

use super::super::parsed;
use super::{Chain, Kept, Meta, Point, StoredSession};

/// A path that a session has written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    /// The number of the version.
    pub(crate) doc: i64,
    pub(crate) path: String,
    /// Whether it was deleted.
    pub(crate) deleted: bool,
}

/// A session that has touched a path.
#[derive(Debug, Clone)]
pub(crate) struct Toucher {
    /// The number of the version.
    pub(crate) doc: i64,
    pub(crate) session: SessionId,
    /// What it wrote; nothing, if it deleted the document.
    pub(crate) content: Option<String>,
}

/// Of all sessions only those are looked at that hold what no branch shows.
const TOUCHERS: &str =
    "SELECT d.seq, s.id, d.content FROM v1_doc d CROSS JOIN v1_session s ON s.seq = d.session
    WHERE d.old = 0 AND d.seq IN (
        SELECT doc FROM v1_version WHERE repo = ?1 AND collection = ?2 AND path = ?3
        UNION ALL
        SELECT o.seq FROM v1_session l CROSS JOIN v1_doc o
            ON o.session = l.seq AND o.collection = ?2 AND o.path = ?3 AND o.old = 0
        WHERE l.repo = ?1 AND l.loose = 1)
    ORDER BY s.seq";

impl Meta<'_> {
    /// Whether a commit was made of a session. What it showed then stays.
    pub(crate) fn is_published(&self, session: &StoredSession) -> rusqlite::Result<bool> {
        let text = "SELECT EXISTS (SELECT 1 FROM v1_commit WHERE session = ?1)";
        self.db.prepare_cached(text)?.query_row([session.seq], |row| row.get(0))
    }

    /// Whether a session has written or deleted anything.
    pub(crate) fn has_changes(&self, session: &StoredSession) -> rusqlite::Result<bool> {
        let text = "SELECT EXISTS (SELECT 1 FROM v1_doc WHERE session = ?1)";
        self.db.prepare_cached(text)?.query_row([session.seq], |row| row.get(0))
    }

    /// Writes a document into a session, or deletes it there. `made` is the version with which the path came to be,
    /// if it was there before.
    pub(crate) fn write(
        &self,
        (session, published): (&StoredSession, bool),
        (kept, path): (Kept, &str),
        content: Option<&str>,
        made: Option<i64>,
    ) -> rusqlite::Result<()> {
        let before = if published {
            "UPDATE v1_doc SET old = seq WHERE session = ?1 AND collection = ?2 AND path = ?3 AND old = 0"
        } else {
            "DELETE FROM v1_doc WHERE session = ?1 AND collection = ?2 AND path = ?3 AND old = 0"
        };
        self.db.prepare_cached(before)?.execute(params![session.seq, kept.number(), path])?;
        let text = "INSERT INTO v1_doc (session, collection, path, old, made, content)
             VALUES (?1, ?2, ?3, 0, ?4, ?5)";
        self.db.prepare_cached(text)?.execute(params![session.seq, kept.number(), path, made, content])?;
        self.set_loose(session.seq, true)
    }

    /// The paths that a session has touched, at most so many.
    pub(crate) fn touched(
        &self,
        session: &StoredSession,
        kept: Kept,
        limit: u64,
    ) -> rusqlite::Result<Vec<Touched>> {
        let mut query = self.db.prepare_cached(
            "SELECT seq, path, content IS NULL FROM v1_doc WHERE session = ?1 AND collection = ?2 AND old = 0
             ORDER BY path LIMIT ?3",
        )?;
        query.query_map(params![session.seq, kept.number(), most(limit)], touched)?.collect()
    }

    /// The paths that a commit has touched, at most so many.
    pub(crate) fn touched_by(
        &self,
        commit: &Point,
        kept: Kept,
        limit: u64,
    ) -> rusqlite::Result<Vec<Touched>> {
        let mut query = self.db.prepare_cached(
            "SELECT max(seq), path, content IS NULL FROM v1_doc
             WHERE session = ?1 AND collection = ?2 AND seq <= ?3 GROUP BY path ORDER BY path LIMIT ?4",
        )?;
        let values = params![commit.session, kept.number(), commit.last_doc, most(limit)];
        query.query_map(values, touched)?.collect()
    }

    /// The paths that a session has touched and that others have touched, too, in commits of the history of `tip` that
    /// are not in that of `base`.
    pub(crate) fn conflicts(
        &self,
        session: i64,
        tip: &Chain,
        base: Option<&Point>,
    ) -> rusqlite::Result<BTreeSet<String>> {
        let mut query = self.db.prepare_cached(
            "SELECT m.path FROM v1_doc m WHERE m.session = ?2 AND m.old = 0 AND EXISTS (
                 SELECT 1 FROM v1_version v CROSS JOIN v1_commit c
                   ON c.line = v.line AND c.depth = v.depth AND c.session <> ?2
                 WHERE v.repo = ?1 AND v.collection = m.collection AND v.path = m.path
                   AND v.line = ?3 AND v.depth > ?4 AND v.depth <= ?5)",
        )?;
        let base = base.map_or(-1, |base| base.depth);
        let mut both = BTreeSet::new();
        // A branch shows all that it has: nothing in its history is loose.
        for (line, end) in tip.shown().take_while(|(_, end)| *end > base) {
            let rows = query.query_map([self.repo, session, line, base, end], |row| row.get(0))?;
            for path in rows {
                both.insert(path?);
            }
        }
        Ok(both)
    }

    /// Notes whether a session holds documents that no branch shows.
    pub(super) fn set_loose(&self, session: i64, loose: bool) -> rusqlite::Result<()> {
        let change = "UPDATE v1_session SET loose = ?2 WHERE seq = ?1 AND loose <> ?2";
        self.db.prepare_cached(change)?.execute(params![session, loose])?;
        Ok(())
    }

    /// The sessions that have touched a path, in the order in which they were made.
    pub(crate) fn touchers(&self, kept: Kept, path: &str) -> rusqlite::Result<Vec<Toucher>> {
        let mut query = self.db.prepare_cached(TOUCHERS)?;
        let toucher = |row: &Row<'_>| {
            let id: String = row.get(1)?;
            Ok(Toucher { doc: row.get(0)?, session: parsed(1, &id)?, content: row.get(2)? })
        };
        query.query_map(params![self.repo, kept.number(), path], toucher)?.collect()
    }
}

fn touched(row: &Row<'_>) -> rusqlite::Result<Touched> {
    Ok(Touched { doc: row.get(0)?, path: row.get(1)?, deleted: row.get(2)? })
}

/// 0 is no limit.
fn most(limit: u64) -> i64 {
    i64::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
