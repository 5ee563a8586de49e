//! The decision table, cell by cell, and what a built storage shows.

use serde_json::{Value, json};

use super::*;
use crate::testing::{SECRET, answer, first_request, keys, repo, setup};

const PLAIN: &str = "http://127.0.0.1:9000";
const R2: &str = "https://acct.r2.cloudflarestorage.com";
const TIGRIS: &str = "https://t3.storage.dev";

/// What comes with a cell: an endpoint, and whether the answer holds credentials.
struct Cell {
    endpoint: Option<&'static str>,
    credentials: Came,
}

#[derive(Clone, Copy)]
enum Came {
    Nothing,
    Keys,
    Token,
    Signature,
}

impl Came {
    fn json(self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Keys => serde_json::to_value(keys(None)).unwrap(),
            Self::Token => json!({"access_token": SECRET, "principal": "p", "expiration": null}),
            Self::Signature => {
                json!({"sas_token": SECRET, "storage_account": "vended", "expiration": null})
            }
        }
    }
}

const NONE: Cell = Cell { endpoint: None, credentials: Came::Nothing };
const KEYS: Cell = Cell { endpoint: None, credentials: Came::Keys };

const fn at(endpoint: &'static str) -> Cell {
    Cell { endpoint: Some(endpoint), credentials: Came::Nothing }
}

fn planned(platform: &str, auth: Value, cell: &Cell) -> Result<StoragePlan, Error> {
    let answer = answer(|text| {
        text["repo_bucket"]["platform"] = platform.into();
        text["repo_bucket"]["auth_config"] = auth;
        if let Some(endpoint) = cell.endpoint {
            text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into();
        }
        text["repo_credentials"] = cell.credentials.json();
    });
    plan(&answer, &StorageOverrides::new())
}

/// The auth config of a method as it comes, with keys where there are some.
fn auth(method: &str) -> Value {
    match method {
        "null" => Value::Null,
        "hmac" => json!({"method": "hmac", "access_key_id": SECRET, "secret_access_key": SECRET}),
        "masked" => {
            json!({"method": "hmac", "access_key_id": "**********", "secret_access_key": "**********"})
        }
        "azure_credential_delegation" => json!({"method": method, "storage_account": "configured"}),
        method => json!({"method": method}),
    }
}

macro_rules! cells {
    ($($name:ident: $platform:literal, $method:literal, $cell:expr => $constructor:ident, $access:expr;)+) => {$(
        #[test]
        fn $name() {
            let plan = planned($platform, auth($method), &$cell).unwrap();
            assert_eq!((plan.constructor, plan.access), (Constructor::$constructor, $access));
        }
    )+};
}

macro_rules! refused {
    ($($name:ident: $platform:literal, $method:literal, $cell:expr;)+) => {$(
        #[test]
        fn $name() {
            let error = planned($platform, auth($method), &$cell).unwrap_err();
            let method = ($method != "null").then(|| $method.to_owned());
            let expected = ErrorKind::Unsupported { platform: $platform.to_owned(), method: method.clone() };
            assert_eq!(error.kind(), &expected);
            let named = error.to_string();
            assert!(named.contains($platform) || method.is_some_and(|method| named.contains(&method)), "{named}");
        }
    )+};
}

use Access::{Anonymous, Fetched};

/// Credentials for Google.
const TOKEN: Cell = Cell { endpoint: None, credentials: Came::Token };
/// Credentials for Azure.
const SIGNATURE: Cell = Cell { endpoint: None, credentials: Came::Signature };

