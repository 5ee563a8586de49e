//! An object store that refuses keys, and what is asked of it and of the catalog then.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use icechunk::storage::{StorageContext, StorageResult};

use super::*;
use crate::opening::OpeningStorage;
use crate::testing::{Setup, answer, refusing_store, repo, setup};
use crate::{CredentialError, ErrorKind, OpenOptions};

fn an_hour() -> Setup {
    setup(Duration::from_secs(3600), Duration::ZERO)
}

async fn storage(setup: &Setup, endpoint: &str) -> OpeningStorage {
    let answer = answer(|text| text["repo_bucket"]["extra_config"]["endpoint_url"] = endpoint.into());
    let opener = setup.opener();
    let inner = opener.storage(&repo(), &answer, &OpenOptions::new()).await.unwrap();
    OpeningStorage::created(inner, opener.keeper(&repo()))
}

async fn read(storage: &OpeningStorage) -> StorageResult<()> {
    let settings = storage.default_settings().await.unwrap();
    let ctx = StorageContext::unattributed(&settings);
    storage.get_object_range(&ctx, "chunks/a", Some(&(0..10))).await.map(drop)
}

fn is_missing(outcome: &StorageResult<()>) -> bool {
    outcome.as_ref().is_err_and(|error| matches!(error.kind, StorageErrorKind::ObjectNotFound))
}

#[tokio::test]
async fn keys_that_a_bucket_refuses_before_their_end_are_fetched_anew_and_the_request_is_made_again() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(1).await);
    let storage = storage(&setup, &endpoint).await;
    assert!(is_missing(&read(&storage).await), "that is what the store says to keys that it takes");
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (2, 2));
    assert!(is_missing(&read(&storage).await));
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (3, 2));
}

#[tokio::test]
async fn a_refusal_of_a_request_whose_answer_has_no_body_is_understood_too() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(1).await);
    let storage = storage(&setup, &endpoint).await;
    let settings = storage.default_settings().await.unwrap();
    let ctx = StorageContext::unattributed(&settings);
    let error = storage.get_object_last_modified(&ctx, "snapshots/a").await.unwrap_err();
    assert!(!format!("{error:?}").contains("400"), "{error:?}");
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (2, 2));
}

#[tokio::test]
async fn keys_that_are_refused_again_at_once_are_not_fetched_a_third_time() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(usize::MAX).await);
    let storage = storage(&setup, &endpoint).await;
    for asked in [2, 3] {
        let error = read(&storage).await.unwrap_err();
        assert!(one_line(&error.kind).contains("ExpiredToken"), "{error}");
        assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (asked, 2));
    }
}

#[tokio::test]
async fn all_who_are_refused_at_once_share_the_new_keys() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(16).await);
    let storage = storage(&setup, &endpoint).await;
    let all = join_all((0..16).map(|_| read(&storage))).await;
    assert!(all.iter().all(is_missing), "{all:?}");
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (32, 2));
}

#[tokio::test]
async fn every_handle_of_a_repo_that_is_refused_gets_the_new_keys() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(3).await);
    let mut handles = Vec::new();
    for _ in 0..3 {
        handles.push(storage(&setup, &endpoint).await);
    }
    let all = join_all(handles.iter().map(read)).await;
    assert!(all.iter().all(is_missing), "{all:?}");
    assert_eq!((requests.load(Ordering::SeqCst), setup.fake.calls()), (6, 2));
}

#[tokio::test]
async fn a_storage_in_another_process_renews_its_keys_with_the_client_that_read_it() {
    let (setup, (endpoint, _)) = (an_hour(), refusing_store(1).await);
    let storage = Arc::new(storage(&setup, &endpoint).await) as Inner;
    let text = serde_json::to_string(&storage).unwrap();
    let elsewhere = an_hour();
    let reading = sessions::Reading::begin(elsewhere.opener().link);
    let storage: Inner = serde_json::from_str(&text).unwrap();
    drop(reading);
    let settings = storage.default_settings().await.unwrap();
    let ctx = StorageContext::unattributed(&settings);
    let error = storage.get_object_range(&ctx, "chunks/a", None).await.err().unwrap();
    assert!(matches!(error.kind, StorageErrorKind::ObjectNotFound), "{error}");
    assert_eq!((setup.fake.calls(), elsewhere.fake.calls()), (0, 2));
}

#[tokio::test]
async fn a_refusal_of_credentials_is_said_in_words_that_icechunk_does_not_repeat_for_a_minute() {
    let (setup, (endpoint, requests)) = (an_hour(), refusing_store(0).await);
    let storage = storage(&setup, &endpoint).await;
    setup.fake.failures.lock().unwrap().push_back(CredentialError::refused("not allowed any more"));
    let error = read(&storage).await.unwrap_err();
    let words = format!("{error:?}").to_lowercase();
    for repeated in ["dispatchfailure", "streamingerror", "connectorerror", "connection reset"] {
        assert!(!words.contains(repeated), "{words}");
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0);
    let error = crate::Error::explain(
        icechunk::repository::RepositoryError::capture(
            icechunk::repository::RepositoryErrorKind::StorageError(error.kind),
        ),
        &repo(),
        &setup.cache,
    );
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    assert_eq!(error.to_string(), "no credentials for acme/era5: not allowed any more");
}

#[tokio::test]
async fn storages_of_every_platform_can_be_made_again() {
    for (platform, method) in [
        ("s3", "aws_customer_managed_role"),
        ("gs", "gcp_customer_managed_role"),
        ("azure", "azure_credential_delegation"),
    ] {
        let setup = an_hour();
        let answer = answer(|text| {
            text["repo_bucket"]["platform"] = platform.into();
            text["repo_bucket"]["auth_config"] =
                serde_json::json!({"method": method, "storage_account": "account"});
            text["repo_bucket"]["extra_config"]["endpoint_url"] = "http://127.0.0.1:9/account".into();
        });
        let opener = setup.opener();
        let storage = opener.storage(&repo(), &answer, &OpenOptions::new()).await.unwrap();
        let next = again(&storage, &opener.link).unwrap_or_else(|error| panic!("{platform}: {error}"));
        assert_eq!(format!("{next}"), format!("{storage}"));
        assert!(format!("{next:?}").contains("attached: true"), "{next:?}");
    }
}
