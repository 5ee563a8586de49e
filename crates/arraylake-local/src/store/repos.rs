//! Repos: the whole model as JSON, and beside it the columns that are searched.

use std::collections::HashMap;

use arraylake_types::{BucketId, Metadata, PrincipalId, RepoAction, RepoKind, RepoModel, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::{Db, StoredBucket, Window, from_json, parsed, to_json};

/// A repo as it is kept; its bucket config is kept apart.
#[derive(Debug, Clone)]
pub(crate) struct StoredRepo {
    /// The repo, without its bucket config.
    pub(crate) model: RepoModel,
    /// The bucket config.
    pub(crate) bucket: Option<StoredBucket>,
}

/// Which repos are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListQuery {
    /// Of this org.
    pub(crate) org: String,
    /// Only those in which this principal was given something.
    pub(crate) granted_to: Option<PrincipalId>,
    /// Only those in this bucket config.
    pub(crate) bucket: Option<BucketId>,
    /// Deleted ones too.
    pub(crate) ghosts: bool,
    /// Only those whose metadata passes.
    pub(crate) filter: Option<Metadata>,
    /// How many to leave out, and how many to take.
    pub(crate) window: Option<Window>,
}

const SELECT: &str = "SELECT model, bucket, org FROM repo";
const CONDITION: &str = "WHERE org = ?1 AND (?2 OR ghost = 0) AND (?3 IS NULL OR bucket = ?3)
    AND (?4 IS NULL OR id IN (SELECT repo FROM repo_grant WHERE principal = ?4))";
const NEWEST_FIRST: &str = "ORDER BY updated DESC, seq DESC";

impl ListQuery {
    /// The values of [`CONDITION`].
    fn values(&self) -> (&str, bool, Option<String>, Option<String>) {
        let (bucket, who) = (self.bucket, self.granted_to);
        (&self.org, self.ghosts, bucket.map(|id| id.to_string()), who.map(|id| id.to_string()))
    }

    /// Which list it is a page of.
    fn list(&self) -> rusqlite::Result<String> {
        Ok(format!("repos {:?} {}", self.values(), to_json(&self.filter)?))
    }
}

