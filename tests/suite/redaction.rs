//! No secret leaves by a side door: a marker is put into each, every call is made to succeed and to fail, and
//! everything that can be printed is.

use arraylake_core::prelude::*;
use arraylake_core::transport::RetryPolicy;
use arraylake_core::transport::testing::{Script, bytes, json, status};
use arraylake_core::{AsyncClient, Config};
use arraylake_tests::log::logged;

const MARKER: &str = "MARKER-7f3a";

fn client_over(script: &Script) -> AsyncClient {
    let leaf = script.clone();
    AsyncClient::builder()
        .with_config(Config::from_env_vars([("ARRAYLAKE_TOKEN", "ema_MARKER-7f3a")]))
        .with_service_uri("http://service.example.com")
        .with_retry(RetryPolicy::never())
        .with_transport(|transport| transport.with_leaf(leaf))
        .build()
        .unwrap()
}

fn bucket_json() -> String {
    format!(
        r#"{{"id":"11111111-1111-4111-8111-111111111111","nickname":"cold-store","platform":"s3-compatible",
        "name":"b","extra_config":{{"endpoint_url":"http://127.0.0.1:9"}},"is_default":true,
        "auth_config":{{"method":"hmac","access_key_id":"{MARKER}","secret_access_key":"{MARKER}"}}}}"#
    )
}

fn open_json() -> String {
    let bucket = bucket_json();
    format!(
        r#"{{"repo_bucket":{bucket},"repo_prefix":"p","status":{{"mode":"offline"}},"repo_credentials":
        {{"aws_access_key_id":"{MARKER}","aws_secret_access_key":"{MARKER}","aws_session_token":"{MARKER}",
        "expiration":null}}}}"#
    )
}

/// Makes every call once and writes down all that can be printed of its outcome.
async fn every_call(client: &AsyncClient) -> String {
    let (org, repo): (OrgName, RepoName) = ("acme".parse().unwrap(), "acme/era5".parse().unwrap());
    let nickname: BucketNickname = "cold-store".parse().unwrap();
    let sure = DeleteConfirmation::imsure().imreallysure();
    let bucket = NewBucket::new("cold-store", "s3://bucket")
        .unwrap()
        .with_endpoint_url("http://127.0.0.1:9")
        .with_auth(AuthConfig::hmac(MARKER, MARKER));
    let mut text = format!("{client:?} {bucket:?} {:?}", client.transport());
    macro_rules! note {
        ($call:expr) => {
            match $call.await {
                Ok(value) => text.push_str(&format!("\n{value:?}")),
                Err(error) => {
                    text.push_str(&format!("\n{error:?} {error}"));
                    let mut source = std::error::Error::source(&error);
                    while let Some(cause) = source {
                        text.push_str(&format!(" {cause:?} {cause}"));
                        source = cause.source();
                    }
                }
            }
        };
    }
    note!(client.get_user());
    note!(client.list_bucket_configs(&org));
    note!(client.create_bucket_config(&org, bucket));
    note!(client.get_bucket_config(&org, &nickname));
    note!(client.list_repos_for_bucket_config(&org, &nickname));
    note!(client.delete_bucket_config(&org, &nickname, sure));
    note!(client.list_repos(&org, ListRepos::new()));
    note!(client.get_repo_object(&repo));
    note!(client.open_repo(&repo));
    note!(client.get_repo_bucket_credentials(&repo));
    note!(client.create_repo_object(&org, NewRepo::new("era5")));
    note!(client.get_repo(&repo, OpenOptions::new()));
    note!(client.create_repo(&org, NewRepo::new("era5"), OpenOptions::new()));
    note!(client.delete_repo(&repo, sure, DeleteRepo::new()));
    text
}

async fn outcomes() -> String {
    let mut text = String::new();
    // Each body is the right answer to some calls, and to the others one that cannot be read.
    let bodies = [
        bucket_json(),
        format!("[{}]", bucket_json()),
        open_json(),
        format!(r#"{{"_id":"aa","org":"acme","name":"era5","kind":"icechunk","bucket":{}}}"#, bucket_json()),
        format!(r#"{{"aws_access_key_id":"{MARKER}","aws_secret_access_key":"{MARKER}","expiration":null}}"#),
        format!(r#"{{"items":["{MARKER}"],"page":1,"pages":1,"total":1,"size":1}}"#),
        format!("\"{MARKER}\""),
    ];
    for body in &bodies {
        let script = Script::new(std::iter::repeat_with(|| json(200, body)).take(60));
        text.push_str(&every_call(&client_over(&script)).await);
    }
    // A gateway that echoes what it got, and a service that fails without a word.
    for code in [400, 401, 403, 404, 409, 422, 500, 502] {
        let echo = format!("<html>Authorization: Bearer {MARKER}</html>");
        let script = Script::new(std::iter::repeat_with(|| bytes(code, echo.clone())).take(60));
        text.push_str(&every_call(&client_over(&script)).await);
        let script = Script::new(std::iter::repeat_with(|| status(code)).take(60));
        text.push_str(&every_call(&client_over(&script)).await);
    }
    text
}

#[test]
fn nothing_that_is_printed_or_logged_holds_a_secret() {
    let (text, logged) = logged(outcomes());
    assert!(text.contains("cold-store"), "something was printed");
    assert!(logged.contains("get repo"), "something was logged: {logged}");
    for (what, text) in [("printed", text), ("logged", logged)] {
        if let Some(place) = text.find(MARKER) {
            let start = text.floor_char_boundary(place.saturating_sub(300));
            panic!("a secret is {what}: ...{}", &text[start..text.ceil_char_boundary(place + MARKER.len())]);
        }
    }
}
