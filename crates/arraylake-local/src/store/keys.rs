//! Keys of the S3 endpoint, and its public buckets.

use arraylake_types::Secret;
use rusqlite::params;

use super::{Db, from_json, to_json};
use crate::s3::{Grant, S3Key, Scope};

impl Db<'_> {
    /// Every key that does not expire.
    pub(crate) fn s3_keys(&self) -> rusqlite::Result<Vec<(String, S3Key)>> {
        let mut query = self.0.prepare("SELECT id, secret, scope FROM s3_key")?;
        let rows = query.query_map([], |row| {
            let grants: Option<Vec<Grant>> = from_json(2, &row.get::<_, String>(2)?)?;
            let scope = grants.map_or(Scope::Admin, Scope::Grants);
            Ok((row.get(0)?, S3Key::new(Secret::new(row.get::<_, String>(1)?), scope)))
        })?;
        rows.collect()
    }

    /// Keeps a key, unless there is one of the same id.
    pub(crate) fn keep_s3_key(&self, id: &str, key: &S3Key) -> rusqlite::Result<()> {
        let grants = match &key.scope {
            Scope::Grants(grants) => Some(grants),
            Scope::Admin => None,
        };
        let values = params![id, key.secret.expose(), to_json(&grants)?];
        self.0.prepare_cached("INSERT OR IGNORE INTO s3_key VALUES (?1, ?2, ?3)")?.execute(values)?;
        Ok(())
    }

    /// The buckets that anybody may read.
    pub(crate) fn public_buckets(&self) -> rusqlite::Result<Vec<String>> {
        let mut query = self.0.prepare("SELECT bucket FROM s3_public")?;
        query.query_map([], |row| row.get(0))?.collect()
    }

    /// Lets anybody read a bucket, or stops that.
    pub(crate) fn set_public(&self, bucket: &str, public: bool) -> rusqlite::Result<()> {
        let change = if public {
            "INSERT OR IGNORE INTO s3_public VALUES (?1)"
        } else {
            "DELETE FROM s3_public WHERE bucket = ?1"
        };
        self.0.execute(change, [bucket])?;
        Ok(())
    }
}
