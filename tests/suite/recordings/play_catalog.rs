//! Recorded calls about users, orgs, permissions, tokens and virtual chunk containers.

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_types::Action;
use serde_json::Value;

use super::play::{Answer, Args};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    Some(match args.0.method() {
        "get_user" | "ping" => client.get_user().await.map(shown),
        "get_orgs" => orgs(client, args).await,
        "get_permission_check" => permission(client, args).await,
        "get_api_client_from_token" => token(client, args, false).await,
        "get_api_client_id_from_token" => token(client, args, true).await,
        "get_virtual_chunk_containers" => containers(client, args).await,
        "update_virtual_chunk_containers" | "authorize_virtual_chunk_access" => update(client, args).await,
        _ => return None,
    })
}

async fn orgs(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let ask = async || client.get_orgs().await.map(|rows| shown(&rows.items));
    match args.0.case.contains("header twice") {
        true => Ok(vec![ask().await?, ask().await?].into()),
        false => ask().await,
    }
}

async fn permission(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let text = args.text("action");
    let action = [Action::Org(text.into()), Action::Repo(text.into()), Action::Namespace(text.into())]
        .into_iter()
        .find(|action| action.validate().is_ok())
        .unwrap_or(Action::Org(text.into()));
    let (principal, resource) = (args.text("principal_id"), args.text("resource"));
    client.get_permission_check(&args.org()?, principal, resource, action).await.map(shown)
}

async fn token(client: &AsyncClient, args: &Args<'_>, id: bool) -> Answer {
    let (org, token) = (args.org()?, args.text("token").parse()?);
    match id {
        true => client.get_api_client_id_from_token(&org, &token).await.map(shown),
        false => client.get_api_client_from_token(&org, &token).await.map(shown),
    }
}

async fn containers(client: &AsyncClient, args: &Args<'_>) -> Answer {
    client.get_virtual_chunk_containers(&args.repo()?).await.map(shown)
}

async fn update(client: &AsyncClient, args: &Args<'_>) -> Answer {
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
    let all = client.update_virtual_chunk_containers(&args.repo()?, request).await?;
    // The older name of the same returns nothing.
    Ok(if args.0.method() == "authorize_virtual_chunk_access" { Value::Null } else { shown(all) })
}
