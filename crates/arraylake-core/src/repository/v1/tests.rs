use std::time::Duration;

use arraylake_transport::testing::{Script, Step, json, status};
use arraylake_types::NewRepo;
use serde_json::{Value, json as value};

use super::*;
use crate::api::Repositories;
use crate::config::Config;
use crate::test_support::client_over;

const COMMIT: &str = "6b0000000000000000000001";

fn name() -> RepoName {
    "acme/old".parse().unwrap()
}

fn entry(mode: &str) -> Value {
    value!({"_id": "5f3a", "org": "acme", "name": "old", "kind": "v1", "prefix": "",
        "status": {"mode": mode, "message": "moving house"},
        "bucket": {"id": "11111111-1111-4111-8111-111111111111", "nickname": "cold-store", "platform": "s3",
            "name": "b", "prefix": "p", "extra_config": {}, "is_default": true}})
}

fn user() -> Step {
    let user =
        r#"{"id":"22222222-2222-4222-8222-222222222222","first_name":"Ada","email":"ada@example.com"}"#;
    json(200, user)
}

fn main_branch() -> [Step; 2] {
    [json(200, value!([{"_id": "main", "commit_id": COMMIT}])), json(200, "[]")]
}

fn session() -> Step {
    json(
        200,
        value!({"_id": "s1", "start_time": "2026-11-22T09:55:02", "expiration": "2026-11-23T09:55:02",
            "branch": "main", "base_commit": COMMIT, "author_email": "ada@example.com", "session_type": "write"}),
    )
}

fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new(steps)
}

async fn get(script: &Script, options: OpenOptions) -> Result<AsyncRepo> {
    client_over(script).get_repo(&name(), options).await?.into_v1()
}

/// What precedes a V1 repo, where icechunk repos are looked for first.
fn found(mode: &str) -> [Step; 2] {
    [status(409), json(200, entry(mode))]
}

#[tokio::test]
async fn a_v1_repo_is_found_by_its_entry_and_checked_out_for_writing() {
    let script = script(found("online").into_iter().chain([user()]).chain(main_branch()).chain([session()]));
    let repo = get(&script, OpenOptions::new()).await.unwrap();
    assert_eq!(
        script.paths(),
        [
            "/repos/acme/old/open",
            "/repos/acme/old",
            "/user",
            "/repos/acme/old/branches?names=main",
            "/repos/acme/old/tags?names=main",
            "/repos/acme/old/sessions",
        ]
    );
    assert!(repo.session().unwrap().is_writable());
    assert_eq!(repo.author().name.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn a_v1_repo_opened_to_be_read_makes_no_session_of_the_service() {
    for mode in ["online", "maintenance"] {
        let script = script(found(mode).into_iter().chain([user()]).chain(main_branch()));
        let options = OpenOptions::new().with_read_only(mode == "online");
        let repo = get(&script, options).await.unwrap();
        assert!(repo.is_read_only() && !repo.session().unwrap().is_writable());
        let error = repo.checkout("main", Checkout::new()).await.unwrap_err();
        assert!(error.is_read_only(), "{error}");
        assert_eq!(error.to_string().contains("moving house"), mode == "maintenance", "{error}");
        assert_eq!(script.paths().len(), 5);
    }
}

#[tokio::test]
async fn a_v1_repo_that_is_offline_is_not_opened_and_says_why() {
    let script = script(found("offline"));
    let error = get(&script, OpenOptions::new()).await.unwrap_err();
    assert!(error.is_offline() && error.to_string().contains("moving house"), "{error}");
    assert_eq!(script.paths().len(), 2, "nobody was asked who it is");
}

#[tokio::test]
async fn nothing_is_checked_out_where_that_is_not_wanted() {
    let script = script(found("online").into_iter().chain([user()]));
    let repo = get(&script, OpenOptions::new().without_checkout()).await.unwrap();
    assert!(repo.session().is_err());
}

#[tokio::test]
async fn a_new_v1_repo_whose_checkout_fails_has_no_entry_left() {
    let request = || NewRepo::new("old").with_kind(RepoKind::V1).with_bucket("cold-store").unwrap();
    let org = name().org().clone();
    let good = [json(201, entry("online")), user()].into_iter().chain(main_branch()).chain([session()]);
    let script = script(good);
    let repo = client_over(&script).create_repo(&org, request(), OpenOptions::new()).await.unwrap();
    assert_eq!((repo.kind(), repo.name().as_str()), (RepoKind::V1, "acme/old"));
    let body: Value = serde_json::from_slice(script.requests()[0].body()).unwrap();
    assert_eq!((&body["kind"], &body["prefix"]), (&value!("v1"), &Value::Null));

    let mut nowhere = entry("online");
    nowhere["bucket"] = Value::Null;
    let steps = [json(201, nowhere), user()].into_iter().chain(main_branch()).chain([session(), status(204)]);
    let script = self::script(steps);
    let error = client_over(&script).create_repo(&org, request(), OpenOptions::new()).await.unwrap_err();
    assert!(error.to_string().contains("chunkstore.uri"), "{error}");
    assert_eq!(script.remaining(), 0, "the entry was taken back");

    let bad = [json(201, entry("online")), user()].into_iter().chain(main_branch());
    let script = self::script(bad.chain([json(422, value!({"detail": "no"})), status(204)]));
    let error = client_over(&script).create_repo(&org, request(), OpenOptions::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("create repo failed: create session failed"), "{error}");
    assert_eq!(script.paths().last().unwrap(), "/orgs/acme/old?immediate=true&retain_data=true");
}

#[tokio::test]
async fn a_repo_of_another_kind_or_in_another_bucket_is_a_mismatch() {
    let org = name().org().clone();
    let wanted = [
        (NewRepo::new("old"), "it is of the kind v1, not icechunk"),
        (
            NewRepo::new("old").with_kind(RepoKind::V1).with_bucket("hot-store").unwrap(),
            "it is in the bucket \"cold-store\", not in \"hot-store\"",
        ),
    ];
    for (request, expected) in wanted {
        let steps = match &request.kind {
            RepoKind::V1 => vec![json(200, entry("online"))],
            _ => found("online").to_vec(),
        };
        let script = script(steps);
        let outcome = client_over(&script).get_or_create_repo(&org, request, OpenOptions::new()).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }) && error.to_string().ends_with(expected), "{error}");
    }
}

