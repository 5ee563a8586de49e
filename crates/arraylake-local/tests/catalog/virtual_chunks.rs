//! Virtual chunk containers and the policies that cover them.

use arraylake_local::RunningLake;
use icechunk::config::S3Options;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, Repository};
use serde_json::{Value, json};

use crate::client::{Client, lake, remote};
use crate::data::{filled, running, storage};

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

/// A bucket config of the S3 endpoint that anybody may read.
fn public(nickname: &str, name: &str, prefix: &str) -> Value {
    let mut bucket = remote(nickname, name);
    bucket["platform"] = json!("s3-compatible");
    bucket["prefix"] = json!(prefix);
    bucket["extra_config"] = json!({"endpoint_url": "local", "use_ssl": false, "region_name": "us-east-1"});
    bucket
}

/// A lake with a repo that has data, `one`, and a bucket config that anybody may read, `open-store`.
async fn with_data() -> (RunningLake, Client) {
    let (lake, client) = running().await;
    client.admin().post("/_local/s3-buckets", &json!({"name": "open-data", "public": true})).await.ok();
    client.post("/orgs/local/buckets", &public("open-store", "open-data", "")).await.ok();
    filled(&client, "one", "local").await;
    (lake, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_are_added_remapped_and_removed_in_the_config_beside_the_data() {
    let (lake, client) = with_data().await;
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({}));
    let map = change(&client, &json!({"s3://open-data/x": "open-store"}), &json!([])).await.ok();
    assert_eq!(map, json!({"s3://open-data/x/": "open-store"}), "a slash ends a prefix");
    client.post("/orgs/local/buckets", &public("other", "open-data", "x")).await.ok();
    let add = json!({"s3://open-data/x/": "other"});
    let map = change(&client, &add, &json!(["s3://unknown/"])).await.ok();
    assert_eq!(map, json!({"s3://open-data/x/": "other"}), "the closest bucket config leads there");
    client.put(POLICIES, &key(&client, "other", "").await).await.ok();
    let open = client.get("/repos/local/one/open").await.ok();
    let repo = Repository::open(storage(&open)).execute().await.unwrap();
    let saved: Vec<&str> = repo.config().virtual_chunk_containers().map(|it| it.url_prefix()).collect();
    assert_eq!(saved, ["s3://open-data/x/"]);
    for nickname in ["other", "open-store"] {
        let id = client.bucket_id(nickname).await;
        client.delete(&format!("/orgs/local/buckets/{id}")).await.ok();
    }
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({"s3://open-data/x/": null}));
    client.get("/repos/local/one/open").await.refused(403, "has no corresponding bucket configuration");
    assert_eq!(change(&client, &json!({}), &json!(["s3://open-data/x"])).await.ok(), json!({}));
    client.get("/repos/local/one/open").await.ok();
    client.post("/orgs/local/buckets", &public("deep", "open-data", "deep")).await.ok();
    change(&client, &json!({"s3://open-data/deeper/": "deep"}), &json!([]))
        .await
        .refused(422, "s3://open-data/deep/");
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_saved_by_itself_is_read_and_judged() {
    let (lake, client) = with_data().await;
    let save = async |prefix: &str, store: ObjectStoreConfig| {
        let open = client.get("/repos/local/one").await.ok();
        let open = json!({"repo_bucket": open["bucket"], "repo_prefix": open["prefix"], "repo_credentials": {
            "aws_access_key_id": open["bucket"]["auth_config"]["access_key_id"],
            "aws_secret_access_key": open["bucket"]["auth_config"]["secret_access_key"]}});
        let repo = Repository::open(storage(&open)).execute().await.unwrap();
        let mut config = repo.config().clone();
        config.clear_virtual_chunk_containers();
        let container = VirtualChunkContainer::new(prefix.to_owned(), store).unwrap();
        config.set_virtual_chunk_container(container).unwrap();
        repo.reopen(Some(config), None).await.unwrap().save_config().await.unwrap();
    };
    let at =
        |url: &str| ObjectStoreConfig::S3(S3Options::default().with_endpoint_url(url).with_allow_http(true));
    let open = "/repos/local/one/open";
    save("s3://open-data/y/", at(lake.s3_uri())).await;
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({"s3://open-data/y/": "open-store"}));
    client.get(open).await.refused(403, "not covered by any Virtual Chunk Access Policy");
    client.put(POLICIES, &key(&client, "open-store", "y").await).await.ok();
    let entry = client.get(open).await.ok()["virtual_chunk_credentials"]["s3://open-data/y/"].clone();
    assert_eq!((&entry["bucket_nickname"], &entry["credentials"]), (&json!("open-store"), &json!(null)));
    // The same bucket at another address is another bucket.
    save("s3://open-data/y/", at("http://127.0.0.1:1")).await;
    client.get(open).await.refused(403, "has no corresponding bucket configuration");
    save("s3://local-data/", at(lake.s3_uri())).await;
    client.get(open).await.refused(403, "using HMAC credentials");
    save("file:///etc/", ObjectStoreConfig::LocalFileSystem("/etc".into())).await;
    client.get(open).await.refused(422, "Forbidden virtual chunk container prefix");
    lake.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_that_lead_elsewhere_are_refused_and_nothing_is_kept() {
    let (lake, client) = with_data().await;
    for prefix in ["file:///etc/", "memory://x/", "http://h/", "HTTPS://h/"] {
        let add = json!({"s3://open-data/x/": "open-store", prefix: "open-store"});
        change(&client, &add, &json!([])).await.refused(422, "Forbidden virtual chunk container prefix");
    }
    for (prefix, nickname) in [
        ("s3://else/", "open-store"),
        ("gs://open-data/", "open-store"),
        ("s3://open-data/../", "open-store"),
        ("s3://open-data/", "none"),
        ("x", "open-store"),
    ] {
        assert_eq!(change(&client, &json!({prefix: nickname}), &json!([])).await.status, 422, "{prefix}");
    }
    change(&client, &json!({"s3://local-data/x/": "local"}), &json!([]))
        .await
        .refused(409, "HMAC credentials");
    change(&client, &json!({"s3://open-data/x/": null}), &json!([])).await.refused(422, "add");
    assert_eq!(client.get(CONTAINERS).await.ok(), json!({}));
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    change(&reader, &json!({}), &json!([])).await.refused(403, "Access Denied");
    client.repo("empty").await;
    let empty = "/repos/icechunk/local/empty/virtual-chunk-containers";
    let add = json!({"add": {"s3://open-data/x/": "open-store"}, "remove": []});
    client.patch(empty, &add).await.refused(409, "there is no repository yet");
    assert_eq!(client.get(empty).await.ok(), json!({}));
    lake.shutdown().await;
}

/// What a temporary key may do, out of its token.
pub(crate) fn grants(keys: &Value) -> Value {
    let token = keys["aws_session_token"].as_str().unwrap().split('.').next().unwrap();
    let byte = |at: usize| u8::from_str_radix(&token[at..at + 2], 16).unwrap();
    let claims: Vec<u8> = (0..token.len()).step_by(2).map(byte).collect();
    serde_json::from_slice::<Value>(&claims).unwrap()["grants"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegated_container_is_opened_only_under_a_policy_and_only_for_its_prefix() {
    let (lake, client) = with_data().await;
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
    lake.shutdown().await;
}
