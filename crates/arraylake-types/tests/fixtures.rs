//! Every recorded answer is read at least as leniently as the Python clients read it, and survives the way through.
//!
//! `fixtures/*.jsonl` hold one answer a line, with the versions of the Python client that accepted it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use arraylake_types::{
    AccessPolicy, ApiClient, ApiTokenInfo, AuthProviderConfig, BucketResponse, ComputeConfig, ComputeRegion,
    DeploymentInfo, IcebergNamespace, IcebergTableSummary, LoadResults, OauthTokens, OauthTokensResponse,
    OpenRepo, OrgResponse, Page, Permission, PermissionCheck, Principal, RepoModel, RepoStatus,
    StorageCredentials, UserInfo,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

struct Fixture {
    case: String,
    accepted: bool,
    body: Value,
}

fn fixtures(model: &str) -> Vec<Fixture> {
    let path = format!("{}/tests/fixtures/{model}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let parse = |line: &str| {
        let mut line: Map<String, Value> = serde_json::from_str(line).unwrap();
        let accepted = line["accepted_by"].as_array().unwrap().iter().any(|version| version == "1.7.0");
        Fixture {
            case: line["case"].as_str().unwrap().to_owned(),
            accepted,
            body: line.remove("body").unwrap(),
        }
    };
    text.lines().map(parse).collect()
}

