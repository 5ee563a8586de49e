//! What only services for tests have: the Python client's own test-suite makes orgs and sets statuses as the system does.
//!
//! Only where any token is accepted, which nobody does to a lake that is to be kept.

use std::collections::BTreeMap;

use arraylake_types::RepoStatus;

use super::call::{Answer, Call};
use super::{admin, reply, repo_change};
use crate::refusal::Refusal;
use crate::setup;

fn check(call: &Call) -> Result<(), Refusal> {
    if call.lake.config.accept_any_token { Ok(()) } else { Err(Refusal::missing("Not Found")) }
}

/// `POST /orgs_test_create`: an org where the caller may do everything, and so may whoever has an unknown token.
pub(crate) async fn create_org(call: Call) -> Answer {
    check(&call)?;
    let name = call.body()?.required_text("name");
    call.run(move |call, db| {
        let org = setup::add_org(db, &name, "", call.lake.now())?;
        let grants = BTreeMap::from([(org.name.clone(), setup::everything())]);
        for who in [call.id(), call.lake.owner] {
            setup::grant(db, who, &grants)?;
        }
        reply::created(&org)
    })
    .await
}

/// `POST /repo_status_system`, `POST /repo_status_system/{org}/{repo}`: sets a status as the system does.
pub(crate) async fn set_status(call: Call) -> Answer {
    check(&call)?;
    let (mode, message) = repo_change::status_of(&mut call.body()?)?;
    call.run(move |call, db| {
        let part = |path, query| match call.path(path) {
            "" => call.query(query).unwrap_or_default().to_owned(),
            text => text.to_owned(),
        };
        let mut status = RepoStatus::new(mode);
        status.message = message;
        status.is_user_modifiable = call.flag("is_user_modifiable");
        let (org, name) = (part("org", "org_name"), part("repo", "repo_name"));
        reply::ok(&admin::impose_status(db, &call.lake, (&org, &name), status)?)
    })
    .await
}
