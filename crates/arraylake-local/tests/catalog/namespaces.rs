//! Iceberg namespaces, as far as they are managed.

use serde_json::{Value, json};

use crate::client::{Client, lake};

const ALL: &str = "/orgs/local/iceberg/namespaces";

async fn made(client: &Client, name: &str) -> Value {
    client.post(ALL, &json!({"name": name})).await.ok()
}

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_namespace_is_made_and_is_the_same_everywhere() {
    let client = lake();
    let body = json!({"name": "grids", "bucket_nickname": "delegated", "description": "d", "metadata": {"a": 1},
        "properties": {"owner": "me"}, "visibility": "AUTHENTICATED_PUBLIC"});
    let answer = client.post(ALL, &body).await;
    assert_eq!(answer.status, 201);
    let row = answer.ok();
    for key in ["name", "bucket_nickname", "description", "metadata", "properties", "visibility"] {
        assert_eq!(row[key], body[key], "{key}");
    }
    assert_eq!(row["bucket_id"], client.bucket_id("delegated").await);
    assert!(row["prefix"].as_str().unwrap().starts_with("iceberg/"));
    assert_eq!(row["effective_actions"], json!(["CAN_READ", "CAN_WRITE", "CAN_MANAGE_USERS"]));
    assert_eq!((&row["table_count"], &row["deleted_at"]), (&json!(0), &json!(null)));
    assert_eq!(client.get(&format!("{ALL}/grids")).await.ok(), row);
    assert_eq!(client.get(ALL).await.ok(), json!([row]));
    let page = client.get(&format!("{ALL}/paginated?page=1&size=50&direction=desc")).await.ok();
    assert_eq!(page, json!({"items": [row], "total": 1, "page": 1, "size": 50, "pages": 1}));
    let plain = made(&client, "plain").await;
    assert_eq!((&plain["bucket_nickname"], &plain["visibility"]), (&json!("local"), &json!("PRIVATE")));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let client = lake();
    made(&client, "grids").await;
    client.post(ALL, &json!({"name": "grids"})).await.refused(409, "already exists");
    client.post(ALL, &json!({})).await.refused(422, "Field required");
    client.post(ALL, &json!({"name": "a/b"})).await.refused(422, "name");
    client.post(ALL, &json!({"name": "Paginated"})).await.refused(422, "is reserved");
    client
        .post(ALL, &json!({"name": "more", "bucket_nickname": "none"}))
        .await
        .refused(422, "does not exist");
    client.post(ALL, &json!({"name": "more", "visibility": "x"})).await.refused(422, "visibility");
    client.post(ALL, &json!({"name": "more", "properties": {"a": 1}})).await.refused(422, "properties");
    client.get(&format!("{ALL}/none")).await.refused(404, "not found");
    let id = client.bucket_id("local").await;
    client.delete(&format!("/orgs/local/buckets/{id}")).await.refused(409, "still referenced");
}

#[tokio::test]
async fn a_namespace_is_changed_as_a_repo_is() {
    let client = lake();
    let before = made(&client, "grids").await;
    let path = format!("{ALL}/grids");
    assert_eq!(client.patch(&path, &json!({})).await.ok(), before);
    let change = json!({"description": "d", "add_metadata": {"a": 1}, "visibility": "AUTHENTICATED_PUBLIC"});
    let after = client.patch(&path, &change).await.ok();
    assert_eq!((&after["description"], &after["metadata"]), (&json!("d"), &json!({"a": 1})));
    let change = json!({"update_metadata": {"b": null}, "remove_metadata": ["a"]});
    assert_eq!(client.patch(&path, &change).await.ok()["metadata"], json!({"b": null}));
    client.patch(&path, &json!({"add_metadata": {"b": 1}})).await.refused(422, "already exists in metadata");
    let twice = json!({"add_metadata": {"a": 1}, "remove_metadata": ["a"]});
    client.patch(&path, &twice).await.refused(422, "Common metadata keys found in request");
}

