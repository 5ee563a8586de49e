//! Where clients of different ages want different answers.

use serde_json::json;

use crate::client::lake;

#[tokio::test]
async fn creating_a_repo_that_is_there() {
    let client = lake();
    let repo = client.repo("one").await;
    let body = json!({"name": "one"});
    for peer in [client.clone(), client.python("0.20.0"), client.python("0.30.0")] {
        peer.post("/orgs/local/repos", &body).await.refused(409, "repo local/one already exists");
    }
    for peer in [client.python("0.31.0"), client.python("1.7.0"), client.nameless()] {
        let answer = peer.post("/orgs/local/repos", &body).await;
        assert_eq!((answer.status, &answer.json), (201, &repo));
    }
}

#[tokio::test]
async fn the_roll_back_of_a_late_client_spares_the_repo_it_did_not_make() {
    let client = lake();
    let python = client.python("1.7.0");
    // Nobody knows whether a bucket elsewhere holds data, so it is taken for granted.
    client.post("/orgs/local/buckets", &crate::client::remote("remote", "remote-bucket")).await.ok();
    let body = json!({"name": "one", "bucket_nickname": "remote"});
    let roll_back = "/orgs/local/one?immediate=true&retain_data=true";
    let made = python.post("/orgs/local/repos", &body).await.ok();
    assert_eq!(python.post("/orgs/local/repos", &body).await.ok(), made);
    assert_eq!(python.delete(roll_back).await.status, 204);
    assert_eq!(python.get("/repos/local/one").await.ok(), made, "the roll-back was passed over");
    assert_eq!(python.delete(roll_back).await.status, 204);
    python.get("/repos/local/one").await.refused(404, "not found");
    python.post("/orgs/local/repos", &body).await.ok();
    python.delete(roll_back).await.ok();
    python.get("/repos/local/one").await.refused(404, "not found");
}

#[tokio::test]
async fn a_place_in_use_is_icechunks_business_for_early_clients() {
    let client = lake().python("0.20.0");
    for name in ["one", "two"] {
        let body = json!({"name": name, "kind": "icechunk", "prefix": "same"});
        client.post("/orgs/local/repos", &body).await.ok();
    }
}

#[tokio::test]
async fn an_unknown_org_is_denied_to_early_clients_and_missing_for_others() {
    let client = lake();
    client.python("0.20.0").get("/orgs/nowhere/repos").await.refused(403, "Access Denied");
    client.python("1.7.0").get("/orgs/nowhere/repos/paginated").await.refused(404, "nowhere not found");
    client.get("/orgs/nowhere/repos").await.refused(404, "nowhere not found");
}

#[tokio::test]
async fn a_repo_with_fixed_keys_is_closed_to_late_clients_until_it_is_online() {
    let client = lake();
    client.repo("fixed").await;
    client.post("/orgs/local/repos", &json!({"name": "vended", "bucket_nickname": "delegated"})).await.ok();
    for name in ["fixed", "vended"] {
        client.put(&format!("/orgs/local/{name}/status"), &json!({"mode": "offline"})).await.ok();
    }
    let late = client.python("1.7.0");
    late.get("/repos/local/fixed").await.refused(409, "offline");
    for (peer, name) in [(&late, "vended"), (&client.python("0.20.0"), "fixed"), (&client, "fixed")] {
        let found = peer.get(&format!("/repos/local/{name}")).await.ok();
        assert_eq!(found["status"]["mode"], "offline");
    }
    for name in ["fixed", "vended"] {
        let open = late.get(&format!("/repos/local/{name}/open")).await.ok();
        assert_eq!(open["status"]["mode"], "offline");
        assert!(open["repo_credentials"].is_null());
    }
    late.put("/orgs/local/fixed/status", &json!({"mode": "online", "message": null})).await.ok();
    late.get("/repos/local/fixed").await.ok();
}

#[tokio::test]
async fn a_bucket_in_use_is_refused_in_the_words_of_the_time() {
    let client = lake();
    client.repo("one").await;
    let path = format!("/orgs/local/buckets/{}", client.bucket_id("local").await);
    client.python("0.20.0").delete(&path).await.refused(409, "in use by a repo and cannot be modified");
    let words = "still referenced by one or more repos and cannot be deleted";
    client.python("1.7.0").delete(&path).await.refused(409, words);
    let change = json!({"nickname": "renamed"});
    client.patch(&path, &change).await.refused(409, "in use by a repo and cannot be modified");
    client.patch(&path, &json!({"nickname": "local", "prefix": null})).await.ok();
}

#[tokio::test]
async fn the_oldest_clients_know_roles_by_their_old_name() {
    let client = lake();
    let method = async |peer: crate::client::Client| {
        peer.get("/orgs/local/buckets").await.ok()[1]["auth_config"]["method"].clone()
    };
    assert_eq!(method(client.python("0.14.0")).await, "customer_managed_role");
    assert_eq!(method(client.python("0.20.0")).await, "aws_customer_managed_role");
    assert_eq!(method(client.clone()).await, "aws_customer_managed_role");
}

#[tokio::test]
async fn fixed_keys_are_not_given_while_a_repo_may_not_be_written() {
    let client = lake();
    client.repo("one").await;
    client.put("/orgs/local/one/status", &json!({"mode": "maintenance"})).await.ok();
    let late = client.python("1.7.0");
    late.get("/repos/local/one/open").await.refused(409, "HMAC");
    late.get("/repos/local/one").await.refused(409, "HMAC");
    client.put("/orgs/local/one/status", &json!({"mode": "offline"})).await.ok();
    assert_eq!(late.get("/repos/local/one/open").await.ok()["status"]["mode"], "offline");
    assert_eq!(client.python("0.20.0").get("/repos/local/one").await.ok()["status"]["mode"], "offline");
}

#[tokio::test]
async fn the_published_crate_is_led_to_the_local_object_store() {
    let client = lake();
    client.post("/orgs/local/repos", &json!({"name": "one", "bucket_nickname": "delegated"})).await.ok();
    let bucket = client.published().get("/repos/local/one").await.ok()["bucket"].clone();
    assert_eq!(
        (&bucket["platform"], &bucket["extra_config"]["use_ssl"]),
        (&json!("s3-compatible"), &json!(true))
    );
    let bucket = client.get("/repos/local/one").await.ok()["bucket"].clone();
    assert_eq!((&bucket["platform"], &bucket["extra_config"]["use_ssl"]), (&json!("s3"), &json!(false)));
}
