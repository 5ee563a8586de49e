//! Deleting repos: as ghosts that hold their name for some days, or at once; with their data, or without.

use std::sync::Arc;

use arraylake_types::{RepoKind, Timestamp};
use chrono::TimeDelta;

use super::access::denied;
use super::call::{Answer, Call};
use super::reply;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::s3::Access;
use crate::store::{Db, StoredRepo};

/// How long a deleted repo holds its name and its data.
const GRACE: TimeDelta = TimeDelta::days(7);

/// `DELETE /orgs/{org}/{repo}`
pub(crate) async fn delete(call: Call) -> Answer {
    let lake = Arc::clone(&call.lake);
    // Before there were ghosts the entry went at once, and the data stayed.
    let early = call.era.deletes_for_good();
    let (immediate, retain) = (early || call.flag("immediate"), early || call.flag("retain_data"));
    if let Some(repo) = call.run(move |call, db| mark(call, db, immediate, retain)).await? {
        remove(&lake, repo).await?;
    }
    reply::done()
}

/// Marks the repo as deleted, or removes its entry. Returns it if its data is to go now.
fn mark(call: &Call, db: &Db<'_>, immediate: bool, retain: bool) -> Result<Option<StoredRepo>, Refusal> {
    let Some(mut repo) = find(call, db)? else { return Ok(None) };
    let (who, now) = (call.id().to_string(), call.lake.now());
    if immediate && retain {
        if call.era.is_given_what_exists()
            && db.pass_over(&repo.model, &who, &call.session, now.unix_seconds())?
        {
            tracing::debug!(org = repo.model.org, repo = repo.model.name, "kept from a roll-back");
            return Ok(None);
        }
        db.delete_repo(&repo.model)?;
        return Ok(None);
    }
    repo.model.deleted_at = repo.model.deleted_at.or(Some(now));
    repo.model.deleted_by = Some(who);
    repo.model.retain_data = retain;
    if immediate {
        // Kept until the data is gone, so that a service that dies meanwhile goes on when it comes back.
        repo.model.cleanup_started_at = Some(now);
    }
    db.update_repo(&repo.model)?;
    Ok(immediate.then_some(repo))
}

/// The repo to delete; none where there is none and the client takes that for done.
fn find(call: &Call, db: &Db<'_>) -> Result<Option<StoredRepo>, Refusal> {
    let (org, name) = (call.path("org"), call.path("repo"));
    let missing = || Refusal::missing(format!("Repo {org}/{name} not found"));
    let nothing = || if call.era.may_delete_nothing() { Ok(None) } else { Err(missing()) };
    if db.org(org)?.is_none() {
        return nothing();
    }
    let rights = super::access::Rights::new(db.org_actions(org, call.id())?);
    let Some(repo) = db.repo(org, name)? else {
        return if rights.read() { nothing() } else { Err(denied()) };
    };
    match call.access(&repo, &rights) {
        Some(Access::ReadWrite) => Ok(Some(repo)),
        _ => Err(denied()),
    }
}

/// Removes the data of a repo whose removal was begun, then its entry.
async fn remove(lake: &Arc<Lake>, repo: StoredRepo) -> Result<(), Refusal> {
    let (model, bucket) = (&repo.model, &repo.bucket);
    let own = bucket.as_ref().filter(|bucket| bucket.is_local() && !model.retain_data);
    if let Some((bucket, prefix)) = own.and_then(|bucket| Some((bucket, place(&repo)?))) {
        let (place, id) = ((bucket.clone(), prefix.clone()), model.id.to_string());
        let shared = lake.store.run(move |db| Ok(db.overlapping(&place.0, &place.1, &id)?)).await?;
        if shared.is_none() {
            match lake.endpoint.delete_prefix(&bucket.model.name, &prefix).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Refusal::internal("removing the data of a repo", &error));
                }
                _ => {}
            }
        }
    }
    lake.store.run(move |db| Ok(db.delete_repo(&repo.model)?)).await
}

/// Removes the data of a repo whose entry could not be made, but nothing that lies at the place of another.
pub(super) async fn take_back(lake: &Arc<Lake>, repo: StoredRepo) {
    let prefix = repo.model.prefix.clone();
    if let Err(refusal) = remove(lake, repo).await {
        tracing::warn!(reason = refusal.message(), prefix, "objects of a repo that was not made remain");
    }
}

/// Where a repo has its data and nobody else theirs. A repo at the root of a bucket, or one that shares its place,
/// takes nobody else's data with it.
fn place(repo: &StoredRepo) -> Option<String> {
    let (model, bucket) = (&repo.model, repo.bucket.as_ref()?);
    match model.kind {
        // Their chunks lie below the prefix of the bucket config, by the id of the repo.
        RepoKind::V1 => {
            let outer = Some(bucket.model.prefix.trim_matches('/')).filter(|outer| !outer.is_empty());
            Some(outer.map_or_else(|| model.id.to_string(), |outer| format!("{outer}/{}", model.id)))
        }
        _ => Some(model.prefix.clone()).filter(|prefix| !prefix.is_empty()),
    }
}

/// Removes what was deleted long ago, and what a service that died left half removed.
pub(crate) async fn sweep(lake: &Arc<Lake>) -> Result<usize, Refusal> {
    let before = Timestamp::from(lake.config.clock.now() - GRACE);
    let due = lake.store.run(move |db| Ok(db.repos_to_remove(before)?)).await?;
    let namespaces = lake.store.run(move |db| Ok(db.drop_old_namespaces(before)?)).await?;
    let count = due.len() + namespaces;
    for (org, name) in due {
        if let Some(repo) = lake.store.run(move |db| Ok(db.repo(&org, &name)?)).await? {
            remove(lake, repo).await?;
        }
    }
    Ok(count)
}
