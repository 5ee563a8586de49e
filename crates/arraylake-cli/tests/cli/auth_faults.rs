//! What can go wrong with a login: clear words, the right exit code, nothing spoilt.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use arraylake_local::LocalConfig;
use arraylake_local::s3::Clock;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::person::{LOGIN, code_in, config, decides, log_in, person, quick};
use crate::support::{Lake, Setting};

/// A service whose login provider does not answer as it should: what it says to each request to it.
async fn with_provider(
    answers: impl Fn(&str) -> Option<(u16, serde_json::Value)> + Send + Sync + 'static,
) -> Lake {
    let config = LocalConfig::temporary().unwrap().with_interceptor(move |request| {
        let (status, body) = answers(request.uri.path())?;
        let answer = http::Response::builder().status(status).header("content-type", "application/json");
        answer.body(Bytes::from(body.to_string())).ok()
    });
    Lake::start_with(config).await
}

fn at(setting: Setting, file: &Path) -> Setting {
    setting.with_var("ARRAYLAKE_SERVICE__TOKEN_PATH", file.to_str().unwrap())
}

const TOKENS: &str = r#"{"access_token":"MARKER","id_token":"MARKER","refresh_token":"MARKER","expires_in":86400,"token_type":"Bearer"}"#;
const ONCE: [&str; 2] = ["--config", "http.max_retries=0"];

