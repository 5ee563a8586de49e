//! The decision table, cell by cell, and what a built storage shows.

use serde_json::{Value, json};

use super::*;
use crate::testing::{SECRET, answer, keys, repo, setup};

const PLAIN: &str = "http://127.0.0.1:9000";
const R2: &str = "https://acct.r2.cloudflarestorage.com";
const TIGRIS: &str = "https://t3.storage.dev";

/// What comes with a cell: an endpoint, and whether the answer holds credentials.
struct Cell {
    endpoint: Option<&'static str>,
    credentials: bool,
}

const NONE: Cell = Cell { endpoint: None, credentials: false };
const KEYS: Cell = Cell { endpoint: None, credentials: true };

const fn at(endpoint: &'static str) -> Cell {
    Cell { endpoint: Some(endpoint), credentials: false }
}

fn planned(platform: &str, auth: Value, cell: &Cell) -> Result<StoragePlan, Error> {
    let answer = answer(|text| {
        text["repo_bucket"]["platform"] = platform.into();
        text["repo_bucket"]["auth_config"] = auth;
        if let Some(endpoint) = cell.endpoint {
            text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into();
        }
        if cell.credentials {
            text["repo_credentials"] = serde_json::to_value(keys(None)).unwrap();
        }
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
}

refused! {
    minio_with_a_role_that_does_not_vend: "minio", "aws_customer_managed_role", at(PLAIN);
    s3_with_an_r2_role: "s3", "r2_customer_managed_role", KEYS;
    s3_with_a_google_role: "s3", "gcp_customer_managed_role", KEYS;
    s3_with_an_azure_role: "s3", "azure_credential_delegation", KEYS;
    compatible_with_an_r2_role_elsewhere: "s3-compatible", "r2_customer_managed_role", at(PLAIN);
    google_with_its_role: "gs", "gcp_customer_managed_role", NONE;
    google_with_keys: "gs", "hmac", KEYS;
    google_anonymous: "gs", "anonymous", NONE;
    google_that_does_not_tell: "gs", "null", NONE;
    azure_with_its_role: "azure", "azure_credential_delegation", NONE;
    azure_anonymous: "azure", "anonymous", NONE;
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
    let answer = answer(|text| {
        text["repo_credentials"] = json!({"access_token": SECRET, "principal": "p", "expiration": null});
    });
    let error = plan(&answer, &StorageOverrides::new()).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    assert!(!format!("{error} {error:?}").contains(SECRET));
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
        let storage = setup.opener().storage(&repo(), &answer, &crate::OpenOptions::new()).unwrap();
        let text = format!("{} {storage} {storage:?}", serde_json::to_string(&storage).unwrap());
        assert!(text.contains("arraylake-s3-credentials") && text.contains(endpoint), "{text}");
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(setup.fake.calls(), 0);
    }
}
