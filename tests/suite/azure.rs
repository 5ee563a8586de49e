//! Repositories and buckets in Azure Blob Storage, played by Azurite.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arraylake_core::icechunk::icechunk::virtual_chunks::VirtualChunkContainer;
use arraylake_core::icechunk::icechunk::{ObjectStoreConfig, RepositoryConfig};
use arraylake_core::icechunk::object_store::path::Path;
use arraylake_core::icechunk::object_store::{self, ObjectStoreExt as _};
use arraylake_core::icechunk::{CollectGarbage, OpenOptions};
use arraylake_core::prelude::{NewRepo, Repositories as _};
use arraylake_core::transport::testing::{Script, json as answered, status};
use arraylake_core::{AsyncClient, Config};
use arraylake_tests::azurite::{ACCOUNT, Azurite, CONTAINER, PUBLIC};
use arraylake_tests::cloud::{self, lose, put_archive, repo, write};
use arraylake_tests::log::logged;
use arraylake_tests::vendor::Vendor;
use arraylake_tests::{archive, dataset};
use arraylake_types::{CredentialAccess, GcConfig, ImportRepo, OpenRepo, Retention, Timestamp};
use futures_util::TryStreamExt as _;
use serde_json::json;

const LATER: &str = "2099-01-01T00:00:00Z";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// What the catalog would say, without credentials.
fn answer(azurite: &Azurite) -> OpenRepo {
    let auth = json!({"method": "azure_credential_delegation", "storage_account": "devstoreaccount1"});
    cloud::answer("azure", CONTAINER, azurite.endpoint(), auth)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_in_azure_is_made_written_and_read_back() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, _) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    write(&opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap()).await;
    let (opener, _) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    let again = opener.open(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap();
    let store = Arc::new(again.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_azure_refuses_before_its_end_is_renewed() {
    let Some(azurite) = Azurite::start().await else { return };
    let vended = [Azurite::credentials(LONG_AGO, LATER), Azurite::credentials(LATER, LATER)];
    let (opener, vendor) = Vendor::new(vended);
    write(&opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap()).await;
    assert_eq!(vendor.left(), 1, "the first signature was of no use");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_in_azure_is_an_object_store() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, _) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    let org = "acme".parse().unwrap();
    let bucket = answer(&azurite).repo_bucket;
    let store = opener.bucket_store(&org, bucket, CredentialAccess::Write).await.unwrap();
    let place = Path::from("some/file.txt");
    store.put(&place, "hello".into()).await.unwrap();
    let found: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(found.iter().map(|object| &object.location).collect::<Vec<_>>(), [&place]);
    assert_eq!(store.get_range(&place, 1..3).await.unwrap(), "el");
    store.delete(&place).await.unwrap();
    assert!(matches!(store.head(&place).await.unwrap_err(), object_store::Error::NotFound { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_whose_signature_is_refused_before_its_end_is_asked_with_the_next() {
    let Some(azurite) = Azurite::start().await else { return };
    let vended = [Azurite::credentials(LONG_AGO, LATER), Azurite::credentials(LATER, LATER)];
    let (opener, vendor) = Vendor::new(vended);
    let (org, bucket) = ("acme".parse().unwrap(), answer(&azurite).repo_bucket);
    let store = opener.bucket_store(&org, bucket, CredentialAccess::Write).await.unwrap();
    store.put(&Path::from("file"), "hello".into()).await.unwrap();
    assert_eq!(vendor.left(), 1, "the first signature was of no use");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_azure_is_collected() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, _) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    let repo = opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap();
    write(&repo).await;
    lose(&repo, 2).await;
    let mut rules = GcConfig::default();
    rules.dangling_chunks = Retention::OlderThan(0.0);
    let now = Timestamp::from(SystemTime::now() + Duration::from_secs(60));
    let collect = CollectGarbage::by(rules, now);
    let dry = repo.collect_garbage(collect.clone().with_dry_run()).await.unwrap();
    assert_eq!(dry.result.chunks_deleted, 2, "{dry:?}");
    let real = repo.collect_garbage(collect.clone()).await.unwrap();
    assert_eq!((real.result.chunks_deleted, real.failed), (2, 0), "{real:?}");
    assert_eq!(repo.collect_garbage(collect).await.unwrap().result.chunks_deleted, 0);
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn virtual_chunks_in_azure_are_read_and_a_signature_that_is_refused_is_renewed() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, vendor) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    put_archive(&opener, answer(&azurite).repo_bucket).await;
    opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap();

    let prefix = format!("az://{CONTAINER}/archive/");
    let granting = |until| {
        let (credentials, url) = (Azurite::credentials(until, LATER), azurite.endpoint());
        let entry = json!({"platform": "azure", "credentials": credentials, "endpoint_url": url});
        cloud::granting(&answer(&azurite), &prefix, entry)
    };
    vendor.answer(granting(LATER));
    let repo = opener.open(&repo(), granting(LONG_AGO), OpenOptions::new()).await.unwrap();
    archive::refer(&repo, &[prefix]).await;
    assert_eq!(archive::read(&repo).await.unwrap(), archive::bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn virtual_chunks_in_a_public_container_of_azure_are_read_where_the_caller_names_the_account() {
    let Some(azurite) = Azurite::start().await else { return };
    azurite.publish(&format!("archive/{}", archive::FILE), archive::bytes()).await;
    let (opener, _) = Vendor::new([Azurite::credentials(LATER, LATER)]);
    opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap();
    let prefix = format!("az://{PUBLIC}/archive/");
    let entry = json!({"platform": "azure", "credentials": null, "endpoint_url": azurite.endpoint()});
    let granted = cloud::granting(&answer(&azurite), &prefix, entry);
    let mut config = RepositoryConfig::default();
    let store = ObjectStoreConfig::Azure([("account".to_owned(), ACCOUNT.to_owned())].into());
    let own = VirtualChunkContainer::new(prefix.clone(), store).unwrap();
    config.set_virtual_chunk_container(own).unwrap();
    for (options, reads) in [(OpenOptions::new().with_config(config), true), (OpenOptions::new(), false)] {
        let repo = opener.open(&repo(), granted.clone(), options).await.unwrap();
        if reads {
            archive::refer(&repo, std::slice::from_ref(&prefix)).await;
            assert_eq!(archive::read(&repo).await.unwrap(), archive::bytes());
        } else {
            let error = archive::read(&repo).await.unwrap_err();
            assert!(format!("{error} {error:?}").contains(&prefix), "{error:?}");
        }
    }
}

#[test]
fn whoever_makes_or_imports_a_repo_in_azure_is_told_how_far_keys_reach() {
    let made = r#"{"_id": "aa", "org": "acme", "name": "era5", "kind": "icechunk"}"#;
    let offline = json!({
        "repo_bucket": {
            "nickname": "azure", "platform": "azure", "name": CONTAINER,
            "auth_config": {"method": "azure_credential_delegation", "storage_account": "account"},
        },
        "repo_prefix": "era5",
        "status": {"mode": "offline"},
    });
    for imports in [false, true] {
        let script = Script::new([answered(201, made), answered(200, &offline), status(204)]);
        let leaf = script.clone();
        let client = AsyncClient::builder()
            .with_config(Config::empty())
            .with_token("ema_token")
            .with_service_uri("http://service.example.com")
            .with_transport(|transport| transport.with_leaf(leaf))
            .build()
            .unwrap();
        let org = "acme".parse().unwrap();
        let (outcome, log) = logged(async {
            if imports {
                let request = ImportRepo::new("era5", "azure", "era5").unwrap();
                return client.import_repo(&org, request, arraylake_core::OpenOptions::new()).await;
            }
            client.create_repo(&org, NewRepo::new("era5"), arraylake_core::OpenOptions::new()).await
        });
        assert!(outcome.unwrap_err().is_offline());
        assert!(log.contains("reach everything in the container"), "{log}");
    }
}
