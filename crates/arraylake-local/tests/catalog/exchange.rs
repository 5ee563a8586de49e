//! Listings and subscriptions between two orgs of one lake.

use std::collections::HashMap;

use bytes::Bytes;
use icechunk::config::{Credentials, S3Credentials, S3Options, S3StaticCredentials};
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::format::snapshot::ArrayShape;
use icechunk::format::{ByteRange, ChunkIndices};
use icechunk::repository::VersionInfo;
use icechunk::virtual_chunks::VirtualChunkContainer;
use icechunk::{ObjectStoreConfig, Repository, RepositoryConfig};
use serde_json::{Value, json};

use crate::client::{Client, lake, remote};
use crate::data::{filled, filled_with, running, storage};

const SHARED: &str = "/repos/other/mine";
/// What is repeated in the chunk inside.
const INSIDE: &[u8] = b"the chunk inside, longer than what is kept inline";

/// A lake with a second org, and somebody who may do everything there and nothing in the first.
async fn two_orgs() -> (Client, Client) {
    let provider = lake();
    let reader = second_org(&provider).await;
    (provider, reader)
}

async fn second_org(provider: &Client) -> Client {
    let reader = provider.other("reader", &[]).await;
    let members = json!({"reader@example.com": ["CAN_WRITE_REPOS", "CAN_READ_REPOS"]});
    provider.admin().post("/_local/orgs", &json!({"name": "other", "members": members})).await.ok();
    reader
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
    for (name, route) in [("older", "marketplace/subscribe"), ("newer", "exchange-subscriptions")] {
        let body = json!({"name": name, "marketplace_listing_id": listing["id"]});
        let other = reader.post(&format!("/orgs/other/{route}"), &body).await.ok();
        assert_eq!(other["subscription"], made["subscription"]);
    }
    let listed = reader.get("/orgs/other/repos").await.ok();
    assert_eq!(listed[2]["subscription"], made["subscription"]);
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

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_read_containers_that_a_public_policy_covers() {
    let (lake, provider) = running().await;
    let reader = second_org(&provider).await;
    let repo = filled(&provider, "data", "local").await;
    let listing = listed(&provider, &repo).await;
    reader.post("/orgs/other/repos", &subscription("mine", &listing)).await.ok();
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
    let own = "/repos/icechunk/other/mine/virtual-chunk-containers";
    assert_eq!(reader.get(own).await.ok(), json!({"s3://delegated-data/a/": "delegated"}));
    reader.patch(own, &change).await.refused(409, "is a subscription");
    lake.shutdown().await;
}

/// Gives the second org a bucket of its own.
async fn own_bucket(provider: &Client, reader: &Client) {
    let keys = json!({"access_key_id": "reader-key", "secret_access_key": "reader-secret"});
    provider.admin().post("/_local/s3-keys", &keys).await.ok();
    provider.admin().post("/_local/s3-buckets", &json!({"name": "reader-data"})).await.ok();
    let mut bucket = remote("own", "reader-data");
    bucket["platform"] = json!("s3-compatible");
    bucket["prefix"] = json!("outer");
    bucket["extra_config"] = json!({"endpoint_url": "local", "use_ssl": false, "region_name": "us-east-1"});
    bucket["auth_config"] =
        json!({"method": "hmac", "access_key_id": "reader-key", "secret_access_key": "reader-secret"});
    reader.post("/orgs/other/buckets", &bucket).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_subscription_has_a_part_of_its_parent_and_refers_to_the_chunks_there() {
    for version in [SpecVersionBin::V1, SpecVersionBin::V2] {
        check_filtered_subscription(version).await;
    }
}

async fn check_filtered_subscription(version: SpecVersionBin) {
    let (lake, provider) = running().await;
    let reader = second_org(&provider).await;
    own_bucket(&provider, &reader).await;
    let repo = filled_with(&provider, "data", "delegated", version).await;
    write_two_arrays(&provider).await;
    let body = json!({"repo_id": repo["_id"], "listing_name": "Data", "pricing_model": "paid"});
    let listing = provider.post("/orgs/local/exchange-listings", &body).await.ok();
    let subscriptions = "/orgs/other/exchange-subscriptions";
    reader.post(subscriptions, &subscription("whole", &listing)).await.refused(409, "free listings");
    let mut wanted = json!({"name": "part", "bucket_nickname": "own", "exchange_listing_id": listing["id"],
        "subscription_type": "filtered", "target_filter": {"nodes": {"include_paths": ["/"]}}});
    reader.post(subscriptions, &wanted).await.refused(422, "include_paths");
    wanted["target_filter"] = json!({"nodes": {"include_paths": ["/in"], "exclude_paths": []}});
    let made = reader.post(subscriptions, &wanted).await.ok();
    assert!(made["prefix"].as_str().unwrap().starts_with("outer/"));
    let info = &made["subscription"];
    assert_eq!((&info["subscription_type"], &info["status"]), (&json!("filtered"), &json!("active")));
    assert_eq!(info["target_filter"]["nodes"]["include_paths"], json!(["/in"]));
    let open = reader.get("/repos/other/part/open").await.ok();
    let prefix = format!("s3://delegated-data/{}/chunks/", repo["prefix"].as_str().unwrap());
    let entry = &open["virtual_chunk_credentials"][&prefix];
    assert_eq!((&entry["runtime_vcc_name"], &entry["org"]), (&json!("__al_source"), &json!("local")));
    let chunks = format!("{}/chunks", repo["prefix"].as_str().unwrap());
    let grant = json!({"bucket": "delegated-data", "prefix": chunks, "access": "read"});
    assert_eq!(crate::virtual_chunks::grants(&entry["credentials"]), json!([grant]));
    assert_eq!(read_part(&open, &prefix, version).await, INSIDE.repeat(40));
    let rows = provider.get(&format!("/repo/{}/subscriptions", repo["_id"].as_str().unwrap())).await.ok();
    assert_eq!(rows["items"][0]["subscription_type"], "filtered");
    provider.delete("/orgs/local/data?immediate=true").await.ok();
    assert_eq!(reader.get("/repos/other/part").await.ok()["subscription"]["status"], "orphaned");
    reader.get("/repos/other/part/open").await.refused(409, "is orphaned");
    lake.shutdown().await;
}

/// Two arrays of one chunk each: `/in/a` and `/out/a`.
async fn write_two_arrays(provider: &Client) {
    let open = provider.get("/repos/local/data/open").await.ok();
    let repo = Repository::open(storage(&open)).execute().await.unwrap();
    let mut session = repo.writable_session("main").await.unwrap();
    for (name, text) in [("in", "inside"), ("out", "outside")] {
        let group = format!("/{name}").as_str().try_into().unwrap();
        let path: icechunk::format::Path = format!("/{name}/a").as_str().try_into().unwrap();
        session.add_group(group, Bytes::from_static(b"{}")).await.unwrap();
        let shape = ArrayShape::new([(10, 1)]).unwrap();
        session.add_array(path.clone(), shape, None, Bytes::from_static(b"{}")).await.unwrap();
        let data = format!("the chunk {text}, longer than what is kept inline").repeat(40);
        let coords = ChunkIndices(vec![0]);
        let payload = session.get_chunk_writer(&path, &coords).unwrap()(data.into()).await.unwrap();
        session.set_chunk_ref(path, coords, Some(payload)).await.unwrap();
    }
    session.commit("two arrays").execute().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_subscription_has_its_part_with_it_and_outlives_its_parent() {
    let (lake, provider) = running().await;
    let reader = second_org(&provider).await;
    own_bucket(&provider, &reader).await;
    let repo = filled(&provider, "data", "delegated").await;
    write_two_arrays(&provider).await;
    let body = json!({"repo_id": repo["_id"], "listing_name": "Data", "pricing_model": "paid"});
    let listing = provider.post("/orgs/local/exchange-listings", &body).await.ok();
    let wanted = json!({"name": "part", "bucket_nickname": "own", "exchange_listing_id": listing["id"],
        "subscription_type": "private", "target_filter": {"nodes": {"include_paths": ["/in"]}}});
    let made = reader.post("/orgs/other/exchange-subscriptions", &wanted).await.ok();
    assert_eq!(made["subscription"]["subscription_type"], "private");
    provider.delete("/orgs/local/data?immediate=true").await.ok();
    let open = reader.get("/repos/other/part/open").await.ok();
    assert_eq!(open["virtual_chunk_credentials"], json!({}), "nothing of it lies elsewhere");
    let part = Repository::open(storage(&open)).execute().await.unwrap();
    assert_eq!(chunk_inside(&part).await, INSIDE.repeat(40));
    lake.shutdown().await;
}

/// The chunk of the part that was taken, by what the answer of `/open` grants.
async fn read_part(open: &Value, prefix: &str, version: SpecVersionBin) -> Vec<u8> {
    let entry = &open["virtual_chunk_credentials"][prefix];
    let options = S3Options::default()
        .with_region("us-east-1")
        .with_endpoint_url(entry["endpoint_url"].as_str().unwrap())
        .with_allow_http(true)
        .with_force_path_style(true);
    let store = ObjectStoreConfig::S3(options);
    let mut config = RepositoryConfig::default();
    let container = VirtualChunkContainer::new_named("__al_source".to_owned(), prefix.to_owned(), store);
    config.set_virtual_chunk_container(container.unwrap()).unwrap();
    let keys = &entry["credentials"];
    let text = |name: &str| keys[name].as_str().unwrap().to_owned();
    let keys = Credentials::S3(S3Credentials::Static(S3StaticCredentials {
        access_key_id: text("aws_access_key_id"),
        secret_access_key: text("aws_secret_access_key"),
        session_token: Some(text("aws_session_token")),
        expires_after: None,
    }));
    let allowed = HashMap::from([(prefix.to_owned(), Some(keys))]);
    let builder = Repository::open(storage(open)).config(config).authorize_virtual_chunk_access(allowed);
    let repo = builder.execute().await.unwrap();
    assert_eq!(repo.spec_version(), version, "who reads the parent reads the part");
    chunk_inside(&repo).await
}

/// The one chunk of a part.
async fn chunk_inside(repo: &Repository) -> Vec<u8> {
    let session = repo.readonly_session(&VersionInfo::BranchTipRef("main".to_owned())).await.unwrap();
    let nodes = session.list_nodes(&icechunk::format::Path::root()).await.unwrap();
    let mut paths: Vec<String> = nodes.map(|node| node.unwrap().path.to_string()).collect();
    paths.sort();
    assert_eq!(paths, ["/in", "/in/a"]);
    let path = "/in/a".try_into().unwrap();
    let reader = session.get_chunk_reader(&path, &ChunkIndices(vec![0]), &ByteRange::ALL).await.unwrap();
    icechunk::session::get_chunk(reader).await.unwrap().unwrap().to_vec()
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
    let mut odd = subscription("two", &draft);
    odd["subscription_type"] = json!("filtered");
    reader.post("/orgs/other/repos", &odd).await.refused(422, "target_filter");
    odd["subscription_type"] = json!("private");
    reader.post("/orgs/other/repos", &odd).await.refused(422, "target_filter");
    odd["subscription_type"] = json!("friendly");
    reader.post("/orgs/other/repos", &odd).await.refused(422, "subscription_type");
    odd["subscription_type"] = json!("direct");
    odd["target_filter"] = json!({"nodes": {"include_paths": ["/a"]}});
    reader.post("/orgs/other/repos", &odd).await.refused(422, "has no filter");
    odd["target_filter"] = json!({"nodes": {"include_paths": ["a"]}});
    reader.post("/orgs/other/repos", &odd).await.refused(422, "must start with");
    let mut bucket = remote("fixed", "far-bucket");
    bucket["auth_config"] = json!({"method": "hmac", "access_key_id": "k", "secret_access_key": "s"});
    provider.post("/orgs/local/buckets", &bucket).await.ok();
    let far = json!({"name": "far", "bucket_nickname": "fixed"});
    let far = provider.post("/orgs/local/repos", &far).await.ok();
    let body = json!({"repo_id": far["_id"], "listing_name": "Far"});
    provider.post(path, &body).await.refused(409, "HMAC authentication");
}
