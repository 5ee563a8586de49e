//! [`Seed`]: what a lake holds from the start, and what a seed file adds.

use std::path::Path;

use arraylake_types::{
    AuthConfig, BucketResponse, ExtraConfig, NewBucket, Platform, PrincipalId, Secret, Timestamp,
};
use serde::Deserialize;

use crate::catalog::{add_bucket, bucket_of};
use crate::error::LocalError;
use crate::keyring::KeyRing;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::s3::{Access, Grant};
use crate::setup::{self, NewKey, NewUser, OrgActions};
use crate::store::{Db, LOCAL_ENDPOINT, StoredBucket};

/// The org of a new lake.
pub(crate) const ORG: &str = "local";
/// The buckets of the S3 endpoint of a new lake: one for fixed keys, one for temporary ones.
pub(crate) const BUCKETS: [&str; 2] = ["local-data", "delegated-data"];
/// The id of the first user, kept as a setting.
const OWNER: &str = "owner";

/// What a seed file adds to a lake. What is there already stays as it is.
///
/// ```
/// let seed = arraylake_local::Seed::parse("
/// orgs: [{name: acme}]
/// users: [{email: ann@example.com, permissions: {acme: [CAN_WRITE_REPOS]}}]
/// tokens: [{token: ema_ann, user: ann@example.com}]
/// s3_buckets: [{name: acme-data}]
/// s3_keys: [{access_key_id: acme, secret_access_key: acme-secret}]
/// buckets:
///   - {org: acme, nickname: main-store, platform: s3-compatible, name: acme-data, prefix: team,
///      extra_config: {endpoint_url: local, use_ssl: false, region_name: us-east-1},
///      auth_config: {method: hmac, access_key_id: acme, secret_access_key: acme-secret}}
/// ")?;
/// # Ok::<(), arraylake_local::LocalError>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// Who has the ready token of a lake that is new.
    owner: Owner,
    orgs: Vec<SeedOrg>,
    users: Vec<NewUser>,
    tokens: Vec<SeedToken>,
    s3_buckets: Vec<SeedS3Bucket>,
    s3_keys: Vec<NewKey>,
    buckets: Vec<SeedBucket>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedOrg {
    name: String,
    #[serde(default)]
    display_name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    email: String,
    first_name: Option<String>,
    family_name: Option<String>,
}

impl Default for Owner {
    fn default() -> Self {
        let (first_name, family_name) = (Some("Local".to_owned()), Some("User".to_owned()));
        Self { email: "user@example.com".to_owned(), first_name, family_name }
    }
}

