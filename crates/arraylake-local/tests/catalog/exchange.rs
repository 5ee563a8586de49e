//! Listings and subscriptions between two orgs of one lake.

use serde_json::{Value, json};

use crate::client::{Client, lake, remote};

const SHARED: &str = "/repos/other/mine";

/// A lake with a second org, and somebody who may do everything there and nothing in the first.
async fn two_orgs() -> (Client, Client) {
    let provider = lake();
    let reader = provider.other("reader", &[]).await;
    let members = json!({"reader@example.com": ["CAN_WRITE_REPOS", "CAN_READ_REPOS"]});
    provider.admin().post("/_local/orgs", &json!({"name": "other", "members": members})).await.ok();
    (provider, reader)
}

async fn listed(client: &Client, repo: &Value) -> Value {
    let body = json!({"repo_id": repo["_id"], "status": "published", "repo_readme": "# Data", "listing_name": "Data"});
    let answer = client.post("/orgs/local/marketplace/listings", &body).await;
    assert_eq!(answer.status, 201);
    answer.ok()
}

fn subscription(name: &str, listing: &Value) -> Value {
    json!({"name": name, "create_mode": "subscribe", "bucket_nickname": "", "marketplace_listing_id": listing["id"]})
}

/// A repo of `local` in a bucket, shown in `other` as `mine`.
async fn shared(bucket: &str) -> (Client, Client, Value) {
    let (provider, reader) = two_orgs().await;
    let body = json!({"name": "data", "bucket_nickname": bucket});
    let repo = provider.post("/orgs/local/repos", &body).await.ok();
    let listing = listed(&provider, &repo).await;
    reader.post("/orgs/other/repos", &subscription("mine", &listing)).await.ok();
    (provider, reader, repo)
}

#[tokio::test]
async fn a_subscription_shows_the_listed_repo_and_has_no_place_of_its_own() {
    let (provider, reader) = two_orgs().await;
    let repo = provider.repo("data").await;
    let listing = listed(&provider, &repo).await;
    assert_eq!((&listing["repo_id"], &listing["org"]), (&repo["_id"], &json!("local")));
    let made = reader.post("/orgs/other/repos", &subscription("mine", &listing)).await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    assert_eq!(
        (&made["bucket"], &made["prefix"], &made["kind"]),
        (&json!(null), &json!(""), &json!("icechunk"))
    );
    let info = &made["subscription"];
    assert_eq!((&info["status"], &info["subscription_type"]), (&json!("active"), &json!("direct")));
    assert_eq!(info["exchange_listing"], info["marketplace_listing"]);
    assert_eq!(info["exchange_listing"]["id"], listing["id"]);
    assert_eq!(info["parent_repo"]["name"], "data");
    assert_eq!(info["parent_repo"]["permissions"], json!([]));
    let key = &info["parent_repo"]["bucket"]["auth_config"]["access_key_id"];
    assert!(
        key.is_string() && *key != repo["bucket"]["auth_config"]["access_key_id"],
        "keys of the one repo, to read"
    );
    assert_eq!(reader.get(SHARED).await.ok(), made);
    let listed = reader.get("/orgs/other/repos").await.ok();
    assert_eq!(listed[0]["subscription"], made["subscription"]);
    reader.post("/orgs/other/repos", &subscription("mine", &listing)).await.refused(409, "already exists");
}

#[tokio::test]
async fn a_subscription_is_opened_where_its_parent_lies_and_only_for_reading() {
    for bucket in ["local", "delegated"] {
        let (provider, reader, repo) = shared(bucket).await;
        let open = reader.get(&format!("{SHARED}/open")).await.ok();
        assert_eq!(
            (&open["repo_prefix"], &open["repo_bucket"]["name"]),
            (&repo["prefix"], &repo["bucket"]["name"])
        );
        let keys = &open["repo_credentials"];
        if bucket == "local" {
            assert_ne!(keys["aws_access_key_id"], repo["bucket"]["auth_config"]["access_key_id"]);
            assert_eq!(&reader.get(&format!("{SHARED}/bucket-credentials")).await.ok(), keys);
        } else {
            let grant = json!({"bucket": "delegated-data", "prefix": repo["prefix"], "access": "read"});
            assert_eq!(crate::virtual_chunks::grants(keys), json!([grant]));
        }
        provider.put("/orgs/local/data/status", &json!({"mode": "offline"})).await.ok();
        let open = reader.get(&format!("{SHARED}/open")).await.ok();
        assert_eq!((&open["status"]["mode"], &open["repo_credentials"]), (&json!("offline"), &json!(null)));
        reader.get("/repos/local/data").await.refused(403, "Access Denied");
    }
}

