//! Bucket configs: list, get, default, delete.

use arraylake_types::BucketId;

use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;
use crate::store::{Db, StoredBucket};

/// `GET /orgs/{org}/buckets`: needs the right to write, as it does at the real service.
pub(crate) async fn list(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        let rights = call.org_to_write(db, org)?;
        let show = |stored| call.show_bucket_alone(db, &stored, &rights);
        let shown: Result<Vec<_>, _> = db.buckets(org)?.into_iter().map(show).collect();
        reply::ok(&shown?)
    })
    .await
}

/// `GET /orgs/{org}/buckets/{bucket}`
pub(crate) async fn get(call: Call) -> Answer {
    call.run(|call, db| {
        let rights = call.org_to_read(db, call.path("org"))?;
        let stored = named(call, db)?;
        reply::ok(&call.show_bucket_alone(db, &stored, &rights)?)
    })
    .await
}

/// `POST /orgs/{org}/buckets/{bucket}/default`
pub(crate) async fn set_default(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        let stored = named(call, db)?;
        db.set_default_bucket(org, stored.id)?;
        reply::done()
    })
    .await
}

/// `DELETE /orgs/{org}/buckets/{bucket}`
pub(crate) async fn delete(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        let stored = named(call, db)?;
        if db.is_bucket_in_use(stored.id)? {
            let nickname = &stored.model.nickname;
            return Err(Refusal::conflict(if call.era.has_one_word_for_buckets_in_use() {
                format!("Bucket {nickname} is in use by a repo and cannot be modified")
            } else {
                format!("Bucket {nickname} is still referenced by one or more repos and cannot be deleted")
            }));
        }
        db.delete_bucket(org, stored.id)?;
        reply::done()
    })
    .await
}

/// The bucket config in the path.
pub(super) fn named(call: &Call, db: &Db<'_>) -> Result<StoredBucket, Refusal> {
    let id: Option<BucketId> = call.path("bucket").parse().ok();
    let stored = id.map(|id| db.bucket(call.path("org"), id)).transpose()?.flatten();
    stored.ok_or_else(|| Refusal::missing("Bucket not found"))
}
