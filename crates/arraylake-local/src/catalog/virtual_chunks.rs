//! Virtual chunk containers: URL prefixes outside a repo where chunks of it lie, each with the bucket config that leads
//! there.
//!
//! They are kept in the catalog file, repo by repo. The config that Icechunk saves beside the data is neither read nor
//! written here: what a client saved there by itself does not show up.

use std::collections::BTreeMap;

use arraylake_types::{AuthMethod, S3Credentials, StorageCredentials, VirtualChunkCredentials};
use serde_json::json;

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;
use crate::s3::{Access, Grant};
use crate::store::{Container, Db, StoredBucket, StoredRepo};

/// What a prefix must not start with: it would lead the reader to its own machine, or anywhere.
const FORBIDDEN: [&str; 4] = ["file://", "memory://", "http://", "https://"];

/// `GET /repos/icechunk/{org}/{repo}/virtual-chunk-containers`
pub(crate) async fn list(call: Call) -> Answer {
    call.run(|call, db| {
        let repo = call.repo(db)?.repo;
        reply::ok(&map(db, &repo)?)
    })
    .await
}

/// `PATCH` of the same: first takes out, then puts in. What is not there counts as taken out; what is there already
/// leads to the other bucket config after that.
pub(crate) async fn change(call: Call) -> Answer {
    let mut body = call.body()?;
    let add: BTreeMap<String, String> = body.any("add", "an object of strings").unwrap_or_default();
    let remove: Vec<String> = body.any("remove", "a list of strings").unwrap_or_default();
    body.finish()?;
    call.run(move |call, db| {
        let found = call.repo_to_write(db)?;
        let repo = &found.repo.model;
        if repo.subscription.is_some() {
            let text = format!(
                "Repo {}/{} is a subscription: its containers are those of its parent",
                repo.org, repo.name
            );
            return Err(Refusal::conflict(text));
        }
        for prefix in remove {
            db.delete_container(&repo.id, &closed(&prefix))?;
        }
        for (prefix, nickname) in add {
            let prefix = closed(&prefix);
            let bucket = place(db, &repo.org, &prefix, &nickname, &found.rights)?;
            db.put_container(&repo.id, &prefix, &bucket)?;
        }
        reply::ok(&map(db, &found.repo)?)
    })
    .await
}

fn map(db: &Db<'_>, repo: &StoredRepo) -> Result<BTreeMap<String, Option<String>>, Refusal> {
    let entry = |it: Container| (it.prefix, it.bucket.map(|bucket| bucket.model.nickname));
    Ok(db.containers(&repo.model.id)?.into_iter().map(entry).collect())
}

/// The prefix with one slash at its end.
fn closed(prefix: &str) -> String {
    let prefix = prefix.trim();
    if prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") }
}

/// Refuses a prefix that no repo may name.
fn check_scheme(prefix: &str) -> Result<(), Refusal> {
    let lower = prefix.to_ascii_lowercase();
    if FORBIDDEN.iter().any(|scheme| lower.starts_with(scheme)) {
        return Err(Refusal::rule(format!("Forbidden virtual chunk container prefix: {prefix}")));
    }
    Ok(())
}

/// The bucket config that a prefix is to lead to.
fn place(
    db: &Db<'_>,
    org: &str,
    prefix: &str,
    nickname: &str,
    rights: &Rights,
) -> Result<StoredBucket, Refusal> {
    check_scheme(prefix)?;
    let missing = || Refusal::rule(format!("Bucket {nickname} does not exist"));
    let bucket = db.bucket_named(org, nickname.trim())?.ok_or_else(missing)?;
    let path = prefix.split_once("://").map_or("", |(_, path)| path);
    if path.contains("://") || path.contains("//") || path.split('/').any(|part| part == "..") {
        return Err(Refusal::rule(format!("Virtual chunk container prefix {prefix} is not a plain URL")));
    }
    if !leads_to(&bucket, prefix) {
        let url = bucket.model.url().unwrap_or_default();
        let text =
            format!("Virtual chunk container prefix {prefix} does not lie in bucket {nickname}, {url}");
        return Err(Refusal::rule(text));
    }
    // No policy covers fixed keys, so that only those who could have them anyhow may let others use them.
    if is_hmac(&bucket) && !rights.read() {
        return Err(denied());
    }
    Ok(bucket)
}

