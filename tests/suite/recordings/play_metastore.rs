//! Recorded calls of the metastore of V1 repos.

use arraylake_core::transport::Transport;
use arraylake_core::v1::metastore::{Listing, View};
use arraylake_core::v1::{Error, Metastore};
use arraylake_types::v1::{Collection, CommitId, NewDoc, SessionId, UpdateBranch};
use arraylake_types::{Secret, StorageCredentials};
use serde_json::{Value, from_value, json};

use super::kinds::kind_of_v1;
use super::leaf::Recorded;
use super::play::{Args, Played, nothing};
use super::record::Record;
use super::values::shown;

/// Makes the call; none if no method of ours is meant.
pub(crate) async fn play(record: &Record, leaf: &Recorded) -> Option<Played> {
    let args = Args(record);
    let metastore = metastore(&args, leaf)?;
    let outcome = match record.method() {
        "get_commits" | "get_commit_by_id" | "new_commit" => commits(&metastore, &args).await,
        "get_tags" | "new_tag" | "delete_tag" | "get_refs" => tags(&metastore, &args).await,
        "get_branches" | "update_branch" | "delete_branch" | "rebase" | "old_style_rebase" => {
            branches(&metastore, &args).await
        }
        "list_active_sessions"
        | "create_session"
        | "get_session"
        | "update_session_expiration"
        | "expire_session" => sessions(&metastore, &args).await,
        "get_all_sessions_for_path" | "get_all_paths_for_session" | "get_all_paths_for_commit" => {
            touched(&metastore, &args).await
        }
        "add_docs" | "get_docs" | "del_docs" | "del_prefix" | "rename" => documents(&metastore, &args).await,
        "list" | "getsize" | "tree" => listings(&metastore, &args).await,
        "load" => Some(metastore.bucket_credentials().await.map(keys)),
        _ => return None,
    };
    Some(match outcome? {
        Ok(value) => Played { value: Some(value), ..Played::of(Ok(())) },
        Err(error) => Played::of(Err(kind_of_v1(&error))),
    })
}

fn metastore(args: &Args<'_>, leaf: &Recorded) -> Option<Metastore> {
    let transport = Transport::builder().with_base_uri("http://127.0.0.1:1".parse().ok()?);
    let transport =
        transport.with_token(Secret::from("ema_recorded")).with_leaf(leaf.clone()).build().ok()?;
    Some(Metastore::new(transport, args.text("repo").parse().ok()?))
}

/// What was deleted; Python returns that it was.
fn done((): ()) -> Value {
    true.into()
}

/// Keys under the names that fsspec has for them.
fn keys(credentials: StorageCredentials) -> Value {
    match credentials {
        StorageCredentials::S3(keys) => json!({"access_key": keys.aws_access_key_id.expose(),
            "secret_key": keys.aws_secret_access_key.expose(),
            "token": keys.aws_session_token.as_ref().map(Secret::expose)}),
        other => shown(other),
    }
}

type Answer = Option<Result<Value, Error>>;

/// A value of the arguments as a type of ours.
fn value<T: serde::de::DeserializeOwned>(args: &Args<'_>, key: &str) -> Option<T> {
    from_value(args.get(key).cloned().unwrap_or(Value::Null)).ok()
}

fn names(args: &Args<'_>, key: &str) -> Vec<String> {
    value(args, key).unwrap_or_default()
}

fn view(args: &Args<'_>) -> Option<View> {
    Some(View::new(value(args, "session_id")?, value(args, "base_commit")?))
}

fn limit(args: &Args<'_>) -> usize {
    args.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or_default()
}

async fn commits(metastore: &Metastore, args: &Args<'_>) -> Answer {
    Some(match args.0.method() {
        "get_commits" => {
            let last: Option<CommitId> = value(args, "last_seen_commit")?;
            metastore.get_commits(limit(args), last.as_ref()).await.map(shown)
        }
        "get_commit_by_id" => metastore.get_commit_by_id(&value(args, "commit_id")?).await.map(shown),
        _ => metastore.new_commit(&value(args, "commit_info")?).await.map(shown),
    })
}

