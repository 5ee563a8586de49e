//! The lake as a whole: restarts, seeds, sockets.

use std::time::Instant;

use arraylake_local::{LocalConfig, LocalErrorKind, LocalService, Seed, serve};
use bytes::Bytes;
use serde_json::json;

use crate::client::{Client, lake, open, remote};

const SEED: &str = "
orgs: [{name: acme, display_name: ACME}]
users:
  - {email: ann@example.com, first_name: Ann, permissions: {acme: [CAN_WRITE_REPOS, CAN_MANAGE_USERS]}}
tokens:
  - {token: ema_ann, user: ann@example.com}
  - {token: ema_bot, user: bot@example.com, permissions: {acme: [CAN_READ_REPOS]}, expires: '2090-01-01T00:00:00Z'}
s3_buckets: [{name: acme-data, public: true}]
s3_keys: [{access_key_id: acme, secret_access_key: acme-secret}]
buckets:
  - {org: acme, nickname: old-store, platform: s3, name: old-bucket, prefix: '',
     extra_config: {region_name: us-east-1}, auth_config: {method: anonymous}}
  - {org: acme, nickname: main-store, platform: minio, name: acme-data, prefix: team, default: true,
     extra_config: {endpoint_url: local, use_ssl: false},
     auth_config: {method: hmac, access_key_id: acme, secret_access_key: acme-secret}}
";

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let client = open(LocalConfig::new(dir.path()));
    let (token, repo) = (client.service.token(), client.repo("one").await);
    client.post("/orgs/local/buckets", &remote("more", "more-bucket")).await.ok();
    let buckets = client.get("/orgs/local/buckets").await.ok();
    let namespace = client.post("/orgs/local/iceberg/namespaces", &json!({"name": "grids"})).await.ok();
    drop(client);
    let client = open(LocalConfig::new(dir.path()));
    assert_eq!(client.service.token(), token);
    assert_eq!(client.get("/repos/local/one").await.ok(), repo);
    assert_eq!(client.get("/orgs/local/buckets").await.ok(), buckets);
    assert_eq!(client.get("/orgs/local/iceberg/namespaces/grids").await.ok(), namespace);
}

#[tokio::test]
async fn two_services_cannot_open_one_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = LocalService::open(LocalConfig::new(dir.path())).unwrap();
    let second = LocalService::open(LocalConfig::new(dir.path())).unwrap_err();
    assert_eq!(second.kind(), LocalErrorKind::InUse);
    assert!(second.to_string().contains("in use"), "{second}");
    drop(first);
    LocalService::open(LocalConfig::new(dir.path())).unwrap();
}

#[tokio::test]
async fn ports_are_kept_and_a_taken_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let lake = serve(LocalConfig::new(dir.path())).await.unwrap();
    let (catalog, s3) = (lake.catalog_uri().to_owned(), lake.s3_uri().to_owned());
    lake.shutdown().await;
    let lake = serve(LocalConfig::new(dir.path())).await.unwrap();
    assert_eq!((lake.catalog_uri(), lake.s3_uri()), (catalog.as_str(), s3.as_str()));
    let port = catalog.rsplit(':').next().unwrap().parse().unwrap();
    let other = LocalConfig::temporary().unwrap().with_port(port);
    let error = serve(other).await.unwrap_err();
    assert_eq!(error.kind(), LocalErrorKind::PortTaken);
    assert!(error.to_string().contains(&port.to_string()));
    lake.shutdown().await;
    let holder = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let lake = serve(LocalConfig::new(dir.path())).await.unwrap();
    assert_ne!(lake.catalog_uri(), catalog, "a port of last time that is taken is let go");
    drop(holder);
    lake.shutdown().await;
}

