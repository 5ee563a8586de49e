//! Iceberg namespaces: the whole model as JSON, and beside it the columns that are searched.

use std::collections::BTreeMap;

use arraylake_types::{BucketId, Metadata, RepoVisibility, Timestamp};
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::{Db, Window, from_json, to_json};

/// An Iceberg namespace as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Namespace {
    /// Its id.
    pub(crate) id: String,
    /// The org it belongs to.
    pub(crate) org: String,
    /// Its name.
    pub(crate) name: String,
    /// The bucket config in which its tables lie.
    pub(crate) bucket_id: BucketId,
    /// Where in the bucket.
    pub(crate) prefix: String,
    /// Who may see it besides the org.
    pub(crate) visibility: RepoVisibility,
    /// What Iceberg keeps with it.
    pub(crate) properties: BTreeMap<String, String>,
    /// What it is.
    pub(crate) description: Option<String>,
    /// Facts about it.
    pub(crate) metadata: Option<Metadata>,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// When it was changed last.
    pub(crate) updated: Timestamp,
    /// When it was deleted.
    pub(crate) deleted_at: Option<Timestamp>,
}

impl Db<'_> {
    /// A namespace by its name; a deleted one too, for it holds its name.
    pub(crate) fn namespace(&self, org: &str, name: &str) -> rusqlite::Result<Option<Namespace>> {
        let mut query = self.0.prepare_cached("SELECT model FROM namespace WHERE org = ?1 AND name = ?2")?;
        let text: Option<String> = query.query_row([org, name], |row| row.get(0)).optional()?;
        text.map(|text| from_json(0, &text)).transpose()
    }

    /// All namespaces of an org, deleted ones too, each with the number of its row.
    pub(crate) fn namespaces(&self, org: &str) -> rusqlite::Result<Vec<(i64, Namespace)>> {
        let mut query = self.0.prepare_cached("SELECT rowid, model FROM namespace WHERE org = ?1")?;
        query.query_map([org], |row| Ok((row.get(0)?, from_json(1, row.get_ref(1)?.as_str()?)?)))?.collect()
    }

    /// A page of a list of namespaces, and how many there are on all pages. `list` says which list is meant, `rows` finds
    /// the numbers of all its rows.
    pub(crate) fn namespace_page(
        &self,
        list: &str,
        window: Window,
        rows: impl FnOnce() -> rusqlite::Result<Vec<i64>>,
    ) -> rusqlite::Result<(Vec<Namespace>, u64)> {
        let (numbers, total) = self.page(list, window, rows)?;
        let mut query = self.0.prepare_cached("SELECT model FROM namespace WHERE rowid = ?1")?;
        let one = |number| query.query_row([number], |row| from_json(0, row.get_ref(0)?.as_str()?));
        Ok((numbers.into_iter().map(one).collect::<Result<_, _>>()?, total))
    }

    /// Adds a namespace, or writes it back.
    pub(crate) fn put_namespace(&self, namespace: &Namespace) -> rusqlite::Result<()> {
        let values = params![
            namespace.id,
            namespace.org,
            namespace.name,
            namespace.bucket_id.to_string(),
            to_json(namespace)?
        ];
        self.0.execute(
            "INSERT INTO namespace VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET model = excluded.model",
            values,
        )?;
        Ok(())
    }

    /// Removes a namespace.
    pub(crate) fn delete_namespace(&self, namespace: &Namespace) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM namespace WHERE id = ?1", [&namespace.id])?;
        Ok(())
    }

    /// Removes the namespaces that were deleted before a moment; says how many.
    pub(crate) fn drop_old_namespaces(&self, before: Timestamp) -> rusqlite::Result<usize> {
        let mut query = self.0.prepare("SELECT model FROM namespace")?;
        let all = query.query_map([], |row| from_json(0, row.get_ref(0)?.as_str()?))?;
        let all: Vec<Namespace> = all.collect::<Result<_, _>>()?;
        let old: Vec<_> =
            all.into_iter().filter(|it| it.deleted_at.is_some_and(|deleted| deleted < before)).collect();
        old.iter().try_for_each(|namespace| self.delete_namespace(namespace))?;
        Ok(old.len())
    }
}
