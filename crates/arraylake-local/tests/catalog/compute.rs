//! Compute services: recorded, answered for, never run.

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::Service as _;

use crate::client::{Client, lake};

const ALL: &str = "/compute/orgs/local/services";

fn config(kind: &str) -> Value {
    json!({"service_type": kind, "org": "local", "is_public": false, "sku_code": "xs"})
}

async fn enabled(client: &Client, config: &Value) -> String {
    let answer = client.post(ALL, config).await.ok();
    assert!(answer["message"].is_string());
    client.get(ALL).await.ok().as_array().unwrap().last().unwrap()["name"].as_str().unwrap().to_owned()
}

/// A log, whole; nothing of it is JSON.
async fn log(client: &Client, path: &str) -> (String, String) {
    let token = client.service.token();
    let request = Request::builder().uri(path).header("authorization", format!("Bearer {}", token.expose()));
    let request = request.body(Full::new(Bytes::new())).unwrap();
    let response = client.service.clone().call(request).await.unwrap();
    let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    (kind, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn a_service_is_enabled_listed_changed_and_disabled() {
    let client = lake();
    assert_eq!(client.get(ALL).await.ok(), json!([]));
    let name = enabled(&client, &config("edr")).await;
    assert!(name.starts_with("edr-"), "{name}");
    let rows = client.get(ALL).await.ok();
    let row = &rows[0];
    assert_eq!((&row["status"], &row["ready_replicas"]), (&json!("available"), &json!(0)));
    assert!(row["url"].as_str().unwrap().ends_with("/v1/services/edr/local/edr"));
    assert_eq!((&row["config"]["max_replicas"], &row["config"]["sku_code"]), (&json!(24), &json!("xs")));
    let one = client.get(&format!("{ALL}/{name}")).await.ok();
    assert_eq!((&one["name"], &one["status"], &one["url"]), (&json!(name), &json!("available"), &row["url"]));
    let changed =
        client.patch(&format!("{ALL}/{name}"), &json!({"min_replicas": 0, "max_replicas": 2})).await.ok();
    assert_eq!(
        (&changed["config"]["max_replicas"], &changed["config"]["sku_code"]),
        (&json!(2), &json!("xs"))
    );
    assert_eq!(client.get(ALL).await.ok(), json!([changed]));
    assert!(client.delete(&format!("{ALL}/{name}")).await.ok()["message"].as_str().unwrap().contains(&name));
    client.get(&format!("{ALL}/{name}")).await.refused(404, "not found");
    client.delete(&format!("{ALL}/{name}")).await.refused(404, "not found");
    assert_eq!(client.get(ALL).await.ok(), json!([]));
}

#[tokio::test]
async fn two_of_a_kind_need_two_names() {
    let client = lake();
    enabled(&client, &config("edr")).await;
    client.post(ALL, &config("edr")).await.refused(409, "already enabled");
    let mut named = config("edr");
    named["deployment_name"] = json!("my-edr");
    enabled(&client, &named).await;
    client.post(ALL, &named).await.refused(409, "already enabled");
    for kind in ["dap2", "wms", "zarr", "tiles", "openeo", "sql"] {
        enabled(&client, &config(kind)).await;
    }
    assert_eq!(client.get(ALL).await.ok().as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_config_that_breaks_a_rule_is_refused() {
    let client = lake();
    let cases = [
        ("service_type", json!("ftp"), "service_type"),
        ("org", json!("other"), "org"),
        ("is_public", json!("yes"), "is_public"),
        ("is_public", Value::Null, "Field required"),
        ("deployment_name", json!("-x"), "deployment_name"),
        ("deployment_name", json!("Upper"), "deployment_name"),
        ("deployment_name", json!("seventeen-letters"), "deployment_name"),
        ("min_replicas", json!(25), "max_replicas"),
        ("max_replicas", json!(-1), "max_replicas"),
        ("region", json!("mars"), "region"),
    ];
    for (key, value, words) in cases {
        let mut bad = config("edr");
        bad[key] = value;
        client.post(ALL, &bad).await.refused(422, words);
    }
    let mut odd = config("edr");
    odd["min_replicas"] = Value::Null;
    odd["of_tomorrow"] = json!(1);
    let path = format!("{ALL}/{}", enabled(&client, &odd).await);
    client.patch(&path, &json!({})).await.refused(422, "at least one");
    client.patch(&path, &json!({"sku_code": null})).await.refused(422, "sku_code");
    client.patch(&path, &json!({"region": "local"})).await.refused(422, "region");
    client.patch(&path, &json!({"min_replicas": 30})).await.refused(422, "max_replicas");
    assert_eq!(client.get(ALL).await.ok()[0]["config"]["min_replicas"], 1, "a refused change leaves nothing");
}

#[tokio::test]
async fn the_log_says_that_nothing_runs() {
    let client = lake();
    let path = format!("{ALL}/{}/logs", enabled(&client, &config("edr")).await);
    let (kind, text) = log(&client, &format!("{path}?follow_timeout=30&follow=True&tail=5")).await;
    assert!(kind.starts_with("text/plain"), "{kind}");
    assert!(text.ends_with("runs none\n") && text.lines().count() == 1, "{text}");
    let (_, none) = log(&client, &format!("{path}?since=2999-01-01T00%3A00%3A00")).await;
    let (_, early) = log(&client, &format!("{path}?until=2000-01-01T00%3A00%3A00%2B00%3A00")).await;
    assert_eq!((none.as_str(), early.as_str()), ("", ""));
    let old = client.python("0.14.0").get(&path).await.ok();
    assert!(old.as_str().unwrap().contains("runs none"), "one JSON string: {old}");
    client.get(&format!("{path}?tail=many")).await.refused(422, "tail");
    client.get(&format!("{path}?since=never")).await.refused(422, "since");
    client.get(&format!("{path}?follow_timeout=601")).await.refused(422, "follow_timeout");
    client.get(&format!("{ALL}/none/logs")).await.refused(404, "not found");
}

#[tokio::test]
async fn only_writers_enable_and_there_is_one_region() {
    let client = lake();
    let path = format!("{ALL}/{}", enabled(&client, &config("edr")).await);
    let regions = client.get("/compute/orgs/local/regions").await.ok();
    assert_eq!(regions, json!([{"name": "local", "location": "this machine", "default": true}]));
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    assert_eq!(reader.get(ALL).await.ok().as_array().unwrap().len(), 1);
    reader.post(ALL, &config("sql")).await.refused(403, "Access Denied");
    reader.patch(&path, &json!({"sku_code": "s"})).await.refused(403, "Access Denied");
    reader.delete(&path).await.refused(403, "Access Denied");
    let stranger = client.other("stranger", &[]).await;
    stranger.get(ALL).await.refused(403, "Access Denied");
    client.get("/compute/orgs/none/services").await.refused(404, "none not found");
}

#[tokio::test]
async fn administrators_take_services_from_one_lake_to_another() {
    let (one, two) = (lake(), lake());
    enabled(&one, &config("edr")).await;
    let mut named = config("sql");
    named["deployment_name"] = json!("my-sql");
    enabled(&one, &named).await;
    let dump = one.get("/compute/dump").await.ok();
    assert_eq!(dump["local"].as_array().unwrap().len(), 2);
    enabled(&two, &config("edr")).await;
    let mut load = dump.clone();
    load["elsewhere"] = json!([config("wms")]);
    let done = two.post("/compute/load", &load).await.ok();
    let failed = json!(["wms://elsewhere", "edr://local"]);
    assert_eq!(done, json!({"succeeded": ["sql://local/my-sql"], "failed": failed}));
    assert_eq!(two.get("/compute/dump").await.ok(), dump);
    let setup = two.get("/compute/config").await.ok();
    assert_eq!((&setup["env"], &setup["kube_config"]), (&json!("local"), &json!({})));
    let writer = two.other("writer", &["CAN_WRITE_REPOS"]).await;
    for path in ["/compute/config", "/compute/dump"] {
        writer.get(path).await.refused(403, "Access Denied");
    }
    writer.post("/compute/load", &dump).await.refused(403, "Access Denied");
}
