//! What maintenance jobs report about repos. Kept for whoever reads the file; no route lists it.

use arraylake_types::{RepoId, Timestamp};
use rusqlite::params;

use super::{Db, to_json};

impl Db<'_> {
    /// Keeps the result of a maintenance job.
    pub(crate) fn keep_result(
        &self,
        repo: &RepoId,
        (kind, result): (&str, &impl serde::Serialize),
        (at, who): (Timestamp, &str),
    ) -> rusqlite::Result<()> {
        let values = params![repo.as_str(), kind, at.unix_seconds(), who, to_json(result)?];
        let change = "INSERT INTO maintenance_result (repo, kind, stored, stored_by, result)
             VALUES (?1, ?2, ?3, ?4, ?5)";
        self.0.execute(change, values)?;
        Ok(())
    }
}