async fn tags(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let names = names(args, "names");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Some(match args.0.method() {
        "get_tags" => metastore.get_tags(&names).await.map(shown),
        "get_refs" => {
            let (branches, tags) = tokio::join!(metastore.get_branches(&names), metastore.get_tags(&names));
            // Python tells tags first.
            branches.and_then(|branches| Ok(shown((tags?, branches))))
        }
        "new_tag" => metastore.new_tag(&value(args, "tag")?).await.map(shown),
        _ => metastore.delete_tag(args.text("tag_name")).await.map(done),
    })
}

async fn branches(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let base: Option<CommitId> = value(args, "base_commit")?;
    Some(match args.0.method() {
        "get_branches" => {
            let names = names(args, "names");
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            metastore.get_branches(&names).await.map(shown)
        }
        "update_branch" => {
            let mut update = UpdateBranch::create(args.text("branch"), value(args, "new_commit")?);
            update.new_branch = args.flag("new_branch");
            update.base_commit = base;
            update.session_id = value(args, "session_id")?;
            metastore.update_branch(&update).await.map(nothing)
        }
        "delete_branch" => metastore.delete_branch(args.text("branch_name")).await.map(done),
        "rebase" => metastore.rebase(&view(args)?, args.text("upstream_branch")).await.map(shown),
        _ => {
            let commit: Option<CommitId> = value(args, "commit_id")?;
            metastore.old_style_rebase(commit.as_ref(), args.text("upstream_branch")).await.map(shown)
        }
    })
}

async fn sessions(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let id: Option<SessionId> = value(args, "session_id")?;
    Some(match args.0.method() {
        "list_active_sessions" => metastore.list_active_sessions().await.map(shown),
        "create_session" => metastore.create_session(&value(args, "session_request")?).await.map(shown),
        "get_session" => metastore.get_session(&id?).await.map(shown),
        "update_session_expiration" => {
            metastore.update_session_expiration(&value(args, "update_request")?).await.map(shown)
        }
        _ => metastore.expire_session(&id?).await.map(shown),
    })
}

async fn touched(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let collection = Collection::from(args.text("collection"));
    Some(match args.0.method() {
        "get_all_sessions_for_path" => {
            metastore.get_all_sessions_for_path(&collection, args.text("path")).await.map(shown)
        }
        "get_all_paths_for_session" => {
            metastore.get_all_paths_for_session(&collection, &view(args)?, limit(args)).await.map(shown)
        }
        _ => {
            let commit = value(args, "commit_id")?;
            metastore.get_all_paths_for_commit(&collection, &commit, limit(args)).await.map(shown)
        }
    })
}

async fn documents(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let (collection, view) = (Collection::from(args.text("collection")), view(args)?);
    let paths = names(args, "paths");
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    Some(match args.0.method() {
        "add_docs" => {
            let items: serde_json::Map<String, Value> = value(args, "items")?;
            let doc = |(path, content)| NewDoc::new(view.session.clone(), path, content);
            let docs: Vec<NewDoc> = items.into_iter().map(doc).collect();
            metastore.add_docs(&collection, &view, &docs).await.map(nothing)
        }
        "get_docs" => metastore.get_docs(&collection, &view, &paths).await.map(shown),
        "del_docs" => metastore.del_docs(&collection, &view, &paths).await.map(nothing),
        "del_prefix" => metastore.del_prefix(&collection, &view, args.text("prefix")).await.map(nothing),
        _ => metastore.rename(&view, args.text("src_path"), args.text("dst_path")).await.map(nothing),
    })
}

async fn listings(metastore: &Metastore, args: &Args<'_>) -> Answer {
    let (view, prefix) = (view(args)?, args.text("prefix"));
    let filter = args.get("filter").and_then(Value::as_str);
    Some(match args.0.method() {
        "list" => {
            let mut listing = Listing::of_directory(prefix);
            listing.all_subdirs = args.flag("all_subdirs");
            listing.filter = filter.map(str::to_owned);
            let collection = Collection::from(args.text("collection"));
            metastore.list(&collection, &view, &listing).await.map(shown)
        }
        "getsize" => metastore.getsize(&view, prefix).await.map(shown),
        _ => {
            let depth = args.number("depth").and_then(|depth| u32::try_from(depth).ok()).unwrap_or(10);
            metastore.tree(&view, prefix, depth, filter).await.map(shown)
        }
    })
}