/// What is accepted by the newest Python client is read, written and read again without a change; `odd` names the
/// cases that we refuse although it does not.
fn check<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(model: &str, odd: &[&str]) {
    let mut faults = Vec::new();
    let mut seen = 0;
    for fixture in fixtures(model).iter().filter(|fixture| fixture.accepted) {
        seen += 1;
        match serde_json::from_value::<T>(fixture.body.clone()) {
            Ok(first) => {
                let written = serde_json::to_string(&first).unwrap();
                let second: T = serde_json::from_str(&written).unwrap();
                assert_eq!(first, second, "{model}: {}", fixture.case);
                assert!(!odd.contains(&fixture.case.as_str()), "{model}: {} is read after all", fixture.case);
            }
            Err(_) if odd.contains(&fixture.case.as_str()) => {}
            Err(error) => faults.push(format!("{model}: {}: {error}", fixture.case)),
        }
    }
    assert!(seen > 0, "{model} has fixtures");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The first fixture still reads with any field but `required` null or missing, and with a field nobody knows.
fn punch_holes<T: DeserializeOwned + Serialize>(model: &str, required: &[&str]) {
    let Some(Value::Object(full)) = fixtures(model).into_iter().find(|it| it.accepted).map(|it| it.body)
    else {
        panic!("{model} has an object to begin with")
    };
    for key in full.keys().filter(|key| !required.contains(&key.as_str())) {
        let (mut nulled, mut dropped) = (full.clone(), full.clone());
        nulled.insert(key.clone(), Value::Null);
        dropped.remove(key);
        for holed in [nulled, dropped] {
            let parsed = serde_json::from_value::<T>(holed.into());
            assert!(parsed.is_ok(), "{model} without {key}: {:?}", parsed.err());
        }
    }
    let mut more = full.clone();
    more.insert("field_nobody_knows".into(), serde_json::json!({"deep": [1, 2]}));
    let back = serde_json::to_value(serde_json::from_value::<T>(more.into()).unwrap()).unwrap();
    assert_eq!(back["field_nobody_knows"]["deep"][1], 2, "{model} keeps what it does not know");
}

#[test]
fn repos_are_read_as_leniently_as_python_reads_them() {
    check::<RepoModel>("Repo", &["_id: empty"]);
    punch_holes::<RepoModel>("Repo", &["_id", "org", "name"]);
}

#[test]
fn bucket_configs_are_read_as_leniently_as_python_reads_them() {
    check::<BucketResponse>("BucketResponse", &["is_default text"]);
    punch_holes::<BucketResponse>("BucketResponse", &["nickname", "platform", "name"]);
}

#[test]
fn open_answers_are_read_as_leniently_as_python_reads_them() {
    check::<OpenRepo>("OpenRepoResponse", &["repo_credentials empty"]);
    punch_holes::<OpenRepo>("OpenRepoResponse", &["repo_bucket"]);
}

#[test]
fn credentials_are_read_as_leniently_as_python_reads_them() {
    for model in ["S3Credentials", "GSCredentials", "AzureCredentials"] {
        check::<StorageCredentials>(model, &[]);
    }
}

#[test]
fn users_orgs_and_permissions_are_read_as_leniently_as_python_reads_them() {
    check::<UserInfo>("UserInfo", &[]);
    check::<Principal>("UserInfo", &[]);
    check::<ApiTokenInfo>("ApiTokenInfo", &[]);
    check::<OrgResponse>("OrgResponse", &[]);
    check::<Permission>("Permission-RepoActions", &[]);
    // A permission is granted by `true` alone, not by a text or a number that looks like it.
    let odd =
        ["has_permission: \"true\"", "has_permission: \"no\"", "has_permission: 1", "has_permission: 0"];
    check::<PermissionCheck>("PermissionCheckResponse", &odd);
    check::<RepoStatus>("RepoOperationStatusResponse", &[]);
    punch_holes::<UserInfo>("UserInfo", &["id", "email"]);
    punch_holes::<OrgResponse>("OrgResponse", &["id", "name"]);
    punch_holes::<RepoStatus>("RepoOperationStatusResponse", &[]);
}

#[test]
fn iceberg_namespaces_and_tables_are_read_as_leniently_as_python_reads_them() {
    check::<IcebergNamespace>("IcebergNamespaceResponse", &[]);
    punch_holes::<IcebergNamespace>("IcebergNamespaceResponse", &["id", "org", "name"]);
    check::<IcebergTableSummary>("IcebergTableSummaryResponse", &[]);
    punch_holes::<IcebergTableSummary>("IcebergTableSummaryResponse", &["name", "namespace", "table_uuid"]);
}

#[test]
fn compute_services_are_read_as_leniently_as_python_reads_them() {
    check::<DeploymentInfo>("DeploymentInfo", &[]);
    punch_holes::<DeploymentInfo>("DeploymentInfo", &["name", "config"]);
    check::<ComputeRegion>("ComputeRegion", &[]);
    punch_holes::<ComputeRegion>("ComputeRegion", &["name"]);
    check::<ComputeConfig>("ComputeConfig", &[]);
    punch_holes::<ComputeConfig>("ComputeConfig", &[]);
    check::<LoadResults>("LoadResults", &[]);
}

#[test]
fn api_clients_and_access_policies_are_read_as_leniently_as_python_reads_them() {
    check::<ApiClient>("ApiClientResponse", &[]);
    punch_holes::<ApiClient>("ApiClientResponse", &["_id"]);
    check::<ApiClient>("TokenAuthenticateResponse", &[]);
    check::<AccessPolicy>("VirtualChunkAccessPolicyResponse", &[]);
    punch_holes::<AccessPolicy>("VirtualChunkAccessPolicyResponse", &["bucket_id"]);
}

#[test]
fn logins_are_read_as_leniently_as_python_reads_them() {
    check::<AuthProviderConfig>("AuthProviderConfig", &[]);
    check::<OauthTokens>("OauthTokens", &[]);
    check::<OauthTokensResponse>("OauthTokensResponse", &[]);
    punch_holes::<OauthTokensResponse>("OauthTokensResponse", &["access_token", "id_token"]);
}

#[test]
fn pages_are_read_as_leniently_as_python_reads_them() {
    for fixture in fixtures("PaginatedResponse-Repo").iter().filter(|fixture| fixture.accepted) {
        let body = serde_json::to_vec(&fixture.body).unwrap();
        let page = Page::<RepoModel>::from_slice(&body);
        assert!(page.is_ok(), "{}: {:?}", fixture.case, page.err());
        assert!(page.unwrap().rows.bad.is_empty(), "{}", fixture.case);
    }
}

#[test]
fn unknown_values_of_every_enum_of_a_repo_survive() {
    let mut body = fixtures("Repo").remove(0).body;
    for (path, odd) in [
        ("/kind", "zip"),
        ("/visibility", "FRIENDS"),
        ("/status/mode", "paused"),
        ("/bucket/platform", "punchcards"),
        ("/bucket/auth_config/method", "magic"),
        ("/permissions/0/actions/0", "CAN_FLY"),
    ] {
        *body.pointer_mut(path).unwrap() = Value::from(odd);
    }
    let repo: RepoModel = serde_json::from_value(body.clone()).unwrap();
    let back = serde_json::to_value(&repo).unwrap();
    for path in ["/kind", "/visibility", "/status/mode", "/bucket/platform", "/bucket/auth_config/method"] {
        assert_eq!(back.pointer(path), body.pointer(path), "{path}");
    }
    assert_eq!(back.pointer("/permissions/0/actions/0").unwrap(), "CAN_FLY");
}

#[test]
fn no_debug_text_of_any_answer_holds_a_secret() {
    let secrets = [
        "dummy-shared-secret",
        "dummy-hmac-secret",
        "DUMMYHMACKEYID",
        "dummy-secret-access-key",
        "dummy-session-token",
        "dummy-gcs-token",
        "sv=dummy&sig=dummy",
        "dummy-r2-api-token",
    ];
    let clean = |text: String, case: &str| {
        for secret in secrets {
            assert!(!text.contains(secret), "{case} prints {secret}");
        }
    };
    for fixture in fixtures("BucketResponse") {
        if let Ok(bucket) = serde_json::from_value::<BucketResponse>(fixture.body) {
            clean(format!("{bucket:?}"), &fixture.case);
        }
    }
    for fixture in fixtures("OpenRepoResponse") {
        if let Ok(answer) = serde_json::from_value::<OpenRepo>(fixture.body) {
            clean(format!("{answer:?}"), &fixture.case);
        }
    }
}

mod any_json {
    //! Whatever JSON comes, reading it ends with a value or an error, never with a panic.

    use super::*;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            let keys = prop_oneof![
                Just("_id"),
                Just("id"),
                Just("org"),
                Just("name"),
                Just("kind"),
                Just("bucket"),
                Just("status"),
                Just("nickname"),
                Just("platform"),
                Just("created"),
                Just("auth_config"),
                Just("method"),
                Just("permissions"),
                Just("items"),
                Just("optimization_config"),
                Just("gc_config"),
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((keys, inner), 0..6).prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn never_panics(value in json()) {
            let body = serde_json::to_vec(&value).unwrap();
            let _ = serde_json::from_slice::<RepoModel>(&body);
            let _ = serde_json::from_slice::<OpenRepo>(&body);
            let _ = serde_json::from_slice::<StorageCredentials>(&body);
            let _ = serde_json::from_slice::<IcebergNamespace>(&body);
            let _ = serde_json::from_slice::<DeploymentInfo>(&body);
            let _ = serde_json::from_slice::<ApiClient>(&body);
            let _ = serde_json::from_slice::<AccessPolicy>(&body);
            let _ = serde_json::from_slice::<arraylake_types::RepoSubscription>(&body);
            let _ = serde_json::from_slice::<arraylake_types::PrincipalPermissions>(&body);
            let _ = Page::<RepoModel>::from_slice(&body);
            let _ = arraylake_types::ErrorBody::parse(&body);
        }
    }
}
