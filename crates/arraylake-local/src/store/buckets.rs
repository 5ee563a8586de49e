//! Bucket configs. A config of the S3 endpoint beside the catalog is kept without the endpoint's address, which may be
//! another one tomorrow.

use arraylake_types::{BucketId, BucketResponse};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Db, from_json, to_json};

/// Stands for the address of the S3 endpoint beside the catalog.
pub(crate) const LOCAL_ENDPOINT: &str = "local";

/// The setting, never shown, that keeps by which name of this machine a bucket config calls that endpoint.
pub(crate) const LOCAL_HOST: &str = "local_host";

/// A bucket config as it is kept: with its secrets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredBucket {
    /// The org it belongs to.
    pub(crate) org: String,
    /// Its id.
    pub(crate) id: BucketId,
    /// All the rest.
    pub(crate) model: BucketResponse,
}

impl StoredBucket {
    /// Whether its data lies in the S3 endpoint beside the catalog.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoint() == LOCAL_ENDPOINT
    }

    /// By which name of this machine its owner calls the S3 endpoint beside the catalog, if by any.
    pub(crate) fn local_host(&self) -> Option<&str> {
        self.model.extra_config.0.get(LOCAL_HOST)?.as_str()
    }

    fn endpoint(&self) -> &str {
        self.model.extra_config.endpoint_url().unwrap_or_default()
    }
}

const COLUMNS: &str = "SELECT id, org, is_default, model FROM bucket";

impl Db<'_> {
    /// A bucket config of an org by its id.
    pub(crate) fn bucket(&self, org: &str, id: BucketId) -> rusqlite::Result<Option<StoredBucket>> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} WHERE org = ?1 AND id = ?2"))?;
        query.query_row(params![org, id.to_string()], bucket).optional()
    }

    /// A bucket config of an org by its nickname.
    pub(crate) fn bucket_named(&self, org: &str, nickname: &str) -> rusqlite::Result<Option<StoredBucket>> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} WHERE org = ?1 AND nickname = ?2"))?;
        query.query_row([org, nickname], bucket).optional()
    }

    /// The bucket config that new repos of an org go to.
    pub(crate) fn default_bucket(&self, org: &str) -> rusqlite::Result<Option<StoredBucket>> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} WHERE org = ?1 AND is_default"))?;
        query.query_row([org], bucket).optional()
    }

    /// The bucket configs of an org, oldest first.
    pub(crate) fn buckets(&self, org: &str) -> rusqlite::Result<Vec<StoredBucket>> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} WHERE org = ?1 ORDER BY seq"))?;
        query.query_map([org], bucket)?.collect()
    }

    /// Another bucket config of the org in the same place, if there is one.
    pub(crate) fn bucket_in_place(&self, wanted: &StoredBucket) -> rusqlite::Result<Option<String>> {
        let mut query = self.0.prepare_cached(
            "SELECT nickname FROM bucket
             WHERE org = ?1 AND platform = ?2 AND name = ?3 AND prefix = ?4 AND endpoint = ?5 AND id <> ?6",
        )?;
        let model = &wanted.model;
        let place = params![
            wanted.org,
            model.platform.as_str(),
            model.name,
            model.prefix,
            wanted.endpoint(),
            wanted.id.to_string()
        ];
        query.query_row(place, |row| row.get(0)).optional()
    }

    /// Adds a bucket config; the first of an org is its default.
    pub(crate) fn insert_bucket(&self, wanted: &StoredBucket) -> rusqlite::Result<()> {
        let model = &wanted.model;
        let values = params![
            wanted.id.to_string(),
            wanted.org,
            model.nickname,
            model.platform.as_str(),
            model.name,
            model.prefix,
            wanted.endpoint(),
            to_json(model)?
        ];
        self.0.execute(
            "INSERT INTO bucket (id, org, nickname, platform, name, prefix, endpoint, model, is_default)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NOT EXISTS (SELECT 1 FROM bucket WHERE org = ?2)",
            values,
        )?;
        Ok(())
    }

    /// Writes a bucket config back.
    pub(crate) fn update_bucket(&self, wanted: &StoredBucket) -> rusqlite::Result<()> {
        let model = &wanted.model;
        let values = params![
            wanted.id.to_string(),
            model.nickname,
            model.platform.as_str(),
            model.name,
            model.prefix,
            wanted.endpoint(),
            to_json(model)?
        ];
        self.0.execute(
            "UPDATE bucket SET nickname = ?2, platform = ?3, name = ?4, prefix = ?5, endpoint = ?6, model = ?7
             WHERE id = ?1",
            values,
        )?;
        Ok(())
    }

    /// Makes a bucket config the default of its org.
    pub(crate) fn set_default_bucket(&self, org: &str, id: BucketId) -> rusqlite::Result<()> {
        let change = "UPDATE bucket SET is_default = (id = ?2) WHERE org = ?1";
        self.0.execute(change, params![org, id.to_string()])?;
        Ok(())
    }

    /// Removes a bucket config. The oldest of the others becomes the default if there is none.
    pub(crate) fn delete_bucket(&self, org: &str, id: BucketId) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM bucket WHERE id = ?1", [id.to_string()])?;
        self.0.execute(
            "UPDATE bucket SET is_default = 1 WHERE seq = (SELECT min(seq) FROM bucket WHERE org = ?1)
             AND NOT EXISTS (SELECT 1 FROM bucket WHERE org = ?1 AND is_default)",
            [org],
        )?;
        Ok(())
    }

    /// Whether a repo or an Iceberg namespace, be it a deleted one, lies in a bucket config.
    pub(crate) fn is_bucket_in_use(&self, id: BucketId) -> rusqlite::Result<bool> {
        let mut query = self.0.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM repo WHERE bucket = ?1)
                 OR EXISTS (SELECT 1 FROM namespace WHERE bucket = ?1)",
        )?;
        query.query_row([id.to_string()], |row| row.get(0))
    }
}

fn bucket(row: &Row<'_>) -> rusqlite::Result<StoredBucket> {
    let id: BucketId = super::parsed(0, &row.get::<_, String>(0)?)?;
    let mut model: BucketResponse = from_json(3, &row.get::<_, String>(3)?)?;
    model.is_default = row.get(2)?;
    Ok(StoredBucket { org: row.get(1)?, id, model })
}
