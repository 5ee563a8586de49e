//! Repos with data: keys out of the catalog, used at the S3 endpoint.

use std::path::Path;
use std::sync::Arc;

use arraylake_local::{LocalConfig, RunningLake, serve};
use chrono::TimeDelta;
use icechunk::config::{S3Credentials, S3Options, S3StaticCredentials};
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::storage::new_s3_storage;
use icechunk::{Repository, Storage};
use serde_json::{Value, json};

use crate::client::Client;

/// Storage out of the answer that opens a repo.
pub(crate) fn storage(open: &Value) -> Arc<dyn Storage + Send + Sync> {
    let (bucket, keys) = (&open["repo_bucket"], &open["repo_credentials"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let options = S3Options::default()
        .with_region(text(&bucket["extra_config"]["region_name"]))
        .with_endpoint_url(text(&bucket["extra_config"]["endpoint_url"]))
        .with_allow_http(true)
        .with_force_path_style(true);
    let credentials = S3Credentials::Static(S3StaticCredentials {
        access_key_id: text(&keys["aws_access_key_id"]),
        secret_access_key: text(&keys["aws_secret_access_key"]),
        session_token: keys["aws_session_token"].as_str().map(str::to_owned),
        expires_after: None,
    });
    let prefix = Some(text(&open["repo_prefix"]));
    new_s3_storage(options, text(&bucket["name"]), prefix, Some(credentials), vec![], vec![], None).unwrap()
}

/// A lake behind sockets.
pub(crate) async fn running() -> (RunningLake, Client) {
    let lake = serve(LocalConfig::temporary().unwrap()).await.unwrap();
    let client = Client::of(lake.service(), lake.token().expose());
    (lake, client)
}

/// Makes a repo and its data.
pub(crate) async fn filled(client: &Client, name: &str, bucket: &str) -> Value {
    filled_with(client, name, bucket, SpecVersionBin::V2).await
}

/// The same with data of a version of the format.
pub(crate) async fn filled_with(client: &Client, name: &str, bucket: &str, version: SpecVersionBin) -> Value {
    let body = json!({"name": name, "bucket_nickname": bucket});
    let repo = client.post("/orgs/local/repos", &body).await.ok();
    let open = client.get(&format!("/repos/local/{name}/open")).await.ok();
    Repository::create(storage(&open)).spec_version(version).execute().await.unwrap();
    repo
}

async fn opens(open: &Value) -> bool {
    Repository::open(storage(open)).execute().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_to_have_credentials_lead_to_data_and_reading_is_not_writing() {
    let (lake, client) = running().await;
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    for bucket in ["local", "delegated"] {
        filled(&client, &format!("in-{bucket}"), bucket).await;
        let mine = client.get(&format!("/repos/local/in-{bucket}/open")).await.ok();
        let theirs = reader.get(&format!("/repos/local/in-{bucket}/open")).await.ok();
        assert!(opens(&theirs).await, "{bucket}");
        let tip =
            Repository::open(storage(&mine)).execute().await.unwrap().lookup_branch("main").await.unwrap();
        let theirs = Repository::open(storage(&theirs)).execute().await.unwrap();
        assert!(theirs.create_branch("theirs", &tip).await.is_err(), "{bucket}");
        let mine = Repository::open(storage(&mine)).execute().await.unwrap();
        mine.create_branch("mine", &tip).await.unwrap();
    }
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_keys_reach_no_other_repo() {
    let (lake, client) = running().await;
    let one = filled(&client, "one", "delegated").await;
    filled(&client, "two", "delegated").await;
    let mut open = client.get("/repos/local/two/open").await.ok();
    assert!(opens(&open).await);
    open["repo_prefix"] = one["prefix"].clone();
    assert!(!opens(&open).await);
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_keys_stop_working() {
    let config = LocalConfig::temporary().unwrap().with_credential_lifetime(TimeDelta::zero());
    let lake = serve(config).await.unwrap();
    let client = Client::of(lake.service(), lake.token().expose());
    client.post("/orgs/local/repos", &json!({"name": "one", "bucket_nickname": "delegated"})).await.ok();
    let open = client.get("/repos/local/one/open").await.ok();
    assert!(Repository::create(storage(&open)).execute().await.is_err());
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immediate_deletion_takes_the_data_and_others_leave_it() {
    let (lake, client) = running().await;
    for name in ["ghost", "retained", "gone"] {
        filled(&client, name, "delegated").await;
    }
    let mut before = Vec::new();
    for name in ["ghost", "retained", "gone"] {
        before.push(client.get(&format!("/repos/local/{name}/open")).await.ok());
    }
    client.delete("/orgs/local/ghost").await.ok();
    client.delete("/orgs/local/retained?immediate=true&retain_data=true").await.ok();
    client.delete("/orgs/local/gone?immediate=true").await.ok();
    assert!(opens(&before[0]).await && opens(&before[1]).await);
    assert!(!opens(&before[2]).await);
    client.delete("/orgs/local/ghost?immediate=true").await.ok();
    assert!(!opens(&before[0]).await);
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repo_that_shares_its_place_leaves_the_data_to_the_other() {
    let (lake, client) = running().await;
    let early = client.python("0.20.0");
    let body = |name: &str| json!({"name": name, "kind": "icechunk", "prefix": "same"});
    early.post("/orgs/local/repos", &body("one")).await.ok();
    early.post("/orgs/local/repos", &body("two")).await.ok();
    let open = client.get("/repos/local/two/open").await.ok();
    Repository::create(storage(&open)).execute().await.unwrap();
    client.delete("/orgs/local/one?immediate=true").await.ok();
    assert!(opens(&open).await);
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_back_is_passed_over_only_where_there_is_data() {
    let (lake, client) = running().await;
    let python = client.python("1.7.0");
    let body = json!({"name": "full", "bucket_nickname": "local"});
    filled(&client, "full", "local").await;
    let roll_back = "?immediate=true&retain_data=true";
    python.post("/orgs/local/repos", &body).await.ok();
    python.delete(&format!("/orgs/local/full{roll_back}")).await.ok();
    let kept = client.get("/repos/local/full").await.ok();
    // Who makes it again after that has been told twice that it is gone.
    let anew = python.post("/orgs/local/repos", &body).await.ok();
    assert_ne!((&anew["_id"], &anew["prefix"]), (&kept["_id"], &kept["prefix"]));
    assert_eq!(client.get("/repos/local/full").await.ok()["_id"], anew["_id"]);
    let body = json!({"name": "empty", "bucket_nickname": "local"});
    for _ in 0..2 {
        python.post("/orgs/local/repos", &body).await.ok();
    }
    python.delete(&format!("/orgs/local/empty{roll_back}")).await.ok();
    client.get("/repos/local/empty").await.refused(404, "not found");
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_and_keys_survive_a_restart_on_other_ports() {
    let dir = tempfile::tempdir().unwrap();
    let start = async |path: &Path| {
        let lake = serve(LocalConfig::new(path).with_port(0).with_s3_port(0)).await.unwrap();
        let client = Client::of(lake.service(), lake.token().expose());
        (lake, client)
    };
    let (lake, client) = start(dir.path()).await;
    filled(&client, "fixed", "local").await;
    filled(&client, "vended", "delegated").await;
    drop(client);
    lake.shutdown().await;
    let (lake, client) = start(dir.path()).await;
    for name in ["fixed", "vended"] {
        let open = client.get(&format!("/repos/local/{name}/open")).await.ok();
        assert_eq!(open["repo_bucket"]["extra_config"]["endpoint_url"], lake.s3_uri());
        assert!(opens(&open).await, "{name}");
    }
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_reads_the_data_of_another_org_and_cannot_write_it() {
    let (lake, client) = running().await;
    let reader = client.other("reader", &[]).await;
    let members = json!({"reader@example.com": ["CAN_WRITE_REPOS"]});
    client.admin().post("/_local/orgs", &json!({"name": "other", "members": members})).await.ok();
    for bucket in ["local", "delegated"] {
        let repo = filled(&client, &format!("in-{bucket}"), bucket).await;
        let body = json!({"repo_id": repo["_id"], "status": "published", "listing_name": bucket});
        let listing = client.post("/orgs/local/marketplace/listings", &body).await.ok();
        let body = json!({"name": bucket, "create_mode": "subscribe", "exchange_listing_id": listing["id"]});
        reader.post("/orgs/other/repos", &body).await.ok();
        let open = reader.get(&format!("/repos/other/{bucket}/open")).await.ok();
        let theirs = Repository::open(storage(&open)).execute().await.unwrap();
        let tip = theirs.lookup_branch("main").await.unwrap();
        assert!(theirs.create_branch("theirs", &tip).await.is_err(), "{bucket}");
    }
    lake.shutdown().await;
}
