//! The login provider: codes, their confirmation, tokens and their renewal.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arraylake_local::s3::Clock;
use arraylake_local::{LocalConfig, LocalService, LoginPolicy};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::Service as _;

use crate::client::{Client, lake, open};
use crate::pages::Visitor;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A clock that stands until it is moved.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }

    fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Clock::from_fn(move || DateTime::<Utc>::from_timestamp_millis(hands.load(Ordering::Relaxed)).unwrap())
    }

    fn wait(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

/// Sends a form, as a client that names itself.
async fn form(service: &LocalService, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let body = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    let request = Request::builder().method(Method::POST).uri(path).header("host", "127.0.0.1:4321");
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let (head, body) = service.clone().call(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn code(service: &LocalService) -> (String, String) {
    let (status, code) = form(service, "/oauth/device/code", &[("client_id", "arraylake-local")]).await;
    assert_eq!(status, 200, "{code}");
    let text = |key: &str| code[key].as_str().unwrap().to_owned();
    (text("device_code"), text("user_code"))
}

async fn ask(service: &LocalService, device: &str) -> (u16, Value) {
    let pairs = [("grant_type", DEVICE), ("device_code", device), ("client_id", "arraylake-local")];
    form(service, "/oauth/token", &pairs).await
}

async fn renew(service: &LocalService, token: &Value) -> (u16, Value) {
    let token = token["refresh_token"].as_str().unwrap();
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "arraylake-local")];
    form(service, "/oauth/token", &pairs).await
}

async fn decide(client: &Client, user_code: &str, decision: &str) -> String {
    let mut visitor = Visitor::signed_in(client.service.clone(), client.token()).await;
    visitor.form("/activate", &[("user_code", user_code), ("decision", decision)]).await.text
}

async fn log_in(client: &Client) -> Value {
    let (device, user_code) = code(&client.service).await;
    decide(client, &user_code, "confirm").await;
    let (status, tokens) = ask(&client.service, &device).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

fn refused(answer: (u16, Value), status: u16, error: &str) {
    assert_eq!((answer.0, answer.1["error"].as_str()), (status, Some(error)));
}

#[tokio::test]
async fn a_code_is_shown_confirmed_by_who_is_signed_in_and_brings_tokens_once() {
    let client = lake();
    let ann = client.other("ann", &["CAN_READ_REPOS"]).await;
    let (device, user_code) = code(&ann.service).await;
    refused(ask(&ann.service, &device).await, 403, "authorization_pending");
    let mut visitor = Visitor::signed_in(ann.service.clone(), ann.token()).await;
    let typed = user_code.to_lowercase().replace('-', "+");
    let shown = visitor.get(&format!("/activate?user_code={typed}")).await;
    assert!(shown.text.contains(&user_code) && shown.text.contains("ann@example.com"), "{}", shown.text);
    assert!(decide(&ann, &user_code, "confirm").await.contains("is logged in as"));
    assert!(decide(&client, &user_code, "deny").await.contains("refused"), "what is decided stays");
    let (status, tokens) = ask(&ann.service, &device).await;
    assert_eq!(
        (status, tokens["token_type"].as_str(), tokens["expires_in"].as_i64()),
        (200, Some("Bearer"), Some(86400))
    );
    refused(ask(&ann.service, &device).await, 403, "invalid_grant");
    let me = client.with_token(tokens["id_token"].as_str().unwrap());
    assert_eq!(me.get("/user").await.ok()["email"], "ann@example.com");
    assert_eq!(me.post("/auth/update-user", &json!({})).await.ok()["email"], "ann@example.com");
    client
        .with_token(tokens["access_token"].as_str().unwrap())
        .get("/user")
        .await
        .refused(401, "Invalid token");
}

#[tokio::test]
async fn a_code_that_is_refused_or_too_old_brings_nothing() {
    let hands = Hands::new();
    let client = open(LocalConfig::temporary().unwrap().with_clock(hands.clock()));
    let (device, user_code) = code(&client.service).await;
    assert!(decide(&client, &user_code, "deny").await.contains("Not logged in"));
    refused(ask(&client.service, &device).await, 403, "access_denied");
    let (device, user_code) = code(&client.service).await;
    hands.wait(16 * 60);
    assert!(decide(&client, &user_code, "confirm").await.contains("no login with the code"));
    refused(ask(&client.service, &device).await, 403, "expired_token");
    refused(ask(&client.service, "made-up").await, 403, "invalid_grant");
}

#[tokio::test]
async fn who_asks_too_often_is_told_to_slow_down_and_may_go_on() {
    let hands = Hands::new();
    let client = open(LocalConfig::temporary().unwrap().with_clock(hands.clock()));
    let (device, _) = code(&client.service).await;
    refused(ask(&client.service, &device).await, 403, "authorization_pending");
    hands.wait(1);
    refused(ask(&client.service, &device).await, 429, "slow_down");
    hands.wait(5);
    refused(ask(&client.service, &device).await, 403, "authorization_pending");
}

#[tokio::test]
async fn nobody_confirms_without_being_signed_in() {
    let client = lake();
    let (device, user_code) = code(&client.service).await;
    let mut visitor = Visitor::of(client.service.clone());
    let shown = visitor.get(&format!("/activate?user_code={user_code}")).await;
    assert_eq!(shown.status, 303);
    assert!(
        shown.header("location").starts_with("/console/sign-in?next=%2Factivate%3Fuser%5Fcode"),
        "{:?}",
        shown.headers
    );
    let shown = visitor.form("/activate", &[("user_code", &user_code), ("decision", "confirm")]).await;
    assert_eq!(shown.status, 303);
    refused(ask(&client.service, &device).await, 403, "authorization_pending");
}

#[tokio::test]
async fn a_login_is_renewed_its_old_token_comes_again_for_a_while_and_then_no_more() {
    let hands = Hands::new();
    let client = open(LocalConfig::temporary().unwrap().with_clock(hands.clock()));
    let first = log_in(&client).await;
    let (status, second) = renew(&client.service, &first).await;
    assert_eq!(status, 200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_ne!(first["id_token"], second["id_token"]);
    hands.wait(20);
    assert_eq!(renew(&client.service, &first).await.0, 200, "two programs may have asked at once");
    hands.wait(20);
    refused(renew(&client.service, &first).await, 403, "invalid_grant");
    assert_eq!(renew(&client.service, &second).await.0, 200);
    hands.wait(86_400);
    let old = client.with_token(second["id_token"].as_str().unwrap());
    old.get("/user").await.refused(401, "Token expired");
}

#[tokio::test]
async fn a_strict_provider_ends_a_login_whose_token_comes_a_second_time_and_a_lax_one_keeps_the_token() {
    let strict = LoginPolicy::new().with_reuse_leeway(TimeDelta::seconds(-1)).with_end_on_reuse(true);
    let client = open(LocalConfig::temporary().unwrap().with_logins(strict));
    let first = log_in(&client).await;
    let (_, second) = renew(&client.service, &first).await;
    refused(renew(&client.service, &first).await, 403, "invalid_grant");
    refused(renew(&client.service, &second).await, 403, "invalid_grant");
    let lax = LoginPolicy::new().with_rotation(false);
    let client = open(LocalConfig::temporary().unwrap().with_logins(lax));
    let first = log_in(&client).await;
    let (status, second) = renew(&client.service, &first).await;
    assert_eq!((status, second.get("refresh_token")), (200, None));
    assert_eq!(renew(&client.service, &first).await.0, 200);
}

#[tokio::test]
async fn a_revoked_login_is_not_renewed_and_an_unknown_one_is_no_error() {
    let client = lake();
    let tokens = log_in(&client).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        assert_eq!(form(&client.service, "/oauth/revoke", &[("token", token)]).await.0, 200);
    }
    refused(renew(&client.service, &tokens).await, 403, "invalid_grant");
}

#[tokio::test]
async fn codes_and_logins_outlive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let client = open(LocalConfig::new(dir.path()));
    let tokens = log_in(&client).await;
    let (device, user_code) = code(&client.service).await;
    drop(client);
    let client = open(LocalConfig::new(dir.path()));
    let me = client.with_token(tokens["id_token"].as_str().unwrap());
    assert_eq!(me.get("/user").await.ok()["email"], "user@example.com");
    assert_eq!(renew(&client.service, &tokens).await.0, 200);
    decide(&client, &user_code, "confirm").await;
    assert_eq!(ask(&client.service, &device).await.0, 200);
}

#[tokio::test]
async fn only_a_client_that_is_known_gets_codes_and_tokens() {
    let client = lake();
    refused(
        form(&client.service, "/oauth/device/code", &[("client_id", "x")]).await,
        403,
        "unauthorized_client",
    );
    refused(form(&client.service, "/oauth/token", &[("client_id", "x")]).await, 401, "invalid_client");
    let pairs = [("client_id", "arraylake-local"), ("grant_type", "password")];
    refused(form(&client.service, "/oauth/token", &pairs).await, 400, "unsupported_grant_type");
    let config = client.get("/auth/config?target=client").await.ok();
    assert_eq!(config["client_id"], "arraylake-local");
    assert!(config["domain"].as_str().unwrap().starts_with("http://"), "{config}");
}
