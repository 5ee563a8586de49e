//! New repos and imported ones.

use serde_json::json;

use crate::client::{lake, remote};

/// The keys of the sample that every client can parse.
const KEYS: [&str; 20] = [
    "_id",
    "org",
    "name",
    "created",
    "updated",
    "description",
    "metadata",
    "created_by",
    "visibility",
    "kind",
    "prefix",
    "status",
    "bucket",
    "subscription",
    "optimization_config",
    "permissions",
    "deleted_at",
    "deleted_by",
    "retain_data",
    "cleanup_started_at",
];
const BUCKET_KEYS: [&str; 13] = [
    "id",
    "nickname",
    "platform",
    "name",
    "prefix",
    "is_default",
    "em_managed",
    "extra_config",
    "auth_config",
    "created",
    "updated",
    "created_by",
    "health",
];

#[tokio::test]
async fn a_new_repo_has_every_key_and_no_null_where_clients_break() {
    let client = lake();
    let repo = client.repo("my-repo").await;
    let object = repo.as_object().unwrap();
    for key in KEYS.iter().chain(&["health"]) {
        assert!(object.contains_key(*key), "{key}");
    }
    assert!(!object.contains_key("id"), "both spellings at once break the published crate");
    for key in ["prefix", "kind", "optimization_config", "permissions", "status", "bucket"] {
        assert!(!repo[key].is_null(), "{key}");
    }
    for key in BUCKET_KEYS {
        assert!(repo["bucket"].as_object().unwrap().contains_key(key), "{key}");
    }
    assert_eq!(repo["_id"].as_str().unwrap().len(), 24);
    assert_eq!(repo["status"]["mode"], "online");
    assert_eq!(repo["status"]["message"], "new repo creation");
    assert_eq!(repo["status"]["initiated_by"]["principal_id"], repo["created_by"]);
    assert!(repo["status"]["initiated_by"]["system_id"].is_null());
    assert_eq!(repo["created"].as_str().unwrap().len(), "2025-03-01T12:00:00+00:00".len());
    assert!(repo["prefix"].as_str().unwrap().ends_with("_my_repo"));
    assert_eq!(repo["bucket"]["nickname"], "local");
}

#[tokio::test]
async fn the_prefix_asked_for_lies_within_that_of_the_bucket() {
    let client = lake();
    let mut bucket = remote("team-store", "team-bucket");
    bucket["prefix"] = json!("team");
    client.post("/orgs/local/buckets", &bucket).await.ok();
    let body = json!({"name": "one", "bucket_nickname": "team-store", "prefix": "a/b"});
    assert_eq!(client.post("/orgs/local/repos", &body).await.ok()["prefix"], "team/a/b");
    let body = json!({"name": "two", "bucket_nickname": "team-store"});
    let made = client.post("/orgs/local/repos", &body).await.ok();
    assert!(made["prefix"].as_str().unwrap().starts_with("team/"));
}

#[tokio::test]
async fn a_place_in_use_is_refused_and_leaves_no_entry() {
    let client = lake();
    let make = async |name: &str, prefix: &str| {
        client.post("/orgs/local/repos", &json!({"name": name, "prefix": prefix})).await
    };
    make("first", "a/b").await.ok();
    for prefix in ["a/b", "a", "a/b/c"] {
        make("other", prefix).await.refused(409, "overlaps repo local/first");
    }
    client.get("/repos/local/other").await.refused(404, "Repo local/other not found");
    make("near", "a/bc").await.ok();
    make("near2", "a/b-c").await.ok();
    let body = json!({"name": "whole", "bucket_nickname": "local", "prefix": ""});
    client.post("/orgs/local/repos/import", &body).await.refused(409, "overlaps");
}

#[tokio::test]
async fn each_broken_rule_is_named() {
    let client = lake();
    let cases = [
        (json!({"name": "x"}), "repo name"),
        (json!({"name": "Settings"}), "reserved"),
        (json!({"name": "iceberg"}), "reserved"),
        (json!({"name": "x".repeat(129)}), "128"),
        (
            json!({"name": "ok", "description": "d".repeat(256)}),
            "Description can be at most 255 characters long",
        ),
        (json!({"name": "ok", "metadata": {"k": "é".repeat(700)}}), "Metadata can be at most 4kB"),
        (json!({"name": "ok", "metadata": {"k": {"a": 1}}}), "scalars"),
        (json!({"name": "ok", "bucket_nickname": "nowhere"}), "bucket nowhere does not exist"),
        (json!({"name": "ok", "kind": "v1", "prefix": "p"}), "V1"),
        (json!({"name": "ok", "prefix": "/p"}), "slash"),
        (json!({"name": "ok", "create_mode": "conjure"}), "is not known"),
        (json!({"name": "ok", "create_mode": "subscribe"}), "exchange_listing_id"),
        (json!({"name": "ok", "spec_version": 3}), "spec_version"),
        (json!({"name": 5}), "valid string"),
        (json!({}), "Field required"),
        (json!([]), "dictionary"),
    ];
    for (body, words) in cases {
        client.post("/orgs/local/repos", &body).await.refused(422, words);
    }
    assert_eq!(client.get("/orgs/local/repos").await.ok(), json!([]));
}

