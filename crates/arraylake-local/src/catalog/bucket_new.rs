//! New bucket configs.

use arraylake_types::{AuthConfig, BucketResponse, ExtraConfig, NewBucket, Platform, Secret, Timestamp};
use serde_json::Value;

use super::access::Rights;
use super::body::Body;
use super::call::{Answer, Call};
use super::reply;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::s3::CredentialStore as _;
use crate::store::{Db, LOCAL_ENDPOINT, LOCAL_HOST, StoredBucket};

/// `POST /orgs/{org}/buckets`. No bucket is made in the object store.
pub(crate) async fn create(call: Call) -> Answer {
    let wanted = read(call.body()?)?;
    call.run(move |call, db| {
        let org = call.path("org");
        let rights: Rights = call.org_to_write(db, org)?;
        let mut stored = bucket_of(org, wanted, call.lake.now())?;
        stored.model.created_by = Some(call.who.email().to_owned());
        let stored = add_bucket(db, &call.lake, stored)?;
        reply::created(&call.show_bucket_alone(db, &stored, &rights)?)
    })
    .await
}

fn read(mut body: Body) -> Result<NewBucket, Refusal> {
    let nickname = body.required_text("nickname");
    let platform = Platform::from(body.required_text("platform"));
    let name = body.required_text("name");
    let prefix = body.text("prefix").unwrap_or_default();
    let extra = extra(&mut body);
    let auth: Option<AuthConfig> = body.any("auth_config", "an auth config");
    let em_managed = body.any("em_managed", "a boolean").unwrap_or(false);
    let absent = [("extra_config", extra.is_none()), ("auth_config", auth.is_none())];
    body.check()?;
    for (key, _) in absent.into_iter().filter(|(_, absent)| *absent) {
        let _: Option<()> = body.wrong(key, "Field required", "missing");
    }
    body.finish()?;
    // Any URI passes here; what it would name is set below.
    let mut wanted = NewBucket::new(&nickname, "s3://placeholder")?.with_platform(platform);
    wanted.name = name;
    wanted.prefix = prefix.trim().to_owned();
    wanted.extra_config = ExtraConfig(extra.unwrap_or_default());
    wanted.em_managed = em_managed;
    wanted.auth_config = auth.unwrap_or_else(AuthConfig::anonymous).known();
    Ok(wanted)
}

/// The extra config of a request, without what is the service's own.
pub(super) fn extra(body: &mut Body) -> Option<serde_json::Map<String, Value>> {
    let mut extra = body.object("extra_config")?;
    extra.remove(LOCAL_HOST);
    Some(extra)
}

/// A bucket config out of a request that is checked here.
pub(crate) fn bucket_of(org: &str, wanted: NewBucket, now: Timestamp) -> Result<StoredBucket, Refusal> {
    check(&wanted)?;
    let id = uuid::Uuid::new_v4().into();
    let mut model = BucketResponse::new(id, wanted.nickname, wanted.platform, wanted.name, now);
    model.prefix = wanted.prefix;
    model.extra_config = wanted.extra_config;
    model.em_managed = wanted.em_managed;
    model.auth_config = Some(wanted.auth_config);
    Ok(StoredBucket { org: org.to_owned(), id, model })
}

/// The rules of a bucket config by itself.
pub(super) fn check(wanted: &NewBucket) -> Result<(), Refusal> {
    for (key, value) in &wanted.extra_config.0 {
        if !matches!(value, Value::String(_) | Value::Bool(_)) {
            return Err(Refusal::rule(format!("extra_config {key:?}: must be a string or a boolean")));
        }
    }
    if holds_mask(&wanted.auth_config) {
        return Err(Refusal::rule("auth_config: the mask of a stored secret is no secret"));
    }
    wanted.validate().map_err(Refusal::from)
}

fn holds_mask(auth: &AuthConfig) -> bool {
    let secrets = match auth {
        AuthConfig::Hmac { access_key_id, secret_access_key, .. } => {
            [access_key_id, secret_access_key, &None]
        }
        AuthConfig::AwsRole { shared_secret, .. } => [shared_secret, &None, &None],
        AuthConfig::R2Role { parent_access_key_id, account_api_token, parent_secret_access_key, .. } => {
            [parent_access_key_id, account_api_token, parent_secret_access_key]
        }
        _ => [&None, &None, &None],
    };
    secrets.into_iter().flatten().any(Secret::is_mask)
}

/// Adds a bucket config to its org.
pub(crate) fn add_bucket(db: &Db<'_>, lake: &Lake, stored: StoredBucket) -> Result<StoredBucket, Refusal> {
    let stored = placed(db, lake, stored)?;
    db.insert_bucket(&stored)?;
    db.bucket(&stored.org, stored.id)?.ok_or_else(|| Refusal::missing("Bucket not found"))
}

/// The rules of a bucket config among others. One at our own endpoint loses the address, which may change.
pub(super) fn placed(db: &Db<'_>, lake: &Lake, mut stored: StoredBucket) -> Result<StoredBucket, Refusal> {
    let model = &mut stored.model;
    let endpoint = model.extra_config.endpoint_url().filter(|_| model.platform.is_s3_like());
    if let Some(url) = endpoint.filter(|url| lake.is_own_endpoint(url)).map(str::to_owned) {
        let extra = std::mem::take(&mut model.extra_config);
        model.extra_config = extra.with("endpoint_url", LOCAL_ENDPOINT);
        if let Some(host) = lake.own_host(&url) {
            model.extra_config.0.insert(LOCAL_HOST.to_owned(), host.into());
        }
        check_local_keys(lake, model)?;
    }
    let other = db.bucket_named(&stored.org, &stored.model.nickname)?;
    if other.is_some_and(|other| other.id != stored.id) {
        let nickname = &stored.model.nickname;
        return Err(Refusal::conflict(format!("Bucket with nickname {nickname} already exists")));
    }
    if let Some(nickname) = db.bucket_in_place(&stored)? {
        let url = stored.model.url().unwrap_or_default();
        return Err(Refusal::conflict(format!("Bucket {url} already exists under the nickname {nickname}")));
    }
    Ok(stored)
}

fn check_local_keys(lake: &Lake, model: &BucketResponse) -> Result<(), Refusal> {
    let Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key, .. }) = &model.auth_config else {
        return Ok(());
    };
    match lake.ring.lookup(id.expose()) {
        Some(key) if Some(&key.secret) == secret_access_key.as_ref() => Ok(()),
        _ => Err(Refusal::rule("auth_config: the local S3 endpoint does not know these keys")),
    }
}
