//! What a newcomer gets wrong: each complaint names the value, what is wrong with it, and what to do.

use std::net::TcpListener;

use crate::support::{Lake, Setting};

/// Runs a command that fails with this code, and looks for words in what it says.
async fn complains(setting: &Setting, args: &[&str], code: u8, words: &[&str]) {
    let args = [args, &["--config", "http.max_retries=0"]].concat();
    let error = setting.run(&args).await.failed(code).err;
    for word in words {
        assert!(error.contains(word), "{args:?} does not say {word:?}: {error}");
    }
}

const WHERE: &str = "is the service URI";

#[tokio::test]
async fn an_address_at_which_there_is_no_arraylake_is_named() {
    let lake = Lake::start().await;
    let to = |uri: &str| lake.setting().with_var("ARRAYLAKE_SERVICE__URI", uri);
    let list = ["repo", "list", "local"];
    let bare = ["\"localhost:8000\"", "must begin with `http://`", "ARRAYLAKE_SERVICE__URI"];
    complains(&to("localhost:8000"), &list, 2, &bare).await;
    // Nothing listens where something just did.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = format!("http://127.0.0.1:{port}");
    complains(&to(&gone), &list, 7, &[&gone, "check the network and the service URI", "diagnostics"]).await;
    let catalog = lake.running.catalog_uri();
    for path in ["/console", "/api"] {
        let wrong = format!("{catalog}{path}");
        let code = if path == "/api" { 4 } else { 6 };
        complains(&to(&wrong), &list, code, &[WHERE, &wrong, "--service-uri"]).await;
    }
    let s3 = lake.running.s3_uri();
    complains(&to(s3), &list, 5, &[WHERE, s3, "--service-uri"]).await;
}

#[tokio::test]
async fn a_token_that_is_missing_malformed_or_not_valid_leads_to_another() {
    let lake = Lake::start().await;
    let with = |token: &str| lake.setting().with_var("ARRAYLAKE_TOKEN", token);
    let list = ["repo", "list", "local"];
    complains(&with(""), &list, 3, &[lake.running.catalog_uri(), "auth login", "ARRAYLAKE_TOKEN"]).await;
    complains(&with("hunter2"), &list, 2, &["<7 characters>", "`ema_`", "ARRAYLAKE_TOKEN"]).await;
    complains(&with("ema_wrong"), &list, 3, &["Invalid token", "check ARRAYLAKE_TOKEN"]).await;
}

#[tokio::test]
async fn an_org_that_is_not_there_or_another_persons_leads_to_ones_own() {
    let lake = Lake::start().await;
    let setting = lake.setting();
    for args in [&["repo", "list", "nobody"][..], &["repo", "create", "nobody/era5", "--entry-only"]] {
        complains(&setting, args, 4, &["nobody not found", "arraylake org list"]).await;
    }
    let bucket = ["bucket", "create", "nobody/store", "s3://some-bucket", "--region", "us-east-1"];
    complains(&setting, &bucket, 4, &["nobody not found", "arraylake org list"]).await;
    complains(&setting, &["repo", "get", "era5"], 2, &["which org?", "--org", "user.org"]).await;
    complains(&setting, &["repo", "get", "a/b/c"], 2, &["\"a/b/c\"", "must be `org/repo`"]).await;
    let seed = "{orgs: [{name: acme}], users: [{email: ann@example.com}], tokens: [{token: ema_ann, user: ann@example.com}]}";
    let config = arraylake_local::LocalConfig::temporary().unwrap();
    let theirs = Lake::start_with(config.with_seed(arraylake_local::Seed::parse(seed).unwrap())).await;
    let words = ["Access Denied", "permission", "arraylake org list"];
    complains(&theirs.setting(), &["repo", "list", "acme"], 5, &words).await;
}

#[tokio::test]
async fn a_repo_or_a_bucket_that_is_not_there_taken_or_reserved_leads_to_what_there_is() {
    let lake = Lake::start().await;
    let setting = lake.setting();
    complains(&setting, &["repo", "get", "local/nope"], 4, &["local/nope", "arraylake repo list"]).await;
    let create = ["repo", "create", "local/era5", "--entry-only"];
    let bucket = [&create[..], &["--bucket", "nope"]].concat();
    complains(&setting, &bucket, 5, &["bucket nope does not exist", "arraylake bucket list"]).await;
    complains(&setting, &["bucket", "get", "local/nope"], 4, &["\"nope\"", "arraylake bucket list"]).await;
    lake.run(&create).await.ok();
    complains(&setting, &create, 5, &["local/era5 already exists", "choose another name"]).await;
    let reserved = ["repo", "create", "local/settings"];
    complains(&setting, &reserved, 2, &["\"settings\"", "reserved", "choose another name"]).await;
}

#[tokio::test]
async fn a_place_that_is_none_is_named_with_the_option_that_is_lacking() {
    let lake = Lake::start().await;
    let setting = lake.setting();
    let create = |uri: &'static str| ["bucket", "create", "local/store", uri];
    complains(&setting, &create("ftp://x"), 2, &["\"ftp://x\"", "`s3://`, `gs://` or `az://`"]).await;
    complains(&setting, &create("s3://some-bucket"), 2, &["region_name", "--region"]).await;
    let short = ["bucket", "create", "local/ab", "s3://some-bucket"];
    complains(&setting, &short, 2, &["\"ab\"", "at least 3 characters"]).await;
}

#[cfg(feature = "icechunk")]
#[tokio::test]
async fn a_bucket_that_the_object_store_does_not_have_leads_to_its_config() {
    let seed = "s3_keys: [{access_key_id: acme, secret_access_key: acme-secret}]";
    let config = arraylake_local::LocalConfig::temporary().unwrap();
    let lake = Lake::start_with(config.with_seed(arraylake_local::Seed::parse(seed).unwrap())).await;
    let secret = lake.home().join("secret");
    std::fs::write(&secret, "acme-secret").unwrap();
    let place = ["bucket", "create", "local/gone", "s3://no-such-bucket", "--region", "us-east-1"];
    let endpoint = ["--endpoint-url", lake.running.s3_uri(), "--use-ssl", "false"];
    let auth = ["--auth", "hmac", "--access-key-id", "acme", "--secret-file", secret.to_str().unwrap()];
    lake.run(&[&place[..], &endpoint, &auth].concat()).await.ok();
    let create = ["repo", "create", "local/era5", "--bucket", "gone"];
    complains(&lake.setting(), &create, 6, &["local/era5", "NoSuchBucket", "arraylake bucket get"]).await;
    lake.run(&["repo", "get", "local/era5"]).await.failed(4);
}
