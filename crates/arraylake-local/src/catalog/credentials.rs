//! Credentials for data, and everything else that opening a repo needs.

use arraylake_types::{BucketId, OpenRepo, RepoKind};

use super::access::denied;
use super::call::{Answer, Call};
use super::reply;
use super::repos::check_keys_are_for_reading;
use crate::refusal::Refusal;
use crate::repository::{self, Container};
use crate::s3::Access;
use crate::store::Db;

/// `GET /repos/{org}/{repo}/open`: works before there is any data. A repo that is offline is answered as such, without
/// credentials.
pub(crate) async fn open(call: Call) -> Answer {
    let holder = call.clone().run(|call, db| {
        let found = call.repo(db)?;
        let offline = found.repo.model.status.is_offline();
        let holder = call.source(db, found)?.repo;
        Ok((!offline && !holder.model.status.is_offline()).then_some(holder))
    });
    // Containers are in the config beside the data, which is no matter of the records.
    let saved = match holder.await?.filter(|holder| holder.model.kind != RepoKind::V1) {
        Some(holder) => repository::containers(&call.lake, &holder).await?,
        None => Vec::new(),
    };
    call.run(move |call, db| opened(call, db, &saved)).await
}

fn opened(call: &Call, db: &Db<'_>, saved: &[Container]) -> Answer {
    let found = call.repo(db)?;
    let asked = found.repo.clone();
    let found = call.source(db, found)?;
    if call.era.has_fixed_keys_guarded() {
        check_keys_are_for_reading(&found.repo)?;
    }
    let (access, stored) = (found.access, found.repo.bucket.clone());
    let mut model = call.show(db, found)?;
    if asked.model.status.is_offline() {
        model.status = asked.model.status.clone();
    }
    let name = format!("{}/{}", model.org, model.name);
    let (Some(stored), Some(bucket)) = (stored, model.bucket) else {
        return Err(Refusal::conflict(format!("Repo {name} has no bucket")));
    };
    if model.kind == RepoKind::V1 {
        return Err(Refusal::conflict(format!("Repo {name} is of kind v1, which cannot be opened here")));
    }
    let mut answer = OpenRepo::new(bucket.into_inner(), &model.prefix);
    if !model.status.is_offline() {
        answer.repo_credentials = call.vend(&stored, &answer.repo_bucket, (&model.prefix, access))?;
        answer.virtual_chunk_credentials = call.containers(db, &asked, saved)?;
    }
    answer.author = Some(call.who.author());
    answer.principal_id = Some(call.id().to_string());
    answer.status = model.status.into_inner();
    reply::ok(&answer)
}

/// `GET /repos/{org}/{repo}/bucket-credentials`, `GET /repo/{id}/bucket-credentials`: for what the caller may do.
pub(crate) async fn of_repo(call: Call) -> Answer {
    call.run(|call, db| {
        let found = call.repo(db)?;
        let own = found.repo.model.status.clone();
        let found = call.source(db, found)?;
        let (access, stored) = (found.access, found.repo.bucket.clone());
        let mut model = call.show(db, found)?;
        if own.is_offline() {
            model.status = own;
        }
        let name = format!("{}/{}", model.org, model.name);
        let (Some(stored), Some(bucket)) = (stored, model.bucket) else {
            return Err(Refusal::conflict(format!("Repo {name} has no bucket")));
        };
        if model.status.is_offline() {
            return Err(Refusal::conflict(format!("Repo {name} is offline{}", model.status.explanation())));
        }
        let vended = call.vend(&stored, &bucket, (&model.prefix, access))?;
        reply::ok(&vended.ok_or_else(|| no_credentials(&bucket.nickname))?)
    })
    .await
}

/// `GET /orgs/{org}/buckets/{bucket}/credentials`: for reading, or with `access=write` for writing.
pub(crate) async fn of_bucket(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        let rights = call.org_to_read(db, org)?;
        let access = match call.query("access").unwrap_or("read") {
            "read" => Access::Read,
            "write" if rights.write() => Access::ReadWrite,
            "write" => return Err(denied()),
            _ => return Err(reply::bad_query("access", "Input should be 'read' or 'write'", "enum")),
        };
        let id: Option<BucketId> = call.path("bucket").parse().ok();
        let stored = id.map(|id| db.bucket(org, id)).transpose()?.flatten();
        let stored = stored.ok_or_else(|| Refusal::missing("Bucket not found"))?;
        let reach = (stored.model.prefix.as_str(), access);
        let shown = call.show_bucket(db, &stored, &rights, reach)?;
        let vended = call.vend(&stored, &shown, reach)?;
        reply::ok(&vended.ok_or_else(|| no_credentials(&shown.nickname))?)
    })
    .await
}

fn no_credentials(nickname: &str) -> Refusal {
    Refusal::conflict(format!("Bucket {nickname} needs no credentials: its access is anonymous"))
}
