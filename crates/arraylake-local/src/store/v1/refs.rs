//! Branches, which move, and tags, which do not.

use arraylake_types::v1::{Branch, CommitId, Tag};
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::{from_json, parsed, to_json};
use super::{Meta, Point};

const BRANCHES: &str = "SELECT name, tip FROM v1_branch";
const TAGS: &str = "SELECT model FROM v1_tag";

/// A search by names, which it is given as JSON. Clients ask for one before each commit, and must not wait for all.
fn search(select: &str, names: &[&str]) -> String {
    let which = if names.is_empty() { "?2 = '[]'" } else { "name IN (SELECT value FROM json_each(?2))" };
    format!("{select} WHERE repo = ?1 AND {which}")
}

impl Meta<'_> {
    /// The tip of a branch.
    pub(crate) fn tip(&self, branch: &str) -> rusqlite::Result<Option<CommitId>> {
        let text = "SELECT tip FROM v1_branch WHERE repo = ?1 AND name = ?2";
        let mut query = self.db.prepare_cached(text)?;
        let tip: Option<String> = query.query_row(params![self.repo, branch], |row| row.get(0)).optional()?;
        tip.map(|tip| parsed(0, &tip)).transpose()
    }

    /// The branches of these names, or all if there are none, by name.
    pub(crate) fn branches(&self, names: &[&str]) -> rusqlite::Result<Vec<Branch>> {
        let mut query = self.db.prepare_cached(&format!("{} ORDER BY name", search(BRANCHES, names)))?;
        let branch = |row: &Row<'_>| {
            let (name, tip): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Branch::new(name, parsed(1, &tip)?))
        };
        query.query_map(params![self.repo, to_json(&names)?], branch)?.collect()
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

    /// The tags of these names, or all if there are none, in the order in which they were made.
    pub(crate) fn tags(&self, names: &[&str]) -> rusqlite::Result<Vec<Tag>> {
        let mut query = self.db.prepare_cached(&format!("{} ORDER BY seq", search(TAGS, names)))?;
        query.query_map(params![self.repo, to_json(&names)?], tag)?.collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn branches_and_tags_that_are_asked_for_by_name_are_found_without_the_others() {
        let file = schema::of_this_version();
        for (table, select) in [("v1_branch", BRANCHES), ("v1_tag", TAGS)] {
            let steps = schema::plan(&file, &search(select, &["main"]), &["", ""]);
            let steps: Vec<_> = steps.into_iter().filter(|step| step.contains(table)).collect();
            assert!(steps.len() == 1 && steps[0].contains("(repo=? AND name=?)"), "{steps:?}");
        }
    }
}
