//! Virtual chunks: where the data of repos may lie. Where it does is in the config beside the data.

use arraylake_types::{BucketId, Timestamp};
use rusqlite::{Row, params};

use super::{Db, parsed};

/// A policy: repos may read data of the org below a prefix of a bucket config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChunkPolicy {
    /// The bucket config; it may be gone.
    pub(crate) bucket: BucketId,
    /// Prefix below that of the bucket config, without slashes around it; may be empty.
    pub(crate) subprefix: String,
    /// Whether subscribers of other orgs may read the data, too.
    pub(crate) public: bool,
    /// What it covers, as a URL that ends in a slash.
    pub(crate) url_prefix: String,
    /// When it was made.
    pub(crate) created: Timestamp,
    /// Who made it.
    pub(crate) created_by: String,
}

impl Db<'_> {
    /// The policies of an org, oldest first.
    pub(crate) fn chunk_policies(&self, org: &str) -> rusqlite::Result<Vec<ChunkPolicy>> {
        let mut query = self.0.prepare_cached(
            "SELECT bucket, subprefix, public, url_prefix, created, created_by FROM chunk_policy
             WHERE org = ?1 ORDER BY seq",
        )?;
        query.query_map([org], policy)?.collect()
    }

    /// Adds a policy unless there is the same one.
    pub(crate) fn put_chunk_policy(&self, org: &str, policy: &ChunkPolicy) -> rusqlite::Result<()> {
        let values = params![
            org,
            policy.bucket.to_string(),
            policy.subprefix,
            policy.public,
            policy.url_prefix,
            policy.created.unix_seconds(),
            policy.created_by
        ];
        self.0.execute(
            "INSERT OR IGNORE INTO chunk_policy
                 (org, bucket, subprefix, public, url_prefix, created, created_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values,
        )?;
        Ok(())
    }

    /// Removes a policy if it is there.
    pub(crate) fn delete_chunk_policy(
        &self,
        org: &str,
        (bucket, subprefix, public): (BucketId, &str, bool),
    ) -> rusqlite::Result<()> {
        let gone =
            "DELETE FROM chunk_policy WHERE org = ?1 AND bucket = ?2 AND subprefix = ?3 AND public = ?4";
        self.0.execute(gone, params![org, bucket.to_string(), subprefix, public])?;
        Ok(())
    }
}

fn policy(row: &Row<'_>) -> rusqlite::Result<ChunkPolicy> {
    Ok(ChunkPolicy {
        bucket: parsed(0, &row.get::<_, String>(0)?)?,
        subprefix: row.get(1)?,
        public: row.get(2)?,
        url_prefix: row.get(3)?,
        created: super::moment(row, 4)?,
        created_by: row.get(5)?,
    })
}
