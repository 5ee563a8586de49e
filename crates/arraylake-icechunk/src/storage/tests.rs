//! The decision table, cell by cell, and what a built storage shows.

use serde_json::{Value, json};

use super::*;
use crate::testing::{SECRET, answer, keys};

mod built;
mod overrides;

const PLAIN: &str = "http://127.0.0.1:9000";
const R2: &str = "https://acct.r2.cloudflarestorage.com";
const TIGRIS: &str = "https://t3.storage.dev";

/// What comes with a cell: an endpoint, and whether the answer holds credentials.
#[derive(Clone, Copy)]
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
/// Credentials for Google.
const TOKEN: Cell = Cell { endpoint: None, credentials: Came::Token };
/// Credentials for Azure.
const SIGNATURE: Cell = Cell { endpoint: None, credentials: Came::Signature };

const fn at(endpoint: &'static str) -> Cell {
    Cell { endpoint: Some(endpoint), credentials: Came::Nothing }
}

/// Keys of S3, at an endpoint.
const fn keys_at(endpoint: &'static str) -> Cell {
    Cell { endpoint: Some(endpoint), credentials: Came::Keys }
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

use Access::{Anonymous, Fetched};

macro_rules! cells {
    ($($name:ident: $platform:literal, $method:literal, $cell:expr => $constructor:ident, $access:expr;)+) => {
        const USED: &[(&str, &str, Cell)] = &[$(($platform, $method, $cell)),+];
        $(
            #[test]
            fn $name() {
                let plan = planned($platform, auth($method), &$cell).unwrap();
                assert_eq!((plan.constructor, plan.access), (Constructor::$constructor, $access));
            }
        )+
    };
}

macro_rules! refused {
    ($($name:ident: $platform:literal, $method:literal, $cell:expr;)+) => {
        const REFUSED: &[(&str, &str, Cell)] = &[$(($platform, $method, $cell)),+];
        $(
            #[test]
            fn $name() {
                let error = planned($platform, auth($method), &$cell).unwrap_err();
                let method = ($method != "null").then(|| $method.to_owned());
                let expected = ErrorKind::Unsupported { platform: $platform.to_owned(), method: method.clone() };
                assert_eq!(error.kind(), &expected);
                let named = error.to_string();
                assert!(named.contains($platform) || method.is_some_and(|method| named.contains(&method)), "{named}");
            }
        )+
    };
}

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
    s3_at_an_endpoint_of_r2_with_the_role_of_r2: "s3", "r2_customer_managed_role", keys_at(R2) => R2, Fetched(Scope::Bucket);
    s3_at_an_endpoint_of_r2_with_an_aws_role: "s3", "aws_customer_managed_role", keys_at(R2) => R2, Fetched(Scope::Bucket);
    s3_at_an_endpoint_of_tigris: "s3", "hmac", at(TIGRIS) => Tigris, Fetched(Scope::Open);

    compatible_with_an_aws_role: "s3-compatible", "aws_customer_managed_role", at(PLAIN) => S3, Fetched(Scope::Bucket);
    compatible_with_an_aws_role_by_its_older_name: "s3-compatible", "customer_managed_role", keys_at(PLAIN) => S3, Fetched(Scope::Bucket);
    compatible_with_keys: "s3-compatible", "hmac", at(PLAIN) => S3, Fetched(Scope::Open);
    compatible_anonymous: "s3-compatible", "anonymous", at(PLAIN) => S3, Anonymous;
    compatible_with_a_bucket_policy: "s3-compatible", "bucket_policy", at(PLAIN) => S3, Anonymous;
    compatible_with_a_bucket_policy_and_credentials: "s3-compatible", "bucket_policy", keys_at(PLAIN) => S3, Fetched(Scope::Open);
    compatible_that_does_not_tell: "s3-compatible", "null", at(PLAIN) => S3, Anonymous;
    compatible_that_does_not_tell_and_credentials: "s3-compatible", "null", keys_at(PLAIN) => S3, Fetched(Scope::Open);

    r2_with_its_role: "s3-compatible", "r2_customer_managed_role", at(R2) => R2, Fetched(Scope::Bucket);
    r2_with_an_aws_role: "s3-compatible", "aws_customer_managed_role", keys_at(R2) => R2, Fetched(Scope::Bucket);
    r2_with_an_aws_role_by_its_older_name: "s3-compatible", "customer_managed_role", at(R2) => R2, Fetched(Scope::Bucket);
    r2_with_keys: "s3-compatible", "hmac", at(R2) => R2, Fetched(Scope::Open);
    r2_anonymous: "s3-compatible", "anonymous", at(R2) => R2, Anonymous;
    r2_with_a_bucket_policy: "s3-compatible", "bucket_policy", at(R2) => R2, Anonymous;
    r2_with_a_bucket_policy_and_credentials: "s3-compatible", "bucket_policy", keys_at(R2) => R2, Fetched(Scope::Open);
    r2_that_does_not_tell: "s3-compatible", "null", at(R2) => R2, Anonymous;

    tigris_with_keys: "s3-compatible", "hmac", at(TIGRIS) => Tigris, Fetched(Scope::Open);
    tigris_with_an_aws_role: "s3-compatible", "aws_customer_managed_role", at(TIGRIS) => Tigris, Fetched(Scope::Bucket);
    tigris_with_an_aws_role_by_its_older_name: "s3-compatible", "customer_managed_role", keys_at(TIGRIS) => Tigris, Fetched(Scope::Bucket);
    tigris_anonymous: "s3-compatible", "anonymous", at(TIGRIS) => Tigris, Anonymous;
    tigris_with_a_bucket_policy: "s3-compatible", "bucket_policy", at(TIGRIS) => Tigris, Anonymous;
    tigris_that_does_not_tell: "s3-compatible", "null", at(TIGRIS) => Tigris, Anonymous;

    minio_with_keys: "minio", "hmac", at(PLAIN) => S3, Fetched(Scope::Open);
    minio_anonymous: "minio", "anonymous", at(PLAIN) => S3, Anonymous;
    minio_with_a_bucket_policy: "minio", "bucket_policy", at(PLAIN) => S3, Anonymous;
    minio_with_a_bucket_policy_and_credentials: "minio", "bucket_policy", keys_at(PLAIN) => S3, Fetched(Scope::Open);
    minio_that_does_not_tell: "minio", "null", at(PLAIN) => S3, Anonymous;
    minio_that_does_not_tell_and_credentials: "minio", "null", keys_at(PLAIN) => S3, Fetched(Scope::Open);
    minio_with_a_role_that_vends: "minio", "aws_customer_managed_role", keys_at(PLAIN) => S3, Fetched(Scope::Bucket);
    minio_with_a_role_by_its_older_name_that_vends: "minio", "customer_managed_role", keys_at(PLAIN) => S3, Fetched(Scope::Bucket);

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
    s3_with_an_r2_role: "s3", "r2_customer_managed_role", KEYS;
    s3_with_a_google_role: "s3", "gcp_customer_managed_role", KEYS;
    s3_with_an_azure_role: "s3", "azure_credential_delegation", KEYS;

    compatible_with_an_r2_role_elsewhere: "s3-compatible", "r2_customer_managed_role", at(PLAIN);
    compatible_with_a_google_role: "s3-compatible", "gcp_customer_managed_role", keys_at(PLAIN);
    compatible_with_an_azure_role: "s3-compatible", "azure_credential_delegation", keys_at(PLAIN);

    r2_with_a_google_role: "s3-compatible", "gcp_customer_managed_role", keys_at(R2);
    r2_with_an_azure_role: "s3-compatible", "azure_credential_delegation", keys_at(R2);

    tigris_with_an_r2_role: "s3-compatible", "r2_customer_managed_role", keys_at(TIGRIS);
    tigris_with_a_google_role: "s3-compatible", "gcp_customer_managed_role", keys_at(TIGRIS);
    tigris_with_an_azure_role: "s3-compatible", "azure_credential_delegation", keys_at(TIGRIS);

    minio_with_a_role_that_does_not_vend: "minio", "aws_customer_managed_role", at(PLAIN);
    minio_with_a_role_by_its_older_name_that_does_not_vend: "minio", "customer_managed_role", at(PLAIN);
    minio_with_an_r2_role: "minio", "r2_customer_managed_role", keys_at(PLAIN);
    minio_with_an_r2_role_even_at_an_endpoint_of_r2: "minio", "r2_customer_managed_role", keys_at(R2);
    minio_with_a_google_role: "minio", "gcp_customer_managed_role", keys_at(PLAIN);
    minio_with_an_azure_role: "minio", "azure_credential_delegation", keys_at(PLAIN);

    google_with_keys: "gs", "hmac", KEYS;
    google_with_an_aws_role: "gs", "aws_customer_managed_role", NONE;
    google_with_an_aws_role_by_its_older_name: "gs", "customer_managed_role", TOKEN;
    google_with_an_r2_role: "gs", "r2_customer_managed_role", NONE;
    google_with_an_azure_role: "gs", "azure_credential_delegation", NONE;

    azure_with_keys: "azure", "hmac", KEYS;
    azure_with_an_aws_role: "azure", "aws_customer_managed_role", SIGNATURE;
    azure_with_an_aws_role_by_its_older_name: "azure", "customer_managed_role", SIGNATURE;
    azure_with_a_google_role: "azure", "gcp_customer_managed_role", NONE;
    azure_with_an_r2_role: "azure", "r2_customer_managed_role", SIGNATURE;
    azure_with_a_bucket_policy: "azure", "bucket_policy", SIGNATURE;
    azure_that_does_not_tell: "azure", "null", SIGNATURE;

    a_method_nobody_knows: "s3", "magic", KEYS;
    a_platform_nobody_knows: "zeppelin", "hmac", KEYS;
}

