//! Recorded calls for credentials: those of virtual chunks, and the functions that renew what icechunk was given.

use std::collections::BTreeMap;

use arraylake_core::icechunk::icechunk::config::Credentials;
use arraylake_core::icechunk::icechunk::storage::{AzureCredentials, GcsCredentials, S3Credentials};
use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Result};
use chrono::{DateTime, Utc};
use serde_json::{Value, from_value, json};

use super::handed;
use super::kinds::{Outcome, kind_of};
use super::play::{Args, Played, bad};

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Played> {
    Some(match args.0.method() {
        "get_icechunk_container_credentials_from_bucket" => Played::of(of_bucket(client, args).await),
        "containers_credentials_for_buckets" => Played::of(of_buckets(client, args).await),
        "_get_icechunk_s3_vcc_credentials_refresh_function"
        | "_get_icechunk_gcs_vcc_credentials_refresh_function" => {
            Played::of(renew(client, args, "vcc").await)
        }
        name if name.ends_with("_refresh_function_for_repo") => Played::of(renew(client, args, "repo").await),
        name if name.ends_with("_refresh_function_for_bucket") => {
            Played::of(renew(client, args, "bucket").await)
        }
        _ => return None,
    })
}

/// What came of a call, and what is wrong with the value if it is not the recorded one.
fn same(ours: &Value, theirs: &Value) -> Outcome {
    if ours == theirs { Ok(()) } else { Err(format!("{ours} instead of {theirs}")) }
}

async fn of_bucket(client: &AsyncClient, args: &Args<'_>) -> Outcome {
    let made = async {
        let nickname: BucketNickname = args.text("bucket_config_nickname").parse()?;
        client.get_icechunk_container_credentials_from_bucket(&args.org()?, &nickname).await
    };
    let made = made.await.map_err(|error| kind_of(&error))?;
    match args.0.raised {
        None => same(&handed::credentials(&made), &handed::recorded_credentials(&args.0.returned)),
        Some(_) => Ok(()),
    }
}

/// Containers by URL prefix, with the nicknames of their bucket configs.
pub(crate) async fn containers(
    client: &AsyncClient,
    args: &Args<'_>,
    key: &str,
) -> Result<BTreeMap<String, Credentials>> {
    let mut wanted = BTreeMap::new();
    for (prefix, nickname) in args.get(key).and_then(Value::as_object).into_iter().flatten() {
        let nickname = nickname.as_str().ok_or_else(|| bad("nickname"))?;
        wanted.insert(prefix.clone(), nickname.parse()?);
    }
    let org = match args.get("org") {
        Some(_) => args.org()?,
        None => args.repo()?.org().clone(),
    };
    client.containers_credentials_for_buckets(&org, wanted).await
}

async fn of_buckets(client: &AsyncClient, args: &Args<'_>) -> Outcome {
    let made = containers(client, args, "containers_to_buckets_map").await;
    let made = made.map_err(|error| kind_of(&error))?;
    if args.0.raised.is_some() {
        return Ok(());
    }
    let words = made.iter().map(|(prefix, keys)| (prefix.clone(), handed::credentials(keys)));
    let theirs = args.0.returned.as_object().into_iter().flatten();
    let theirs = theirs.map(|(prefix, keys)| (prefix.clone(), handed::recorded_credentials(keys)));
    same(&Value::Object(words.collect()), &Value::Object(theirs.collect()))
}

/// Asks for credentials as icechunk does later on, in the form that sessions carry to other processes.
async fn renew(client: &AsyncClient, args: &Args<'_>, scope: &str) -> Outcome {
    let given = |at: usize| args.get("positional").and_then(|list| list[at].as_str()).unwrap_or_default();
    let platform = args.0.method().split('_').nth(3).unwrap_or_default();
    let repo = || json!(format!("{}/{}", given(0), given(1)));
    let want = match scope {
        "repo" => json!({"Repo": [repo(), "Bucket"]}),
        "vcc" => json!({"Repo": [repo(), {"Container": given(2)}]}),
        _ => {
            let nickname: BucketNickname = given(1).parse().unwrap();
            let org = given(0).parse().unwrap();
            let config = client.get_bucket_config(&org, &nickname).await.map_err(|error| kind_of(&error))?;
            json!({"Bucket": {"org": given(0), "id": config.id.unwrap().to_string(), "access": "read"}})
        }
    };
    client.opener().register();
    let mut got = Vec::new();
    for _ in 0..args.0.returned.as_array().map_or(1, Vec::len) {
        got.push(ask(client, platform, &want).await?);
    }
    match args.0.raised {
        Some(_) => Ok(()),
        None if args.0.returned.is_array() => same(&Value::from(got), &args.0.returned),
        None => same(&got[0], &args.0.returned),
    }
}

/// A time, or that it is five minutes from now, which keys of virtual chunks are said to last.
fn end(at: DateTime<Utc>) -> String {
    let left = (at - Utc::now()).num_seconds();
    if (240..=300).contains(&left) { "in five minutes".to_owned() } else { at.to_rfc3339() }
}

/// One answer, as Python would show it.
async fn ask(client: &AsyncClient, platform: &str, want: &Value) -> Result<Value, String> {
    let lost = |error: String| match error.split_once(" failed with ") {
        Some((_, status)) => format!("status {}", status.get(..3).unwrap_or_default()),
        None if error.contains("revoked") => "invalid input".to_owned(),
        None => error,
    };
    let fetcher = |kind: &str, name: &str, tag: &str| {
        let uri = client.service_uri().to_string();
        json!({kind: "refreshable", tag: name, "format": 2, "api_url": uri, "want": want})
    };
    match platform {
        "s3" => {
            let text =
                fetcher("s3_credential_type", "arraylake-s3-credentials", "s3_credentials_fetcher_type");
            let S3Credentials::Refreshable(fetcher) = from_value(text).unwrap() else { panic!("a fetcher") };
            let keys = fetcher.get().await.map_err(lost)?;
            Ok(json!({"icechunk": "S3StaticCredentials", "access_key_id": keys.access_key_id,
                "expires_after": keys.expires_after.map(end),
                "secret_access_key": keys.secret_access_key, "session_token": keys.session_token}))
        }
        "gcs" => {
            let text =
                fetcher("gcs_credential_type", "arraylake-gcs-credentials", "gcs_credentials_fetcher_type");
            let GcsCredentials::Refreshable(fetcher) = from_value(text).unwrap() else { panic!("a fetcher") };
            let token = fetcher.get().await.map_err(lost)?;
            Ok(json!({"icechunk": "GcsBearerCredential", "bearer": token.bearer,
                "expires_after": token.expires_after.map(end)}))
        }
        _ => {
            let text =
                fetcher("az_credential_type", "arraylake-azure-credentials", "az_credentials_fetcher_type");
            let AzureCredentials::Refreshable(fetcher) = from_value(text).unwrap() else {
                panic!("a fetcher")
            };
            fetcher.get().await.map(|_| Value::Null).map_err(lost)
        }
    }
}
