//! Branches, which move, and tags, which do not.

use arraylake_types::v1::{Branch, CommitId, Tag};
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::{from_json, parsed, to_json};
use super::{Meta, Point};

impl Meta<'_> {
    /// The tip of a branch.
    pub(crate) fn tip(&self, branch: &str) -> rusqlite::Result<Option<CommitId>> {
        let text = "SELECT tip FROM v1_branch WHERE repo = ?1 AND name = ?2";
        let mut query = self.db.prepare_cached(text)?;
        let tip: Option<String> = query.query_row(params![self.repo, branch], |row| row.get(0)).optional()?;
        tip.map(|tip| parsed(0, &tip)).transpose()
    }

    /// All branches, by name.
    pub(crate) fn branches(&self) -> rusqlite::Result<Vec<Branch>> {
        let text = "SELECT name, tip FROM v1_branch WHERE repo = ?1 ORDER BY name";
        let mut query = self.db.prepare_cached(text)?;
        let branch = |row: &Row<'_>| {
            let (name, tip): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Branch::new(name, parsed(1, &tip)?))
        };
        query.query_map([self.repo], branch)?.collect()
    }

    /// Sets the tip of a branch to a commit, whose session is closed by this. The branch's line goes on to there.
    pub(crate) fn set_tip(&self, branch: &str, tip: &CommitId, point: &Point) -> rusqlite::Result<()> {
        let change = "INSERT OR REPLACE INTO v1_branch (repo, name, tip) VALUES (?1, ?2, ?3)";
        self.db.prepare_cached(change)?.execute(params![self.repo, branch, tip.as_str()])?;
        self.give_to(branch, point)?;
        self.close_session(point.session)
    }

    /// Removes a branch. Whether there was one.
    pub(crate) fn delete_branch(&self, name: &str) -> rusqlite::Result<bool> {
        let change = "DELETE FROM v1_branch WHERE repo = ?1 AND name = ?2";
        Ok(self.db.execute(change, params![self.repo, name])? > 0)
    }

    /// A tag by its name.
    pub(crate) fn tag(&self, name: &str) -> rusqlite::Result<Option<Tag>> {
        let mut query = self.db.prepare_cached("SELECT model FROM v1_tag WHERE repo = ?1 AND name = ?2")?;
        query.query_row(params![self.repo, name], tag).optional()
    }

    /// All tags, in the order in which they were made.
    pub(crate) fn tags(&self) -> rusqlite::Result<Vec<Tag>> {
        let mut query = self.db.prepare_cached("SELECT model FROM v1_tag WHERE repo = ?1 ORDER BY seq")?;
        query.query_map([self.repo], tag)?.collect()
    }

    /// Adds a tag; its name must be free.
    pub(crate) fn insert_tag(&self, tag: &Tag) -> rusqlite::Result<()> {
        let change = "INSERT INTO v1_tag (repo, name, model) VALUES (?1, ?2, ?3)";
        self.db.execute(change, params![self.repo, tag.label, to_json(tag)?])?;
        Ok(())
    }

    /// Removes a tag. Whether there was one.
    pub(crate) fn delete_tag(&self, name: &str) -> rusqlite::Result<bool> {
        let change = "DELETE FROM v1_tag WHERE repo = ?1 AND name = ?2";
        Ok(self.db.execute(change, params![self.repo, name])? > 0)
    }
}

fn tag(row: &Row<'_>) -> rusqlite::Result<Tag> {
    from_json(0, row.get_ref(0)?.as_str()?)
}
