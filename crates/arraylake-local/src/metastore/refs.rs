//! Branches and tags.

use arraylake_types::v1::{Acknowledged, NewTag, Tag, UpdateBranch};
use serde_json::json;

use super::call::{RepoCall, known_point, no_commit};
use super::commits::check_message;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::setup::check_email;
use crate::store::v1::Meta;

/// The branch that cannot be deleted.
const MAIN: &str = "main";

/// `GET /repos/{org}/{repo}/branches`
pub(crate) async fn branches(call: RepoCall) -> Answer {
    reply::ok(&call.read(|call, meta| Ok(meta.branches(&names(call))?)).await?)
}

/// The names that are asked for; none are all.
fn names(call: &RepoCall) -> Vec<&str> {
    call.queries("names").collect()
}

/// `PUT /repos/{org}/{repo}/branches`
pub(crate) async fn move_branch(call: RepoCall) -> Answer {
    let request: UpdateBranch = call.body_as()?;
    call.write(move |_, meta| advance(meta, &request)).await?;
    reply::ok(&json!({}))
}

fn advance(meta: &Meta<'_>, request: &UpdateBranch) -> Result<(), Refusal> {
    let name = request.branch.as_str();
    let point = known_point(meta, &request.new_commit)?;
    let tip = meta.tip(name)?;
    if tip.as_ref() == Some(&request.new_commit) {
        // Said twice: the first time it was done.
        return Ok(());
    }
    if request.new_branch {
        if tip.is_some() {
            return Err(Refusal::rule(format!("Cannot create branch '{name}': it is there already")));
        }
        if meta.tag(name)?.is_some() {
            return Err(Refusal::rule(format!("The name '{name}' is taken by a tag")));
        }
    } else if tip.is_none() || tip != request.base_commit {
        let base = request.base_commit.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let tip = tip.map_or_else(|| "not there".to_owned(), |tip| format!("at {tip}"));
        return Err(Refusal::rule(format!("Failed to update branch '{name}': it is {tip}, not at {base}")));
    }
    Ok(meta.set_tip(name, &request.new_commit, &point)?)
}

/// `DELETE /repos/{org}/{repo}/branches`
pub(crate) async fn delete_branch(call: RepoCall) -> Answer {
    call.write(|call, meta| {
        let name = call.query("name").unwrap_or_default();
        if name == MAIN {
            return Err(Refusal::rule(format!("Deleting the '{MAIN}' branch is not allowed")));
        }
        match meta.delete_branch(name)? {
            true => reply::ok(&Acknowledged::new()),
            false => Err(Refusal::rule(format!("Branch '{name}' does not exist."))),
        }
    })
    .await
}

/// `GET /repos/{org}/{repo}/tags`
pub(crate) async fn tags(call: RepoCall) -> Answer {
    reply::ok(&call.read(|call, meta| Ok(meta.tags(&names(call))?)).await?)
}

/// `PUT /repos/{org}/{repo}/tags`
pub(crate) async fn create_tag(call: RepoCall) -> Answer {
    let request: NewTag = call.body_as()?;
    let tag = call.write(move |call, meta| {
        let label = &request.label;
        check_message(request.message.as_deref().unwrap_or_default())?;
        check_email(&request.author_email)?;
        if meta.tag(label)?.is_some() {
            return Err(Refusal::rule(format!("Cannot create tag '{label}': it is there already")));
        }
        if meta.tip(label)?.is_some() {
            return Err(Refusal::rule(format!("Cannot create tag '{label}': the name is taken by a branch")));
        }
        let commit = meta.commit(&request.commit_id)?.ok_or_else(|| no_commit(&request.commit_id))?;
        let tag = named_for_older_clients(Tag::new(request, commit, call.now().into()));
        meta.insert_tag(&tag)?;
        Ok(tag)
    });
    reply::ok(&tag.await?)
}

/// Clients up to 0.9.5 look for the name and the commit under other keys, too.
fn named_for_older_clients(mut tag: Tag) -> Tag {
    let more =
        [("id", tag.label.clone()), ("_id", tag.label.clone()), ("commit_id", tag.commit.id.to_string())];
    for (key, value) in more {
        tag.other.insert(key.to_owned(), value.into());
    }
    tag
}

/// `DELETE /repos/{org}/{repo}/tags`
pub(crate) async fn delete_tag(call: RepoCall) -> Answer {
    call.write(|call, meta| {
        let name = call.query("name").unwrap_or_default();
        match meta.delete_tag(name)? {
            true => reply::ok(&Acknowledged::new()),
            false => Err(Refusal::rule(format!("Tag '{name}' does not exist."))),
        }
    })
    .await
}
