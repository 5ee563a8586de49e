//! Credentials, and the answer that opens a repo.

use arraylake_local::{LocalConfig, serve};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::client::{Client, lake, open, remote};

async fn vended(client: &Client, name: &str) -> Value {
    client.post("/orgs/local/repos", &json!({"name": name, "bucket_nickname": "delegated"})).await.ok()
}

#[tokio::test]
async fn an_empty_repo_is_opened_with_its_fixed_keys() {
    let client = lake();
    let repo = client.repo("one").await;
    let open = client.get("/repos/local/one/open").await.ok();
    assert_eq!(open["repo_prefix"], repo["prefix"]);
    let (keys, auth) = (&open["repo_credentials"], &repo["bucket"]["auth_config"]);
    assert_eq!(keys["aws_access_key_id"], auth["access_key_id"]);
    assert_eq!(keys["aws_secret_access_key"], auth["secret_access_key"]);
    assert!(keys.as_object().unwrap()["expiration"].is_null(), "fixed keys do not expire");
    assert_eq!(open["author"], json!({"name": "Local User", "email": "user@example.com"}));
    assert_eq!(open["principal_id"], repo["created_by"]);
    assert_eq!(open["virtual_chunk_credentials"], json!({}));
    let credentials = client.get("/repos/local/one/bucket-credentials").await.ok();
    assert_eq!(&credentials, keys);
}

#[tokio::test]
async fn delegated_credentials_expire_and_differ() {
    let config = LocalConfig::temporary().unwrap().with_credential_lifetime(chrono::TimeDelta::minutes(5));
    let client = open(config);
    let repo = vended(&client, "one").await;
    let id = repo["_id"].as_str().unwrap();
    let mut seen = Vec::new();
    for path in ["/repos/local/one/bucket-credentials", &format!("/repo/{id}/bucket-credentials")] {
        let keys = client.get(path).await.ok();
        let expires: DateTime<Utc> = keys["expiration"].as_str().unwrap().parse().unwrap();
        let left = expires - Utc::now();
        assert!(left.num_seconds() > 240 && left.num_seconds() <= 300, "{left}");
        assert!(keys["aws_session_token"].is_string());
        seen.push(keys["aws_access_key_id"].clone());
    }
    assert_ne!(seen[0], seen[1]);
    let id = client.bucket_id("delegated").await;
    for access in ["", "?access=read", "?access=write"] {
        client.get(&format!("/orgs/local/buckets/{id}/credentials{access}")).await.ok();
    }
    client.get(&format!("/orgs/local/buckets/{id}/credentials?access=x")).await.refused(422, "access");
}

#[tokio::test]
async fn nothing_is_vended_for_a_remote_cloud() {
    let client = lake();
    let mut bucket = remote("role-store", "role-bucket");
    bucket["auth_config"] = json!({"method": "aws_customer_managed_role", "external_customer_id": "000000000000",
        "external_role_name": "role", "shared_secret": "very-secret"});
    client.post("/orgs/local/buckets", &bucket).await.ok();
    client.post("/orgs/local/buckets", &remote("open-store", "open-bucket")).await.ok();
    for (name, nickname) in [("far", "role-store"), ("free", "open-store")] {
        client.post("/orgs/local/repos", &json!({"name": name, "bucket_nickname": nickname})).await.ok();
    }
    client.get("/repos/local/far/open").await.refused(409, "remote cloud");
    client.get("/repos/local/far/bucket-credentials").await.refused(409, "remote cloud");
    assert!(client.get("/repos/local/free/open").await.ok()["repo_credentials"].is_null());
    client.get("/repos/local/free/bucket-credentials").await.refused(409, "anonymous");
}

#[tokio::test]
async fn a_v1_repo_is_not_opened() {
    let client = lake();
    client.post("/orgs/local/repos", &json!({"name": "old", "kind": "v1"})).await.ok();
    client.get("/repos/local/old/open").await.refused(409, "no bucket");
    let body = json!({"name": "old2", "kind": "v1", "bucket_nickname": "local"});
    client.post("/orgs/local/repos", &body).await.ok();
    client.get("/repos/local/old2/open").await.refused(409, "kind v1");
}

#[tokio::test]
async fn the_endpoint_of_a_local_bucket_is_where_it_is_served_now() {
    let lake = serve(LocalConfig::temporary().unwrap()).await.unwrap();
    let client = open_running(&lake);
    let made = client.repo("one").await;
    assert_eq!(made["bucket"]["extra_config"]["endpoint_url"], lake.s3_uri());
    let mut bucket = remote("again", "local-data");
    bucket["prefix"] = json!("deep");
    bucket["platform"] = json!("minio");
    let port = lake.s3_uri().rsplit(':').next().unwrap();
    bucket["extra_config"] = json!({"endpoint_url": format!("http://localhost:{port}/"), "use_ssl": false});
    let made = client.post("/orgs/local/buckets", &bucket).await.ok();
    let named = format!("http://localhost:{port}");
    assert_eq!(made["extra_config"]["endpoint_url"], named, "called as its owner calls it");
    // Known as our own under that name: its keys are those that reach it.
    let keys = client.get(&format!("/orgs/local/buckets/{}/credentials", made["id"].as_str().unwrap())).await;
    keys.refused(409, "anonymous");
    bucket["nickname"] = json!("third");
    bucket["extra_config"]["endpoint_url"] = json!(lake.s3_uri());
    client.post("/orgs/local/buckets", &bucket).await.refused(409, "already exists");
    lake.shutdown().await;
}

fn open_running(lake: &arraylake_local::RunningLake) -> Client {
    Client::of(lake.service(), lake.token().expose())
}