impl Db<'_> {
    /// A repo by its name; a deleted one too, for it holds its name.
    pub(crate) fn repo(&self, org: &str, name: &str) -> rusqlite::Result<Option<StoredRepo>> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE org = ?1 AND name = ?2"))?;
        let found = query.query_row([org, name], columns).optional()?;
        found.map(|columns| self.with_bucket(columns, &mut HashMap::new())).transpose()
    }

    /// Org and name of the repo with an id.
    pub(crate) fn repo_name(&self, id: &str) -> rusqlite::Result<Option<(String, String)>> {
        let mut query = self.0.prepare_cached("SELECT org, name FROM repo WHERE id = ?1")?;
        query.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    /// The repos wanted, and how many there are on all pages.
    pub(crate) fn repos(&self, wanted: &ListQuery) -> rusqlite::Result<(Vec<StoredRepo>, u64)> {
        if let Some(window) = wanted.window {
            let (numbers, total) = self.page(&wanted.list()?, window, || self.repo_numbers(wanted))?;
            let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE seq = ?1"))?;
            let rows = numbers.into_iter().map(|number| query.query_row([number], columns));
            return Ok((self.with_buckets(rows.collect::<Result<_, _>>()?)?, total));
        }
        let mut query = self.0.prepare_cached(&format!("{SELECT} {CONDITION} {NEWEST_FIRST}"))?;
        let (org, ghosts, bucket, who) = wanted.values();
        let mut rows: Vec<Columns> =
            query.query_map(params![org, ghosts, bucket, who], columns)?.collect::<Result<_, _>>()?;
        if let Some(filter) = &wanted.filter {
            rows.retain(|row| row.model.metadata.as_ref().is_some_and(|facts| passes(facts, filter)));
        }
        let total = rows.len() as u64;
        Ok((self.with_buckets(rows)?, total))
    }

    /// The numbers of all repos wanted. A filter is not for SQL: metadata tells 2 from "2" and null from missing.
    fn repo_numbers(&self, wanted: &ListQuery) -> rusqlite::Result<Vec<i64>> {
        let (org, ghosts, bucket, who) = wanted.values();
        let values = params![org, ghosts, bucket, who];
        let Some(filter) = &wanted.filter else {
            let mut query =
                self.0.prepare_cached(&format!("SELECT seq FROM repo {CONDITION} {NEWEST_FIRST}"))?;
            return query.query_map(values, |row| row.get(0))?.collect();
        };
        let select =
            format!("SELECT seq, metadata FROM repo {CONDITION} AND metadata IS NOT NULL {NEWEST_FIRST}");
        let mut query = self.0.prepare_cached(&select)?;
        let mut rows = query.query(values)?;
        let mut numbers = Vec::new();
        while let Some(row) = rows.next()? {
            if passes(&from_json(1, row.get_ref(1)?.as_str()?)?, filter) {
                numbers.push(row.get(0)?);
            }
        }
        Ok(numbers)
    }

    fn with_buckets(&self, rows: Vec<Columns>) -> rusqlite::Result<Vec<StoredRepo>> {
        let mut known = HashMap::new();
        rows.into_iter().map(|row| self.with_bucket(row, &mut known)).collect()
    }

    fn with_bucket(
        &self,
        row: Columns,
        known: &mut HashMap<BucketId, Option<StoredBucket>>,
    ) -> rusqlite::Result<StoredRepo> {
        let bucket = match row.bucket {
            None => None,
            Some(id) => match known.get(&id) {
                Some(bucket) => bucket.clone(),
                None => known.entry(id).or_insert(self.bucket(&row.org, id)?).clone(),
            },
        };
        Ok(StoredRepo { model: row.model, bucket })
    }

    /// Adds a repo; its name must be free.
    pub(crate) fn insert_repo(&self, repo: &StoredRepo) -> rusqlite::Result<()> {
        self.0.execute(
            "INSERT INTO repo (id, org, name, bucket, prefix, updated, ghost, metadata, model)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                repo.model.id.as_str(),
                repo.model.org,
                repo.model.name,
                repo.bucket.as_ref().map(|bucket| bucket.id.to_string()),
                place(&repo.model),
                updated(&repo.model),
                repo.model.is_ghost(),
                repo.model.metadata.as_ref().map(to_json).transpose()?,
                to_json(&repo.model)?
            ],
        )?;
        self.index_grants(&repo.model)
    }

    /// Writes a repo back. Name, bucket and prefix never change.
    pub(crate) fn update_repo(&self, repo: &RepoModel) -> rusqlite::Result<()> {
        let metadata = repo.metadata.as_ref().map(to_json).transpose()?;
        self.0.execute(
            "UPDATE repo SET updated = ?2, ghost = ?3, metadata = ?4, model = ?5 WHERE id = ?1",
            params![repo.id.as_str(), updated(repo), repo.is_ghost(), metadata, to_json(repo)?],
        )?;
        self.index_grants(repo)
    }

    fn index_grants(&self, repo: &RepoModel) -> rusqlite::Result<()> {
        self.0.prepare_cached("DELETE FROM repo_grant WHERE repo = ?1")?.execute([repo.id.as_str()])?;
        for grant in repo.permissions.iter().filter(|grant| grants_reading(&grant.actions)) {
            let values = params![grant.principal_id.to_string(), repo.id.as_str()];
            self.0.prepare_cached("INSERT OR IGNORE INTO repo_grant VALUES (?1, ?2)")?.execute(values)?;
        }
        Ok(())
    }

    /// Removes the entry of a repo.
    pub(crate) fn delete_repo(&self, repo: &RepoModel) -> rusqlite::Result<()> {
        self.0.execute("DELETE FROM spared WHERE repo = ?1", [repo.id.as_str()])?;
        self.0.execute("DELETE FROM repo WHERE id = ?1", [repo.id.as_str()])?;
        Ok(())
    }

    /// Another repo in the same bucket whose data lies at, below or above a prefix.
    pub(crate) fn overlapping(
        &self,
        bucket: &StoredBucket,
        prefix: &str,
        except: &str,
    ) -> rusqlite::Result<Option<(String, String)>> {
        let mut above: Vec<&str> = prefix.match_indices('/').map(|(at, _)| &prefix[..at]).collect();
        above.extend(["", prefix]);
        let (from, to) = if prefix.is_empty() {
            (String::new(), "\u{10ffff}".to_owned())
        } else {
            (format!("{prefix}/"), format!("{prefix}0"))
        };
        let mut query = self.0.prepare_cached(&overlapping())?;
        let endpoint = bucket.model.extra_config.endpoint_url().unwrap_or_default();
        let values = params![bucket.model.name, endpoint, except, to_json(&above)?, from, to];
        query.query_row(values, |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    /// Org and name of the repos whose removal was begun, or that were deleted before a moment.
    pub(crate) fn repos_to_remove(&self, before: Timestamp) -> rusqlite::Result<Vec<(String, String)>> {
        let mut query = self.0.prepare(
            "SELECT org, name, json_extract(model, '$.deleted_at'), json_extract(model, '$.cleanup_started_at')
             FROM repo WHERE ghost",
        )?;
        let rows = query.query_map([], |row| {
            let deleted: Option<String> = row.get(2)?;
            let old = deleted.and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at < before);
            Ok((row.get(0)?, row.get(1)?, old || row.get::<_, Option<String>>(3)?.is_some()))
        })?;
        let rows: Vec<(String, String, bool)> = rows.collect::<Result<_, _>>()?;
        Ok(rows.into_iter().filter(|(.., due)| *due).map(|(org, name, _)| (org, name)).collect())
    }

    /// Notes that a client was given a repo that it did not make, as if it had: its next roll-back must not hit it.
    pub(crate) fn spare(
        &self,
        repo: &RepoModel,
        who: &str,
        session: &str,
        until: i64,
    ) -> rusqlite::Result<()> {
        let values = params![who, session, repo.id.as_str(), until];
        self.0.execute("INSERT OR REPLACE INTO spared VALUES (?1, ?2, ?3, ?4, 0)", values)?;
        Ok(())
    }

    /// Whether this is the roll-back that must not hit the repo; true once.
    pub(crate) fn pass_over(
        &self,
        repo: &RepoModel,
        who: &str,
        session: &str,
        now: i64,
    ) -> rusqlite::Result<bool> {
        self.0.execute("DELETE FROM spared WHERE until < ?1", [now])?;
        let passed = "UPDATE spared SET passed = 1
                      WHERE repo = ?1 AND principal = ?2 AND session = ?3 AND passed = 0";
        Ok(self.0.execute(passed, params![repo.id.as_str(), who, session])? > 0)
    }

    /// Whether a client believes that its roll-back has deleted the repo; true once.
    pub(crate) fn take_passed(
        &self,
        repo: &RepoModel,
        who: &str,
        session: &str,
        now: i64,
    ) -> rusqlite::Result<bool> {
        let gone = "DELETE FROM spared
                    WHERE repo = ?1 AND principal = ?2 AND session = ?3 AND passed AND until >= ?4";
        Ok(self.0.execute(gone, params![repo.id.as_str(), who, session, now])? > 0)
    }
}