#[tokio::test]
async fn a_deleted_namespace_is_a_ghost_until_it_is_restored_or_gone() {
    let client = lake();
    made(&client, "grids").await;
    let path = format!("{ALL}/grids");
    client.delete(&path).await.refused(422, "imsure");
    client.post(&format!("{path}/restore"), &json!({})).await.refused(409, "is not deleted");
    assert_eq!(client.delete(&format!("{path}?imsure=true")).await.status, 204);
    client.get(&path).await.refused(404, "not found");
    client.delete(&format!("{path}?imsure=true")).await.refused(404, "not found");
    client.post(ALL, &json!({"name": "grids"})).await.refused(409, "still held");
    assert_eq!(client.get(ALL).await.ok(), json!([]));
    let ghosts = client.get(&format!("{ALL}?include_ghosts=true")).await.ok();
    assert!(ghosts[0]["deleted_at"].is_string());
    assert_eq!(client.send(http::Method::POST, &format!("{path}/restore"), "").await.status, 204);
    assert!(client.get(&path).await.ok()["deleted_at"].is_null());
    assert_eq!(client.delete(&format!("{path}?imsure=true&immediate=true")).await.status, 204);
    made(&client, "grids").await;
    client.post(&format!("{ALL}/none/restore"), &json!({})).await.refused(404, "not found");
}

#[tokio::test]
async fn pages_are_searched_filtered_and_ordered() {
    let client = lake();
    for (name, description, stage) in
        [("beta", "second", 1), ("alpha", "first, of beta", 2), ("alphabeta", "third", 1), ("gamma", "x", 1)]
    {
        let body = json!({"name": name, "description": description, "metadata": {"stage": stage}});
        client.post(ALL, &body).await.ok();
    }
    let page = async |query: &str| client.get(&format!("{ALL}/paginated?{query}")).await;
    let by_name = page("sort=name&direction=asc&size=3").await.ok();
    assert_eq!(names(&by_name["items"]), ["alpha", "alphabeta", "beta"]);
    assert_eq!((&by_name["total"], &by_name["pages"]), (&json!(4), &json!(2)));
    let second = page("sort=name&direction=asc&size=3&page=2").await.ok();
    assert_eq!(names(&second["items"]), ["gamma"]);
    assert_eq!(names(&page("sort=name&direction=desc&size=1").await.ok()["items"]), ["gamma"]);
    let found = page("search=BETA&direction=desc").await.ok();
    assert_eq!(names(&found["items"]), ["beta", "alphabeta", "alpha"], "best first");
    let some = page("sort=name&direction=asc&filter_metadata=%7B%22stage%22%3A1%7D").await.ok();
    assert_eq!(names(&some["items"]), ["alphabeta", "beta", "gamma"]);
    assert_eq!(page("filter_metadata=%7B%7D&direction=desc").await.ok()["total"], 4);
    page("sort=relevance").await.refused(422, "needs a search");
    page("sort=name&search=x").await.refused(422, "cannot be sorted by name");
    page("sort=nonsense").await.refused(422, "sort");
    page("direction=up").await.refused(422, "direction");
    page("size=101").await.refused(422, "size");
}

#[tokio::test]
async fn there_are_no_tables() {
    let client = lake();
    made(&client, "grids").await;
    let page = client.get(&format!("{ALL}/grids/tables/paginated?page=1&size=50&direction=desc")).await.ok();
    assert_eq!(page, json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 0}));
    client.get(&format!("{ALL}/grids/tables/paginated?sort=tables")).await.refused(422, "sort");
    client.get(&format!("{ALL}/none/tables/paginated")).await.refused(404, "not found");
}

#[tokio::test]
async fn readers_read_and_strangers_see_what_is_public() {
    let client = lake();
    made(&client, "private").await;
    let stranger = client.other("stranger", &[]).await;
    stranger.get(ALL).await.refused(403, "Access Denied");
    client.post(ALL, &json!({"name": "public", "visibility": "AUTHENTICATED_PUBLIC"})).await.ok();
    assert_eq!(names(&stranger.get(ALL).await.ok()), ["public"]);
    let seen = stranger.get(&format!("{ALL}/public")).await.ok();
    assert_eq!(seen["effective_actions"], json!(["CAN_READ"]));
    stranger.get(&format!("{ALL}/private")).await.refused(403, "Access Denied");
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    assert_eq!(reader.get(ALL).await.ok().as_array().unwrap().len(), 2);
    let path = format!("{ALL}/public");
    reader.post(ALL, &json!({"name": "mine"})).await.refused(403, "Access Denied");
    reader.patch(&path, &json!({"description": "x"})).await.refused(403, "Access Denied");
    reader.delete(&format!("{path}?imsure=true")).await.refused(403, "Access Denied");
}