fn leads_to(bucket: &StoredBucket, prefix: &str) -> bool {
    bucket.model.url().is_some_and(|url| prefix.starts_with(&url))
}

fn is_hmac(bucket: &StoredBucket) -> bool {
    bucket.model.auth_method() == Some(AuthMethod::Hmac)
}

impl Call {
    /// What is needed to read the containers of a repo, each for its prefix alone. The org of the reader is another one
    /// than that of the repo where it subscribed to the repo.
    pub(super) fn containers(
        &self,
        db: &Db<'_>,
        repo: &StoredRepo,
        reader: &str,
    ) -> Result<BTreeMap<String, VirtualChunkCredentials>, Refusal> {
        let mut entries = BTreeMap::new();
        for Container { prefix, bucket } in db.containers(&repo.model.id)? {
            check_scheme(&prefix)?;
            let bucket = bucket.filter(|it| leads_to(it, &prefix)).ok_or_else(|| uncovered(&prefix))?;
            covered(db, &bucket, &prefix, reader)?;
            let entry = self.container(db, &bucket, &prefix)?;
            entries.insert(prefix, entry);
        }
        Ok(entries)
    }

    fn container(
        &self,
        db: &Db<'_>,
        bucket: &StoredBucket,
        prefix: &str,
    ) -> Result<VirtualChunkCredentials, Refusal> {
        let (model, extra) = (&bucket.model, &bucket.model.extra_config);
        let own = bucket.is_local().then(|| self.lake.s3_uri());
        let value = json!({
            "credentials": null,
            "org": bucket.org,
            "bucket_nickname": model.nickname,
            "platform": model.platform,
            "runtime_vcc_name": null,
            "region": extra.region(),
            "endpoint_url": own.as_deref().or(extra.endpoint_url()),
            "allow_http": extra.allow_http(),
            "force_path_style": extra.force_path_style(),
        });
        let mut entry: VirtualChunkCredentials =
            serde_json::from_value(value).map_err(|error| Refusal::internal("a container", &error))?;
        entry.credentials = self.keys(db, bucket, prefix)?;
        Ok(entry)
    }

    fn keys(
        &self,
        db: &Db<'_>,
        bucket: &StoredBucket,
        prefix: &str,
    ) -> Result<Option<StorageCredentials>, Refusal> {
        let scheme = bucket.model.platform.scheme().unwrap_or_default();
        let root = format!("{scheme}://{}/", bucket.model.name);
        let keys = prefix.strip_prefix(&root).unwrap_or_default();
        if bucket.is_local() && is_hmac(bucket) {
            let grant = Grant::new(&bucket.model.name, keys, Access::Read);
            let (id, secret) = self.lake.ring.for_grant(db, grant)?;
            return Ok(Some(S3Credentials::new(id, secret).into()));
        }
        self.vend(bucket, &bucket.model, (keys, Access::Read))
    }
}

/// Refuses a container in a delegated bucket unless a policy of the bucket's org covers it, for readers of other orgs a
/// public one. No policy covers fixed keys: they stay in their org.
fn covered(db: &Db<'_>, bucket: &StoredBucket, prefix: &str, reader: &str) -> Result<(), Refusal> {
    let delegated = bucket.model.auth_method().is_some_and(|method| method.is_delegated());
    if !delegated {
        return if is_hmac(bucket) && bucket.org != reader { Err(uncovered(prefix)) } else { Ok(()) };
    }
    let policies = db.chunk_policies(&bucket.org)?;
    let covers = policies.iter().any(|policy| {
        policy.bucket == bucket.id
            && (policy.public || bucket.org == reader)
            && prefix.starts_with(&policy.url_prefix)
    });
    if covers { Ok(()) } else { Err(uncovered(prefix)) }
}

fn uncovered(prefix: &str) -> Refusal {
    Refusal::forbidden(format!(
        "Virtual chunk container {prefix} is not covered by any Virtual Chunk Access Policy"
    ))
}