/// Several bucket configs may name one bucket. `0` follows `/` in the order of characters. A deleted repo whose data is
/// to be kept is as good as gone. Two searches, each by an index: one with an OR would look at all repos of the bucket.
fn overlapping() -> String {
    let others = "SELECT r.org, r.name FROM bucket b JOIN repo r ON r.bucket = b.id
                  WHERE b.name = ?1 AND b.endpoint = ?2 AND r.id <> ?3
                    AND NOT (r.ghost AND json_extract(r.model, '$.retain_data'))";
    format!(
        "{others} AND r.prefix IN (SELECT value FROM json_each(?4))
         UNION ALL {others} AND r.prefix >= ?5 AND r.prefix < ?6"
    )
}

/// Whether the actions let their holder read a repo.
pub(crate) fn grants_reading(actions: &[RepoAction]) -> bool {
    actions.iter().any(|action| matches!(action, RepoAction::CanRead | RepoAction::CanWrite))
}

struct Columns {
    model: RepoModel,
    bucket: Option<BucketId>,
    org: String,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let model = from_json(0, row.get_ref(0)?.as_str()?)?;
    let bucket: Option<String> = row.get(1)?;
    Ok(Columns { model, bucket: bucket.map(|id| parsed(1, &id)).transpose()?, org: row.get(2)? })
}

/// Where the data lies; V1 repos share the prefix of their bucket config.
fn place(repo: &RepoModel) -> Option<&str> {
    (repo.kind != RepoKind::V1).then_some(&repo.prefix)
}

fn updated(repo: &RepoModel) -> i64 {
    repo.updated.map_or(0, |at| at.unix_seconds())
}

/// Whether the metadata has every fact of the filter. A null matches a null, not a missing fact.
pub(crate) fn passes(facts: &Metadata, filter: &Metadata) -> bool {
    filter.0.iter().all(|(key, wanted)| facts.0.get(key).is_some_and(|found| same(found, wanted)))
}

fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        _ => found == wanted || found.as_f64().zip(wanted.as_f64()).is_some_and(|(one, two)| one == two),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn a_new_repo_is_compared_with_no_other_than_those_in_its_place() {
        let file = schema::of_this_version();
        let steps = schema::plan(&file, &overlapping(), &["", "", "", "[]", "", ""]);
        let steps: Vec<String> = steps.into_iter().filter(|step| step.contains(" r ")).collect();
        assert_eq!(steps.len(), 2, "{steps:?}");
        assert!(steps.iter().all(|step| step.contains("repo_place (bucket=? AND prefix")), "{steps:?}");
    }
}
