//! Orgs, and who may do what in them.

use arraylake_types::{OrgAction, OrgResponse, PrincipalId, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Db, from_json, to_json};

impl Db<'_> {
    /// An org by its name.
    pub(crate) fn org(&self, name: &str) -> rusqlite::Result<Option<OrgResponse>> {
        let mut query =
            self.0.prepare_cached("SELECT id, name, created, display_name FROM org WHERE name = ?1")?;
        query.query_row([name], org).optional()
    }

    /// Adds an org; its name must be free.
    pub(crate) fn insert_org(&self, org: &OrgResponse) -> rusqlite::Result<()> {
        let created = org.created.map(|at| at.unix_seconds());
        let values = params![org.id, org.name, org.display_name, created];
        self.0.execute("INSERT INTO org VALUES (?1, ?2, ?3, ?4)", values)?;
        Ok(())
    }

    /// The orgs in which a principal may do something, and what.
    pub(crate) fn orgs_of(&self, who: PrincipalId) -> rusqlite::Result<Vec<(OrgResponse, Vec<OrgAction>)>> {
        let mut query = self.0.prepare_cached(
            "SELECT o.id, o.name, o.created, o.display_name, g.actions FROM org_grant g
             JOIN org o ON o.name = g.org WHERE g.principal = ?1 ORDER BY o.name",
        )?;
        let rows = query
            .query_map([who.to_string()], |row| Ok((org(row)?, from_json(4, &row.get::<_, String>(4)?)?)))?;
        rows.collect()
    }

    /// What a principal may do in an org.
    pub(crate) fn org_actions(&self, name: &str, who: PrincipalId) -> rusqlite::Result<Vec<OrgAction>> {
        let mut query =
            self.0.prepare_cached("SELECT actions FROM org_grant WHERE principal = ?1 AND org = ?2")?;
        let text: Option<String> =
            query.query_row(params![who.to_string(), name], |row| row.get(0)).optional()?;
        text.map_or(Ok(Vec::new()), |text| from_json(0, &text))
    }

    /// Sets what a principal may do in an org; nothing takes the principal out of it.
    pub(crate) fn grant_org(
        &self,
        name: &str,
        who: PrincipalId,
        actions: &[OrgAction],
    ) -> rusqlite::Result<()> {
        if actions.is_empty() {
            let gone = "DELETE FROM org_grant WHERE principal = ?1 AND org = ?2";
            self.0.execute(gone, params![who.to_string(), name])?;
        } else {
            let values = params![name, who.to_string(), to_json(&actions)?];
            self.0.execute("INSERT OR REPLACE INTO org_grant VALUES (?1, ?2, ?3)", values)?;
        }
        Ok(())
    }
}

fn org(row: &Row<'_>) -> rusqlite::Result<OrgResponse> {
    let created = Timestamp::from_unix(row.get(2)?, 0).unwrap_or_else(epoch);
    let mut org = OrgResponse::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?, created);
    org.display_name = row.get(3)?;
    Ok(org)
}

fn epoch() -> Timestamp {
    std::time::SystemTime::UNIX_EPOCH.into()
}
