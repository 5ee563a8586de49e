//! Virtual chunk containers: URL prefixes outside a repo where chunks of it lie, each with the bucket config that leads
//! there.
//!
//! They are those in the config that Icechunk keeps beside the data, whoever put them there, and changes are written to
//! it. `chunk_access` says who may read them.

use std::collections::BTreeMap;

use arraylake_types::{AuthConfig, AuthMethod};

use super::call::{Answer, Call};
use super::chunk_access::{check_scheme, is_hmac, leads_to};
use super::reply;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::repository::{self, Container, NewContainer};
use crate::store::{Db, StoredBucket, StoredRepo};

/// `GET /repos/icechunk/{org}/{repo}/virtual-chunk-containers`: of a direct subscription those of its parent.
pub(crate) async fn list(call: Call) -> Answer {
    let holder = call.clone().run(|call, db| {
        let found = call.repo(db)?;
        Ok(call.source(db, found)?.repo)
    });
    let holder = holder.await?;
    answer(call, holder).await
}

/// `PATCH` of the same: first takes out, then puts in. What is not there counts as taken out; what is there already
/// leads to the other bucket config after that.
pub(crate) async fn change(call: Call) -> Answer {
    let mut body = call.body()?;
    let add: BTreeMap<String, String> = body.any("add", "an object of strings").unwrap_or_default();
    let remove: Vec<String> = body.any("remove", "a list of strings").unwrap_or_default();
    body.finish()?;
    let remove: Vec<String> = remove.iter().map(|prefix| closed(prefix)).collect();
    let placed = call.clone().run(move |call, db| {
        let repo = call.repo_to_write(db)?.repo;
        if repo.model.subscription.is_some() && repo.bucket.is_none() {
            let (org, name) = (&repo.model.org, &repo.model.name);
            let text = format!("Repo {org}/{name} is a subscription: its containers are those of its parent");
            return Err(Refusal::conflict(text));
        }
        let one = |(prefix, nickname): (String, String)| {
            let prefix = closed(&prefix);
            let bucket = place(db, &repo.model.org, &prefix, &nickname)?;
            Ok(container(&call.lake, prefix, &bucket))
        };
        let add: Vec<NewContainer> = add.into_iter().map(one).collect::<Result<_, Refusal>>()?;
        Ok((repo, add))
    });
    let (repo, add) = placed.await?;
    if !add.is_empty() || !remove.is_empty() {
        repository::change_containers(&call.lake, &repo, add, &remove).await?;
    }
    answer(call, repo).await
}

/// Every container of a repo with the bucket config that leads there, or null if none does.
async fn answer(call: Call, repo: StoredRepo) -> Answer {
    let saved = repository::containers(&call.lake, &repo).await?;
    call.run(move |call, db| {
        let buckets = db.buckets(&repo.model.org)?;
        let entry = |it: Container| {
            let leading = buckets.iter().filter(|bucket| leads_to(call, bucket, &it));
            let closest = leading.max_by_key(|bucket| bucket.model.prefix.len());
            (it.prefix, closest.map(|bucket| bucket.model.nickname.clone()))
        };
        reply::ok(&saved.into_iter().map(entry).collect::<BTreeMap<_, _>>())
    })
    .await
}

/// What is written to the config for a prefix of a bucket config.
fn container(lake: &Lake, prefix: String, bucket: &StoredBucket) -> NewContainer {
    let (model, extra) = (&bucket.model, &bucket.model.extra_config);
    let own = bucket.is_local().then(|| lake.s3_uri_by(bucket.local_host()));
    let account = match &model.auth_config {
        Some(
            AuthConfig::Anonymous { storage_account, .. }
            | AuthConfig::AzureDelegation { storage_account, .. },
        ) => storage_account.clone(),
        _ => None,
    };
    NewContainer {
        prefix,
        endpoint: own.or_else(|| extra.endpoint_url().map(str::to_owned)),
        region: extra.region().map(str::to_owned),
        account,
        anonymous: model.auth_method() == Some(AuthMethod::Anonymous),
        allow_http: extra.allow_http(),
        force_path_style: extra.force_path_style(),
    }
}

/// The prefix with one slash at its end.
fn closed(prefix: &str) -> String {
    let prefix = prefix.trim();
    if prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") }
}

/// The bucket config that a prefix is to lead to.
fn place(db: &Db<'_>, org: &str, prefix: &str, nickname: &str) -> Result<StoredBucket, Refusal> {
    check_scheme(prefix)?;
    let missing = || Refusal::rule(format!("bucket {nickname} does not exist"));
    let bucket = db.bucket_named(org, nickname.trim())?.ok_or_else(missing)?;
    let path = prefix.split_once("://").map_or("", |(_, path)| path);
    if path.contains("://") || path.contains("//") || path.split('/').any(|part| part == "..") {
        return Err(Refusal::rule(format!("Virtual chunk container prefix {prefix} is not a plain URL")));
    }
    if !bucket.model.url().is_some_and(|url| prefix.starts_with(&url)) {
        let url = bucket.model.url().unwrap_or_default();
        let text =
            format!("Virtual chunk container prefix {prefix} does not lie in bucket {nickname}, {url}");
        return Err(Refusal::rule(text));
    }
    if is_hmac(&bucket) {
        let text =
            format!("Bucket {nickname} is using HMAC credentials, which cannot be shared for virtual chunks");
        return Err(Refusal::conflict(text));
    }
    Ok(bucket)
}