#[tokio::test]
async fn the_body_of_every_client_is_understood() {
    let client = lake();
    let old = json!({"name": "old-one", "description": null, "bucket_nickname": null, "kind": "v1", "prefix": null,
        "create_mode": "register"});
    let old = client.python("0.14.0").post("/orgs/local/repos", &old).await.ok();
    assert!(old["bucket"].is_null(), "a V1 repo has a bucket only if it names one");
    assert_eq!((&old["prefix"], &old["kind"]), (&json!(""), &json!("v1")));
    let rust = json!({"name": "rust-one", "bucket_nickname": "", "prefix": null, "create_mode": "register"});
    let rust = client.post("/orgs/local/repos", &rust).await.ok();
    assert_eq!((&rust["kind"], &rust["bucket"]["nickname"]), (&json!("icechunk"), &json!("local")));
    let import = json!({"name": "b-import", "bucket_nickname": "local", "kind": "icechunk", "prefix": "there",
        "create_mode": "import", "metadata": {}});
    let import = client.python("0.20.0").post("/orgs/local/repos", &import).await.ok();
    assert_eq!(import["prefix"], "there");
    client.post("/orgs/local/repos/import", &json!({"name": "c-import"})).await.refused(422, "prefix");
}

#[tokio::test]
async fn a_service_that_is_to_make_the_repository_makes_it_and_only_where_nothing_lies() {
    let client = lake();
    let body = json!({"name": "made", "create_mode": "create", "prefix": "p", "spec_version": 2});
    let made = client.post("/orgs/local/repos", &body).await.ok();
    assert_eq!((&made["prefix"], &made["kind"]), (&json!("p"), &json!("icechunk")));
    client.post("/orgs/local/repos", &body).await.refused(409, "repo local/made already exists");
    assert!(!client.delete("/orgs/local/made?immediate=true&retain_data=true").await.ok().is_object());
    // What it made is still there, so that nothing is made over it; a repo that is registered there finds it.
    client.post("/orgs/local/repos", &body).await.refused(409, "The repository of local/made cannot be made");
    client.get("/repos/local/made").await.refused(404, "not found");
    let body = json!({"name": "made", "prefix": "p"});
    client.post("/orgs/local/repos", &body).await.ok();
    assert_eq!(client.get("/repos/icechunk/local/made/virtual-chunk-containers").await.ok(), json!({}));
}

#[tokio::test]
async fn a_repository_is_made_in_the_own_object_store_alone() {
    let client = lake();
    client.post("/orgs/local/buckets", &remote("far", "far-bucket")).await.ok();
    let body = json!({"name": "made", "create_mode": "create", "bucket_nickname": "far"});
    client.post("/orgs/local/repos", &body).await.refused(409, "object store of this service");
    client.get("/repos/local/made").await.refused(404, "not found");
    let body = json!({"name": "old", "create_mode": "create", "kind": "v1"});
    assert_eq!(client.post("/orgs/local/repos", &body).await.ok()["kind"], "v1");
}

#[tokio::test]
async fn a_body_is_understood_whatever_it_is_called_and_even_if_it_is_not_called_anything() {
    let client = lake();
    client.repo("nameless").await;
    for (at, kind) in [
        "application/json",
        "application/vnd.earthmover+json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ]
    .into_iter()
    .enumerate()
    {
        let named = client.with_header("content-type", kind);
        named.repo(&format!("repo-{at}")).await;
        let change = json!({"description": kind});
        named.patch(&format!("/orgs/local/repo-{at}"), &change).await.ok();
        let repo = client.get(&format!("/repos/local/repo-{at}")).await.ok();
        assert_eq!(repo["description"], kind);
        named.delete(&format!("/orgs/local/repo-{at}?immediate=true")).await.ok();
    }
}
