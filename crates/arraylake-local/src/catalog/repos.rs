//! A single repo.

use arraylake_types::AuthMethod;

use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// `GET /repos/{org}/{repo}`, `GET /repo/{id}`
pub(crate) async fn get(call: Call) -> Answer {
    call.run(|call, db| {
        let found = call.repo(db)?;
        // The keys in this answer never expire, so that a service which means to keep clients out must not give them.
        if call.era.has_fixed_keys_guarded() {
            check_keys_may_be_had(&found.repo)?;
        }
        reply::ok(&call.show(db, found)?)
    })
    .await
}

/// Refuses a repo with fixed keys that is not online: nothing would take them back.
fn check_keys_may_be_had(repo: &StoredRepo) -> Result<(), Refusal> {
    let fixed = repo.bucket.as_ref().and_then(|bucket| bucket.model.auth_method()) == Some(AuthMethod::Hmac);
    if fixed { online(repo) } else { Ok(()) }
}

/// The same while it may not be written: such keys cannot be made to read alone.
pub(super) fn check_keys_are_for_reading(repo: &StoredRepo) -> Result<(), Refusal> {
    if repo.model.status.is_maintenance() { check_keys_may_be_had(repo) } else { Ok(()) }
}

/// Refuses a repo that is not online.
fn online(repo: &StoredRepo) -> Result<(), Refusal> {
    let (model, status) = (&repo.model, &repo.model.status);
    if status.is_offline() || status.is_maintenance() {
        let (org, name, mode, more) = (&model.org, &model.name, &status.mode, status.explanation());
        let text = format!(
            "Repo {org}/{name} is in mode {mode}{more}; its bucket uses HMAC authentication, so it cannot be read until it is online"
        );
        return Err(Refusal::conflict(text));
    }
    Ok(())
}
