//! Bucket configs.

use serde_json::{Value, json};

use crate::client::{Client, lake, remote};

async fn create(client: &Client, body: &Value) -> Value {
    client.post("/orgs/local/buckets", body).await.ok()
}

fn role(nickname: &str, name: &str) -> Value {
    let mut bucket = remote(nickname, name);
    bucket["auth_config"] = json!({"method": "aws_customer_managed_role", "external_customer_id": "000000000000",
        "external_role_name": "role", "shared_secret": "very-secret"});
    bucket
}

#[tokio::test]
async fn a_bucket_config_is_the_same_wherever_it_appears_and_its_secret_nowhere() {
    let client = lake();
    let made = create(&client, &role("role-store", "role-bucket")).await;
    assert_eq!(made["auth_config"]["shared_secret"], "**********");
    assert_eq!(made["created_by"], "user@example.com");
    assert_eq!(made["is_default"], false);
    let id = made["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/orgs/local/buckets/{id}")).await.ok(), made);
    assert_eq!(client.get("/orgs/local/buckets").await.ok()[2], made);
    client.get("/orgs/local/buckets/not-an-id").await.refused(404, "Bucket not found");
}

#[tokio::test]
async fn nickname_and_place_are_taken_once() {
    let client = lake();
    create(&client, &remote("one", "some-bucket")).await;
    let again = client.post("/orgs/local/buckets", &remote(" one ", "other-bucket")).await;
    again.refused(409, "already exists");
    client.post("/orgs/local/buckets", &remote("two", "some-bucket")).await.refused(409, "already exists");
    let mut elsewhere = remote("two", "some-bucket");
    elsewhere["extra_config"]["endpoint_url"] = json!("https://s3.example.com");
    create(&client, &elsewhere).await;
}

#[tokio::test]
async fn each_broken_rule_is_named() {
    let client = lake();
    let with = |key: &str, value: Value| {
        let mut bucket = remote("fine", "fine-bucket");
        bucket[key] = value;
        bucket
    };
    let cases = [
        (with("nickname", json!("ab")), "at least 3"),
        (with("name", json!("a b c")), "bucket name"),
        (with("prefix", json!("/p")), "slash"),
        (with("extra_config", json!({})), "region_name"),
        (with("extra_config", json!({"region_name": "r", "n": 1})), "string or a boolean"),
        (with("extra_config", json!(null)), "Field required"),
        (with("platform", json!("s3c")), "platform"),
        (with("auth_config", json!({"method": "bucket_policy"})), "created"),
        (with("auth_config", json!({"method": "hmac", "access_key_id": "k"})), "secret_access_key"),
        (with("auth_config", role("a", "b")["auth_config"].clone()), ""),
    ];
    for (body, words) in &cases[..cases.len() - 1] {
        client.post("/orgs/local/buckets", body).await.refused(422, words);
    }
    let mut masked = role("fine", "fine-bucket");
    masked["auth_config"]["shared_secret"] = json!("**********");
    client.post("/orgs/local/buckets", &masked).await.refused(422, "mask");
    create(&client, &cases.last().unwrap().0).await;
}

#[tokio::test]
async fn keys_for_the_local_endpoint_must_be_known_to_it() {
    let client = lake();
    let mut bucket = remote("mine", "mine-data");
    bucket["platform"] = json!("s3-compatible");
    bucket["extra_config"] = json!({"endpoint_url": "local", "use_ssl": false, "region_name": "us-east-1"});
    bucket["auth_config"] =
        json!({"method": "hmac", "access_key_id": "MINE", "secret_access_key": "mine-secret"});
    client.post("/orgs/local/buckets", &bucket).await.refused(422, "does not know these keys");
    let admin = client.admin();
    admin.post("/_local/s3-buckets", &json!({"name": "mine-data"})).await.ok();
    let grants = json!([{"bucket": "mine-data", "prefix": "", "access": "read_write"}]);
    let key = json!({"access_key_id": "MINE", "secret_access_key": "mine-secret", "grants": grants});
    admin.post("/_local/s3-keys", &key).await.ok();
    let made = create(&client, &bucket).await;
    assert!(made["extra_config"]["endpoint_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn exactly_one_bucket_is_the_default() {
    let client = lake();
    let default = async || {
        let buckets = client.get("/orgs/local/buckets").await.ok();
        let mut found = buckets.as_array().unwrap().iter().filter(|bucket| bucket["is_default"] == true);
        let name = found.next().unwrap()["nickname"].as_str().unwrap().to_owned();
        assert!(found.next().is_none());
        name
    };
    assert_eq!(default().await, "local");
    create(&client, &remote("third", "third-bucket")).await;
    let id = client.bucket_id("third").await;
    assert_eq!(
        client.send(http::Method::POST, &format!("/orgs/local/buckets/{id}/default"), "").await.status,
        204
    );
    assert_eq!(default().await, "third");
    assert_eq!(client.delete(&format!("/orgs/local/buckets/{id}")).await.status, 204);
    assert_eq!(default().await, "local", "the oldest takes over");
}

#[tokio::test]
async fn a_role_is_changed_in_part_and_other_methods_whole() {
    let client = lake();
    let made = create(&client, &role("role-store", "role-bucket")).await;
    let path = format!("/orgs/local/buckets/{}", made["id"].as_str().unwrap());
    let part = json!({"auth_config": {"method": "aws_customer_managed_role", "external_role_name": "other"}});
    let changed = client.patch(&path, &part).await.ok();
    assert_eq!(changed["auth_config"]["external_role_name"], "other");
    assert_eq!(changed["auth_config"]["external_customer_id"], "000000000000");
    assert_eq!(changed["auth_config"]["shared_secret"], "**********");
    let half = json!({"auth_config": {"method": "hmac", "access_key_id": "k"}});
    client.patch(&path, &half).await.refused(422, "secret_access_key");
    let whole = json!({"auth_config": {"method": "hmac", "access_key_id": "k", "secret_access_key": "s"},
        "nickname": "renamed", "prefix": "p", "name": null, "platform": null, "extra_config": null});
    let changed = client.patch(&path, &whole).await.ok();
    assert_eq!((&changed["nickname"], &changed["prefix"]), (&json!("renamed"), &json!("p")));
    assert_eq!(changed["auth_config"]["secret_access_key"], "s");
    assert_eq!(changed["extra_config"], made["extra_config"]);
}