cells! {
    s3_with_an_aws_role: "s3", "aws_customer_managed_role", NONE => S3, Fetched(Scope::Bucket);
    s3_with_an_aws_role_by_its_older_name: "s3", "customer_managed_role", KEYS => S3, Fetched(Scope::Bucket);
    s3_with_keys_in_the_answer: "s3", "masked", KEYS => S3, Fetched(Scope::Open);
    s3_with_keys_in_the_auth_config: "s3", "hmac", NONE => S3, Fetched(Scope::Open);
    s3_anonymous: "s3", "anonymous", KEYS => S3, Anonymous;
    s3_with_a_bucket_policy_and_credentials: "s3", "bucket_policy", KEYS => S3, Fetched(Scope::Open);
    s3_with_a_bucket_policy_alone: "s3", "bucket_policy", NONE => S3, Anonymous;
    s3_that_does_not_tell_and_credentials: "s3", "null", KEYS => S3, Fetched(Scope::Open);
    s3_that_does_not_tell: "s3", "null", NONE => S3, Anonymous;
    compatible_with_an_aws_role: "s3-compatible", "aws_customer_managed_role", at(PLAIN) => S3, Fetched(Scope::Bucket);
    compatible_with_keys: "s3-compatible", "hmac", at(PLAIN) => S3, Fetched(Scope::Open);
    compatible_anonymous: "s3-compatible", "anonymous", at(PLAIN) => S3, Anonymous;
    compatible_with_a_bucket_policy: "s3-compatible", "bucket_policy", at(PLAIN) => S3, Anonymous;
    compatible_that_does_not_tell: "s3-compatible", "null", at(PLAIN) => S3, Anonymous;
    r2_with_its_role: "s3-compatible", "r2_customer_managed_role", at(R2) => R2, Fetched(Scope::Bucket);
    r2_with_keys: "s3-compatible", "hmac", at(R2) => R2, Fetched(Scope::Open);
    r2_anonymous: "s3-compatible", "anonymous", at(R2) => R2, Anonymous;
    tigris_with_keys: "s3-compatible", "hmac", at(TIGRIS) => Tigris, Fetched(Scope::Open);
    tigris_with_an_aws_role: "s3-compatible", "aws_customer_managed_role", at(TIGRIS) => Tigris, Fetched(Scope::Bucket);
    tigris_anonymous: "s3-compatible", "anonymous", at(TIGRIS) => Tigris, Anonymous;
    tigris_with_a_bucket_policy: "s3-compatible", "bucket_policy", at(TIGRIS) => Tigris, Anonymous;
    minio_with_keys: "minio", "hmac", at(PLAIN) => S3, Fetched(Scope::Open);
    minio_anonymous: "minio", "anonymous", at(PLAIN) => S3, Anonymous;
    minio_with_a_role_that_vends: "minio", "aws_customer_managed_role", KEYS => S3, Fetched(Scope::Bucket);
    tigris_that_does_not_tell: "s3-compatible", "null", at(TIGRIS) => Tigris, Anonymous;
    r2_that_does_not_tell: "s3-compatible", "null", at(R2) => R2, Anonymous;
    google_with_its_role: "gs", "gcp_customer_managed_role", TOKEN => Gcs, Fetched(Scope::Bucket);
    google_with_its_role_and_nothing_yet: "gs", "gcp_customer_managed_role", NONE => Gcs, Fetched(Scope::Bucket);
    google_anonymous: "gs", "anonymous", NONE => Gcs, Anonymous;
    google_with_a_bucket_policy_and_credentials: "gs", "bucket_policy", TOKEN => Gcs, Fetched(Scope::Open);
    google_with_a_bucket_policy_alone: "gs", "bucket_policy", NONE => Gcs, Anonymous;
    google_that_does_not_tell_and_credentials: "gs", "null", TOKEN => Gcs, Fetched(Scope::Open);
    google_that_does_not_tell: "gs", "null", NONE => Gcs, Anonymous;
    azure_with_its_role: "azure", "azure_credential_delegation", SIGNATURE => Azure, Fetched(Scope::Bucket);
    azure_with_its_role_and_nothing_yet: "azure", "azure_credential_delegation", NONE => Azure, Fetched(Scope::Bucket);
}

refused! {
    minio_with_a_role_that_does_not_vend: "minio", "aws_customer_managed_role", at(PLAIN);
    s3_with_an_r2_role: "s3", "r2_customer_managed_role", KEYS;
    s3_with_a_google_role: "s3", "gcp_customer_managed_role", KEYS;
    s3_with_an_azure_role: "s3", "azure_credential_delegation", KEYS;
    compatible_with_an_r2_role_elsewhere: "s3-compatible", "r2_customer_managed_role", at(PLAIN);
    google_with_keys: "gs", "hmac", KEYS;
    google_with_an_aws_role: "gs", "aws_customer_managed_role", NONE;
    google_with_an_r2_role: "gs", "r2_customer_managed_role", NONE;
    google_with_an_azure_role: "gs", "azure_credential_delegation", NONE;
    azure_with_keys: "azure", "hmac", KEYS;
    azure_with_a_google_role: "azure", "gcp_customer_managed_role", NONE;
    azure_with_a_bucket_policy: "azure", "bucket_policy", SIGNATURE;
    azure_that_does_not_tell: "azure", "null", SIGNATURE;
    a_method_nobody_knows: "s3", "magic", KEYS;
    a_platform_nobody_knows: "zeppelin", "hmac", KEYS;
}

#[test]
fn masked_keys_are_no_keys() {
    let error = planned("s3", auth("masked"), &NONE).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Credentials);
}

#[test]
fn keys_of_another_kind_are_refused() {
    for (platform, method, cell) in [
        ("s3", "bucket_policy", TOKEN),
        ("s3", "null", SIGNATURE),
        ("gs", "gcp_customer_managed_role", KEYS),
        ("gs", "null", SIGNATURE),
        ("azure", "azure_credential_delegation", TOKEN),
    ] {
        let error = planned(platform, auth(method), &cell).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Credentials, "{platform} {method}");
        assert!(!format!("{error} {error:?}").contains(SECRET));
    }
}