#[test]
fn settings_are_those_of_the_python_client() {
    let config = Config::empty()
        .with("async", value!({"batch_size": 7, "concurrency": 0}))
        .with("commit_max_attempts", 5)
        .with("commit_start_mean_sleep_seconds", 0)
        .with("commit_jitter_factor", 0.25)
        .with("server_managed_sessions", false);
    let settings = V1Settings::of(&config);
    let options = settings.repo_options().unwrap();
    assert_eq!((options.batch_size.get(), options.concurrency.get()), (7, 4));
    assert_eq!((options.commit.max_attempts, options.commit.start_mean), (5, Duration::ZERO));
    assert_eq!(options.commit.jitter, 0.25);
    assert!(!settings.managed_sessions());
    let config = Config::empty()
        .with(
            "chunkstore",
            value!({"uri": "s3://b/p", "hash_method": "hashlib.md5", "inline_threshold_bytes": -1,
            "use_delegated_credentials": false}),
        )
        .with("s3", value!({"endpoint_url": "http://127.0.0.1:1", "anon": true}));
    let stores = V1Settings::of(&config).store_settings().unwrap();
    assert_eq!((stores.uri.as_deref(), stores.delegated), (Some("s3://b/p"), false));
    assert_eq!((stores.chunks.hash_method.as_str(), stores.chunks.inline_threshold), ("hashlib.md5", None));
    assert_eq!((stores.s3.endpoint_url(), stores.gs.0.len()), (Some("http://127.0.0.1:1"), 0));
    for (key, value) in [("hash_method", value!("crc")), ("inline_threshold_bytes", value!(513))] {
        let config = Config::empty().with("chunkstore", value!({ key: value }));
        let error = V1Settings::of(&config).store_settings().unwrap_err().to_string();
        assert!(error.contains(&format!("chunkstore.{key}")), "{error}");
    }
    let odd = V1Settings::of(&Config::from_env_vars([("ARRAYLAKE_ASYNC__BATCH_SIZE", "many")]));
    let error = odd.repo_options().unwrap_err().to_string();
    assert!(error.contains("async.batch_size") && error.contains("ARRAYLAKE_ASYNC__BATCH_SIZE"), "{error}");
}