/// Anonymous access to Azure needs an account, so it has a test of its own below.
const ELSEWHERE: &[(&str, &str, Cell)] = &[("azure", "anonymous", NONE)];

#[test]
fn every_cell_of_the_table_has_a_test() {
    let places = [
        ("s3", None),
        ("s3-compatible", Some(PLAIN)),
        ("s3-compatible", Some(R2)),
        ("s3-compatible", Some(TIGRIS)),
        ("minio", Some(PLAIN)),
        ("gs", None),
        ("azure", None),
    ];
    let methods = [
        "null",
        "anonymous",
        "hmac",
        "bucket_policy",
        "aws_customer_managed_role",
        "customer_managed_role",
        "gcp_customer_managed_role",
        "r2_customer_managed_role",
        "azure_credential_delegation",
    ];
    for (platform, endpoint) in places {
        for method in methods {
            let mut tested = USED.iter().chain(REFUSED).chain(ELSEWHERE);
            let found =
                tested.any(|(its, of, cell)| (*its, *of, cell.endpoint) == (platform, method, endpoint));
            assert!(found, "{platform} at {endpoint:?} with {method}");
        }
    }
}

#[test]
fn a_bucket_stays_what_it_is_where_the_caller_names_another_endpoint() {
    for (endpoint, method, constructor, region) in [
        (R2, "r2_customer_managed_role", Constructor::R2, "auto"),
        (TIGRIS, "hmac", Constructor::Tigris, "fra"),
    ] {
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = "s3-compatible".into();
            text["repo_bucket"]["auth_config"] = auth(method);
            text["repo_bucket"]["extra_config"] = json!({"endpoint_url": endpoint});
            if constructor == Constructor::Tigris {
                text["repo_bucket"]["extra_config"]["region_name"] = region.into();
            }
        });
        let plan = plan(&answer, &StorageOverrides::new().with_endpoint_url(PLAIN)).unwrap();
        assert_eq!((plan.constructor, plan.region.as_str()), (constructor, region));
        assert_eq!(plan.endpoint_url.as_deref(), Some(PLAIN));
    }
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
