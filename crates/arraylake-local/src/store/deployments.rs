//! Compute services that were enabled.

use arraylake_types::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value};

use super::{Db, from_json, to_json};

/// A compute service that was enabled.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    /// The name it is known by, unique in the lake.
    pub(crate) name: String,
    /// The org it is for.
    pub(crate) org: String,
    /// Its kind.
    pub(crate) service: String,
    /// The name in its address; the kind unless another was given.
    pub(crate) label: String,
    /// When it was enabled.
    pub(crate) created: Timestamp,
    /// What was asked for.
    pub(crate) config: Map<String, Value>,
}

const SELECT: &str = "SELECT name, org, service, label, created, config FROM deployment";

impl Db<'_> {
    /// The deployments of an org, oldest first.
    pub(crate) fn deployments(&self, org: &str) -> rusqlite::Result<Vec<Deployment>> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE org = ?1 ORDER BY seq"))?;
        query.query_map([org], deployment)?.collect()
    }

    /// A deployment of an org by its name.
    pub(crate) fn deployment(&self, org: &str, name: &str) -> rusqlite::Result<Option<Deployment>> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE org = ?1 AND name = ?2"))?;
        query.query_row([org, name], deployment).optional()
    }

    /// Whether the address of a deployment is taken.
    pub(crate) fn is_deployed(&self, wanted: &Deployment) -> rusqlite::Result<bool> {
        let mut query = self.0.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM deployment WHERE org = ?1 AND service = ?2 AND label = ?3)",
        )?;
        query.query_row([&wanted.org, &wanted.service, &wanted.label], |row| row.get(0))
    }

    /// Adds a deployment; name and address must be free.
    pub(crate) fn insert_deployment(&self, wanted: &Deployment) -> rusqlite::Result<()> {
        let values = params![
            wanted.name,
            wanted.org,
            wanted.service,
            wanted.label,
            wanted.created.unix_seconds(),
            to_json(&wanted.config)?
        ];
        self.0.execute(
            "INSERT INTO deployment (name, org, service, label, created, config)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            values,
        )?;
        Ok(())
    }

    /// Writes the config of a deployment back.
    pub(crate) fn update_deployment(&self, changed: &Deployment) -> rusqlite::Result<()> {
        let change = "UPDATE deployment SET config = ?2 WHERE name = ?1";
        self.0.execute(change, params![changed.name, to_json(&changed.config)?])?;
        Ok(())
    }

    /// Removes a deployment.
    pub(crate) fn delete_deployment(&self, gone: &Deployment) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM deployment WHERE name = ?1", [&gone.name])?;
        Ok(())
    }
}

fn deployment(row: &Row<'_>) -> rusqlite::Result<Deployment> {
    Ok(Deployment {
        name: row.get(0)?,
        org: row.get(1)?,
        service: row.get(2)?,
        label: row.get(3)?,
        created: super::moment(row, 4)?,
        config: from_json(5, row.get_ref(5)?.as_str()?)?,
    })
}