#[test]
fn the_storage_account_is_the_configured_one_else_the_vended_one_else_missed() {
    let account = |auth: Value, cell: &Cell| planned("azure", auth, cell).map(|plan| plan.account);
    let delegated =
        |account: Value| json!({"method": "azure_credential_delegation", "storage_account": account});
    assert_eq!(account(delegated("mine".into()), &SIGNATURE).unwrap().as_deref(), Some("mine"));
    assert_eq!(account(delegated(Value::Null), &SIGNATURE).unwrap().as_deref(), Some("vended"));
    let anonymous = json!({"method": "anonymous", "storage_account": "public"});
    let plan = planned("azure", anonymous, &NONE).unwrap();
    assert_eq!(
        (plan.constructor, plan.access, plan.account.as_deref()),
        (Constructor::Azure, Anonymous, Some("public"))
    );
    for auth in [delegated(Value::Null), json!({"method": "anonymous"})] {
        let error = account(auth, &NONE).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config);
        assert!(error.to_string().contains("storage account"), "{error}");
    }
    assert_eq!(planned("gs", auth("anonymous"), &NONE).unwrap().account, None);
}

fn with_config(config: Value) -> Result<StoragePlan, Error> {
    let answer = answer(|text| {
        text["repo_bucket"]["platform"] = "s3-compatible".into();
        text["repo_bucket"]["extra_config"] = config;
    });
    plan(&answer, &StorageOverrides::new())
}

#[test]
fn a_region_is_always_set_or_missed_aloud() {
    let region = |config| with_config(config).map(|plan| plan.region);
    assert_eq!(region(json!({"region_name": "eu-west-1"})).unwrap(), "eu-west-1");
    assert_eq!(region(json!({"region_name": "", "endpoint_url": PLAIN})).unwrap(), "us-east-1");
    assert_eq!(region(json!({"endpoint_url": R2})).unwrap(), "auto");
    assert_eq!(region(json!({"endpoint_url": TIGRIS, "region_name": "fra"})).unwrap(), "fra");
    for config in
        [json!({}), json!({"endpoint_url": TIGRIS}), json!({"endpoint_url": TIGRIS, "region_name": "auto"})]
    {
        assert_eq!(region(config).unwrap_err().kind(), &ErrorKind::Config);
    }
}

#[test]
fn plain_http_and_path_style_follow_use_ssl_and_are_not_inverted() {
    let switches = |config| with_config(config).map(|plan| (plan.allow_http, plan.force_path_style)).unwrap();
    assert_eq!(switches(json!({"region_name": "r", "use_ssl": true})), (false, false));
    assert_eq!(switches(json!({"region_name": "r", "use_ssl": false})), (true, true));
    assert_eq!(switches(json!({"endpoint_url": PLAIN})), (true, false));
    assert_eq!(switches(json!({"endpoint_url": PLAIN, "force_path_style": true})), (true, true));
    assert_eq!(switches(json!({"endpoint_url": R2})), (false, true));
}

#[test]
fn the_prefix_loses_its_leading_slash_and_the_caller_overrides_field_by_field() {
    let answer = answer(|text| text["repo_prefix"] = "/team/era5".into());
    let overrides = StorageOverrides::new().with_endpoint_url(PLAIN).with_network_stream_timeout_seconds(0);
    let plan = plan(&answer, &overrides).unwrap();
    assert_eq!((plan.prefix.as_str(), plan.region.as_str()), ("team/era5", "eu-west-1"));
    assert_eq!(plan.endpoint_url.as_deref(), Some(PLAIN));
    assert_eq!(plan.network_stream_timeout_seconds, Some(0));
}

