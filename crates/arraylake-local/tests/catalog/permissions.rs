//! Who may do what.

use serde_json::{Value, json};

use crate::client::{Client, lake, remote};

async fn id(client: &Client) -> Value {
    client.get("/user").await.ok()["id"].clone()
}

#[tokio::test]
async fn a_reader_reads_and_does_nothing_else() {
    let client = lake();
    client.repo("one").await;
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    reader.get("/repos/local/one").await.ok();
    reader.get("/repos/local/one/open").await.ok();
    assert_eq!(reader.get("/orgs/local/repos").await.ok().as_array().unwrap().len(), 1);
    let bucket = format!("/orgs/local/buckets/{}", client.bucket_id("local").await);
    let denied = [
        reader.post("/orgs/local/repos", &json!({"name": "two"})).await,
        reader.patch("/orgs/local/one", &json!({"description": "x"})).await,
        reader.delete("/orgs/local/one").await,
        reader.put("/orgs/local/one/status", &json!({"mode": "offline"})).await,
        reader.get("/orgs/local/buckets").await,
        reader.post("/orgs/local/buckets", &remote("mine", "my-bucket")).await,
        reader.delete(&bucket).await,
        reader.patch(&bucket, &json!({"nickname": "mine"})).await,
        reader.send(http::Method::POST, &format!("{bucket}/default"), "").await,
        reader.get(&format!("{bucket}/credentials?access=write")).await,
    ];
    for answer in denied {
        answer.refused(403, "Access Denied");
    }
    reader.get("/repos/local/none").await.refused(404, "not found");
}

#[tokio::test]
async fn the_status_of_a_repo_is_for_those_who_manage_its_users() {
    let client = lake();
    client.repo("one").await;
    let offline = json!({"mode": "offline"});
    let writer = client.other("writer", &["CAN_WRITE_REPOS"]).await;
    writer.patch("/orgs/local/one", &json!({"description": "x"})).await.ok();
    writer.put("/orgs/local/one/status", &offline).await.refused(403, "Access Denied");
    let body = json!({"permissions": [{"principal_id": id(&writer).await, "actions": ["CAN_MANAGE_USERS"]}]});
    client.admin().put("/_local/repos/local/one/permissions", &body).await.ok();
    writer.put("/orgs/local/one/status", &offline).await.ok();
    let manager = client.other("manager", &["CAN_WRITE_REPOS", "CAN_MANAGE_USERS"]).await;
    manager.put("/orgs/local/one/status", &json!({"mode": "online"})).await.ok();
}

#[tokio::test]
async fn a_reader_gets_other_keys_than_a_writer_and_always_the_same() {
    let client = lake();
    let repo = client.repo("one").await;
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    let seen = reader.get("/repos/local/one").await.ok()["bucket"].clone();
    assert_ne!(seen["auth_config"], repo["bucket"]["auth_config"]);
    let bucket = format!("/orgs/local/buckets/{}", client.bucket_id("local").await);
    assert_eq!(reader.get(&bucket).await.ok(), seen);
    assert_eq!(reader.get("/orgs/local/repos").await.ok()[0]["bucket"], seen);
    let open = reader.get("/repos/local/one/open").await.ok();
    assert_eq!(open["repo_bucket"], seen);
    assert_eq!(open["repo_credentials"]["aws_access_key_id"], seen["auth_config"]["access_key_id"]);
    let keys = reader.get(&format!("{bucket}/credentials?access=read")).await.ok();
    assert_eq!(keys["aws_access_key_id"], seen["auth_config"]["access_key_id"]);
}

#[tokio::test]
async fn a_stranger_sees_nothing() {
    let client = lake();
    client.repo("one").await;
    let stranger = client.other("stranger", &[]).await;
    let paths = [
        "/orgs/local/repos",
        "/orgs/local/repos/paginated",
        "/orgs/local",
        "/repos/local/one",
        "/repos/local/none",
    ];
    for path in paths {
        stranger.get(path).await.refused(403, "Access Denied");
    }
    assert_eq!(stranger.get("/user/orgs").await.ok(), json!([]));
}

#[tokio::test]
async fn a_grant_on_one_repo_reaches_that_repo() {
    let client = lake();
    client.repo("one").await;
    client.repo("two").await;
    let guest = client.other("guest", &[]).await;
    let grant = async |actions: Value| {
        let body = json!({"permissions": [{"principal_id": id(&guest).await, "actions": actions}]});
        client.admin().put("/_local/repos/local/one/permissions", &body).await
    };
    grant(json!(["CAN_FLY"])).await.refused(422, "CAN_FLY");
    grant(json!(["CAN_READ"])).await.ok();
    let list = guest.get("/orgs/local/repos").await.ok();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &json!("one")));
    guest.get("/repos/local/one/open").await.ok();
    guest.get("/repos/local/two").await.refused(403, "Access Denied");
    guest.patch("/orgs/local/one", &json!({"description": "x"})).await.refused(403, "Access Denied");
    grant(json!(["CAN_WRITE"])).await.ok();
    guest.patch("/orgs/local/one", &json!({"description": "x"})).await.ok();
    client.put("/orgs/local/two/visibility", &json!({"visibility": "AUTHENTICATED_PUBLIC"})).await.ok();
    guest.get("/repos/local/two").await.ok();
    guest.delete("/orgs/local/two").await.refused(403, "Access Denied");
}

