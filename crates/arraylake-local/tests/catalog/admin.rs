//! `/_local/`: what needs the admin token, and what it does.

use http::Method;
use serde_json::{Value, json};

use crate::client::lake;

/// Every admin route with a body that it takes.
fn routes() -> Vec<(Method, &'static str, Value)> {
    let grant = json!({"principal": "user@example.com", "actions": ["CAN_READ_REPOS"]});
    vec![
        (Method::GET, "/_local/about", Value::Null),
        (Method::POST, "/_local/orgs", json!({"name": "acme"})),
        (Method::PUT, "/_local/orgs/acme/permissions", grant),
        (Method::POST, "/_local/users", json!({"email": "ann@example.com"})),
        (Method::POST, "/_local/tokens", json!({"user": "ann@example.com", "token": "ema_ann"})),
        (Method::POST, "/_local/s3-buckets", json!({"name": "acme-data"})),
        (Method::POST, "/_local/s3-keys", json!({})),
        (Method::PUT, "/_local/repos/local/one/status", json!({"mode": "offline"})),
        (Method::PUT, "/_local/repos/local/one/permissions", json!({"permissions": []})),
    ]
}

#[tokio::test]
async fn every_admin_route_does_its_work_for_the_admin_token_and_for_no_other() {
    let client = lake();
    client.repo("one").await;
    for (method, path, body) in routes() {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let ask = async |token: &str| client.with_token(token).send(method.clone(), path, &body).await;
        ask("").await.refused(401, "Not authenticated");
        for token in ["ema_wrong", client.token()] {
            ask(token).await.refused(403, "admin token");
        }
        ask(client.service.admin_token().expose()).await.ok();
    }
    let about = client.admin().get("/_local/about").await.ok();
    assert!(about["s3_buckets"].as_array().unwrap().contains(&json!("acme-data")), "{about}");
    assert_eq!(client.with_token("ema_ann").get("/user").await.ok()["email"], "ann@example.com");
    assert_eq!(client.get("/repos/local/one").await.ok()["status"]["mode"], "offline");
}

#[tokio::test]
async fn rights_in_an_org_are_given_and_taken_while_it_runs() {
    let client = lake();
    let ann = client.other("ann", &["CAN_READ_REPOS"]).await;
    let repo = |name: &str| json!({"name": name});
    ann.post("/orgs/local/repos", &repo("one")).await.refused(403, "Access Denied");
    let (admin, path) = (client.admin(), "/_local/orgs/local/permissions");
    let grant = |actions: &[&str]| json!({"principal": "ann@example.com", "actions": actions});
    admin.put(path, &grant(&["CAN_READ_REPOS", "CAN_WRITE_REPOS"])).await.ok();
    ann.post("/orgs/local/repos", &repo("one")).await.ok();
    admin.put(path, &grant(&[])).await.ok();
    ann.get("/repos/local/one").await.refused(403, "Access Denied");
    admin.put(path, &grant(&["CAN_FLY"])).await.refused(422, "CAN_FLY");
    let nobody = json!({"principal": "nobody@example.com", "actions": []});
    admin.put(path, &nobody).await.refused(404, "nobody@example.com");
    admin.put("/_local/orgs/nowhere/permissions", &grant(&[])).await.refused(404, "nowhere");
}
