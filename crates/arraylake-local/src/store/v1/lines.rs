//! Lines: how commits lie one behind the other.
//!
//! A commit is *loose* until a branch shows it, and most of those that lost a race stay that. Loose commits lie on lines
//! that are no branch's. When a branch moves, it is given the loose commits that it shows from then on: they join its line
//! if they begin where it ends, so that a branch is one line however many writers race for it, and begin another one of it
//! elsewhere. A commit is given away once, so this takes time with the number of commits.
//!
//! A line that is *shown* has its versions in `v1_version`, under its number: they are put there when it is given to a
//! branch. What loose commits hold is found in their sessions.
//!
//! In files of older programs all lines are loose and shown, and a branch has one more for each race that was won by the
//! commit which was made later. It is given them all when it next moves.

use std::collections::HashMap;

use rusqlite::{Row, params};

use super::{Meta, Point};

/// The history of a commit: the lines it is on, and how far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    ends: HashMap<i64, i64>,
    /// The lines that are shown, the newest first.
    shown: Vec<i64>,
    /// The commits before these, the newest first.
    loose: Vec<Layer>,
}

/// What a session has written, as far as a version of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    pub(super) session: i64,
    pub(super) last_doc: i64,
}

impl Chain {
    /// The lines that are shown and how far, the newest first.
    pub(super) fn shown(&self) -> impl Iterator<Item = (i64, i64)> {
        self.shown.iter().map(|line| (*line, self.ends[line]))
    }

    /// What the commits hold that are not shown, the newest first.
    pub(super) fn loose(&self) -> &[Layer] {
        &self.loose
    }

    /// Whether a place on a line is part of the history.
    pub(super) fn has(&self, line: i64, depth: i64) -> bool {
        self.ends.get(&line).is_some_and(|end| depth <= *end)
    }

    /// Whether a commit is part of the history.
    pub(crate) fn has_point(&self, point: &Point) -> bool {
        self.has(point.line, point.depth)
    }
}

/// Where a line begins: behind so many commits of another.
type Fork = Option<(i64, i64)>;