#[tokio::test]
async fn permissions_are_checked_on_both_paths() {
    let client = lake();
    client.repo("one").await;
    let reader = client.other("reader", &["CAN_READ_REPOS"]).await;
    let (me, them) = (id(&client).await, id(&reader).await);
    let cases = [
        (&me, "local", "CAN_MANAGE_USERS", true),
        (&me, "local/one", "CAN_WRITE", true),
        (&them, "local", "CAN_READ_REPOS", true),
        (&them, "local", "CAN_WRITE_REPOS", false),
        (&them, "local/one", "CAN_READ", true),
        (&them, "local/one", "CAN_WRITE", false),
        (&them, "local/none", "CAN_READ", false),
    ];
    for (who, resource, action, expected) in cases {
        let query = format!("principal_id={}&resource={resource}&action={action}", who.as_str().unwrap());
        for path in ["permissions/check", "api-clients/permissions/check"] {
            let answer = client.get(&format!("/orgs/local/{path}?{query}")).await.ok();
            assert_eq!(answer, json!({"has_permission": expected}), "{query}");
        }
        let answer = reader.get(&format!("/orgs/local/permissions/check?{query}")).await;
        answer.refused(403, "Access Denied");
    }
    let odd = "/orgs/local/permissions/check?principal_id=not+a+uuid&resource=a&action=CAN_FLY";
    client.get(odd).await.refused(422, "action");
    let mine = reader.get("/user/permissions").await.ok();
    assert_eq!(
        mine,
        json!({"service_actions": [], "org_actions": [{"name": "local", "actions": ["CAN_READ_REPOS"]}]})
    );
}

#[tokio::test]
async fn permissions_are_checked_by_id_and_by_what_everybody_may_do() {
    let client = lake();
    let repo = client.repo("one").await;
    client.post("/orgs/local/iceberg/namespaces", &json!({"name": "grids"})).await.ok();
    let guest = client.other("guest", &[]).await;
    let (me, them) = (id(&client).await, id(&guest).await);
    let by_id = repo["_id"].as_str().unwrap().to_owned();
    let check = async |who: &Value, resource: &str, action: &str| {
        let who = who.as_str().unwrap();
        let query = format!("principal_id={who}&resource={resource}&action={action}");
        client.get(&format!("/orgs/local/permissions/check?{query}")).await.ok()["has_permission"].clone()
    };
    for resource in [by_id.as_str(), &by_id.to_uppercase(), "one", "local/one", "grids", "local"] {
        assert_eq!(check(&me, resource, "CAN_WRITE").await, true, "{resource}");
        assert_eq!(check(&them, resource, "CAN_READ").await, false, "{resource}");
    }
    let public = json!({"visibility": "AUTHENTICATED_PUBLIC"});
    client.put("/orgs/local/one/visibility", &public).await.ok();
    client.patch("/orgs/local/iceberg/namespaces/grids", &public).await.ok();
    for resource in [by_id.as_str(), "one", "grids"] {
        assert_eq!(check(&them, resource, "CAN_READ").await, true, "{resource}");
        assert_eq!(check(&them, resource, "CAN_WRITE").await, false, "{resource}");
        let nobody = json!(uuid::Uuid::nil().to_string());
        assert_eq!(check(&nobody, resource, "CAN_READ").await, false, "{resource}");
    }
    client.delete("/orgs/local/one").await.ok();
    assert_eq!(check(&me, "one", "CAN_READ").await, false, "a ghost is no repo");
}

#[tokio::test]
async fn only_who_manages_users_shows_a_repo_to_everybody_and_only_where_no_fixed_keys_are_shown() {
    let client = lake();
    client.repo("one").await;
    let path = "/orgs/local/one/visibility";
    let public = json!({"visibility": "AUTHENTICATED_PUBLIC"});
    let writer = client.other("writer", &["CAN_WRITE_REPOS"]).await;
    writer.put(path, &public).await.refused(403, "Access Denied");
    client.put(path, &json!({"visibility": "PUBLIC"})).await.refused(422, "visibility");
    client.put(path, &json!({})).await.refused(422, "Field required");
    let shown = client.put(path, &public).await.ok();
    assert_eq!(shown["visibility"], "AUTHENTICATED_PUBLIC");
    let mut bucket = remote("fixed", "far-bucket");
    bucket["auth_config"] = json!({"method": "hmac", "access_key_id": "k", "secret_access_key": "s"});
    client.post("/orgs/local/buckets", &bucket).await.ok();
    client.post("/orgs/local/repos", &json!({"name": "far", "bucket_nickname": "fixed"})).await.ok();
    let far = "/orgs/local/far/visibility";
    client.put(far, &public).await.refused(409, "whose keys cannot be shared");
    client.put(far, &json!({"visibility": "PRIVATE"})).await.ok();
    let namespace = json!({"name": "far", "bucket_nickname": "fixed", "visibility": "AUTHENTICATED_PUBLIC"});
    let namespaces = "/orgs/local/iceberg/namespaces";
    client.post(namespaces, &namespace).await.refused(409, "whose keys cannot be shared");
    client.post(namespaces, &json!({"name": "far", "bucket_nickname": "fixed"})).await.ok();
    client.patch(&format!("{namespaces}/far"), &public).await.refused(409, "whose keys cannot be shared");
}
