//! `arraylake auth`, against a login provider of a few answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arraylake_local::LocalConfig;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Lake, Setting};

/// What the provider says to a device code.
#[derive(Clone, Copy, PartialEq)]
enum Provider {
    Confirms,
    Denies,
    IsDown,
}

const USER: &str =
    r#"{"id": "22222222-2222-4222-8222-222222222222", "first_name": "Ada", "email": "ada@example.com"}"#;

fn answer(status: u16, body: &Value) -> Option<http::Response<Bytes>> {
    let answer = http::Response::builder().status(status).header("content-type", "application/json");
    answer.body(Bytes::from(body.to_string())).ok()
}

fn tokens(number: u32) -> Value {
    json!({"access_token": "a", "id_token": format!("MARKER-{number}"), "refresh_token": format!("r-{number}"),
        "expires_in": 86400, "token_type": "Bearer"})
}

/// A service whose login provider is itself.
async fn lake(provider: Provider) -> Lake {
    let granted = Arc::new(AtomicU32::new(0));
    let config = LocalConfig::temporary().unwrap().with_interceptor(move |request| {
        let host = request.headers["host"].to_str().unwrap();
        match request.uri.path() {
            _ if provider == Provider::IsDown => answer(503, &json!({"detail": "down"})),
            "/auth/config" => answer(200, &json!({"domain": format!("http://{host}"), "client_id": "cli"})),
            "/oauth/device/code" => answer(
                200,
                &json!({"device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": format!("http://{host}/a"),
                    "verification_uri_complete": format!("http://{host}/a?c=ABCD-EFGH"), "interval": 1,
                    "expires_in": 900}),
            ),
            "/oauth/token" if provider == Provider::Denies => answer(403, &json!({"error": "access_denied"})),
            "/oauth/token" => answer(200, &tokens(granted.fetch_add(1, Ordering::Relaxed))),
            "/oauth/revoke" | "/v2/logout" => answer(200, &json!({})),
            "/auth/update-user" | "/user" => answer(200, &serde_json::from_str(USER).unwrap()),
            _ => None,
        }
    });
    Lake::start_with(config).await
}

/// Without an API token.
fn person(lake: &Lake) -> Setting {
    lake.setting().with_var("ARRAYLAKE_TOKEN", "")
}

const LOGIN: [&str; 3] = ["auth", "login", "--no-browser"];

#[tokio::test]
async fn a_login_shows_address_and_code_and_serves_until_the_logout() {
    let lake = lake(Provider::Confirms).await;
    let person = person(&lake);
    assert!(person.run(&["auth", "status"]).await.failed(3).err.contains("arraylake auth login"));
    let done = person.run(&LOGIN).await.ok();
    assert!(done.err.contains("/a?c=ABCD-EFGH") && done.err.contains("ABCD-EFGH  "), "{done:?}");
    assert!(done.err.contains("logged in as ada@example.com") && !done.err.contains("MARKER"), "{done:?}");
    let status = person.run(&["auth", "status"]).await.ok().out;
    assert!(status.contains("ada@example.com") && status.contains("login in"), "{status}");
    assert_eq!(person.run(&["auth", "token"]).await.ok().out, "MARKER-0\n");
    let status = person.run(&["auth", "status", "-o", "json"]).await.ok();
    assert!(status.json()["by"] == "login" && !status.out.contains("MARKER"), "{status:?}");
    let done = person.run(&["auth", "refresh"]).await.ok();
    assert!(done.err.contains("renewed"), "{done:?}");
    assert_eq!(person.run(&["auth", "token", "-o", "json"]).await.ok().json()["token"], "MARKER-1");
    assert!(person.run(&["auth", "logout"]).await.ok().err.contains("logged out"));
    person.run(&["auth", "token"]).await.failed(3);
    assert_eq!(person.run(&["auth", "logout"]).await.ok().err, "nobody was logged in\n");
    person.run(&["auth", "refresh"]).await.failed(3);
}

#[tokio::test]
async fn scripts_get_the_user_and_the_address_is_shown_even_to_the_quiet() {
    let lake = lake(Provider::Confirms).await;
    let done = person(&lake).run(&[&LOGIN[..], &["-q", "-o", "json"]].concat()).await.ok();
    assert_eq!(done.json()["email"], "ada@example.com");
    assert_eq!(done.err.lines().count(), 2, "{done:?}");
}

#[tokio::test]
async fn a_login_that_is_denied_is_refused_and_leaves_nothing() {
    let lake = lake(Provider::Denies).await;
    let done = person(&lake).run(&LOGIN).await;
    assert!(done.code == 5 && done.err.contains("denied"), "{done:?}");
    assert!(!lake.home().join(".arraylake").exists());
}

#[tokio::test]
async fn a_provider_that_is_down_is_at_fault() {
    let lake = lake(Provider::IsDown).await;
    let args = [&LOGIN[..], &["--config", "http.max_retries=0"]].concat();
    person(&lake).run(&args).await.failed(6);
}

#[tokio::test]
async fn a_logout_works_without_the_provider_and_says_what_it_could_not_do() {
    let lake = lake(Provider::IsDown).await;
    let file = lake.home().join("token.json");
    std::fs::write(&file, tokens(0).to_string()).unwrap();
    let person = person(&lake).with_var("ARRAYLAKE_SERVICE__TOKEN_PATH", file.to_str().unwrap());
    let done = person.run(&["auth", "logout", "--config", "http.max_retries=0"]).await.ok();
    assert!(
        done.err.contains("removed") && done.err.contains("warning: the login is still alive"),
        "{done:?}"
    );
    assert!(!file.exists());
    std::fs::write(&file, tokens(0).to_string()).unwrap();
    let done = person.run(&["auth", "logout", "--offline"]).await.ok();
    assert!(done.err.contains("was not told") && !file.exists(), "{done:?}");
}

#[tokio::test]
async fn a_malformed_token_file_is_named_and_an_unreadable_one_is_no_login() {
    let lake = lake(Provider::Confirms).await;
    let file = lake.home().join("token.json");
    let person = person(&lake).with_var("ARRAYLAKE_SERVICE__TOKEN_PATH", file.to_str().unwrap());
    std::fs::write(&file, "{\"id_token\": \"MARKER").unwrap();
    let error = person.run(&["auth", "token"]).await.failed(3).err;
    assert!(error.contains("token.json") && !error.contains("MARKER"), "{error}");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let error = person.run(&["org", "list"]).await.failed(1).err;
    assert!(error.contains("token.json"), "{error}");
}

#[tokio::test]
async fn an_api_token_goes_before_a_login_and_says_where_it_came_from() {
    let lake = Lake::start().await;
    let status = lake.run(&["auth", "status"]).await.ok().out;
    assert!(
        status.contains("API token from ARRAYLAKE_TOKEN") && status.contains("user@example.com"),
        "{status}"
    );
    assert_eq!(lake.run(&["auth", "token"]).await.ok().out.trim_end(), lake.running.token().expose());
    let wrong = lake.setting().with_var("ARRAYLAKE_TOKEN", "ema_wrong");
    wrong.run(&["auth", "status"]).await.failed(3);
}