#[tokio::test]
async fn a_built_storage_neither_prints_nor_serialises_a_secret() {
    for (endpoint, method) in [(PLAIN, "hmac"), (R2, "hmac"), (TIGRIS, "aws_customer_managed_role")] {
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = "s3-compatible".into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into();
            text["repo_credentials"] = serde_json::to_value(keys(None)).unwrap();
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let text = format!("{} {storage} {storage:?}", serde_json::to_string(&storage).unwrap());
        assert!(text.contains("arraylake-s3-credentials") && text.contains(endpoint), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(setup.fake.calls(), 0);
    }
}

#[tokio::test]
async fn storages_of_google_and_azure_neither_print_nor_serialise_a_secret() {
    for (platform, method, cell, name) in [
        ("gs", "gcp_customer_managed_role", TOKEN, "arraylake-gcs-credentials"),
        ("azure", "azure_credential_delegation", SIGNATURE, "arraylake-azure-credentials"),
    ] {
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = platform.into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"] = json!({"endpoint_url": "https://store.example.com"});
            text["repo_credentials"] = cell.credentials.json();
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let text = format!("{} {storage} {storage:?}", serde_json::to_string(&storage).unwrap());
        assert!(text.contains(name) && text.contains("https://store.example.com"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn requests_to_google_and_azure_go_to_the_endpoint_and_are_signed_with_what_was_vended() {
    for (platform, method, cell, signed) in [
        ("gs", "gcp_customer_managed_role", TOKEN, format!("authorization: Bearer {SECRET}")),
        ("azure", "azure_credential_delegation", SIGNATURE, "sig=vended".to_owned()),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let setup = setup(std::time::Duration::from_secs(3600), std::time::Duration::ZERO);
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = platform.into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"] = json!({"endpoint_url": endpoint});
            text["repo_credentials"] = cell.credentials.json();
            if platform == "azure" {
                text["repo_credentials"]["sas_token"] = "sv=1&sig=vended".into();
            }
        });
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).await.unwrap();
        let asked = tokio::spawn(async move {
            let settings = storage.default_settings().await.unwrap();
            let ctx = icechunk::storage::StorageContext::unattributed(&settings);
            storage.get_object_conditional(&ctx, "repo", None).await.unwrap_err()
        });
        let head = first_request(listener).await;
        assert!(head.starts_with("GET /") && head.replace("%2F", "/").contains("team/era5/repo"), "{head}");
        assert!(head.to_lowercase().contains(&signed.to_lowercase()), "{head}");
        assert!(matches!(asked.await.unwrap().kind, icechunk::storage::StorageErrorKind::ObjectNotFound));
    }
}

/// What the Python client 1.7.0 was seen to hand to icechunk, for the same answers.
mod recorded {
    use super::*;

    const RECORDED: &str = include_str!("recorded.jsonl");

    /// Cases in which we differ on purpose.
    fn on_purpose(case: &str, python: &Value) -> Option<&'static str> {
        let (platform, method) = case.rsplit_once(", ").unwrap();
        match (platform, method) {
            (_, "gcp_customer_managed_role") if platform != "gs" => Some("a role of another platform"),
            (_, "azure_credential_delegation") if platform != "azure" => Some("a role of another platform"),
            (platform, "r2_customer_managed_role") if !platform.starts_with("r2") => Some("R2 elsewhere"),
            ("r2 endpoint on platform s3", "r2_customer_managed_role") => Some("R2 elsewhere"),
            ("gs" | "azure", "hmac" | "aws_customer_managed_role" | "customer_managed_role") => {
                Some("keys of S3")
            }
            ("azure", "none" | "bucket_policy") => Some("no way to a signature"),
            ("s3 without region", _) => Some("Python leaves the region to the environment"),
            (_, "hmac") if python["kwargs"]["anonymous"] == true => Some("Python falls back to anonymous"),
            _ => None,
        }
    }

    fn name(constructor: Constructor) -> &'static str {
        match constructor {
            Constructor::S3 => "icechunk.s3_storage",
            Constructor::R2 => "icechunk.r2_storage",
            Constructor::Tigris => "icechunk.tigris_storage",
            Constructor::Gcs => "icechunk.gcs_storage",
            Constructor::Azure => "icechunk.azure_storage",
        }
    }

    fn compare(case: &str, plan: &StoragePlan, python: &Value) {
        assert_eq!(name(plan.constructor), python["function"], "{case}");
        let kwargs = &python["kwargs"];
        let same = |key: &str, ours: Value| {
            if kwargs.get(key).is_some_and(|theirs| !theirs.is_null()) {
                assert_eq!(kwargs[key], ours, "{case}: {key}");
            }
        };
        same("bucket", plan.bucket.clone().into());
        same("container", plan.bucket.clone().into());
        same("prefix", plan.prefix.clone().into());
        same("region", plan.region.clone().into());
        same("endpoint_url", plan.endpoint_url.clone().into());
        same("allow_http", plan.allow_http.into());
        same("force_path_style", plan.force_path_style.into());
        same("account", plan.account.clone().into());
        same("anonymous", (plan.access == Anonymous).into());
    }

    #[test]
    fn the_plan_is_that_of_python_or_differs_on_purpose() {
        let (mut same, mut purpose) = (0, 0);
        for line in RECORDED.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let (case, python) = (line["case"].as_str().unwrap(), &line["python"]);
            let answer = serde_json::from_value(line["open"].clone()).unwrap();
            let ours = plan(&answer, &StorageOverrides::new());
            if on_purpose(case, python).is_some() {
                purpose += 1;
                continue;
            }
            match (ours, python.is_null()) {
                (Ok(plan), false) => compare(case, &plan, python),
                (Err(_), true) => {}
                (ours, _) => panic!("{case}: {ours:?} here, {python} there"),
            }
            same += 1;
        }
        assert_eq!((same, purpose), (56, 41), "cells compared, and cells left out");
    }
}
