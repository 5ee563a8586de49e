//! What only services for tests have.

use arraylake_local::{LocalConfig, Seed};
use serde_json::json;

use crate::client::{lake, open};

#[tokio::test]
async fn orgs_and_statuses_are_made_where_any_token_is_accepted() {
    let client = open(LocalConfig::temporary().unwrap().with_any_token());
    let other = client.with_token("ema_unknown");
    other.post("/orgs_test_create", &json!({"name": "NEWORG", "status": "active"})).await.ok();
    let bucket = json!({"nickname": "b-1", "platform": "s3", "name": "far", "extra_config": {"region_name": "x"},
        "auth_config": {"method": "anonymous"}});
    other.post("/orgs/NEWORG/buckets", &bucket).await.ok();
    other.post("/orgs/NEWORG/repos", &json!({"name": "one"})).await.ok();
    let status = json!({"mode": "maintenance", "message": "by the system"});
    let path = "/repo_status_system/NEWORG/one?is_user_modifiable=false";
    other.post(path, &status).await.ok();
    let seen = other.get("/repos/NEWORG/one").await.ok()["status"].clone();
    assert_eq!((&seen["mode"], &seen["message"]), (&json!("maintenance"), &json!("by the system")));
    assert_eq!(seen["initiated_by"]["principal_id"], json!(null));
    let online = json!({"mode": "online"});
    other.put("/orgs/NEWORG/one/status", &online).await.refused(409, "Repo status is not modifiable");
    let old = "/repo_status_system?org_name=NEWORG&repo_name=one&is_user_modifiable=true";
    other.post(old, &online).await.ok();
    other.put("/orgs/NEWORG/one/status", &online).await.ok();
}

#[tokio::test]
async fn a_lake_that_knows_its_tokens_has_nothing_of_the_kind() {
    let client = lake();
    client.post("/orgs_test_create", &json!({"name": "NEWORG"})).await.refused(404, "Not Found");
    client.repo("one").await;
    let status = json!({"mode": "offline"});
    client.post("/repo_status_system/local/one", &status).await.refused(404, "Not Found");
}

#[tokio::test]
async fn a_seed_says_whose_the_first_token_is() {
    let seed = Seed::parse("owner: {email: abc@example.com, first_name: Abc}").unwrap();
    let client = open(LocalConfig::temporary().unwrap().with_seed(seed));
    let user = client.get("/user").await.ok();
    assert_eq!((&user["email"], &user["first_name"]), (&json!("abc@example.com"), &json!("Abc")));
    let buckets = client.get("/orgs/local/buckets").await.ok();
    assert_eq!(buckets[0]["created_by"], "abc@example.com");
}

#[tokio::test]
async fn the_object_store_is_called_as_its_owner_calls_it() {
    let (lake, client) = crate::data::running().await;
    let port = lake.s3_uri().rsplit(':').next().unwrap().to_owned();
    let mut bucket = crate::client::remote("mine", "local-data");
    for (place, host) in ["localhost", "127.0.0.1"].into_iter().enumerate() {
        let url = format!("http://{host}:{port}");
        bucket["nickname"] = json!(format!("mine-{place}"));
        bucket["prefix"] = json!(format!("p{place}"));
        bucket["extra_config"] =
            json!({"region_name": "x", "endpoint_url": url, "local_host": "evil.example.com"});
        let made = client.post("/orgs/local/buckets", &bucket).await.ok();
        assert_eq!(made["extra_config"], json!({"region_name": "x", "endpoint_url": url}));
    }
    lake.shutdown().await;
}
