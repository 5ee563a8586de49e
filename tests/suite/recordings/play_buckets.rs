//! Recorded calls about bucket configs, their credentials and access policies.

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_types::BucketId;
use serde_json::{Value, from_value};

use super::play::{Answer, Args, Result, bad, nothing};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    Some(match args.0.method() {
        "modify_bucket_config" => modify(client, args).await,
        "create_bucket_config" => create(client, args).await,
        name if name.ends_with("_credentials_from_bucket") => credentials(client, args).await,
        name if name.ends_with("_credentials_from_repo") => repo_credentials(client, args).await,
        _ => return by_nickname(client, args).await,
    })
}

async fn by_nickname(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    let method = args.0.method();
    let known = [
        "list_bucket_configs",
        "get_bucket_config",
        "set_default_bucket_config",
        "list_repos_for_bucket_config",
        "delete_bucket_config",
        "set_virtual_chunk_access_policy",
        "list_virtual_chunk_access_policies",
        "delete_virtual_chunk_access_policy",
    ];
    if !known.contains(&method) {
        return None;
    }
    Some(named(client, args, method).await)
}

async fn named(client: &AsyncClient, args: &Args<'_>, method: &str) -> Answer {
    let org = args.org()?;
    match method {
        "list_bucket_configs" => {
            return client.list_bucket_configs(&org).await.map(|rows| shown(&rows.items));
        }
        "list_virtual_chunk_access_policies" => {
            return client.list_virtual_chunk_access_policies(&org).await.map(|rows| shown(&rows.items));
        }
        _ => {}
    }
    let nickname: BucketNickname = args
        .get("nickname")
        .or(args.get("bucket_nickname"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .parse()?;
    let mut policy = NewAccessPolicy::new(nickname.clone()).with_subprefix(args.text("subprefix"));
    policy.public = args.flag("public");
    match method {
        "get_bucket_config" => client.get_bucket_config(&org, &nickname).await.map(shown),
        "set_default_bucket_config" => client.set_default_bucket_config(&org, &nickname).await.map(nothing),
        "list_repos_for_bucket_config" => {
            client.list_repos_for_bucket_config(&org, &nickname).await.map(|rows| shown(&rows.items))
        }
        "set_virtual_chunk_access_policy" => {
            client.set_virtual_chunk_access_policy(&org, policy).await.map(shown)
        }
        "delete_virtual_chunk_access_policy" => {
            client.delete_virtual_chunk_access_policy(&org, policy).await.map(nothing)
        }
        _ => client.delete_bucket_config(&org, &nickname, args.sure()?).await.map(nothing),
    }
}

async fn create(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let org = args.org()?;
    let mut request = NewBucket::new(args.text("nickname"), args.text("uri"))?;
    let mut extra = args.get("extra_config").and_then(Value::as_object).cloned().unwrap_or_default();
    for key in ["region_name", "endpoint_url", "use_ssl", "force_path_style"] {
        extra.extend(args.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    for (key, value) in extra {
        request = match value.as_str().filter(|_| key == "endpoint_url") {
            Some(url) => request.with_endpoint_url(url),
            None => request.with_extra(&key, value),
        };
    }
    if let Some(auth) = args.read::<AuthConfig>("auth_config", from_value)? {
        request = request.with_auth(auth);
    }
    client.create_bucket_config(&org, request).await.map(shown)
}

/// The arguments are recorded with all defaults; which of them were set, the body alone tells.
async fn modify(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let sent = args.0.body().or(args.get("bucket_config")).cloned().unwrap_or_default();
    let request: ModifyBucket = from_value(sent).map_err(|_| bad("bucket_config"))?;
    client.modify_bucket_config(&args.org()?, &bucket(args)?, request).await.map(shown)
}

fn bucket(args: &Args<'_>) -> Result<BucketRef> {
    Ok(args.text("bucket_id").parse::<BucketId>()?.into())
}

async fn credentials(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let access = match args.text("access") {
        "write" => CredentialAccess::Write,
        _ => CredentialAccess::Read,
    };
    client.get_bucket_credentials(&args.org()?, &bucket(args)?, access).await.map(shown)
}

async fn repo_credentials(client: &AsyncClient, args: &Args<'_>) -> Answer {
    client.get_repo_bucket_credentials(&args.repo()?).await.map(shown)
}