/// A token of a user, or of a service account of its own that is named by the address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedToken {
    token: Secret,
    user: String,
    #[serde(default)]
    permissions: OrgActions,
    #[serde(default)]
    expires: Option<Timestamp>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedS3Bucket {
    name: String,
    #[serde(default)]
    public: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct SeedBucket {
    org: String,
    #[serde(default)]
    default: bool,
    #[serde(flatten)]
    bucket: NewBucket,
}

impl Seed {
    /// Reads YAML or JSON.
    ///
    /// # Errors
    /// The text is not understood.
    pub fn parse(text: &str) -> Result<Self, LocalError> {
        serde_norway::from_str(text).map_err(LocalError::seed)
    }

    /// Reads a YAML or JSON file.
    ///
    /// # Errors
    /// The file cannot be read or is not understood.
    pub fn read(path: &Path) -> Result<Self, LocalError> {
        let named = |error: &dyn std::fmt::Display| LocalError::seed_file(path, error);
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        serde_norway::from_str(&text).map_err(|error| named(&error))
    }
}

/// Fills a new lake: an org, a user who may do everything there, a bucket config for each way to have credentials. On
/// a lake that is not new it only sees to it that the ready token works. Returns the user.
pub(crate) fn first(
    db: &Db<'_>,
    ring: &KeyRing,
    token: &Secret,
    seed: &Seed,
    now: Timestamp,
) -> Result<PrincipalId, Refusal> {
    if let Some(owner) = db.setting(OWNER)? {
        let owner = owner.parse()?;
        if db.token(token)?.is_none() {
            setup::add_token(db, owner, Some(token.expose()), None, now)?;
        }
        return Ok(owner);
    }
    setup::add_org(db, ORG, "Local", now)?;
    let user = NewUser {
        email: seed.owner.email.clone(),
        id: None,
        first_name: seed.owner.first_name.clone(),
        family_name: seed.owner.family_name.clone(),
        service_account: false,
        permissions: OrgActions::from([(ORG.to_owned(), setup::everything())]),
    };
    let owner = setup::add_user(db, &user, now)?.id();
    setup::add_token(db, owner, Some(token.expose()), None, now)?;
    let (id, secret) = ring.for_grant(db, Grant::new(BUCKETS[0], "", Access::ReadWrite))?;
    let bucket = |nickname, platform, name, auth| bucket(nickname, platform, name, auth, (&user.email, now));
    let fixed = bucket("local", Platform::S3Compatible, BUCKETS[0], AuthConfig::hmac(id, secret));
    let role = AuthConfig::aws_role("000000000000", "local-role", crate::random::letters(32));
    db.insert_bucket(&fixed)?;
    db.insert_bucket(&bucket("delegated", Platform::S3, BUCKETS[1], role))?;
    db.set_setting(OWNER, &owner.to_string())?;
    Ok(owner)
}

fn bucket(
    nickname: &str,
    platform: Platform,
    name: &str,
    auth: AuthConfig,
    (by, now): (&str, Timestamp),
) -> StoredBucket {
    let id = uuid::Uuid::new_v4().into();
    let mut model = BucketResponse::new(id, nickname, platform, name, now);
    model.created_by = Some(by.to_owned());
    model.auth_config = Some(auth);
    model.extra_config = ExtraConfig::new()
        .with("endpoint_url", LOCAL_ENDPOINT)
        .with("region_name", "us-east-1")
        .with("use_ssl", false)
        .with("force_path_style", true);
    StoredBucket { org: ORG.to_owned(), id, model }
}

/// Adds what the seed holds, as far as it is not there yet: all of it or nothing, buckets of the S3 endpoint apart.
pub(crate) fn sow(lake: &Lake, seed: &Seed) -> Result<(), LocalError> {
    for bucket in &seed.s3_buckets {
        lake.make_bucket(&bucket.name)?;
    }
    let sown = lake.store.run_now(|db| {
        sow_people(db, seed, lake.now())?;
        for key in &seed.s3_keys {
            setup::add_key(db, &lake.ring, key)?;
        }
        for bucket in &seed.s3_buckets {
            lake.ring.publish(db, &bucket.name, bucket.public)?;
        }
        seed.buckets.iter().try_for_each(|bucket| sow_bucket(db, lake, bucket))
    });
    sown.map_err(|refusal: Refusal| LocalError::seed(refusal.message()))
}

fn sow_people(db: &Db<'_>, seed: &Seed, now: Timestamp) -> Result<(), Refusal> {
    for org in &seed.orgs {
        if db.org(&org.name)?.is_none() {
            setup::add_org(db, &org.name, &org.display_name, now)?;
        }
    }
    for user in &seed.users {
        match db.principal_named(&user.email)? {
            Some(known) => setup::grant(db, known.id(), &user.permissions)?,
            None => drop(setup::add_user(db, user, now)?),
        }
    }
    for token in &seed.tokens {
        let who = match db.principal_named(&token.user)? {
            Some(known) => known.id(),
            None => setup::add_user(db, &service_account(&token.user), now)?.id(),
        };
        setup::grant(db, who, &token.permissions)?;
        if db.token(&token.token)?.is_none_or(|known| known.principal != who) {
            setup::add_token(db, who, Some(token.token.expose()), token.expires, now)?;
        }
    }
    Ok(())
}

fn service_account(email: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        id: None,
        first_name: None,
        family_name: None,
        service_account: true,
        permissions: OrgActions::new(),
    }
}

fn sow_bucket(db: &Db<'_>, lake: &Lake, wanted: &SeedBucket) -> Result<(), Refusal> {
    if db.org(&wanted.org)?.is_none() {
        return Err(Refusal::missing(format!("org {} not found", wanted.org)));
    }
    let known = db.bucket_named(&wanted.org, wanted.bucket.nickname.as_str())?;
    let stored = match known {
        Some(known) => known,
        None => {
            let mut stored = bucket_of(&wanted.org, wanted.bucket.clone(), lake.now())?;
            stored.model.created_by = db.principal(lake.owner)?.map(|who| who.email().to_owned());
            add_bucket(db, lake, stored)?
        }
    };
    if wanted.default {
        db.set_default_bucket(&wanted.org, stored.id)?;
    }
    Ok(())
}
