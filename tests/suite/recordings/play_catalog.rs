//! Recorded calls about users, orgs, permissions, tokens and virtual chunk containers.

use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Result};
use arraylake_types::Action;
use serde_json::Value;

use super::play::Args;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Result<()>> {
    Some(match args.0.method() {
        "get_user" | "ping" => client.get_user().await.map(drop),
        "get_orgs" => orgs(client, args).await,
        "get_permission_check" => permission(client, args).await,
        "get_api_client_from_token" => token(client, args, false).await,
        "get_api_client_id_from_token" => token(client, args, true).await,
        "get_virtual_chunk_containers" => containers(client, args).await,
        "update_virtual_chunk_containers" | "authorize_virtual_chunk_access" => update(client, args).await,
        _ => return None,
    })
}

async fn orgs(client: &AsyncClient, args: &Args<'_>) -> Result<()> {
    let times = if args.0.case.contains("header twice") { 2 } else { 1 };
    for _ in 0..times {
        client.get_orgs().await?;
    }
    Ok(())
}

async fn permission(client: &AsyncClient, args: &Args<'_>) -> Result<()> {
    let text = args.text("action");
    let action = [Action::Org(text.into()), Action::Repo(text.into()), Action::Namespace(text.into())]
        .into_iter()
        .find(|action| action.validate().is_ok())
        .unwrap_or(Action::Org(text.into()));
    let (principal, resource) = (args.text("principal_id"), args.text("resource"));
    client.get_permission_check(&args.org()?, principal, resource, action).await.map(drop)
}

async fn token(client: &AsyncClient, args: &Args<'_>, id: bool) -> Result<()> {
    let (org, token) = (args.org()?, args.text("token").parse()?);
    match id {
        true => client.get_api_client_id_from_token(&org, &token).await.map(drop),
        false => client.get_api_client_from_token(&org, &token).await.map(drop),
    }
}

async fn containers(client: &AsyncClient, args: &Args<'_>) -> Result<()> {
    client.get_virtual_chunk_containers(&args.repo()?).await.map(drop)
}

async fn update(client: &AsyncClient, args: &Args<'_>) -> Result<()> {
    let mut request = UpdateContainers::new();
    let add = args.get("add").or(args.get("authorize_virtual_chunk_access"));
    for (prefix, nickname) in add.and_then(Value::as_object).into_iter().flatten() {
        request = request.with_add(prefix, nickname.as_str().unwrap_or_default())?;
    }
    let remove = args.get("remove");
    for prefix in remove.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        request = request.with_remove(prefix);
    }
    for prefix in remove.and_then(Value::as_object).into_iter().flatten().map(|(prefix, _)| prefix) {
        request = request.with_remove(prefix);
    }
    client.update_virtual_chunk_containers(&args.repo()?, request).await.map(drop)
}
