//! Recorded calls about sessions, commits, branches and tags of V1 repos.

use std::time::Duration;

use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions};
use serde_json::{Value, json};

use super::play::Args;
use super::play_v1::{Answer, at, bad};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(repo: &AsyncRepo, args: &Args<'_>) -> Option<Answer> {
    Some(match args.0.method() {
        "checkout" => checkout(repo, args).await,
        "create_session" | "join_session" | "update_expiration" | "abandon" => session(repo, args).await,
        "list_active_sessions" => repo.list_active_sessions().await.map(shown),
        "commit" | "_old_style_single_commit" => commit(repo, args).await,
        "fast_forward" => repo.fast_forward().await.map(|_| Value::Null),
        "tag" | "tags" | "delete_tag" => tags(repo, args).await,
        "branches" | "new_branch" | "delete_branch" => branches(repo, args).await,
        "commit_log" | "commit_data" | "get_commits" => log(repo, args).await,
        "status" | "_modified" => status(repo, args).await,
        _ => return None,
    })
}

fn how(args: &Args<'_>) -> Result<Checkout, arraylake_core::v1::Error> {
    // Releases from 0.15 on read unless they are told to write.
    let writes = args.0.version.starts_with("0.14") || args.0.method() == "checkout";
    let for_writing = args.get("for_writing").and_then(Value::as_bool).unwrap_or(writes);
    let mut how = Checkout::new().with_for_writing(for_writing);
    if let Some(seconds) = seconds(args) {
        how = how.with_expires_in(seconds);
    }
    if let Some(message) = args.get("message").and_then(Value::as_str) {
        how = how.with_message(message);
    }
    if let Some(token) = args.get("session_token").and_then(Value::as_str) {
        how = how.with_session_token(token.parse().map_err(|_| bad("session_token"))?);
    }
    Ok(how)
}

fn seconds(args: &Args<'_>) -> Option<Duration> {
    args.get("expires_in").and_then(|span| span["seconds"].as_f64()).map(Duration::from_secs_f64)
}

async fn checkout(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    repo.checkout(at(args, "ref"), how(args)?).await.map(shown)
}

async fn session(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let session = match args.0.method() {
        "create_session" => repo.create_session(at(args, "ref"), how(args)?).await?,
        "join_session" => {
            let id = args.text("session_id").parse().map_err(|_| bad("session_id"))?;
            repo.join_session(&id).await?
        }
        "update_expiration" => repo.update_session_expiration(seconds(args).unwrap_or_default()).await?,
        _ => repo.abandon_session().await?,
    };
    // The rest of it is said in other words.
    let (ours, mut value) = (shown(&session), args.0.returned.clone());
    for key in ["id", "branch", "base_commit", "author_name", "author_email"] {
        value[key] = ours[key].clone();
    }
    Ok(value)
}

async fn commit(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let writes = args.0.version.starts_with("0.14");
    let for_writing = args.get("checkout_for_writing").and_then(Value::as_bool).unwrap_or(writes);
    let options = CommitOptions::new().with_checkout_for_writing(for_writing);
    repo.commit(args.text("message"), options).await.map(|outcome| shown(outcome.into_id()))
}

async fn tags(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let name = args.text("tag_name");
    match args.0.method() {
        "tags" => repo.tags().await.map(shown),
        "delete_tag" => repo.delete_tag(name).await.map(|()| Value::Null),
        _ => {
            let wanted = match args.get("commit_id") {
                None => arraylake_core::v1::Ref::Current,
                Some(_) => at(args, "commit_id"),
            };
            let message = args.get("message").and_then(Value::as_str);
            repo.tag(name, wanted, message).await.map(shown)
        }
    }
}

async fn branches(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    match args.0.method() {
        "branches" => repo.branches().await.map(shown),
        "new_branch" => repo.new_branch(args.text("branch_name")).await.map(|()| Value::Null),
        _ => repo.delete_branch(args.text("branch")).await.map(|()| Value::Null),
    }
}

async fn log(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    match args.0.method() {
        "commit_log" => {
            let log = repo.commit_log().await?;
            let commits: Vec<_> = log.iter().collect();
            let tip = commits.first().map(|commit| commit.id.to_string());
            Ok(json!({"repo_name": repo.name().to_string(), "commit_id": tip, "commits": shown(commits)}))
        }
        "get_commits" => repo.get_commits().await.map(|all| shown(all.iter().collect::<Vec<_>>())),
        _ => {
            let ours = repo.commit_data(true).await?.commits().len();
            let theirs = args.0.returned["commits"].as_array().map_or(0, Vec::len);
            Ok(if ours == theirs { Value::Null } else { json!(ours) })
        }
    }
}

async fn status(repo: &AsyncRepo, args: &Args<'_>) -> Answer {
    let limit = args.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1000);
    let status = repo.status(limit).await?;
    let theirs = match &args.0.returned {
        Value::Array(rows) => rows.iter().map(|row| json!([row["path"], row["deleted"]])).collect::<Vec<_>>(),
        object => object["modified_paths"].as_array().cloned().unwrap_or_default(),
    };
    let ours: Vec<Value> = status.changes.iter().map(|change| json!([change.path, change.deleted])).collect();
    let mut theirs = theirs;
    theirs.sort_by_key(Value::to_string);
    let mut sorted = ours.clone();
    sorted.sort_by_key(Value::to_string);
    Ok(if sorted == theirs { Value::Null } else { ours.into() })
}
