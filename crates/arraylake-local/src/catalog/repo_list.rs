//! Lists of repos, newest first.

use arraylake_types::{BucketId, Metadata};

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::paging::Paging;
use super::reply;
use crate::refusal::Refusal;
use crate::store::{Db, ListQuery, StoredRepo};

/// `GET /orgs/{org}/repos`
pub(crate) async fn plain(call: Call) -> Answer {
    call.run(|call, db| {
        let (rights, wanted) = wanted(call, db)?;
        let (rows, _) = db.repos(&wanted)?;
        reply::repos(&shown(call, db, rows, &rights)?)
    })
    .await
}

/// `GET /orgs/{org}/repos/paginated`
pub(crate) async fn paginated(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    call.run(move |call, db| {
        let (rights, mut wanted) = wanted(call, db)?;
        wanted.ghosts = call.flag("include_ghosts");
        wanted.window = Some(paging.window());
        let (rows, total) = db.repos(&wanted)?;
        reply::repo_page(&shown(call, db, rows, &rights)?, total, paging.page, paging.size)
    })
    .await
}

/// `GET /orgs/{org}/buckets/{bucket}/repos`
pub(crate) async fn of_bucket(call: Call) -> Answer {
    call.run(|call, db| {
        let (rights, mut wanted) = wanted(call, db)?;
        let id: Option<BucketId> = call.path("bucket").parse().ok();
        let stored = id.map(|id| db.bucket(&wanted.org, id)).transpose()?.flatten();
        wanted.bucket = Some(stored.ok_or_else(|| Refusal::missing("Bucket not found"))?.id);
        let (rows, _) = db.repos(&wanted)?;
        reply::repos(&shown(call, db, rows, &rights)?)
    })
    .await
}

/// What the caller may see: all repos of the org, or those in which something was given to the caller.
pub(crate) fn wanted(call: &Call, db: &Db<'_>) -> Result<(Rights, ListQuery), Refusal> {
    let org = call.path("org").to_owned();
    let rights = call.org(db, &org)?;
    let granted_to = (!rights.read()).then(|| call.id());
    let filter = call.query("filter_metadata").map(facts).transpose()?.filter(|it| !it.0.is_empty());
    let wanted = ListQuery { org, granted_to, filter, ..ListQuery::default() };
    if rights.are_none() {
        let any =
            ListQuery { org: wanted.org.clone(), granted_to, window: Some((0, 1)), ..Default::default() };
        if db.repos(&any)?.1 == 0 {
            return Err(denied());
        }
    }
    Ok((rights, wanted))
}

/// Reads a filter for metadata.
pub(super) fn facts(text: &str) -> Result<Metadata, Refusal> {
    let Ok(serde_json::Value::Object(facts)) = serde_json::from_str(text) else {
        return Err(Refusal::rule("filter_metadata must be a JSON object"));
    };
    let facts = Metadata(facts);
    match facts.validate() {
        Err(error) if error.rule.contains("scalars") => {
            Err(Refusal::rule("filter_metadata values must be scalars or lists of scalars"))
        }
        _ => Ok(facts),
    }
}

fn shown(
    call: &Call,
    db: &Db<'_>,
    rows: Vec<StoredRepo>,
    rights: &Rights,
) -> Result<Vec<arraylake_types::RepoModel>, Refusal> {
    let show = |repo: StoredRepo| {
        let access = call.access(&repo, rights).unwrap_or(crate::s3::Access::Read);
        call.show_repo(db, repo, rights, access)
    };
    rows.into_iter().map(show).collect()
}