#[tokio::test]
async fn without_its_parent_a_subscription_is_an_orphan() {
    let (provider, reader, _) = shared("local").await;
    provider.delete("/orgs/local/data").await.ok();
    let orphan = reader.get(SHARED).await.ok();
    let info = &orphan["subscription"];
    assert_eq!((&info["status"], &info["parent_repo"]), (&json!("orphaned"), &json!(null)));
    reader.get(&format!("{SHARED}/open")).await.refused(409, "is orphaned");
    reader.get(&format!("{SHARED}/bucket-credentials")).await.refused(409, "is orphaned");
    provider.delete("/orgs/local/data?immediate=true").await.ok();
    assert_eq!(reader.get(SHARED).await.ok()["subscription"]["status"], "orphaned");
    reader.delete("/orgs/other/mine?immediate=true").await.ok();
    reader.get(SHARED).await.refused(404, "not found");
}

#[tokio::test]
async fn the_provider_sees_who_subscribed() {
    let (provider, reader, repo) = shared("local").await;
    let path = format!("/repo/{}/subscriptions?page=1", repo["_id"].as_str().unwrap());
    let page = provider.get(&path).await.ok();
    let (row, mine) = (&page["items"][0], reader.get(SHARED).await.ok());
    assert_eq!((&row["parent_repo"], &row["subscriber"]), (&repo["_id"], &mine["_id"]));
    assert_eq!((&row["parent_org"], &row["status"]), (&json!("local"), &json!("active")));
    assert_eq!(row["subscribed_at"].as_str().unwrap().len(), "2025-01-01T00:00:00".len(), "no zone");
    assert_eq!((&page["total"], &page["pages"]), (&json!(1), &json!(1)));
    reader.get(&path).await.refused(403, "Access Denied");
    reader.delete("/orgs/other/mine?immediate=true").await.ok();
    assert_eq!(provider.get(&path).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn subscribers_read_containers_that_a_public_policy_covers() {
    let (provider, reader, _) = shared("local").await;
    let containers = "/repos/icechunk/local/data/virtual-chunk-containers";
    let change = json!({"add": {"s3://delegated-data/a/": "delegated"}, "remove": []});
    provider.patch(containers, &change).await.ok();
    let policies = "/orgs/local/settings/virtual-chunk-access-policies";
    let mut policy = json!({"use_case": "explicit", "bucket_id": provider.bucket_id("delegated").await,
        "subprefix": "", "public": false});
    provider.put(policies, &policy).await.ok();
    provider.get("/repos/local/data/open").await.ok();
    let open = format!("{SHARED}/open");
    reader.get(&open).await.refused(403, "not covered by any Virtual Chunk Access Policy");
    policy["public"] = json!(true);
    provider.put(policies, &policy).await.ok();
    let entries = reader.get(&open).await.ok()["virtual_chunk_credentials"].clone();
    assert_eq!(entries["s3://delegated-data/a/"]["org"], "local");
    let fixed = json!({"add": {"s3://local-data/x/": "local"}, "remove": []});
    provider.patch(containers, &fixed).await.ok();
    reader.get(&open).await.refused(403, "not covered");
    let own = "/repos/icechunk/other/mine/virtual-chunk-containers";
    reader.patch(own, &change).await.refused(409, "is a subscription");
}

#[tokio::test]
async fn what_cannot_be_listed_or_subscribed_to_is_refused() {
    let (provider, reader, repo) = shared("local").await;
    let path = "/orgs/local/marketplace/listings";
    let listing = json!({"repo_id": repo["_id"], "listing_name": "Data", "status": "draft"});
    reader.post(path, &listing).await.refused(403, "Access Denied");
    let mine = reader.get(SHARED).await.ok();
    let body = json!({"repo_id": mine["_id"], "listing_name": "Data"});
    reader.post("/orgs/other/marketplace/listings", &body).await.refused(409, "no data of its own");
    provider.post(path, &body).await.refused(404, "not found");
    provider.post(path, &json!({"listing_name": "Data"})).await.refused(422, "repo_id");
    let draft = provider.post(path, &listing).await.ok();
    reader.post("/orgs/other/repos", &subscription("two", &draft)).await.refused(404, "listing");
    let mut filtered = subscription("two", &draft);
    filtered["subscription_type"] = json!("filtered");
    reader.post("/orgs/other/repos", &filtered).await.refused(422, "direct subscriptions alone");
    let mut bucket = remote("fixed", "far-bucket");
    bucket["auth_config"] = json!({"method": "hmac", "access_key_id": "k", "secret_access_key": "s"});
    provider.post("/orgs/local/buckets", &bucket).await.ok();
    let far = json!({"name": "far", "bucket_nickname": "fixed"});
    let far = provider.post("/orgs/local/repos", &far).await.ok();
    let body = json!({"repo_id": far["_id"], "listing_name": "Far"});
    provider.post(path, &body).await.refused(409, "HMAC authentication");
}
