//! Virtual chunk containers and the policies that cover them.

use serde_json::{Value, json};

use crate::client::{Client, lake, remote};

const CONTAINERS: &str = "/repos/icechunk/local/one/virtual-chunk-containers";
const POLICIES: &str = "/orgs/local/settings/virtual-chunk-access-policies";

async fn key(client: &Client, nickname: &str, subprefix: &str) -> Value {
    let id = client.bucket_id(nickname).await;
    json!({"use_case": "explicit", "bucket_id": id, "subprefix": subprefix, "public": false})
}

async fn change(client: &Client, add: &Value, remove: &Value) -> crate::client::Answer {
    client.patch(CONTAINERS, &json!({"add": add, "remove": remove})).await
}

async fn delete(client: &Client, key: &Value) -> u16 {
    client.send(http::Method::DELETE, POLICIES, &key.to_string()).await.status
}

#[tokio::test]
async fn a_policy_is_put_once_listed_and_deleted_as_often_as_one_likes() {
    let client = lake();
    let wanted = key(&client, "delegated", "/my/data/").await;
    let first = client.put(POLICIES, &wanted).await.ok();
    assert_eq!((&first["subprefix"], &first["use_case"]), (&json!("my/data"), &json!("explicit")));
    assert_eq!(first["url_prefix"], "s3://delegated-data/my/data/");
    assert_eq!(client.put(POLICIES, &wanted).await.ok(), first);
    let page = client.get(&format!("{POLICIES}?size=100")).await.ok();
    assert_eq!(page, json!({"items": [first], "total": 1, "page": 1, "size": 100, "pages": 1}));
    let whole = client.put(POLICIES, &key(&client, "delegated", "").await).await.ok();
    assert_eq!(whole["url_prefix"], "s3://delegated-data/");
    let second = client.get(&format!("{POLICIES}?size=1&page=2")).await.ok();
    assert_eq!((&second["items"], &second["pages"]), (&json!([whole]), &json!(2)));
    let spelled = key(&client, "delegated", "my/data").await;
    assert_eq!(delete(&client, &spelled).await, 204);
    assert_eq!(delete(&client, &spelled).await, 204);
    assert_eq!(client.get(POLICIES).await.ok()["items"], json!([whole]));
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused() {
    let client = lake();
    client.put(POLICIES, &key(&client, "local", "").await).await.refused(409, "HMAC authentication");
    let good = key(&client, "delegated", "").await;
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    client.put(POLICIES, &with("bucket_id", json!(uuid(7)))).await.refused(404, "Bucket not found");
    client.put(POLICIES, &with("bucket_id", json!("x"))).await.refused(422, "bucket_id");
    client.put(POLICIES, &with("use_case", json!("other"))).await.refused(422, "use_case");
    client.put(POLICIES, &with("subprefix", json!("s3://x/"))).await.refused(422, "subprefix");
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    reader.put(POLICIES, &good).await.refused(403, "Access Denied");
    reader.get(POLICIES).await.ok();
}

fn uuid(digit: u8) -> String {
    "00000000-0000-4000-8000-00000000000x".replace('x', &digit.to_string())
}

#[tokio::test]
async fn a_policy_outlives_its_bucket_and_can_still_be_deleted() {
    let client = lake();
    let wanted = key(&client, "delegated", "a").await;
    client.put(POLICIES, &wanted).await.ok();
    client.delete(&format!("/orgs/local/buckets/{}", wanted["bucket_id"].as_str().unwrap())).await.ok();
    assert_eq!(client.get(POLICIES).await.ok()["total"], 1);
    assert_eq!(delete(&client, &wanted).await, 204);
    assert_eq!(client.get(POLICIES).await.ok()["total"], 0);
}

#[tokio::test]
async fn containers_are_added_remapped_and_removed() {
    let client = lake();
    client.repo("one").await;
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({}));
    let map = change(&client, &json!({"s3://local-data/x": "local"}), &json!([])).await.ok();
    assert_eq!(map, json!({"s3://local-data/x/": "local"}), "a slash ends a prefix");
    let mut other = remote("other", "local-data");
    client.post("/orgs/local/buckets", &other).await.ok();
    let map = change(&client, &json!({"s3://local-data/x/": "other"}), &json!(["s3://unknown/"])).await.ok();
    assert_eq!(map, json!({"s3://local-data/x/": "other"}));
    let id = client.bucket_id("other").await;
    client.delete(&format!("/orgs/local/buckets/{id}")).await.ok();
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({"s3://local-data/x/": null}));
    client.get("/repos/local/one/open").await.refused(403, "not covered by any Virtual Chunk Access Policy");
    assert_eq!(change(&client, &json!({}), &json!(["s3://local-data/x"])).await.ok(), json!({}));
    other["prefix"] = json!("deep");
    client.post("/orgs/local/buckets", &other).await.ok();
    change(&client, &json!({"s3://local-data/deeper/": "other"}), &json!([]))
        .await
        .refused(422, "s3://local-data/deep/");
}