impl Meta<'_> {
    /// The history of a commit.
    pub(crate) fn chain(&self, tip: Option<&Point>) -> rusqlite::Result<Chain> {
        let Some(tip) = tip else { return Ok(Chain::default()) };
        let mut query = self.db.prepare_cached(
            "WITH RECURSIVE way (line, depth) AS (
                 VALUES (?1, ?2)
                 UNION ALL
                 SELECT l.fork_line, l.fork_depth FROM way JOIN v1_line l ON l.seq = way.line
                 WHERE l.fork_line IS NOT NULL)
             SELECT way.line, way.depth, l.shown FROM way JOIN v1_line l ON l.seq = way.line
             ORDER BY way.depth DESC",
        )?;
        let mut rows = query.query([tip.line, tip.depth])?;
        let mut chain = Chain::default();
        while let Some(row) = rows.next()? {
            let (line, end) = (row.get(0)?, row.get(1)?);
            chain.ends.insert(line, end);
            if row.get(2)? {
                chain.shown.push(line);
            } else {
                self.add_layers(&mut chain.loose, line, end)?;
            }
        }
        Ok(chain)
    }

    /// Adds what the commits of a line hold, the newest first.
    fn add_layers(&self, layers: &mut Vec<Layer>, line: i64, end: i64) -> rusqlite::Result<()> {
        let text =
            "SELECT session, last_doc FROM v1_commit WHERE line = ?1 AND depth <= ?2 ORDER BY depth DESC";
        let mut query = self.db.prepare_cached(text)?;
        let layer = |row: &Row<'_>| Ok(Layer { session: row.get(0)?, last_doc: row.get(1)? });
        for found in query.query_map([line, end], layer)? {
            layers.push(found?);
        }
        Ok(())
    }

    /// Line and depth for a loose commit behind another.
    pub(super) fn place_behind(&self, parent: Option<&Point>) -> rusqlite::Result<(i64, i64)> {
        let Some(parent) = parent else { return Ok((self.insert_line(None, 0, None)?, 0)) };
        let depth = parent.depth + 1;
        let grow = "UPDATE v1_line SET tip_depth = ?3 WHERE seq = ?1 AND tip_depth = ?2 AND shown = 0";
        if self.db.prepare_cached(grow)?.execute([parent.line, parent.depth, depth])? == 1 {
            return Ok((parent.line, depth));
        }
        Ok((self.insert_line(Some((parent.line, parent.depth)), depth, None)?, depth))
    }

    /// Gives a branch the loose commits in the history of its tip.
    pub(super) fn give_to(&self, branch: &str, tip: &Point) -> rusqlite::Result<()> {
        // The oldest come first: each line has to find the one before it at its place.
        let mut query = self.db.prepare_cached(
            "WITH RECURSIVE way (line, depth, fork_line, fork_depth) AS (
                 SELECT seq, ?2, fork_line, fork_depth FROM v1_line WHERE seq = ?1 AND branch IS NULL
                 UNION ALL
                 SELECT l.seq, way.fork_depth, l.fork_line, l.fork_depth
                 FROM way JOIN v1_line l ON l.seq = way.fork_line WHERE l.branch IS NULL)
             SELECT line, depth FROM way ORDER BY depth",
        )?;
        let rows = query.query_map([tip.line, tip.depth], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (line, depth) in rows.collect::<Result<Vec<(i64, i64)>, _>>()? {
            self.give_line(branch, line, depth)?;
        }
        Ok(())
    }

    /// Gives a branch the commits of a loose line as far as a depth: to its own line if that ends where they begin, else as
    /// another one of it. What lies behind them stays loose.
    fn give_line(&self, branch: &str, line: i64, depth: i64) -> rusqlite::Result<()> {
        let text = "SELECT fork_line, fork_depth, tip_depth, shown FROM v1_line WHERE seq = ?1";
        let (from, at, end, shown): (Option<i64>, Option<i64>, i64, bool) = self
            .db
            .prepare_cached(text)?
            .query_row([line], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let fork = from.zip(at);
        let home = match self.line_that_ends_at(fork, branch, depth)? {
            Some(home) => home,
            None if end == depth => {
                if !shown {
                    self.show(line, line, depth)?;
                }
                let whole = "UPDATE v1_line SET branch = ?2, shown = 1 WHERE seq = ?1";
                self.db.prepare_cached(whole)?.execute(params![line, branch])?;
                return Ok(());
            }
            None => self.insert_line(fork, depth, Some(branch))?,
        };
        self.show(line, home, depth)?;
        for change in [
            "UPDATE v1_commit SET line = ?2 WHERE line = ?1 AND depth <= ?3",
            "UPDATE v1_line SET fork_line = ?2 WHERE fork_line = ?1 AND fork_depth <= ?3",
        ] {
            self.db.prepare_cached(change)?.execute([line, home, depth])?;
        }
        if end == depth && !shown {
            self.db.prepare_cached("DELETE FROM v1_line WHERE seq = ?1")?.execute([line])?;
        } else {
            // Nor does one go that was shown: nothing may have its number, under which versions stay.
            let rest = "UPDATE v1_line SET fork_line = ?2, fork_depth = ?3 WHERE seq = ?1";
            self.db.prepare_cached(rest)?.execute([line, home, depth])?;
        }
        Ok(())
    }

    /// Puts the versions of the commits of a line, as far as a depth, under the number of the line to which they come.
    fn show(&self, line: i64, home: i64, depth: i64) -> rusqlite::Result<()> {
        let text = "SELECT session, last_doc, depth FROM v1_commit WHERE line = ?1 AND depth <= ?2";
        let mut query = self.db.prepare_cached(text)?;
        let mut rows = query.query([line, depth])?;
        while let Some(row) = rows.next()? {
            let (session, last_doc, depth): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let text = "SELECT EXISTS (SELECT 1 FROM v1_doc WHERE session = ?1 AND seq > ?2)";
            let more: bool =
                self.db.prepare_cached(text)?.query_row([session, last_doc], |row| row.get(0))?;
            // In the order of the table, so that each row lands beside the one before it.
            let change = if more {
                "INSERT INTO v1_version (repo, collection, path, line, depth, doc)
                 SELECT ?1, collection, path, ?2, ?3, max(seq) FROM v1_doc WHERE session = ?4 AND seq <= ?5
                 GROUP BY collection, path"
            } else {
                "INSERT INTO v1_version (repo, collection, path, line, depth, doc)
                 SELECT ?1, collection, path, ?2, ?3, seq FROM v1_doc WHERE session = ?4 AND seq <= ?5 AND old = 0
                 ORDER BY collection, path"
            };
            self.db.prepare_cached(change)?.execute([self.repo, home, depth, session, last_doc])?;
            self.set_loose(session, more)?;
        }
        Ok(())
    }

    /// The line of a branch that ends at a place, now grown to a depth; none if there is none.
    fn line_that_ends_at(&self, place: Fork, branch: &str, depth: i64) -> rusqlite::Result<Option<i64>> {
        let Some((line, end)) = place else { return Ok(None) };
        let grow = "UPDATE v1_line SET tip_depth = ?3 WHERE seq = ?1 AND tip_depth = ?2 AND branch = ?4";
        let grown = self.db.prepare_cached(grow)?.execute(params![line, end, depth, branch])?;
        Ok((grown == 1).then_some(line))
    }

    /// Adds a line, shown if it is a branch's and loose if not.
    fn insert_line(&self, fork: Fork, depth: i64, branch: Option<&str>) -> rusqlite::Result<i64> {
        let (line, at) = fork.unzip();
        let change = "INSERT INTO v1_line (repo, fork_line, fork_depth, tip_depth, branch, shown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5 IS NOT NULL)";
        let values = params![self.repo, line, at, depth, branch];
        self.db.prepare_cached(change)?.execute(values)?;
        Ok(self.db.last_insert_rowid())
    }
}

#[cfg(test)]
mod tests;
