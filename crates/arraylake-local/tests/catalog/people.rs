//! Who is asking.

use arraylake_local::LocalConfig;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::client::{lake, open};

#[tokio::test]
async fn anybody_may_ask_what_is_here() {
    let client = lake().with_token("");
    assert!(client.get("/").await.ok()["arraylake_api_version"].is_string());
    client.get("/user").await.refused(401, "Not authenticated");
    client.with_token("ema_wrong").get("/user").await.refused(401, "Invalid token");
    client.get("/no/such/place").await.refused(404, "Not Found");
    client.delete("/user").await.refused(405, "Method Not Allowed");
}

#[tokio::test]
async fn a_person_and_a_service_account_have_different_answers() {
    let client = lake();
    let person = client.get("/user").await.ok();
    assert_eq!((&person["first_name"], &person["email"]), (&json!("Local"), &json!("user@example.com")));
    assert!(person.get("client_id").is_none());
    let account = json!({"email": "ci@example.com", "service_account": true, "permissions": {"local": ["CAN_READ_REPOS"]}});
    client.admin().post("/_local/users", &account).await.ok();
    let token = json!({"user": "ci@example.com", "expires": "2050-01-01T00:00:00Z"});
    let token = client.admin().post("/_local/tokens", &token).await.ok();
    let account = client.with_token(token["token"].as_str().unwrap()).get("/user").await.ok();
    assert!(account.get("first_name").is_none());
    assert_eq!(account["expiration"], 2_524_608_000_u64, "an integer, and that of its token");
    assert_eq!(client.post("/user/diagnostics", &json!({"system": null})).await.ok(), json!({}));
}

#[tokio::test]
async fn a_token_tells_whose_it_is() {
    let client = lake();
    let token = client.service.token();
    let path = format!("/orgs/local/api-clients/authenticate?token={}", token.expose());
    let found = client.get(&path).await.ok();
    let id = client.get("/user").await.ok()["id"].clone();
    assert_eq!((&found["_id"], &found["client_id"]), (&id, &id));
    for key in ["created", "expiration", "last_used"] {
        found[key].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    }
    client.get("/orgs/local/api-clients/authenticate?token=ema_x").await.refused(404, "no such token");
    client.get("/orgs/local/api-clients/authenticate").await.refused(422, "Field required");
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let client = lake();
    let token = json!({"user": "user@example.com", "token": "ema_old", "expires": "2001-01-01T00:00:00Z"});
    client.admin().post("/_local/tokens", &token).await.ok();
    client.with_token("ema_old").get("/user").await.refused(401, "Token expired");
}

#[tokio::test]
async fn any_token_will_do_where_that_is_wanted() {
    let client = open(LocalConfig::temporary().unwrap().with_any_token());
    let known = client.other("known", &["CAN_READ_REPOS"]).await;
    assert_eq!(client.with_token("whatever").get("/user").await.ok()["email"], "user@example.com");
    assert_eq!(known.get("/user").await.ok()["email"], "known@example.com");
    client.with_token("").get("/user").await.refused(401, "Not authenticated");
    client
        .with_token("whatever")
        .post("/_local/orgs", &json!({"name": "acme"}))
        .await
        .refused(403, "admin token");
}

#[tokio::test]
async fn orgs_are_listed_and_made() {
    let client = lake();
    client.admin().post("/_local/orgs", &json!({"name": "acme"})).await.ok();
    client.admin().post("/_local/orgs", &json!({"name": "acme"})).await.refused(409, "already exists");
    client.admin().post("/_local/orgs", &json!({"name": "a/b"})).await.refused(422, "org name");
    client.admin().post("/_local/orgs", &json!({"nam": "x"})).await.refused(422, "unknown field");
    let orgs = client.get("/user/orgs").await.ok();
    let names: Vec<_> = orgs.as_array().unwrap().iter().map(|org| org["name"].clone()).collect();
    assert_eq!(names, ["acme", "local"]);
    assert!(orgs[0]["display_name"].is_string() && orgs[0]["created"].is_string());
    let org = client.get("/orgs/acme").await.ok();
    assert_eq!((&org["name"], &org["gc_config"]["enabled"]), (&json!("acme"), &json!(false)));
    let missing = client.post("/orgs/acme/repos", &json!({"name": "one"})).await;
    missing.refused(422, "no default bucket");
}