#[tokio::test]
async fn containers_that_lead_elsewhere_are_refused_and_nothing_is_kept() {
    let client = lake();
    client.repo("one").await;
    for prefix in ["file:///etc/", "memory://x/", "http://h/", "HTTPS://h/"] {
        let add = json!({"s3://local-data/x/": "local", prefix: "local"});
        change(&client, &add, &json!([])).await.refused(422, "Forbidden virtual chunk container prefix");
    }
    for (prefix, nickname) in [
        ("s3://else/", "local"),
        ("gs://local-data/", "local"),
        ("s3://local-data/../", "local"),
        ("s3://local-data/", "none"),
        ("x", "local"),
    ] {
        assert_eq!(change(&client, &json!({prefix: nickname}), &json!([])).await.status, 422, "{prefix}");
    }
    change(&client, &json!({"s3://local-data/x/": null}), &json!([])).await.refused(422, "add");
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({}));
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    change(&reader, &json!({}), &json!([])).await.refused(403, "Access Denied");
}

/// What a temporary key may do, out of its token.
pub(crate) fn grants(keys: &Value) -> Value {
    let token = keys["aws_session_token"].as_str().unwrap().split('.').next().unwrap();
    let byte = |at: usize| u8::from_str_radix(&token[at..at + 2], 16).unwrap();
    let claims: Vec<u8> = (0..token.len()).step_by(2).map(byte).collect();
    serde_json::from_slice::<Value>(&claims).unwrap()["grants"].clone()
}

#[tokio::test]
async fn a_delegated_container_is_opened_only_under_a_policy_and_only_for_its_prefix() {
    let client = lake();
    client.repo("one").await;
    change(&client, &json!({"s3://delegated-data/a/b/": "delegated"}), &json!([])).await.ok();
    let open = "/repos/local/one/open";
    client.get(open).await.refused(403, "not covered by any Virtual Chunk Access Policy");
    client.put(POLICIES, &key(&client, "delegated", "a/bc").await).await.ok();
    client.get(open).await.refused(403, "not covered by any Virtual Chunk Access Policy");
    client.put(POLICIES, &key(&client, "delegated", "a").await).await.ok();
    let answer = client.get(open).await.ok();
    let entry = &answer["virtual_chunk_credentials"]["s3://delegated-data/a/b/"];
    let keys: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "credentials",
        "org",
        "bucket_nickname",
        "platform",
        "runtime_vcc_name",
        "region",
        "endpoint_url",
        "allow_http",
        "force_path_style",
    ] {
        assert!(keys.contains(&key), "{key} is missing in {keys:?}");
    }
    assert_eq!(
        grants(&entry["credentials"]),
        json!([{"bucket": "delegated-data", "prefix": "a/b", "access": "read"}])
    );
    assert!(entry["credentials"]["expiration"].is_string());
    assert_eq!((&entry["org"], &entry["bucket_nickname"]), (&json!("local"), &json!("delegated")));
    assert_eq!((&entry["allow_http"], &entry["force_path_style"]), (&json!(true), &json!(true)));
    assert!(entry["endpoint_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    client.put("/orgs/local/one/status", &json!({"mode": "offline"})).await.ok();
    assert_eq!(client.get(open).await.ok()["virtual_chunk_credentials"], json!({}));
}

#[tokio::test]
async fn fixed_keys_for_a_container_are_its_own_and_anonymous_ones_need_none() {
    let client = lake();
    client.repo("one").await;
    client.post("/orgs/local/buckets", &remote("open-store", "open-bucket")).await.ok();
    let add = json!({"s3://local-data/x/": "local", "s3://open-bucket/y/": "open-store"});
    change(&client, &add, &json!([])).await.ok();
    let open = client.get("/repos/local/one/open").await.ok();
    let entries = &open["virtual_chunk_credentials"];
    let (fixed, repo) = (&entries["s3://local-data/x/"]["credentials"], &open["repo_credentials"]);
    assert!(fixed["aws_access_key_id"].is_string() && fixed["expiration"].is_null());
    assert_ne!(fixed["aws_access_key_id"], repo["aws_access_key_id"], "not the keys of the whole bucket");
    let anonymous = &entries["s3://open-bucket/y/"];
    assert_eq!((&anonymous["credentials"], &anonymous["region"]), (&json!(null), &json!("us-east-1")));
    assert_eq!((&anonymous["endpoint_url"], &anonymous["allow_http"]), (&json!(null), &json!(false)));
}
