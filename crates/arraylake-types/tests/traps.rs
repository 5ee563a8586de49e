//! Odd answers that live services have given, and bodies that must not go out; what is about paging, routes or storage is
//! tested there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use arraylake_types::{
    ApiClient, AuthConfig, BucketResponse, NewBucket, OpenRepo, OrgName, Page, Platform, Principal, RepoKind,
    RepoModel, RepoName, RepoSubscriptionInfo, Rows, S3Credentials, Secret, StorageCredentials, Timestamp,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ID: &str = "22222222-2222-4222-8222-222222222222";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn repo() -> Value {
    json!({"_id": "65f0c0ffee0123456789abcd", "org": "acme", "name": "sea-ice", "kind": "icechunk", "prefix": "p",
        "status": {"mode": "online", "initiated_by": {}}, "optimization_config": {}, "permissions": []})
}

fn bucket() -> Value {
    json!({"id": ID, "nickname": "main", "platform": "s3", "name": "data", "prefix": "p", "is_default": true,
        "extra_config": {}, "auth_config": {"method": "anonymous"}})
}

/// A value with one field changed.
fn with(mut value: Value, field: &str, to: Value) -> Value {
    value[field] = to;
    value
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_null_prefix_of_a_bucket_or_a_repo_is_an_empty_one() {
    assert_eq!(read::<BucketResponse>(with(bucket(), "prefix", json!(null))).prefix, "");
    let repo: RepoModel = read(with(repo(), "prefix", json!(null)));
    assert_eq!(repo.prefix, "");
    assert_eq!(serde_json::to_value(&repo).unwrap()["prefix"], "", "null is never sent");
}

#[test]
fn a_row_that_breaks_other_clients_is_read_and_one_that_cannot_be_is_named() {
    let odd = |field: &str, to: Value| with(with(repo(), field, to), "name", json!(field));
    let rows = json!([
        odd("kind", json!("zip")),
        odd("created_by", json!("not a uuid")),
        odd("bucket", with(bucket(), "extra_config", json!({"use_ssl": 0, "region_name": null}))),
        odd("permissions", json!([{"principal_id": ID, "actions": ["CAN_FLY"]}])),
        with(repo(), "org", json!(7)),
        odd("optimization_config", json!(null)),
    ]);
    let rows = Rows::<RepoModel>::from_slice(rows.to_string().as_bytes()).unwrap();
    assert_eq!((rows.items.len(), rows.bad.len()), (5, 1));
    let bad = &rows.bad[0];
    assert_eq!((bad.index, bad.name.as_deref()), (4, Some("sea-ice")));
    assert!(!bad.reason.is_empty());
}

#[test]
fn an_unknown_kind_is_kept_and_a_missing_one_is_not_guessed() {
    assert_eq!(read::<RepoModel>(with(repo(), "kind", json!("zip"))).kind, RepoKind::Other("zip".into()));
    let mut without = repo();
    without.as_object_mut().unwrap().remove("kind");
    let kind = read::<RepoModel>(without).kind;
    assert!(!matches!(kind, RepoKind::Icechunk | RepoKind::V1), "{kind}");
}

#[test]
fn the_mask_of_a_stored_secret_is_read_and_never_sent_as_one() {
    let masked = json!({"method": "aws_customer_managed_role", "external_customer_id": "1",
        "external_role_name": "r", "shared_secret": "**********"});
    let found: BucketResponse = read(with(bucket(), "auth_config", masked));
    let auth = found.auth_config.unwrap();
    assert!(matches!(&auth, AuthConfig::AwsRole { shared_secret: Some(secret), .. } if secret.is_mask()));
    let request = NewBucket::new("main", "s3://data").unwrap().with_region("us-east-1").with_auth(auth);
    let error = request.validate().unwrap_err().to_string();
    assert!(error.contains("mask") || error.contains("secret"), "{error}");
}

#[test]
fn an_r2_role_without_any_secret_is_read() {
    let role = json!({"method": "r2_customer_managed_role", "external_account_id": "a",
        "parent_access_key_id": null, "account_api_token": null, "parent_secret_access_key": null});
    let found: BucketResponse = read(with(bucket(), "auth_config", role));
    assert!(matches!(found.auth_config, Some(AuthConfig::R2Role { .. })));
}

#[test]
fn fixed_keys_in_an_answer_are_not_printed() {
    let keys = json!({"method": "hmac", "access_key_id": "KEYID", "secret_access_key": "very-secret"});
    let bucket: BucketResponse = read(with(bucket(), "auth_config", keys));
    assert!(!format!("{bucket:?}").contains("very-secret"));
}

#[test]
fn an_id_is_read_in_either_spelling_and_in_both_at_once() {
    let mut both = repo();
    both["id"] = both["_id"].clone();
    assert_eq!(read::<RepoModel>(both), read::<RepoModel>(repo()));
    let mut other = repo();
    let id = other.as_object_mut().unwrap().remove("_id").unwrap();
    other["id"] = id;
    assert_eq!(read::<RepoModel>(other).id.as_str(), "65f0c0ffee0123456789abcd");
}

#[test]
fn a_listing_under_both_of_its_names_is_read() {
    let listing = json!({"id": "ab", "repo_id": null, "org": "acme", "status": "published", "repo_readme": "",
        "listing_name": "l", "created_on": "2025-01-01T00:00:00Z", "last_updated": "2025-01-01T00:00:00Z"});
    for names in [&["exchange_listing", "marketplace_listing"][..], &["marketplace_listing"]] {
        let mut info = json!({"parent_repo": null});
        for name in names {
            info[*name] = listing.clone();
        }
        assert_eq!(read::<RepoSubscriptionInfo>(info).exchange_listing.unwrap().id, "ab", "{names:?}");
    }
}

#[test]
fn an_api_client_that_was_never_used_is_read_and_printed() {
    let client: ApiClient = read(json!({"_id": ID, "email": "a@example.com", "last_used": null,
        "created": "2025-01-01T00:00:00Z", "expiration": "2026-01-01T00:00:00Z"}));
    assert!(format!("{client:?}").contains("a@example.com"));
}

#[test]
fn a_time_with_another_zone_is_converted_and_one_without_is_utc() {
    let created = |text: &str| read::<RepoModel>(with(repo(), "created", json!(text))).created.unwrap();
    assert_eq!(created("2024-05-01T16:31:30+02:00"), time("2024-05-01T14:31:30Z"));
    assert_eq!(created("2024-05-01 14:31:30"), time("2024-05-01T14:31:30Z"));
    let keys = json!({"aws_access_key_id": "k", "aws_secret_access_key": "s", "aws_session_token": "t",
        "expiration": "2024-05-01T14:31:30"});
    let StorageCredentials::S3(keys) = read(keys) else { unreachable!("keys of S3") };
    assert_eq!(keys.expiration.unwrap(), time("2024-05-01T14:31:30Z"));
}

#[test]
fn the_expiry_of_keys_is_written_even_if_there_is_none() {
    let keys = serde_json::to_value(S3Credentials::new("k", "s")).unwrap();
    assert_eq!(
        (keys.get("expiration"), keys.get("aws_session_token")),
        (Some(&Value::Null), Some(&Value::Null))
    );
}

#[test]
fn a_status_without_its_initiator_is_read() {
    let repo: RepoModel = read(with(repo(), "status", json!({"mode": "maintenance", "message": null})));
    assert!(repo.status.is_maintenance());
}

#[test]
fn the_expiry_of_a_service_account_may_be_a_fraction_or_a_text() {
    for expiration in [json!(1_700_000_000), json!(1_700_000_000.0), json!("2023-11-14T22:13:20Z")] {
        let account = json!({"id": ID, "client_id": "c", "email": "a@example.com", "expiration": expiration});
        let Principal::ServiceAccount(account) = read(account) else { unreachable!("{expiration}") };
        assert_eq!(account.expires().unwrap().unix_seconds(), 1_700_000_000, "{expiration}");
    }
}

#[test]
fn a_person_without_names_commits_without_a_name() {
    let nobody: Principal = read(json!({"id": ID, "email": "a@example.com", "first_name": null}));
    assert_eq!(nobody.author().name, None);
    let stored: OpenRepo = read(json!({"repo_bucket": bucket(), "repo_prefix": "p",
        "author": {"name": "None None", "email": "a@example.com"}}));
    assert_eq!(stored.author.unwrap().name.as_deref(), Some("None None"), "what was stored is shown");
}

#[test]
fn a_bucket_config_with_odd_switches_or_an_odd_nickname_is_read() {
    let odd = json!({"use_ssl": "false", "port": 9000, "region_name": null, "deep": {"a": 1}});
    let found: BucketResponse =
        read(with(with(bucket(), "extra_config", odd), "nickname", json!("my data!")));
    assert_eq!((found.nickname.as_str(), found.extra_config.use_ssl()), ("my data!", false));
}

#[test]
fn a_deprecated_or_unknown_method_is_read_and_cannot_be_created() {
    for method in ["bucket_policy", "magic"] {
        let auth: AuthConfig = read(json!({"method": method}));
        let request = NewBucket::new("main", "s3://data").unwrap().with_region("us-east-1").with_auth(auth);
        assert!(request.validate().is_err(), "{method}");
    }
}

#[test]
fn letters_of_a_name_are_those_that_python_takes_for_word_characters() {
    let org: OrgName = "acme".parse().unwrap();
    for good in ["data²", "½-year", "größe", "数据"] {
        RepoName::new(&org, good).unwrap();
    }
    // A combining mark and a joining tie are none.
    for bad in ["e\u{301}e", "a\u{203f}b", "a", "-ab"] {
        assert!(RepoName::new(&org, bad).is_err(), "{bad:?}");
    }
}

#[test]
fn parts_of_an_address_that_would_be_dropped_are_refused() {
    for bad in
        ["s3://b/p?x=1", "s3://b/p#f", "s3://user@bucket/p", "s3://bucket:9000/p", "s3://b/p/", "s3:/b/p"]
    {
        assert!(NewBucket::new("main", bad).is_err(), "{bad}");
    }
    let kept = NewBucket::new("main", "s3://bucket/a%20b").unwrap();
    assert_eq!((kept.prefix.as_str(), kept.platform), ("a%20b", Platform::S3));
}

#[test]
fn an_empty_page_may_say_that_there_are_no_pages() {
    let page = json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 0});
    let page = Page::<RepoModel>::from_slice(page.to_string().as_bytes()).unwrap();
    assert!(page.rows.is_empty() && page.page >= page.pages);
}

#[test]
fn a_nickname_is_stripped_as_it_is_on_creation() {
    let request = NewBucket::new("  main  ", "s3://data").unwrap();
    assert_eq!(request.nickname.as_str(), "main");
}

#[test]
fn a_secret_that_is_a_mask_is_known_as_one() {
    assert!(Secret::new("**********").is_mask());
    assert!(!Secret::new("*********").is_mask());
}
