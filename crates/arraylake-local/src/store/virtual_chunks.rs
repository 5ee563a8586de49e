//! Virtual chunks: where the data of repos may lie. Where it does is in the config beside the data.

use arraylake_types::{BucketId, Timestamp};
use rusqlite::{Row, params};

use super::{Db, Window, parsed};

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

const SELECT: &str = "SELECT bucket, subprefix, public, url_prefix, created, created_by FROM chunk_policy";

impl Db<'_> {
    /// The policies of an org, oldest first.
    pub(crate) fn chunk_policies(&self, org: &str) -> rusqlite::Result<Vec<ChunkPolicy>> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE org = ?1 ORDER BY seq"))?;
        query.query_map([org], policy)?.collect()
    }

    /// A page of the policies of an org, oldest first, and how many there are on all pages.
    pub(crate) fn chunk_policy_page(
        &self,
        org: &str,
        window: Window,
    ) -> rusqlite::Result<(Vec<ChunkPolicy>, u64)> {
        let (numbers, total) = self.page(&format!("chunk policies {org}"), window, || {
            let mut all =
                self.0.prepare_cached("SELECT seq FROM chunk_policy WHERE org = ?1 ORDER BY seq")?;
            all.query_map([org], |row| row.get(0))?.collect()
        })?;
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE seq = ?1"))?;
        let rows = numbers.into_iter().map(|number| query.query_row([number], policy));
        Ok((rows.collect::<Result<_, _>>()?, total))
    }

    /// Adds a policy unless there is the same one. Returns the one that is there.
    pub(crate) fn put_chunk_policy(&self, org: &str, wanted: &ChunkPolicy) -> rusqlite::Result<ChunkPolicy> {
        let bucket = wanted.bucket.to_string();
        let values = params![
            org,
            bucket,
            wanted.subprefix,
            wanted.public,
            wanted.url_prefix,
            wanted.created.unix_seconds(),
            wanted.created_by
        ];
        self.0.execute(
            "INSERT OR IGNORE INTO chunk_policy
                 (org, bucket, subprefix, public, url_prefix, created, created_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values,
        )?;
        let same = "WHERE org = ?1 AND bucket = ?2 AND subprefix = ?3 AND public = ?4";
        let mut query = self.0.prepare_cached(&format!("{SELECT} {same}"))?;
        query.query_row(params![org, bucket, wanted.subprefix, wanted.public], policy)
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
