//! A single repo: reading it, changing its entry.

use serde_json::{Value, json};

use crate::client::{Client, lake};

async fn patch(client: &Client, body: Value) -> Value {
    client.patch("/orgs/local/one", &body).await.ok()
}

#[tokio::test]
async fn a_repo_is_found_by_name_and_by_id_and_is_the_same_everywhere() {
    let client = lake();
    let made = client.repo("one").await;
    assert_eq!(client.get("/repos/local/one").await.ok(), made);
    let id = made["_id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/repo/{id}")).await.ok(), made);
    assert_eq!(client.get("/orgs/local/repos").await.ok()[0]["bucket"], made["bucket"]);
    let buckets = client.get("/orgs/local/buckets").await.ok();
    assert_eq!(buckets[0], made["bucket"]);
    assert_eq!(client.get("/repos/local/one/open").await.ok()["repo_bucket"], made["bucket"]);
}

#[tokio::test]
async fn metadata_is_added_updated_and_removed() {
    let client = lake();
    client.repo("one").await;
    let add = json!({"add_metadata": {"a": 1, "b": 2.5, "c": null}});
    assert_eq!(patch(&client, add).await["metadata"], json!({"a": 1, "b": 2.5, "c": null}));
    let change =
        json!({"update_metadata": {"a": "x"}, "remove_metadata": ["b"], "add_metadata": {"d": [1, true]}});
    assert_eq!(patch(&client, change).await["metadata"], json!({"a": "x", "c": null, "d": [1, true]}));
    let again = json!({"add_metadata": {"a": 1}});
    client.patch("/orgs/local/one", &again).await.refused(422, "already exists in metadata");
    let common = json!({"add_metadata": {"z": 1}, "remove_metadata": ["z"]});
    client.patch("/orgs/local/one", &common).await.refused(422, "Common metadata keys found in request");
    let half = "e".repeat(3000);
    patch(&client, json!({"add_metadata": {"big": half}})).await;
    let more = json!({"add_metadata": {"more": half}});
    client.patch("/orgs/local/one", &more).await.refused(422, "Metadata can be at most 4kB");
    let long = json!({"description": "d".repeat(256)});
    client
        .patch("/orgs/local/one", &long)
        .await
        .refused(422, "Description can be at most 255 characters long");
}

#[tokio::test]
async fn null_means_unchanged_and_an_empty_text_clears() {
    let client = lake();
    client.repo("one").await;
    let config = json!({"optimization_config": {"gc_config": {"enabled": true, "gc_every": 3600}}});
    let with_gc = patch(&client, config).await;
    assert_eq!(with_gc["optimization_config"]["gc_config"]["gc_every"], json!(3600.0));
    assert_eq!(with_gc["optimization_config"]["gc_config"]["extra_gc_roots"], json!([]));
    let described = patch(&client, json!({"description": "words"})).await;
    let nulls = json!({"description": null, "add_metadata": null, "remove_metadata": null,
        "update_metadata": null, "optimization_config": null});
    assert_eq!(patch(&client, nulls).await, described);
    assert_eq!(patch(&client, json!({"optimization_config": {"window": null}})).await, described);
    assert_eq!(patch(&client, json!({"description": ""})).await["description"], "");
    let bad = json!({"optimization_config": {"expiration_config": {}}});
    client.patch("/orgs/local/one", &bad).await.refused(422, "expiration_config");
}

#[tokio::test]
async fn the_system_can_lock_a_status() {
    let client = lake();
    client.repo("one").await;
    let status = json!({"mode": "maintenance", "message": "moving"});
    let set = client.put("/orgs/local/one/status", &status).await.ok();
    assert_eq!((&set["mode"], &set["is_user_modifiable"]), (&json!("maintenance"), &json!(true)));
    client.put("/orgs/local/one/status", &json!({"mode": "gone"})).await.refused(422, "mode");
    let locked = json!({"mode": "offline", "is_user_modifiable": false,
        "estimated_end_time": "2030-01-01T00:00:00+00:00"});
    client.put("/_local/repos/local/one/status", &locked).await.refused(403, "admin token");
    client.admin().put("/_local/repos/local/one/status", &locked).await.ok();
    let online = json!({"mode": "online"});
    client.put("/orgs/local/one/status", &online).await.refused(409, "Repo status is not modifiable");
    let found = client.get("/repos/local/one").await.ok();
    assert_eq!(found["status"]["mode"], "offline");
    assert_eq!(found["status"]["initiated_by"]["system_id"], "arraylake-local");
    assert_eq!(found["status"]["estimated_end_time"], "2030-01-01T00:00:00+00:00");
}