#[tokio::test]
async fn a_seed_is_sown_once_however_often_it_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let config = || LocalConfig::new(dir.path()).with_seed(Seed::parse(SEED).unwrap());
    for _ in 0..2 {
        let client = open(config());
        let (ann, bot) = (client.with_token("ema_ann"), client.with_token("ema_bot"));
        assert_eq!(ann.get("/user").await.ok()["first_name"], "Ann");
        assert_eq!(bot.get("/user").await.ok()["expiration"], 3_786_912_000_u64);
        let buckets = ann.get("/orgs/acme/buckets").await.ok();
        assert_eq!(buckets.as_array().unwrap().len(), 2);
        assert_eq!((&buckets[1]["is_default"], &buckets[1]["prefix"]), (&json!(true), &json!("team")));
        bot.get("/orgs/acme/repos").await.ok();
        bot.post("/orgs/acme/repos", &json!({"name": "x1"})).await.refused(403, "Access Denied");
        client.get("/orgs/acme/repos").await.refused(403, "Access Denied");
    }
}

#[tokio::test]
async fn a_seed_that_breaks_a_rule_is_refused_and_leaves_nothing() {
    assert_eq!(Seed::parse("orgz: []").unwrap_err().kind(), LocalErrorKind::Seed);
    Seed::parse("{\"orgs\": [{\"name\": \"acme\"}]}").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let bad = "{orgs: [{name: acme}], users: [{email: ann@localhost}]}";
    let error =
        LocalService::open(LocalConfig::new(dir.path()).with_seed(Seed::parse(bad).unwrap())).unwrap_err();
    assert!(error.to_string().contains("ann@localhost"), "{error}");
    open(LocalConfig::new(dir.path())).admin().post("/_local/orgs", &json!({"name": "acme"})).await.ok();
}

#[tokio::test]
async fn a_fault_can_be_answered_in_place_of_the_catalog() {
    let config = LocalConfig::temporary().unwrap().with_interceptor(|request| {
        let busy = request.uri.path() == "/user/orgs";
        busy.then(|| http::Response::builder().status(503).body(Bytes::from_static(b"{}")).unwrap())
    });
    let client = open(config);
    assert_eq!(client.get("/user/orgs").await.status, 503);
    client.get("/user").await.ok();
}

#[test]
fn the_service_works_inside_a_runtime_without_timers_or_sockets() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { lake().get("/user").await.ok() });
}

#[tokio::test]
async fn two_creations_at_once_make_one_repo() {
    let client = lake();
    let body = json!({"name": "one"});
    let tries = (0..8).map(|_| async { client.post("/orgs/local/repos", &body).await.status });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn many_repos_are_listed_in_linear_time() {
    let client = lake().python("1.7.0");
    let make = async |count: usize, from: usize| {
        for number in from..from + count {
            client.repo(&format!("repo-{number}")).await;
        }
    };
    let pages = async || {
        let start = Instant::now();
        let mut page = 1;
        loop {
            let answer = client.get(&format!("/orgs/local/repos/paginated?page={page}&size=100")).await.ok();
            if answer["page"].as_u64() >= answer["pages"].as_u64() {
                return (start.elapsed(), answer["total"].clone());
            }
            page += 1;
        }
    };
    make(200, 0).await;
    let (short, _) = pages().await;
    make(1800, 200).await;
    let (long, total) = pages().await;
    assert_eq!(total, 2000);
    // Ten times as many rows; a list that grows with the square would take a hundred times as long.
    assert!(long < short * 50, "{short:?} for 200, {long:?} for 2000");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_kept_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let lake: Client = open(LocalConfig::new(dir.path().join("lake")));
    lake.repo("one").await;
    let mode = |name: &str| dir.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("lake"), 0o700);
    for file in ["catalog.sqlite", "catalog.sqlite-wal", "token", "admin-token"] {
        assert_eq!(mode(&format!("lake/{file}")), 0o600, "{file}");
    }
    let token = lake.service.token();
    let records = std::fs::read(dir.path().join("lake/catalog.sqlite-wal")).unwrap();
    let holds = |needle: &[u8]| records.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"one") && !holds(token.expose().as_bytes()), "only the digest of a token is kept");
}
