//! Opening and creating on memory, where a bucket would be.

use std::time::Duration;

use icechunk::config::Credentials;
use icechunk::new_in_memory_storage;
use icechunk::storage::S3Credentials;
use icechunk::virtual_chunks::VirtualChunkContainer;
use serde_json::json;

use super::*;
use crate::testing::{SECRET, Setup, answer, keys, repo, setup};

fn an_hour() -> Setup {
    setup(Duration::from_secs(3600), Duration::ZERO)
}

fn in_mode(mode: &str) -> OpenRepo {
    answer(|text| text["status"] = json!({"mode": mode, "message": "moving house"}))
}

/// A storage with an empty repository in it.
async fn created(opener: &Opener) -> RepoStorage {
    let storage = new_in_memory_storage().await.unwrap();
    let on = Arc::clone(&storage);
    opener.create_on(on, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    storage
}

#[tokio::test]
async fn an_offline_repo_is_refused_with_the_reason() {
    let setup = an_hour();
    for outcome in [
        setup.opener().open(&repo(), in_mode("offline"), OpenOptions::new()).await,
        setup.opener().create(&repo(), in_mode("offline"), OpenOptions::new()).await,
    ] {
        let error = outcome.unwrap_err();
        let expected = ErrorKind::Offline { until: None, message: Some("moving house".to_owned()) };
        assert_eq!(error.kind(), &expected);
        assert_eq!(error.to_string(), "acme/era5 is offline. moving house");
    }
    assert_eq!(setup.fake.calls(), 0);
}

#[tokio::test]
async fn a_repo_under_maintenance_reads_and_does_not_write() {
    let opener = an_hour().opener();
    let storage = created(&opener).await;
    let opened = opener.open_on(storage, &repo(), in_mode("maintenance"), OpenOptions::new()).await.unwrap();
    assert!(opened.is_read_only());
    opened.readonly_session("main").await.unwrap();
    let error = opened.writable_session("main").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
    assert!(error.to_string().ends_with("moving house"), "{error}");
    let error = opener.create(&repo(), in_mode("maintenance"), OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
}

#[tokio::test]
async fn a_caller_may_ask_for_reading_alone() {
    let opener = an_hour().opener();
    let options = OpenOptions::new().with_read_only(true);
    let opened = opener.open_on(created(&opener).await, &repo(), answer(|_| {}), options).await.unwrap();
    let error = opened.writable_session("main").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
}

#[tokio::test]
async fn commits_carry_the_author_with_a_null_where_the_name_is_unknown() {
    let opener = an_hour().opener();
    let storage = created(&opener).await;
    let opened = opener.open_on(storage, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    let mut session = opened.writable_session("main").await.unwrap();
    let id = session.commit("first").allow_empty(true).execute().await.unwrap();
    let snapshot = opened.repository().lookup_snapshot(&id).await.unwrap();
    let metadata = serde_json::to_value(&snapshot.metadata).unwrap();
    assert_eq!(metadata, json!({"author_name": null, "author_email": "ada@example.com"}));
    let attribution = opened.repository().attribution();
    assert_eq!(attribution.principal(), Some("9f0a2f2e-4b7e-4c57-9a35-1f64c2d5a0b1"));
    assert!(attribution.client().unwrap().starts_with("arraylake-icechunk/"));
}

#[tokio::test]
async fn errors_of_icechunk_have_a_kind_and_one_line() {
    let opener = an_hour().opener();
    let empty = new_in_memory_storage().await.unwrap();
    let error = opener.open_on(empty, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NoRepository);
    assert!(error.to_string().contains("or the bucket is wrong"), "{error}");
    let storage = created(&opener).await;
    let again = opener.create_on(Arc::clone(&storage), &repo(), answer(|_| {}), OpenOptions::new()).await;
    assert!(again.unwrap_err().prefix_was_occupied());
    let opened = opener.open_on(storage, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    let error = opened.readonly_session("nowhere").await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::NotFound);
    assert_eq!(error.to_string(), "acme/era5: ref not found `nowhere`");
}

#[tokio::test]
async fn nothing_is_made_in_a_bucket_without_keys_and_import_is_pointed_at() {
    let anonymous = answer(|text| text["repo_bucket"]["auth_config"] = json!({"method": "anonymous"}));
    let error = an_hour().opener().create(&repo(), anonymous, OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
    assert!(error.to_string().contains("anonymous") && error.to_string().contains("import_repo"), "{error}");
}

#[tokio::test]
async fn a_prefix_that_icechunk_cannot_update_is_refused_before_anything_happens() {
    for prefix in ["", "/", "caf\u{e9}", "a%20b"] {
        let bad = answer(|text| text["repo_prefix"] = prefix.into());
        let error = an_hour().opener().create(&repo(), bad, OpenOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{prefix}");
    }
}

#[test]
fn flags_of_the_bucket_lie_under_the_config_under_the_settings() {
    let answer = answer(|text| {
        text["repo_bucket"]["extra_config"] =
            json!({"unsafe_use_conditional_update": false, "unsafe_use_conditional_create": "false"});
    });
    let settings =
        |update: Option<bool>| Settings { unsafe_use_conditional_update: update, ..Settings::default() };
    let flags = |options| {
        let settings = config(&answer, &options).storage.unwrap();
        (settings.unsafe_use_conditional_update, settings.unsafe_use_conditional_create)
    };
    assert_eq!(flags(OpenOptions::new()), (Some(false), Some(false)));
    let own = RepositoryConfig { storage: Some(settings(Some(true))), ..RepositoryConfig::default() };
    let options = OpenOptions::new().with_config(own);
    assert_eq!(flags(options.clone()), (Some(true), Some(false)));
    assert_eq!(flags(options.with_storage_settings(settings(Some(false)))), (Some(false), Some(false)));
    assert_eq!(config(&crate::testing::answer(|_| {}), &OpenOptions::new()), RepositoryConfig::default());
}

fn granting(prefixes: &[&str]) -> OpenRepo {
    answer(|text| {
        for prefix in prefixes {
            let entry = json!({"platform": "s3", "credentials": keys(None), "runtime_vcc_name": null});
            text["virtual_chunk_credentials"][prefix] = entry;
        }
        text["virtual_chunk_credentials"]["s3://public/"] =
            json!({"platform": "s3", "credentials": null, "runtime_vcc_name": "__al_source"});
        text["virtual_chunk_credentials"]["gs://google/"] = json!({"platform": "gs", "credentials": {
            "access_token": SECRET, "principal": "p", "expiration": null}});
        text["virtual_chunk_credentials"]["gs://open/"] = json!({"platform": "gs", "credentials": null});
        text["virtual_chunk_credentials"]["az://azure/"] = json!({"platform": "azure", "credentials": {
            "sas_token": SECRET, "storage_account": "acc", "expiration": null}});
        text["virtual_chunk_credentials"]["az://nobody/"] = json!({"platform": "azure", "credentials": null});
        text["virtual_chunk_credentials"]["az://host/"] = json!({"platform": "azure", "credentials": null,
            "endpoint_url": "https://open.blob.core.windows.net"});
    })
}

fn account<'a>(opened: &'a IcechunkRepo, prefix: &str) -> &'a str {
    let container = opened.repository().config().get_virtual_chunk_container(prefix).unwrap();
    let icechunk::ObjectStoreConfig::Azure(store) = &container.store else { panic!("{container:?}") };
    &store["account"]
}

#[tokio::test]
async fn a_public_container_of_azure_is_read_where_the_caller_names_its_account() {
    let opener = an_hour().opener();
    let (storage, mut config) = (created(&opener).await, RepositoryConfig::default());
    let options = [("account".to_owned(), "known".to_owned())].into();
    let own =
        VirtualChunkContainer::new("az://nobody/".to_owned(), icechunk::ObjectStoreConfig::Azure(options));
    config.set_virtual_chunk_container(own.unwrap()).unwrap();
    let options = OpenOptions::new().with_config(config);
    let opened = opener.open_on(storage, &repo(), granting(&[]), options).await.unwrap();
    assert_eq!(account(&opened, "az://nobody/"), "known");
    let authorised = opened.repository().authorized_virtual_container_prefixes();
    assert!(authorised.contains("az://nobody/"));
}

#[tokio::test]
async fn granted_containers_are_readable_and_neither_printed_nor_serialised_with_secrets() {
    let setup = an_hour();
    let opener = setup.opener();
    let storage = created(&opener).await;
    let granted = granting(&["s3://ours/data"]);
    setup.cache.seed(&repo(), &granted);
    let opened = opener.open_on(storage, &repo(), granted, OpenOptions::new()).await.unwrap();
    let mut prefixes: Vec<_> =
        opened.repository().authorized_virtual_container_prefixes().into_iter().collect();
    prefixes.sort();
    let expected =
        ["az://azure/", "az://host/", "gs://google/", "gs://open/", "s3://ours/data/", "s3://public/"];
    assert_eq!(prefixes, expected, "and nothing without an account");
    assert_eq!((account(&opened, "az://azure/"), account(&opened, "az://host/")), ("acc", "open"));
    let named = opened.repository().config().get_virtual_chunk_container("s3://public/").unwrap();
    assert_eq!(named.name(), Some("__al_source"));
    let session = opened.readonly_session("main").await.unwrap();
    let bytes = session.as_bytes().unwrap();
    let text =
        format!("{opened:?} {:?} {session:?} {}", opened.repository(), String::from_utf8_lossy(&bytes));
    assert!(text.contains("arraylake-s3-credentials") && !text.contains(SECRET));
}

#[tokio::test]
async fn containers_of_virtual_chunks_always_have_a_region_and_those_of_r2_its_own_and_paths() {
    let opener = an_hour().opener();
    let granted = answer(|text| {
        text["virtual_chunk_credentials"] = json!({
            "s3://plain/": {"platform": "s3"},
            "s3://there/": {"platform": "s3", "region": "eu-west-1"},
            "s3://r2/": {"platform": "s3-compatible", "endpoint_url": "https://a.r2.cloudflarestorage.com"},
        });
    });
    let opened = opener.open_on(created(&opener).await, &repo(), granted, OpenOptions::new()).await.unwrap();
    for (prefix, region, path) in
        [("s3://plain/", "us-east-1", false), ("s3://there/", "eu-west-1", false), ("s3://r2/", "auto", true)]
    {
        let container = opened.repository().config().get_virtual_chunk_container(prefix).unwrap();
        let icechunk::ObjectStoreConfig::S3(options) = &container.store else { panic!("{container:?}") };
        assert_eq!((options.region.as_deref(), options.force_path_style), (Some(region), path), "{prefix}");
    }
}

#[tokio::test]
async fn a_catalog_may_not_point_at_the_machine_that_opens() {
    let opener = an_hour().opener();
    let storage = created(&opener).await;
    for prefix in ["file:///etc/", "FILE:///etc/", "memory://x/", "http://169.254.169.254/", "https://x/"] {
        let on = Arc::clone(&storage);
        let error = opener.open_on(on, &repo(), granting(&[prefix]), OpenOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config, "{prefix}");
        assert!(error.to_string().contains("may not grant"), "{error}");
    }
}

#[tokio::test]
async fn containers_of_the_caller_need_credentials_from_somewhere() {
    let opener = an_hour().opener();
    let storage = created(&opener).await;
    let mut own = RepositoryConfig::default();
    let store = icechunk::ObjectStoreConfig::S3(icechunk::storage::S3Options::default());
    own.set_virtual_chunk_container(VirtualChunkContainer::new("s3://mine/".to_owned(), store).unwrap())
        .unwrap();
    let options = OpenOptions::new().with_config(own);
    let on = Arc::clone(&storage);
    let error = opener.open_on(on, &repo(), granting(&[]), options.clone()).await.unwrap_err();
    let prefixes = vec!["s3://mine/".to_owned()];
    assert_eq!(error.kind(), &ErrorKind::UnauthorizedContainers { prefixes });
    let options = options.with_container_credentials("s3://mine", Credentials::S3(S3Credentials::Anonymous));
    let opened = opener.open_on(storage, &repo(), granting(&[]), options).await.unwrap();
    let prefixes = opened.repository().authorized_virtual_container_prefixes();
    assert!(prefixes.contains("s3://mine/") && prefixes.contains("s3://public/"));
}

#[tokio::test]
async fn a_refusal_of_credentials_comes_back_through_the_sdk_as_it_was() {
    let setup = an_hour();
    setup.fake.failures.lock().unwrap().push_back(crate::CredentialError::refused("the token has expired"));
    let elsewhere = answer(|text| {
        // Nothing listens there, and nothing is sent: signing comes first.
        text["repo_bucket"]["extra_config"]["endpoint_url"] = "http://127.0.0.1:9".into();
    });
    let error = setup.opener().open(&repo(), elsewhere, OpenOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Credentials);
    assert_eq!(error.to_string(), "no credentials for acme/era5: the token has expired");
    assert_eq!(error.credential_error().unwrap().kind(), crate::CredentialErrorKind::Refused);
    assert_eq!(setup.fake.calls(), 1);
}
