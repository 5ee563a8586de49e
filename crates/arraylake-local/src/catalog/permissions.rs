//! Questions about permissions.

use arraylake_types::{OrgAction, PermissionCheck, PrincipalId, RepoAction, RepoVisibility};
use serde_json::json;

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;
use crate::store::Db;

/// `GET /user/permissions`: what the caller may do, org by org.
pub(crate) async fn own(call: Call) -> Answer {
    call.run(|call, db| {
        let orgs = db.orgs_of(call.id())?;
        let orgs: Vec<_> =
            orgs.into_iter().map(|(org, actions)| json!({"name": org.name, "actions": actions})).collect();
        reply::ok(&json!({"service_actions": [], "org_actions": orgs}))
    })
    .await
}

/// `GET /orgs/{org}/permissions/check`, `GET /orgs/{org}/api-clients/permissions/check`: only those who manage the
/// users of the org may ask. A resource is the org, `org/repo`, a repo's name or id, or an Iceberg namespace's name.
pub(crate) async fn check(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        if !call.org(db, org)?.allow(&OrgAction::CanManageUsers) {
            return Err(denied());
        }
        let value =
            |name| call.query(name).ok_or_else(|| reply::bad_query(name, "Field required", "missing"));
        let (who, resource, action) = (value("principal_id")?, value("resource")?, value("action")?);
        let allowed = match who.parse::<PrincipalId>() {
            Ok(who) => may(db, org, who, resource, action)?,
            Err(_) => {
                known(action)?;
                false
            }
        };
        reply::ok(&PermissionCheck::new(allowed))
    })
    .await
}

/// Reads an action, of an org or of a repo. `CAN_MANAGE_USERS` is both.
fn known(action: &str) -> Result<(Option<OrgAction>, Option<RepoAction>), Refusal> {
    let org = Some(OrgAction::from(action)).filter(|it| !matches!(it, OrgAction::Other(_)));
    let repo = Some(RepoAction::from(action)).filter(|it| !matches!(it, RepoAction::Other(_)));
    if org.is_none() && repo.is_none() {
        return Err(reply::bad_query("action", "Input should be a known action", "enum"));
    }
    Ok((org, repo))
}

fn may(db: &Db<'_>, org: &str, who: PrincipalId, resource: &str, action: &str) -> Result<bool, Refusal> {
    let (org_action, repo_action) = known(action)?;
    let rights = Rights::new(db.org_actions(org, who)?);
    if org_action.is_some_and(|action| rights.allow(&action)) {
        return Ok(true);
    }
    let Some(action) = repo_action else { return Ok(false) };
    // Of the org itself it is asked whether it may be done to every repo there.
    if resource == org {
        return Ok(rights.allow_repo(&action));
    }
    let name = resource.strip_prefix(org).and_then(|rest| rest.strip_prefix('/')).unwrap_or(resource);
    let repo = match db.repo_name(&name.to_ascii_lowercase())? {
        Some((of, name)) if of == org => db.repo(org, &name)?,
        _ => db.repo(org, name)?,
    };
    if let Some(repo) = repo.filter(|repo| !repo.model.is_ghost()) {
        let grants = repo.model.permissions.iter().filter(|grant| grant.principal_id == who);
        let given: Vec<_> = grants.flat_map(|grant| &grant.actions).collect();
        let reads = given.contains(&&RepoAction::CanWrite) || is_open(db, who, &repo.model.visibility)?;
        return Ok(rights.allow_repo(&action)
            || given.contains(&&action)
            || (action == RepoAction::CanRead && reads));
    }
    let Some(namespace) = db.namespace(org, name)?.filter(|it| it.deleted_at.is_none()) else {
        return Ok(false);
    };
    let reads = action == RepoAction::CanRead && is_open(db, who, &namespace.visibility)?;
    Ok(rights.allow_repo(&action) || reads)
}

/// Whether somebody who is known may read because everybody may.
fn is_open(db: &Db<'_>, who: PrincipalId, visibility: &RepoVisibility) -> Result<bool, Refusal> {
    Ok(*visibility == RepoVisibility::AuthenticatedPublic && db.principal(who)?.is_some())
}
