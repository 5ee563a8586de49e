//! What a bucket store sends, and when it asks for credentials.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arraylake_types::{S3Credentials, Secret};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::testing::{SECRET, Setup, answer, first_request, refusing_store, setup, store_of};
use crate::{CredentialError, CredentialErrorKind};

const HOUR: Duration = Duration::from_secs(3600);

fn org() -> OrgName {
    "acme".parse().unwrap()
}

/// A bucket config with a prefix, of a platform, with an auth config, at an endpoint.
fn bucket(platform: &str, auth: &Value, endpoint: &str) -> BucketResponse {
    let answer = answer(|text| {
        let bucket = &mut text["repo_bucket"];
        bucket["id"] = "11111111-1111-4111-8111-111111111111".into();
        bucket["platform"] = platform.into();
        bucket["prefix"] = "team/".into();
        bucket["auth_config"] = auth.clone();
        bucket["extra_config"]["endpoint_url"] = endpoint.into();
    });
    answer.repo_bucket
}

/// The head of what is sent for an object, and how the answer, which is 404, comes back.
async fn sent(setup: &Setup, platform: &str, auth: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let bucket = bucket(platform, auth, &endpoint);
    let store = setup.opener().bucket_store(&org(), bucket, CredentialAccess::Write).await.unwrap();
    assert!(!format!("{store:?} {store}").contains(SECRET), "{store:?}");
    let asked = tokio::spawn(async move { store.head(&Path::from("a/b")).await.unwrap_err() });
    let head = first_request(listener).await;
    let error = asked.await.unwrap();
    assert!(matches!(error, object_store::Error::NotFound { .. }), "{error:?}");
    head.replace("%2F", "/")
}

fn given(setup: &Setup, text: Value) {
    *setup.fake.given.lock().unwrap() = Some(serde_json::from_value(text).unwrap());
}

#[tokio::test]
async fn requests_begin_at_the_prefix_and_are_signed_with_what_was_vended_for_the_access_wanted() {
    for (platform, method, vended, signed) in [
        ("s3-compatible", "aws_customer_managed_role", Value::Null, format!("Credential={SECRET}/")),
        (
            "gs",
            "gcp_customer_managed_role",
            json!({"access_token": SECRET, "principal": "p"}),
            format!("Bearer {SECRET}"),
        ),
        (
            "azure",
            "azure_credential_delegation",
            json!({"sas_token": "sv=1&sig=a%2Bb", "storage_account": "acc"}),
            "sig=a%2Bb".to_owned(),
        ),
    ] {
        let setup = setup(HOUR, Duration::ZERO);
        if !vended.is_null() {
            given(&setup, vended);
        }
        let head = sent(&setup, platform, &json!({"method": method})).await;
        assert!(head.starts_with("HEAD /") && head.contains("bucket/team/a/b"), "{head}");
        assert!(head.contains(&signed), "{head}");
        assert_eq!(*setup.fake.accesses.lock().unwrap(), [CredentialAccess::Write], "{platform}");
    }
}

#[tokio::test]
async fn constant_keys_of_the_config_are_used_and_where_it_masks_them_the_service_is_asked() {
    let setup = setup(HOUR, Duration::ZERO);
    let auth = json!({"method": "hmac", "access_key_id": "own-key", "secret_access_key": SECRET});
    assert!(sent(&setup, "minio", &auth).await.contains("Credential=own-key/"));
    assert_eq!(setup.fake.calls(), 0);
    let setup = crate::testing::setup(HOUR, Duration::ZERO);
    let keys = S3Credentials::new("vended-key", SECRET);
    *setup.fake.given.lock().unwrap() = Some(keys.into());
    let mask = Secret::mask();
    let auth = json!({"method": "hmac", "access_key_id": mask, "secret_access_key": mask});
    assert!(sent(&setup, "s3-compatible", &auth).await.contains("Credential=vended-key/"));
    assert_eq!(setup.fake.calls(), 1);
}

#[tokio::test]
async fn what_needs_no_credentials_is_asked_without_and_nobody_is_asked_for_any() {
    for (platform, auth) in [
        ("s3", json!({"method": "anonymous"})),
        ("s3-compatible", Value::Null),
        ("gs", json!({"method": "anonymous"})),
        ("azure", json!({"method": "anonymous", "storage_account": "acc"})),
    ] {
        let setup = setup(HOUR, Duration::ZERO);
        let head = sent(&setup, platform, &auth).await.to_lowercase();
        assert!(!head.contains("authorization") && !head.contains("sig="), "{head}");
        assert_eq!(setup.fake.calls(), 0);
    }
}

#[tokio::test]
async fn all_stores_of_a_bucket_config_share_credentials_and_none_is_asked_for_before_it_is_needed() {
    let setup = setup(HOUR, Duration::ZERO);
    let role = json!({"method": "aws_customer_managed_role"});
    let bucket = bucket("s3", &role, "http://127.0.0.1:9");
    setup.opener().bucket_store(&org(), bucket, CredentialAccess::Read).await.unwrap();
    assert_eq!(setup.fake.calls(), 0);
    sent(&setup, "s3", &role).await;
    sent(&setup, "s3", &role).await;
    assert_eq!(setup.fake.calls(), 1);
}

