//! Changes to the entry of a repo: description, metadata, optimization, status, visibility.

use arraylake_types::{
    AuthMethod, NewRepo, RepoModel, RepoOperationMode, RepoStatus, RepoVisibility, StatusInitiator,
};

use super::access::denied;
use super::body::Body;
use super::call::{Answer, Call};
use super::facts::FactChange;
use super::optimization::Optimization;
use super::reply;
use crate::refusal::Refusal;
use crate::store::{StoredBucket, StoredRepo};

/// What is to be changed. Nothing means unchanged, everywhere.
#[derive(Debug)]
struct Change {
    description: Option<String>,
    facts: FactChange,
    optimization: Optimization,
}

/// `PATCH /orgs/{org}/{repo}`
pub(crate) async fn modify(call: Call) -> Answer {
    let change = Change::read(call.body()?)?;
    call.run(move |call, db| {
        let mut found = call.repo_to_write(db)?;
        let before = found.repo.model.clone();
        change.apply(&mut found.repo.model)?;
        // `updated` tells of changes, not of requests.
        if found.repo.model != before {
            found.repo.model.updated = Some(call.lake.now());
            db.update_repo(&found.repo.model)?;
        }
        reply::ok(&call.show(db, found)?)
    })
    .await
}

impl Change {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        let change = Self {
            description: body.text("description"),
            facts: FactChange::read(&mut body),
            optimization: Optimization::read(&mut body),
        };
        body.finish()?;
        if let Some(text) = &change.description {
            NewRepo::new("any").with_description(text).validate()?;
        }
        change.facts.check()?;
        Ok(change)
    }

    fn apply(self, repo: &mut RepoModel) -> Result<(), Refusal> {
        if let Some(description) = self.description {
            repo.description = Some(description);
        }
        repo.metadata = self.facts.apply(repo.metadata.take())?;
        self.optimization.apply(&mut repo.optimization_config);
        Ok(())
    }
}

/// `PUT /orgs/{org}/{repo}/status`
pub(crate) async fn set_status(call: Call) -> Answer {
    let (mode, message) = status_of(&mut call.body()?)?;
    call.run(move |call, db| {
        let mut found = call.repo_to_write(db)?;
        // As at the real service this is for administrators.
        if !call.manages(&found) {
            return Err(denied());
        }
        let repo = &mut found.repo.model;
        if !repo.status.is_user_modifiable {
            return Err(Refusal::conflict("Repo status is not modifiable"));
        }
        repo.status = RepoStatus::new(mode).into();
        repo.status.message = message;
        repo.status.initiated_by = StatusInitiator::principal(call.id());
        repo.updated = Some(call.lake.now());
        db.update_repo(repo)?;
        reply::ok(&repo.status)
    })
    .await
}

/// Mode and message of a status.
pub(super) fn status_of(body: &mut Body) -> Result<(RepoOperationMode, Option<String>), Refusal> {
    let mode = RepoOperationMode::from(body.required_text("mode"));
    let message = body.text("message");
    if matches!(mode, RepoOperationMode::Other(_)) {
        let msg = "Input should be 'online', 'maintenance' or 'offline'";
        let _: Option<()> = body.wrong("mode", msg, "enum");
    }
    body.check()?;
    Ok((mode, message))
}

/// `PUT /orgs/{org}/{repo}/visibility`
pub(crate) async fn set_visibility(call: Call) -> Answer {
    let mut body = call.body()?;
    let text = body.required_text("visibility");
    let visibility = visibility_of(text, &mut body);
    body.finish()?;
    call.run(move |call, db| {
        let mut found = call.repo_to_write(db)?;
        // To show a repo to everybody is more than to write it.
        if !call.manages(&found) {
            return Err(denied());
        }
        if found.repo.model.visibility != visibility {
            check_showable(&found.repo, &visibility)?;
            found.repo.model.visibility = visibility;
            found.repo.model.updated = Some(call.lake.now());
            db.update_repo(&found.repo.model)?;
        }
        reply::ok(&call.show(db, found)?)
    })
    .await
}

/// Refuses to show everybody what is not the org's to show.
fn check_showable(repo: &StoredRepo, visibility: &RepoVisibility) -> Result<(), Refusal> {
    let name = format!("{}/{}", repo.model.org, repo.model.name);
    if *visibility == RepoVisibility::Private {
        return Ok(());
    }
    if repo.model.subscription.is_some() {
        let text = format!("Repo {name} is a subscription: its data is for its org alone");
        return Err(Refusal::conflict(text));
    }
    repo.bucket.as_ref().map_or(Ok(()), |bucket| check_public_bucket(&format!("Repo {name}"), bucket))
}

/// Refuses a bucket whose keys everybody would get: fixed ones cannot be made to reach less far.
pub(super) fn check_public_bucket(what: &str, bucket: &StoredBucket) -> Result<(), Refusal> {
    if bucket.model.auth_method() == Some(AuthMethod::Hmac) && !bucket.is_local() {
        let text = format!("{what} lies in a bucket with HMAC authentication, whose keys cannot be shared");
        return Err(Refusal::conflict(text));
    }
    Ok(())
}

/// Reads a visibility.
pub(super) fn visibility_of(text: String, body: &mut Body) -> RepoVisibility {
    let visibility = RepoVisibility::from(text);
    if matches!(visibility, RepoVisibility::Other(_)) {
        let msg = "Input should be 'PRIVATE' or 'AUTHENTICATED_PUBLIC'";
        let _: Option<()> = body.wrong("visibility", msg, "enum");
    }
    visibility
}
