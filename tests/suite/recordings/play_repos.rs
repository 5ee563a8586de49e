//! Recorded calls about repos.

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_types::optimization::{Retention, Seconds};
use arraylake_types::{
    ModifyExpiration, ModifyGc, ModifyOptimization, OptimizationWindow, RepoOperationMode,
};
use serde_json::{Value, from_value, json};

use super::play::{Answer, Args, Result, bad, nothing};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    Some(match args.0.method() {
        "list_repos" => list(client, args).await,
        "list_repos_paginated" => stream(client, args).await,
        "list_databases_page" => page(client, args).await,
        "get_repo_object" | "get_database" | "open_database" => get(client, args).await,
        "open_repo" => open(client, args).await,
        "create_database" => create(client, args).await,
        "import_database" => import(client, args).await,
        "modify_repo" => modify(client, args).await,
        "delete_repo" => delete(client, args).await,
        "_set_repo_status" => status(client, args).await,
        _ => return None,
    })
}

fn options(args: &Args<'_>) -> Result<ListRepos> {
    let mut options = ListRepos::new();
    options.filter_metadata = args.read("filter_metadata", from_value)?;
    options.include_ghosts = args.flag("include_ghosts");
    Ok(options)
}

async fn list(client: &AsyncClient, args: &Args<'_>) -> Answer {
    client.list_repos(&args.org()?, options(args)?).await.map(|rows| shown(&rows.items))
}

async fn stream(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let from = PageRequest::default().with_size(args.number("page_size").unwrap_or(50));
    args.walk(client.list_repos_stream(&args.org()?, from, options(args)?)?).await
}

async fn page(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let page =
        PageRequest::new(args.number("page").unwrap_or(1)).with_size(args.number("size").unwrap_or(50));
    client.list_repos_page(&args.org()?, page, options(args)?).await.map(shown)
}

async fn get(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let entry = client.get_repo_object(&args.repo()?).await?;
    Ok(match args.0.method() {
        // An object of Python, which knows nothing but where the repo is.
        "open_database" => json!({"repo_path": format!("/repos/{}/{}", entry.org, entry.name)}),
        _ => shown(entry),
    })
}

async fn open(client: &AsyncClient, args: &Args<'_>) -> Answer {
    client.open_repo(&args.repo()?).await.map(shown)
}

/// The entry of a new repo.
async fn create(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let repo = args.repo()?;
    let mut request = NewRepo::new(repo.repo());
    request.bucket_nickname = args.read("bucket_config_nickname", from_value)?;
    request.description = args.read("description", from_value)?;
    request.metadata = args.read("metadata", from_value)?;
    request.prefix = args.read("prefix", from_value)?;
    if let Some(kind) = args.get("kind").and_then(Value::as_str) {
        request = request.with_kind(kind.into());
    }
    if args.flag("import_existing") {
        request = request.with_create_mode(arraylake_types::CreateMode::Import);
    }
    client.create_repo_object(repo.org(), request).await.map(shown)
}

async fn import(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let repo = args.repo()?;
    let bucket = args.get("bucket_config_nickname").or(args.get("bucket_nickname")).and_then(Value::as_str);
    let mut request = ImportRepo::new(repo.repo(), bucket.unwrap_or_default(), args.text("prefix"))?;
    request.description = args.read("description", from_value)?;
    request.metadata = args.read("metadata", from_value)?;
    client.import_repo_object(repo.org(), request).await.map(shown)
}

async fn modify(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut request = ModifyRepo::new();
    request.description = args.read("description", from_value)?;
    request.add_metadata = args.read("add_metadata", from_value)?;
    request.remove_metadata = args.read("remove_metadata", from_value)?;
    request.update_metadata = args.read("update_metadata", from_value)?;
    // The arguments are recorded with all defaults; which of them were set, the body alone tells.
    let sent = args.0.body().and_then(|body| body.get("optimization_config"));
    if let Some(config) = sent.filter(|config| !config.is_null()) {
        request.optimization_config = Some(optimization(config)?);
    }
    client.modify_repo(&args.repo()?, request).await.map(nothing)
}

fn optimization(config: &Value) -> Result<ModifyOptimization> {
    let mut change = ModifyOptimization::new();
    if let Some(window) = config.get("window") {
        let number = |key: &str| window[key].as_f64().unwrap_or_default();
        let day = window["day_of_week"].as_u64().and_then(|day| u8::try_from(day).ok()).unwrap_or(u8::MAX);
        let start = window["start_time"].as_str().unwrap_or_default();
        change = match window {
            Value::Null => change.with_window(None),
            _ => change.with_window(Some(&OptimizationWindow::new(number("duration"), start, day)?)),
        };
    }
    if let Some(gc) = config.get("gc_config") {
        change = match gc {
            Value::Null => change.with_gc(None),
            fields => change.with_gc(Some(&collection(fields)?)),
        };
    }
    if let Some(expiration) = config.get("expiration_config") {
        change = match expiration {
            Value::Null => change.with_expiration(None),
            fields => change.with_expiration(Some(&expiry(fields)?)),
        };
    }
    Ok(change)
}

fn collection(fields: &Value) -> Result<ModifyGc> {
    let mut gc = ModifyGc::new();
    for (key, value) in fields.as_object().into_iter().flatten() {
        let age = || from_value::<Retention>(value.clone()).map_err(|_| bad(key));
        gc = match key.as_str() {
            "enabled" => gc.with_enabled(value.as_bool().unwrap_or_default()),
            "gc_every" => gc.with_every(value.as_f64()),
            "extra_gc_roots" => {
                gc.with_extra_roots(value.as_array().into_iter().flatten().filter_map(Value::as_str))
            }
            "dangling_chunks" => gc.with_chunks(age()?),
            "dangling_manifests" => gc.with_manifests(age()?),
            "dangling_attributes" => gc.with_attributes(age()?),
            "dangling_transaction_logs" => gc.with_transaction_logs(age()?),
            "dangling_snapshots" => gc.with_snapshots(age()?),
            _ => return Err(bad(key)),
        };
    }
    Ok(gc)
}

fn expiry(fields: &Value) -> Result<ModifyExpiration> {
    let seconds: Seconds = fields["expire_versions_older_than"].as_f64().ok_or_else(|| bad("expiration"))?;
    let mut expiration = ModifyExpiration::older_than(seconds);
    if let Some(every) = fields.get("expire_every") {
        expiration = expiration.with_every(every.as_f64());
    }
    if let Some(enabled) = fields.get("enabled").and_then(Value::as_bool) {
        expiration = expiration.with_enabled(enabled);
    }
    Ok(expiration)
}

async fn delete(client: &AsyncClient, args: &Args<'_>) -> Answer {
    client.delete_repo(&args.repo()?, args.sure()?, args.deletion()).await.map(nothing)
}

async fn status(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut request = NewRepoStatus::new(RepoOperationMode::from(args.text("mode")));
    request.message = args.read("message", from_value)?;
    client.set_repo_status(&args.repo()?, request).await.map(shown)
}
