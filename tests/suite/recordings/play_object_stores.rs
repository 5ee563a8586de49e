//! Recorded calls for whole buckets as object stores: Python makes one of `obstore`, we one of `object_store`, which is
//! the same inside. Ours is looked at by its `Debug`, which shows what its requests are made of. So are the stores of V1
//! repos.

use arraylake_core::icechunk::BucketStore;
use arraylake_core::prelude::*;
use arraylake_core::v1::AsyncRepo;
use arraylake_core::v1::chunks::{BucketUri, Layout};
use arraylake_core::{AsyncClient, Result};
use serde_json::{Map, Value, json};

use super::play::{Args, Played};
use super::record::Record;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Played> {
    if args.0.method() != "get_obstore_for_bucket" {
        return None;
    }
    let store = open(client, args).await;
    let mut handed = Map::new();
    if let Ok(store) = &store {
        handed.insert("object store".to_owned(), picture(store));
    }
    Some(Played { handed, ..Played::from(store.map(drop)) })
}

async fn open(client: &AsyncClient, args: &Args<'_>) -> Result<BucketStore> {
    let nickname = args.get("nickname").or(args.get("bucket_nickname")).and_then(Value::as_str);
    let nickname: BucketNickname = nickname.unwrap_or_default().parse()?;
    let access = match args.text("access") {
        "write" => CredentialAccess::Write,
        _ => CredentialAccess::Read,
    };
    client.get_obstore_for_bucket(&args.org()?, &nickname.into(), access).await
}

/// The value of a field in the text of a `Debug`.
fn field(text: &str, name: &str) -> Option<String> {
    let after = text.split(&format!("{name}: ")).nth(1)?;
    match after.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(str::to_owned),
        None => after.split([',', ' ', '}']).next().map(str::to_owned),
    }
}

fn picture(store: &BucketStore) -> Value {
    let text = format!("{store:?}");
    let kind =
        ["AmazonS3", "GoogleCloudStorage", "MicrosoftAzure"].into_iter().find(|kind| text.contains(*kind));
    let place = match kind {
        Some("AmazonS3") => field(&text, "bucket_endpoint"),
        Some("GoogleCloudStorage") => field(&text, "bucket_name"),
        _ => field(&text, "container"),
    };
    let signed = field(&text, "skip_signature").as_deref() == Some("false");
    json!({
        "kind": kind,
        "place": place,
        "prefix": field(&text, "raw").unwrap_or_default(),
        "region": field(&text, "region"),
        "account": field(&text, "account"),
        "keys": if !signed { "none" } else if ["credentials of bucket config", "Fresh {"].iter().any(|name| text.contains(name)) { "renewed" } else { "fixed" },
    })
}

/// Where a V1 repo puts its chunks.
pub(crate) fn of_v1(repo: &AsyncRepo, record: &Record) -> Option<Value> {
    let store = repo.chunkstore().ok()?;
    let recorded = &record.returned["object_store"];
    let scheme = if recorded["class"] == "GCSFSObjectStore" { "gs" } else { "s3" };
    let name = recorded["bucket_name"].as_str().unwrap_or("my-bucket-name");
    let (bucket, prefix) = match store.layout() {
        Layout::V0 { prefix, bucket } => (bucket.clone(), prefix),
        Layout::V1 { prefix } => (BucketUri::split(&format!("{scheme}://{name}")).ok()?.0, prefix),
        _ => return None,
    };
    Some(with_prefix(&store.bucket(&bucket).ok()?, prefix))
}

fn with_prefix(store: &BucketStore, prefix: &str) -> Value {
    let mut picture = picture(store);
    picture["prefix"] = prefix.into();
    picture
}

/// The same for the chunk store that was recorded.
pub(crate) fn recorded_of_v1(record: &Record) -> Option<Value> {
    if record.returned["class"] != "BaseChunkstore" {
        return None;
    }
    let store = &record.returned["object_store"];
    let kwargs = &store["constructor_kwargs"]["client_kwargs"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let is_s3 = store["class"] == "S3ObjectStore";
    let bucket = text(&store["bucket_name"])?;
    let region = is_s3.then(|| text(&kwargs["region_name"]).unwrap_or("us-east-1".to_owned()));
    let place = match (text(&kwargs["endpoint_url"]), &region) {
        (Some(endpoint), _) => format!("{endpoint}/{bucket}"),
        (None, Some(region)) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        (None, None) => bucket,
    };
    let keys = match () {
        () if store["fetch_credentials"].is_object() => "renewed",
        () if kwargs["aws_access_key_id"].is_string() => "fixed",
        () => "of the environment",
    };
    let kind = if is_s3 { "AmazonS3" } else { "GoogleCloudStorage" };
    Some(json!({"kind": kind, "place": place, "prefix": record.returned["prefix"], "region": region,
        "account": null, "keys": keys}))
}

/// What Python made, seen the same way.
pub(crate) fn recorded(record: &Record) -> Option<Value> {
    let made =
        |call: &&Value| call["function"].as_str().is_some_and(|name| name.starts_with("obstore.store."));
    let call = record.storage.iter().find(made)?;
    let (kwargs, config) = (&call["kwargs"], &call["kwargs"]["config"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let kind = match call["function"].as_str()? {
        "obstore.store.S3Store" => "AmazonS3",
        "obstore.store.GCSStore" => "GoogleCloudStorage",
        _ => "MicrosoftAzure",
    };
    let is_s3 = kind == "AmazonS3";
    // Without one, this is what the library takes.
    let region = is_s3.then(|| text(&config["region"]).unwrap_or("us-east-1".to_owned()));
    let bucket = text(&kwargs["bucket"]).or(text(&kwargs["container_name"]))?;
    let place = match (text(&config["endpoint"]), &region) {
        (Some(endpoint), _) => format!("{endpoint}/{bucket}"),
        (None, Some(region)) => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        (None, None) => bucket,
    };
    let keys = match () {
        () if config["skip_signature"] == true => "none",
        () if kwargs["credential_provider"].is_object() => "renewed",
        () => "fixed",
    };
    Some(json!({"kind": kind, "place": place, "prefix": kwargs["prefix"], "region": region,
        "account": config["account_name"], "keys": keys}))
}
