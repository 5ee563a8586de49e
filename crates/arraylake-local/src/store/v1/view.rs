//! Reading documents: what a session sees on top of a commit.

use std::collections::BTreeMap;

use arraylake_types::v1::SessionId;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::parsed;
use super::{Chain, Kept, Meta, StoredSession};

/// So many versions of a path are gone through before another way to the newest one is taken.
const MANY: usize = 16;

/// What is looked at: the history of a commit, and on top of it what a session has written.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The history.
    pub(crate) chain: Chain,
    /// The session, if the service knows it.
    pub(crate) session: Option<StoredSession>,
}

/// A document that is there.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The number of its version.
    pub(crate) doc: i64,
    /// The number of the version with which its path came to be: the order of creation.
    pub(crate) made: i64,
    /// The session that wrote it.
    pub(crate) session: SessionId,
    pub(crate) path: String,
    /// The JSON object as it was written; empty if it was not asked for.
    pub(crate) content: String,
}

impl Meta<'_> {
    /// The document at a path.
    pub(crate) fn entry(&self, view: &View, kept: Kept, path: &str) -> rusqlite::Result<Option<Entry>> {
        let own = match &view.session {
            Some(session) => self.own_version(session, kept, path)?,
            None => None,
        };
        let found = match own {
            Some(doc) => Some(doc),
            None => self.version(&view.chain, kept, path)?,
        };
        found.map_or(Ok(None), |doc| self.document(doc, path, true))
    }

    /// The documents at paths that begin with a text, in the order of creation, or by path for chunks.
    pub(crate) fn entries(
        &self,
        view: &View,
        kept: Kept,
        prefix: &str,
        with_content: bool,
    ) -> rusqlite::Result<Vec<Entry>> {
        let mut newest = self.versions(&view.chain, kept, prefix)?;
        if let Some(session) = &view.session {
            self.add_own_versions(&mut newest, session, kept, prefix)?;
        }
        let mut entries = Vec::with_capacity(newest.len());
        for (path, doc) in newest {
            entries.extend(self.document(doc, &path, with_content)?);
        }
        if kept == Kept::Metadata {
            entries.sort_by_key(|entry| entry.made);
        }
        Ok(entries)
    }

    fn own_version(&self, session: &StoredSession, kept: Kept, path: &str) -> rusqlite::Result<Option<i64>> {
        let text = "SELECT seq FROM v1_doc WHERE session = ?1 AND collection = ?2 AND path = ?3 AND old = 0";
        let mut query = self.db.prepare_cached(text)?;
        query.query_row(params![session.seq, kept.number(), path], |row| row.get(0)).optional()
    }

    /// The newest version of a path in a history.
    fn version(&self, chain: &Chain, kept: Kept, path: &str) -> rusqlite::Result<Option<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT v.doc, c.line, c.depth FROM v1_version v CROSS JOIN v1_commit c ON c.seq = v.point
             WHERE v.repo = ?1 AND v.collection = ?2 AND v.path = ?3 AND v.point <= ?4 ORDER BY v.point DESC",
        )?;
        let mut rows = query.query(params![self.repo, kept.number(), path, chain.tip])?;
        while let Some(row) = rows.next()? {
            if chain.has(row.get(1)?, row.get(2)?) {
                return row.get(0).map(Some);
            }
        }
        Ok(None)
    }

    /// The newest version of each path that begins with a text, in a history.
    fn versions(&self, chain: &Chain, kept: Kept, prefix: &str) -> rusqlite::Result<BTreeMap<String, i64>> {
        let mut newest = BTreeMap::new();
        let mut from = prefix.to_owned();
        while let Some(often) = self.versions_from(&mut newest, (chain, kept, prefix), &from)? {
            // Of a path that was written again and again the newest version is found from the other end.
            newest.extend(self.version(chain, kept, &often)?.map(|doc| (often.clone(), doc)));
            from = often + "\0";
        }
        Ok(newest)
    }

    /// Goes through the versions of paths from one path on, to the end or to a path that has many of them.
    fn versions_from(
        &self,
        newest: &mut BTreeMap<String, i64>,
        (chain, kept, prefix): (&Chain, Kept, &str),
        from: &str,
    ) -> rusqlite::Result<Option<String>> {
        let mut query = self.db.prepare_cached(
            "SELECT v.path, v.doc, c.line, c.depth FROM v1_version v CROSS JOIN v1_commit c ON c.seq = v.point
             WHERE v.repo = ?1 AND v.collection = ?2 AND v.path >= ?3 AND v.point <= ?4
             ORDER BY v.path, v.point",
        )?;
        let mut rows = query.query(params![self.repo, kept.number(), from, chain.tip])?;
        let (mut last, mut seen, mut found) = (String::new(), 0, None);
        while let Some(row) = rows.next()? {
            let path = row.get_ref(0)?.as_str()?;
            if path != last || seen == 0 {
                newest.extend(found.take().map(|doc| (std::mem::take(&mut last), doc)));
                if !path.starts_with(prefix) {
                    return Ok(None);
                }
                (last, seen) = (path.to_owned(), 0);
            }
            seen += 1;
            if seen > MANY {
                return Ok(Some(last));
            }
            if chain.has(row.get(2)?, row.get(3)?) {
                found = Some(row.get(1)?);
            }
        }
        newest.extend(found.map(|doc| (last, doc)));
        Ok(None)
    }

    fn add_own_versions(
        &self,
        newest: &mut BTreeMap<String, i64>,
        session: &StoredSession,
        kept: Kept,
        prefix: &str,
    ) -> rusqlite::Result<()> {
        let mut query = self.db.prepare_cached(
            "SELECT path, seq FROM v1_doc WHERE session = ?1 AND collection = ?2 AND path >= ?3 AND old = 0
             ORDER BY path",
        )?;
        let mut rows = query.query(params![session.seq, kept.number(), prefix])?;
        while let Some(row) = rows.next()? {
            let path: String = row.get(0)?;
            if !path.starts_with(prefix) {
                break;
            }
            newest.insert(path, row.get(1)?);
        }
        Ok(())
    }

    /// A version; none if it is a deletion.
    fn document(&self, doc: i64, path: &str, with_content: bool) -> rusqlite::Result<Option<Entry>> {
        let mut query = self.db.prepare_cached(
            "SELECT coalesce(d.made, d.seq), s.id, CASE WHEN ?2 THEN d.content ELSE '' END
             FROM v1_doc d JOIN v1_session s ON s.seq = d.session
             WHERE d.seq = ?1 AND d.content IS NOT NULL",
        )?;
        let entry = |row: &Row<'_>| {
            let session: String = row.get(1)?;
            let (made, content) = (row.get(0)?, row.get(2)?);
            Ok(Entry { doc, made, session: parsed(1, &session)?, path: path.to_owned(), content })
        };
        query.query_row(params![doc, with_content], entry).optional()
    }
}
