//! Reading documents: what a session sees on top of a commit.

use std::collections::BTreeMap;

use arraylake_types::v1::SessionId;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::parsed;
use super::lines::Layer;
use super::{Chain, Kept, Meta, StoredSession};

/// So many versions of a path are gone through before another way to the newest one is taken.
const MANY: i64 = 16;

/// What is looked at: the history of a commit, and on top of it what a session has written.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    /// The history.
    pub(crate) chain: Chain,
    /// The session, if the service knows it.
    pub(crate) session: Option<StoredSession>,
}

impl View {
    /// What lies on top of what is shown, the newest first: what the session has written, and commits that no branch has.
    fn layers(&self) -> impl DoubleEndedIterator<Item = Layer> {
        let own = self.session.iter().map(|session| Layer { session: session.seq, last_doc: i64::MAX });
        own.chain(self.chain.loose().iter().copied())
    }
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

/// The newest of the versions of a path that a history shows.
#[derive(Default)]
struct Newest(Option<(i64, i64)>);

impl Newest {
    fn see(&mut self, chain: &Chain, line: i64, depth: i64, doc: i64) {
        if chain.has(line, depth) && self.0.is_none_or(|(newest, _)| newest < depth) {
            self.0 = Some((depth, doc));
        }
    }

    fn doc(&self) -> Option<i64> {
        self.0.map(|(_, doc)| doc)
    }
}

impl Meta<'_> {
    /// The document at a path.
    pub(crate) fn entry(&self, view: &View, kept: Kept, path: &str) -> rusqlite::Result<Option<Entry>> {
        for layer in view.layers() {
            if let Some(doc) = self.version_in(layer, kept, path)? {
                return self.document(doc, path, true);
            }
        }
        let found = self.version(&view.chain, kept, path)?;
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
        for layer in view.layers().rev() {
            self.add_versions_in(&mut newest, layer, kept, prefix)?;
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

    /// The newest version of a path in a layer.
    fn version_in(&self, layer: Layer, kept: Kept, path: &str) -> rusqlite::Result<Option<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT coalesce(
                 (SELECT seq FROM v1_doc
                  WHERE session = ?1 AND collection = ?2 AND path = ?3 AND old = 0 AND seq <= ?4),
                 (SELECT old FROM v1_doc
                  WHERE session = ?1 AND collection = ?2 AND path = ?3 AND old BETWEEN 1 AND ?4
                  ORDER BY old DESC LIMIT 1))",
        )?;
        let values = params![layer.session, kept.number(), path, layer.last_doc];
        query.query_row(values, |row| row.get(0))
    }

    /// The newest version of a path among those that are shown of a history.
    fn version(&self, chain: &Chain, kept: Kept, path: &str) -> rusqlite::Result<Option<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT line, depth, doc FROM v1_version WHERE repo = ?1 AND collection = ?2 AND path = ?3 LIMIT ?4",
        )?;
        let mut rows = query.query(params![self.repo, kept.number(), path, MANY + 1])?;
        let (mut newest, mut seen) = (Newest::default(), 0);
        while let Some(row) = rows.next()? {
            seen += 1;
            newest.see(chain, row.get(0)?, row.get(1)?, row.get(2)?);
        }
        if seen > MANY { self.version_of_many(chain, kept, path) } else { Ok(newest.doc()) }
    }

    /// The same for a path that has many versions: on each line the newest is found at once.
    fn version_of_many(&self, chain: &Chain, kept: Kept, path: &str) -> rusqlite::Result<Option<i64>> {
        let mut query = self.db.prepare_cached(
            "SELECT doc FROM v1_version
             WHERE repo = ?1 AND collection = ?2 AND path = ?3 AND line = ?4 AND depth <= ?5
             ORDER BY depth DESC LIMIT 1",
        )?;
        for (line, end) in chain.shown() {
            let values = params![self.repo, kept.number(), path, line, end];
            if let Some(doc) = query.query_row(values, |row| row.get(0)).optional()? {
                return Ok(Some(doc));
            }
        }
        Ok(None)
    }

    /// The newest version of each path that begins with a text, in a history.
    fn versions(&self, chain: &Chain, kept: Kept, prefix: &str) -> rusqlite::Result<BTreeMap<String, i64>> {
        let mut newest = BTreeMap::new();
        let mut from = prefix.to_owned();
        while let Some(often) = self.versions_from(&mut newest, (chain, kept, prefix), &from)? {
            newest.extend(self.version_of_many(chain, kept, &often)?.map(|doc| (often.clone(), doc)));
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
            "SELECT path, line, depth, doc FROM v1_version WHERE repo = ?1 AND collection = ?2 AND path >= ?3
             ORDER BY path, line, depth",
        )?;
        let mut rows = query.query(params![self.repo, kept.number(), from])?;
        let (mut last, mut seen, mut found) = (String::new(), 0, Newest::default());
        while let Some(row) = rows.next()? {
            let path = row.get_ref(0)?.as_str()?;
            if path != last || seen == 0 {
                newest.extend(found.doc().map(|doc| (std::mem::take(&mut last), doc)));
                if !path.starts_with(prefix) {
                    return Ok(None);
                }
                (last, seen, found) = (path.to_owned(), 0, Newest::default());
            }
            seen += 1;
            if seen > MANY {
                return Ok(Some(last));
            }
            found.see(chain, row.get(1)?, row.get(2)?, row.get(3)?);
        }
        newest.extend(found.doc().map(|doc| (last, doc)));
        Ok(None)
    }

    fn add_versions_in(
        &self,
        newest: &mut BTreeMap<String, i64>,
        layer: Layer,
        kept: Kept,
        prefix: &str,
    ) -> rusqlite::Result<()> {
        // Of versions of one path the newest comes last.
        let mut query = self.db.prepare_cached(
            "SELECT path, seq FROM v1_doc
             WHERE session = ?1 AND collection = ?2 AND path >= ?3 AND seq <= ?4 ORDER BY path, seq",
        )?;
        let mut rows = query.query(params![layer.session, kept.number(), prefix, layer.last_doc])?;
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

#[cfg(test)]
mod tests;
