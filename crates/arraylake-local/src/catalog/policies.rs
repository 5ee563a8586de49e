//! Virtual chunk access policies: below which prefixes of its delegated buckets an org lets repos keep chunks.

use arraylake_types::{AuthMethod, BucketId};
use serde_json::{Value, json};

use super::body::Body;
use super::call::{Answer, Call};
use super::paging::Paging;
use super::reply;
use crate::refusal::Refusal;
use crate::store::{ChunkPolicy, Db};

/// What a policy is known by.
#[derive(Debug)]
struct Key {
    bucket: BucketId,
    subprefix: String,
    public: bool,
}

impl Key {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        if body.required_text("use_case") != "explicit" {
            let _: Option<()> = body.wrong("use_case", "Input should be 'explicit'", "literal_error");
        }
        let bucket = body.required::<BucketId>("bucket_id", "a valid UUID");
        let subprefix = body.text("subprefix").unwrap_or_default();
        let public = body.any("public", "a valid boolean").unwrap_or(false);
        body.check()?;
        if subprefix.contains("://") {
            return Err(Refusal::rule("subprefix: is a prefix below that of the bucket, not a URL"));
        }
        let subprefix = subprefix.trim_matches('/').to_owned();
        let bucket = bucket.ok_or_else(|| Refusal::missing("Bucket not found"))?;
        Ok(Self { bucket, subprefix, public })
    }
}

/// `PUT /orgs/{org}/settings/virtual-chunk-access-policies`: the same twice is one.
pub(crate) async fn put(call: Call) -> Answer {
    let key = Key::read(call.body()?)?;
    call.run(move |call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        let wanted = policy(call, db, key)?;
        reply::ok(&shown(&db.put_chunk_policy(org, &wanted)?))
    })
    .await
}

fn policy(call: &Call, db: &Db<'_>, key: Key) -> Result<ChunkPolicy, Refusal> {
    let bucket = db.bucket(call.path("org"), key.bucket)?;
    let bucket = bucket.ok_or_else(|| Refusal::missing("Bucket not found"))?.model;
    let nickname = &bucket.nickname;
    if bucket.auth_method() == Some(AuthMethod::Hmac) {
        return Err(Refusal::conflict(format!(
            "Bucket {nickname} uses HMAC authentication; virtual chunk access policies are for buckets without fixed keys"
        )));
    }
    let url = bucket.url().ok_or_else(|| Refusal::conflict(format!("Bucket {nickname} has no URL")))?;
    let url_prefix = if key.subprefix.is_empty() { url } else { format!("{url}{}/", key.subprefix) };
    Ok(ChunkPolicy {
        bucket: key.bucket,
        subprefix: key.subprefix,
        public: key.public,
        url_prefix,
        created: call.lake.now(),
        created_by: call.id().to_string(),
    })
}

/// `GET /orgs/{org}/settings/virtual-chunk-access-policies`
pub(crate) async fn list(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    call.run(move |call, db| {
        let org = call.path("org");
        call.org_to_read(db, org)?;
        let (rows, total) = db.chunk_policy_page(org, paging.window())?;
        let rows: Vec<Value> = rows.iter().map(shown).collect();
        reply::ok(&paging.page_of(rows, total))
    })
    .await
}

/// `DELETE /orgs/{org}/settings/virtual-chunk-access-policies`: names the policy in its body. What is not there counts
/// as deleted, and the bucket config may be gone.
pub(crate) async fn delete(call: Call) -> Answer {
    let key = Key::read(call.body()?)?;
    call.run(move |call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        db.delete_chunk_policy(org, (key.bucket, &key.subprefix, key.public))?;
        reply::done()
    })
    .await
}

fn shown(policy: &ChunkPolicy) -> Value {
    json!({
        "use_case": "explicit",
        "bucket_id": policy.bucket,
        "subprefix": policy.subprefix,
        "public": policy.public,
        "url_prefix": policy.url_prefix,
        "created": policy.created,
        "created_by": policy.created_by,
    })
}
