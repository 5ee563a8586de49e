//! `/_local/`: what no client may do at the real service. Needs the admin token.

use std::collections::BTreeMap;
use std::sync::Arc;

use arraylake_types::{OrgAction, Permission, RepoAction, RepoStatus, StatusInitiator, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::call::{AdminCall, Answer};
use super::{reply, repo_change};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::setup;
use crate::store::{Db, StoredRepo};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrg {
    name: String,
    #[serde(default)]
    display_name: String,
    /// Who may do what; by default the seeded user may do everything.
    members: Option<BTreeMap<String, Vec<OrgAction>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrgGrant {
    /// Id or e-mail address.
    principal: String,
    actions: Vec<OrgAction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepoGrants {
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewS3Bucket {
    name: String,
    #[serde(default)]
    public: bool,
}

/// `GET /_local/about`
pub(crate) async fn about(AdminCall(call): AdminCall) -> Answer {
    let lake = &call.lake;
    let buckets = lake.endpoint.buckets().map_err(|error| Refusal::internal("the objects", &error))?;
    reply::ok(&json!({"dir": lake.config.dir, "s3_uri": lake.s3_uri(), "s3_buckets": buckets}))
}

/// `POST /_local/orgs`
pub(crate) async fn create_org(AdminCall(call): AdminCall) -> Answer {
    let wanted: NewOrg = call.body_as()?;
    let lake = Arc::clone(&call.lake);
    let job = move |db: &Db<'_>| {
        let org = setup::add_org(db, &wanted.name, &wanted.display_name, lake.now())?;
        match wanted.members {
            None => db.grant_org(&org.name, lake.owner, &setup::everything())?,
            Some(members) => {
                for (who, actions) in members {
                    let grants = BTreeMap::from([(org.name.clone(), actions)]);
                    setup::grant(db, find(db, &who)?, &grants)?;
                }
            }
        }
        reply::created(&org)
    };
    call.lake.store.run(job).await
}

/// `PUT /_local/orgs/{org}/permissions`
pub(crate) async fn set_org_permissions(AdminCall(call): AdminCall) -> Answer {
    let wanted: OrgGrant = call.body_as()?;
    let org = call.path("org").to_owned();
    let job = move |db: &Db<'_>| {
        let grants = BTreeMap::from([(org, wanted.actions)]);
        setup::grant(db, find(db, &wanted.principal)?, &grants)?;
        reply::done()
    };
    call.lake.store.run(job).await
}

pub(super) fn find(db: &Db<'_>, principal: &str) -> Result<arraylake_types::PrincipalId, Refusal> {
    let found = db.principal_named(principal)?;
    found.map(|who| who.id()).ok_or_else(|| Refusal::missing(format!("user {principal} not found")))
}

/// `POST /_local/s3-buckets`: makes a bucket of the S3 endpoint unless it is there.
pub(crate) async fn create_s3_bucket(AdminCall(call): AdminCall) -> Answer {
    let wanted: NewS3Bucket = call.body_as()?;
    let lake = Arc::clone(&call.lake);
    let job = move |db: &Db<'_>| {
        lake.make_bucket(&wanted.name).map_err(|error| Refusal::rule(error.to_string()))?;
        lake.ring.publish(db, &wanted.name, wanted.public)?;
        reply::created(&json!({"name": wanted.name, "public": wanted.public}))
    };
    call.lake.store.run(job).await
}

/// `PUT /_local/repos/{org}/{repo}/status`: as the system does, whoever may change it after that.
pub(crate) async fn set_status(AdminCall(call): AdminCall) -> Answer {
    let mut body = call.body()?;
    let modifiable = body.any("is_user_modifiable", "a boolean").unwrap_or(true);
    let end: Option<Timestamp> = body.any("estimated_end_time", "a time");
    let (mode, message) = repo_change::status_of(&mut body)?;
    let (org, name, lake) =
        (call.path("org").to_owned(), call.path("repo").to_owned(), Arc::clone(&call.lake));
    let mut status = RepoStatus::new(mode);
    status.message = message;
    status.is_user_modifiable = modifiable;
    status.estimated_end_time = end;
    let job = move |db: &Db<'_>| reply::ok(&impose_status(db, &lake, (&org, &name), status)?);
    call.lake.store.run(job).await
}

/// Sets a status as the system does.
pub(super) fn impose_status(
    db: &Db<'_>,
    lake: &Lake,
    (org, name): (&str, &str),
    mut status: RepoStatus,
) -> Result<RepoStatus, Refusal> {
    let mut repo = named(db, org, name)?.model;
    status.initiated_by = StatusInitiator::system("arraylake-local");
    repo.status = status.into();
    repo.updated = Some(lake.now());
    db.update_repo(&repo)?;
    Ok(repo.status.into_inner())
}

/// `PUT /_local/repos/{org}/{repo}/permissions`: replaces them all.
pub(crate) async fn set_repo_permissions(AdminCall(call): AdminCall) -> Answer {
    let wanted: RepoGrants = call.body_as()?;
    let actions = wanted.permissions.iter().flat_map(|grant| &grant.actions);
    if let Some(odd) = actions.into_iter().find(|action| matches!(action, RepoAction::Other(_))) {
        return Err(Refusal::rule(format!("{odd} is no action of a repo")));
    }
    let (org, name) = (call.path("org").to_owned(), call.path("repo").to_owned());
    let job = move |db: &Db<'_>| {
        let mut repo = named(db, &org, &name)?.model;
        repo.permissions = wanted.permissions.into();
        db.update_repo(&repo)?;
        reply::done()
    };
    call.lake.store.run(job).await
}

fn named(db: &Db<'_>, org: &str, name: &str) -> Result<StoredRepo, Refusal> {
    let found = db.repo(org, name)?.filter(|repo| !repo.model.is_ghost());
    found.ok_or_else(|| Refusal::missing(format!("Repo {org}/{name} not found")))
}
