//! Changes to the entry of a repo: description, metadata, optimization, status, visibility.

use arraylake_types::{
    ExpirationConfig, GcConfig, NewRepo, OptimizationWindow, RepoModel, RepoOperationMode, RepoStatus,
    RepoVisibility, StatusInitiator,
};
use serde_json::{Map, Value};

use super::access::denied;
use super::body::Body;
use super::call::{Answer, Call};
use super::facts::FactChange;
use super::reply;
use crate::refusal::Refusal;

/// What is to be changed. Nothing means unchanged, everywhere.
#[derive(Debug)]
struct Change {
    description: Option<String>,
    facts: FactChange,
    optimization: Optimization,
}

#[derive(Debug, Default)]
struct Optimization {
    window: Option<Box<OptimizationWindow>>,
    gc: Option<Box<GcConfig>>,
    expiration: Option<Box<ExpirationConfig>>,
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
            optimization: Optimization::read(
                body.object("optimization_config").unwrap_or_default(),
                &mut body,
            ),
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
        let config = &mut repo.optimization_config;
        config.window = self.optimization.window.or_else(|| config.window.take());
        config.gc_config = self.optimization.gc.or_else(|| config.gc_config.take());
        config.expiration_config = self.optimization.expiration.or_else(|| config.expiration_config.take());
        Ok(())
    }
}

impl Optimization {
    fn read(fields: Map<String, Value>, body: &mut Body) -> Self {
        let mut read = Self::default();
        for (key, value) in fields {
            let fits = match key.as_str() {
                _ if value.is_null() => true,
                "window" => take(value, &mut read.window),
                "gc_config" => take(value, &mut read.gc),
                "expiration_config" => {
                    let has_age = value.get("expire_versions_older_than").is_some_and(Value::is_number);
                    has_age && take(value, &mut read.expiration)
                }
                _ => true,
            };
            if !fits {
                let msg = format!("Input should be a valid {key}");
                let _: Option<()> = body.wrong("optimization_config", &msg, "value_error");
            }
        }
        read
    }
}

fn take<T: serde::de::DeserializeOwned>(value: Value, place: &mut Option<T>) -> bool {
    *place = serde_json::from_value(value).ok();
    place.is_some()
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
        repo.status = RepoStatus::new(mode);
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
        found.repo.model.visibility = visibility;
        found.repo.model.updated = Some(call.lake.now());
        db.update_repo(&found.repo.model)?;
        reply::ok(&call.show(db, found)?)
    })
    .await
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