#[tokio::test]
async fn a_malformed_token_file_is_named_not_quoted_and_replaced_by_the_next_login() {
    let lake = Lake::start_with(config(quick())).await;
    let file = lake.home().join("tokens.json");
    let person = at(person(&lake), &file);
    for text in ["{\"id_token\": \"MARKER", "", "[\"MARKER\"]", "{\"id_token\": \"MARKER\"}"] {
        std::fs::write(&file, text).unwrap();
        for args in [&["auth", "token"][..], &["auth", "status"], &["auth", "refresh"], &["org", "list"]] {
            let error = person.run(args).await.failed(3).err;
            assert!(error.contains("tokens.json") && error.contains("arraylake auth login"), "{error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "it stays as it is");
    }
    log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    person.run(&["org", "list"]).await.ok();
}

#[tokio::test]
async fn a_place_for_tokens_that_cannot_be_is_named_before_a_person_confirms_anything() {
    let lake = Lake::start_with(config(quick())).await;
    // A file where a directory should be: that stops root, too, whom permissions do not.
    let file = lake.home().join("file");
    std::fs::write(&file, "").unwrap();
    let person = at(person(&lake), &file.join("tokens.json"));
    let error = person.run(&LOGIN).await.failed(1).err;
    assert!(error.contains("writing the token file") && error.contains("file/tokens.json"), "{error}");
    for args in [&["auth", "token"][..], &["org", "list"]] {
        let error = person.run(args).await.failed(1).err;
        assert!(error.contains("reading the token file"), "{error}");
    }
    let in_the_way = at(person, lake.home());
    in_the_way.run(&LOGIN).await.failed(1);
    in_the_way.run(&["org", "list"]).await.failed(1);
}

#[tokio::test]
async fn a_login_that_is_denied_is_refused_and_leaves_nothing() {
    let lake = Lake::start_with(config(quick())).await;
    let done = log_in(&lake, &person(&lake), &LOGIN, "deny").await;
    assert!(done.code == 5 && done.err.contains("denied"), "{done:?}");
    assert!(!lake.home().join(".arraylake").exists());
}

#[tokio::test]
async fn a_browser_that_is_closed_lets_the_code_end_and_leaves_nothing() {
    let lake = Lake::start_with(config(quick().with_code_lifetime(TimeDelta::seconds(2)))).await;
    let done = person(&lake).run(&LOGIN).await;
    assert!(done.code == 5 && done.err.contains("not confirmed in time"), "{done:?}");
    assert!(done.err.contains("within 2 seconds"), "{done:?}");
    assert!(!lake.home().join(".arraylake").exists());
}

#[tokio::test]
async fn a_provider_that_is_down_is_at_fault_and_one_that_is_not_there_is_the_networks() {
    let down = with_provider(|_| Some((503, json!({"detail": "down"})))).await;
    let error = person(&down).run(&[&LOGIN[..], &ONCE].concat()).await.failed(6).err;
    assert!(error.contains("get login settings") && error.contains("503"), "{error}");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = with_provider(move |path| {
        let config = json!({"domain": format!("http://127.0.0.1:{port}"), "client_id": "c"});
        (path == "/auth/config").then_some((200, config))
    })
    .await;
    let error = person(&gone).run(&LOGIN).await.failed(7).err;
    assert!(error.contains("get a device code") && error.contains("network"), "{error}");
    let odd = with_provider(|path| (path == "/oauth/device/code").then_some((200, json!({"a": 1})))).await;
    let error = person(&odd).run(&LOGIN).await.failed(6).err;
    assert!(error.contains("device code"), "{error}");
}

#[tokio::test]
async fn a_refused_refresh_asks_for_a_new_login_and_keeps_the_file() {
    let lake = Lake::start().await;
    let file = lake.home().join("tokens.json");
    std::fs::write(&file, TOKENS).unwrap();
    let person = at(person(&lake), &file);
    for args in [&["auth", "refresh"][..], &["org", "list"], &["auth", "status"]] {
        let error = person.run(args).await.failed(3).err;
        assert!(error.contains("refused to renew the login (invalid_grant"), "{error}");
        assert!(error.contains("arraylake auth login") && !error.contains("MARKER"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), TOKENS);
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_either_way_changes_nothing() {
    for minutes in [-10, 10] {
        let clock = Clock::from_fn(move || Utc::now() + TimeDelta::minutes(minutes));
        // By this clock a token of five minutes has ended already, or begins in the future.
        let policy = quick().with_token_lifetime(TimeDelta::minutes(5));
        let lake = Lake::start_with(config(policy).with_clock(clock)).await;
        let person = person(&lake);
        log_in(&lake, &person, &LOGIN, "confirm").await.ok();
        let status = person.run(&["auth", "status", "-o", "json"]).await.ok().json();
        assert_eq!(status["user"]["email"], "user@example.com", "{minutes}");
        person.run(&["org", "list"]).await.ok();
        person.run(&["auth", "refresh"]).await.ok();
        person.run(&["auth", "token"]).await.ok();
        person.run(&["auth", "logout"]).await.ok();
    }
}

#[tokio::test]
async fn a_logout_works_without_the_provider_and_says_what_it_could_not_do() {
    let lake = with_provider(|_| Some((503, json!({"detail": "down"})))).await;
    let file = lake.home().join("tokens.json");
    std::fs::write(&file, TOKENS).unwrap();
    let person = at(person(&lake), &file);
    let done = person.run(&[&["auth", "logout"][..], &ONCE].concat()).await.ok();
    assert!(
        done.err.contains("removed") && done.err.contains("warning: the login is still alive"),
        "{done:?}"
    );
    assert!(!file.exists());
    std::fs::write(&file, TOKENS).unwrap();
    let done = person.run(&["auth", "logout", "--offline"]).await.ok();
    assert!(done.err.contains("was not told") && !file.exists(), "{done:?}");
}

/// The real program where files cannot grow, as on a full disk.
#[cfg(unix)]
fn on_a_full_disk(setting: &Setting, args: &[&str]) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("sh");
    // The limit must not kill: a write beyond it fails, as it does on a full disk.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_arraylake"));
    shell.args(args).env_clear().envs(setting.vars.clone()).kill_on_drop(true);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_a_login_fails_whole_and_a_renewal_goes_on_with_a_warning() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let lake = Lake::start_with(config(quick())).await;
    let dir = lake.home().join("tokens");
    let person = at(person(&lake), &dir.join("tokens.json"));
    let mut child = on_a_full_disk(&person, &LOGIN).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("confirm code") {
            decides(&lake.running, code_in(&line), "confirm").await;
        }
        said.push_str(&line);
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(1), "{said}");
    assert!(said.contains("error: writing the token file"), "{said}");
    let left = |dir: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(dir).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(left(&dir), ["tokens.json.lock"]);
    log_in(&lake, &person, &LOGIN, "confirm").await.ok();
    let before = std::fs::read(dir.join("tokens.json")).unwrap();
    let output = on_a_full_disk(&person, &["auth", "refresh"]).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("warning: writing the token file") && said.contains("logged in as"), "{said}");
    assert_eq!(std::fs::read(dir.join("tokens.json")).unwrap(), before, "the old tokens stay whole");
    assert_eq!(left(&dir).len(), 2, "and nothing is left beside them");
}