#[tokio::test]
async fn a_refusal_and_credentials_of_another_kind_are_told_as_they_are() {
    let setup = setup(HOUR, Duration::ZERO);
    setup.fake.failures.lock().unwrap().push_back(CredentialError::refused("not allowed"));
    let google = bucket("gs", &json!({"method": "gcp_customer_managed_role"}), "http://127.0.0.1:9");
    let store = setup.opener().bucket_store(&org(), google.clone(), CredentialAccess::Read).await.unwrap();
    let error = store.head(&Path::from("a")).await.unwrap_err();
    assert!(error.to_string().contains("not allowed"), "{error}");
    setup.cache.clear();
    let error = store.head(&Path::from("a")).await.unwrap_err();
    assert!(error.to_string().contains("do not fit"), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET));

    let masked =
        json!({"method": "hmac", "access_key_id": Secret::mask(), "secret_access_key": Secret::mask()});
    setup.fake.failures.lock().unwrap().push_back(CredentialError::refused("not allowed"));
    setup.cache.clear();
    let bucket = bucket("s3", &masked, "http://127.0.0.1:9");
    let error = setup.opener().bucket_store(&org(), bucket, CredentialAccess::Read).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    assert_eq!(error.credential_error().unwrap().kind(), CredentialErrorKind::Refused);
}

#[tokio::test]
async fn what_the_table_refuses_is_refused_here_too() {
    let opener = setup(HOUR, Duration::ZERO).opener();
    for (platform, method) in [("gs", "hmac"), ("s3", "gcp_customer_managed_role"), ("tape", "anonymous")] {
        let bucket = bucket(platform, &json!({"method": method}), "");
        let error = opener.bucket_store(&org(), bucket, CredentialAccess::Read).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
    }
    let mut bucket = bucket("s3", &Value::Null, "");
    bucket.id = None;
    let error = opener.bucket_store(&org(), bucket, CredentialAccess::Read).await.unwrap_err();
    assert!(error.to_string().contains("has no id"), "{error}");
}

/// A store with delegated keys at an endpoint.
async fn delegated(setup: &Setup, endpoint: &str) -> BucketStore {
    let bucket = bucket("s3-compatible", &json!({"method": "aws_customer_managed_role"}), endpoint);
    setup.opener().bucket_store(&org(), bucket, CredentialAccess::Write).await.unwrap()
}

#[tokio::test]
async fn a_store_whose_keys_are_refused_before_their_end_asks_again_with_others_whatever_it_does() {
    let place = Path::from("a/b");
    for what in 0..8 {
        let (setup, (endpoint, requests)) =
            (setup(HOUR, Duration::ZERO), store_of(Some(b"0123456789"), 1).await);
        let store = delegated(&setup, &endpoint).await;
        match what {
            0 => assert_eq!(store.get(&place).await.unwrap().bytes().await.unwrap(), "0123456789"),
            1 => assert_eq!(store.get_range(&place, 2..4).await.unwrap(), "23"),
            2 => assert_eq!(store.get_ranges(&place, &[2..4, 5..6]).await.unwrap(), ["23", "5"]),
            3 => drop(store.put(&place, "hello".into()).await.unwrap()),
            // What comes back is no listing and no answer to these, but no refusal either.
            4 => assert!(!refuses(store.list(None).try_collect::<Vec<_>>().await)),
            5 => assert!(!refuses(store.list_with_delimiter(None).await)),
            6 => assert!(!refuses(store.delete(&place).await)),
            _ => assert!(!refuses(store.copy(&place, &Path::from("c")).await)),
        }
        assert_eq!(setup.fake.calls(), 2, "{what}");
        assert!(requests.load(Ordering::SeqCst) >= 2, "{what}");
    }
}

fn refuses<T>(outcome: object_store::Result<T>) -> bool {
    outcome.is_err_and(|error| crate::error::refuses_keys(&error))
}

#[tokio::test]
async fn stores_that_are_refused_at_once_share_the_new_keys_and_what_is_refused_again_stays_refused() {
    let (setup, (endpoint, _)) = (setup(HOUR, Duration::ZERO), refusing_store(8).await);
    let (one, two) = (delegated(&setup, &endpoint).await, delegated(&setup, &endpoint).await);
    let place = Path::from("a");
    let all = futures_util::future::join_all((0..8).map(|turn| [&one, &two][turn % 2].head(&place))).await;
    assert!(
        all.iter().all(|outcome| matches!(outcome, Err(object_store::Error::NotFound { .. }))),
        "{all:?}"
    );
    assert_eq!(setup.fake.calls(), 2);

    let setup = self::setup(HOUR, Duration::ZERO);
    let (endpoint, requests) = refusing_store(usize::MAX).await;
    let store = delegated(&setup, &endpoint).await;
    for asked in [2, 3] {
        assert!(refuses(store.get(&place).await));
        assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (asked, 2));
    }
}

#[tokio::test]
async fn deleting_many_goes_on_after_a_path_that_could_not_be_had() {
    let (setup, (endpoint, _)) = (setup(HOUR, Duration::ZERO), refusing_store(0).await);
    let store = delegated(&setup, &endpoint).await;
    let lost = || object_store::Error::NotImplemented { operation: "it".into(), implementer: "me".into() };
    let paths = stream::iter([Ok(Path::from("a")), Err(lost())]).boxed();
    let deleted: Vec<_> = store.delete_stream(paths).collect().await;
    assert!(deleted.iter().any(|path| matches!(path, Err(object_store::Error::NotImplemented { .. }))));
}
