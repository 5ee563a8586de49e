//! Repositories and buckets in Azure Blob Storage, played by Azurite.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use arraylake_core::icechunk::object_store::ObjectStoreExt as _;
use arraylake_core::icechunk::object_store::path::Path;
use arraylake_core::icechunk::{
    CredentialCache, CredentialError, CredentialSource, IcechunkRepo, OpenOptions, Opener,
};
use arraylake_tests::azurite::{Azurite, CONTAINER};
use arraylake_tests::dataset;
use arraylake_types::{BucketId, CredentialAccess, OpenRepo, OrgName, RepoName, StorageCredentials};
use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use serde_json::json;

const LATER: &str = "2099-01-01T00:00:00Z";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// A catalog that vends one signature after the other; the last one again and again.
#[derive(Debug)]
struct Vendor(Mutex<VecDeque<StorageCredentials>>);

impl Vendor {
    fn next(&self) -> StorageCredentials {
        let mut all = self.0.lock().unwrap();
        if all.len() > 1 { all.pop_front().unwrap() } else { all[0].clone() }
    }
}

#[async_trait]
impl CredentialSource for Vendor {
    fn api_url(&self) -> &str {
        "https://api.example.com"
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError> {
        Err(CredentialError::refused(format!("nobody asks where {repo} is")))
    }

    async fn bucket_credentials(&self, _: &RepoName) -> Result<StorageCredentials, CredentialError> {
        Ok(self.next())
    }

    async fn org_bucket_credentials(
        &self,
        _: &OrgName,
        _: BucketId,
        _: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError> {
        Ok(self.next())
    }
}

fn opener(vended: impl IntoIterator<Item = StorageCredentials>) -> (Opener, Arc<Vendor>) {
    let vendor = Arc::new(Vendor(Mutex::new(vended.into_iter().collect())));
    (Opener::new(Arc::clone(&vendor) as Arc<dyn CredentialSource>, CredentialCache::new()), vendor)
}

/// What the catalog would say, without credentials.
fn answer(azurite: &Azurite) -> OpenRepo {
    let text = json!({
        "repo_bucket": {
            "id": "11111111-1111-4111-8111-111111111111",
            "nickname": "azure", "platform": "azure", "name": CONTAINER, "prefix": "team",
            "extra_config": {"endpoint_url": azurite.endpoint()},
            "auth_config": {"method": "azure_credential_delegation", "storage_account": "devstoreaccount1"},
        },
        "repo_prefix": "team/era5",
        "author": {"name": null, "email": "ada@example.com"},
    });
    serde_json::from_value(text).unwrap()
}

fn repo() -> RepoName {
    "acme/era5".parse().unwrap()
}

async fn write(repo: &IcechunkRepo) {
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    store.commit("in Azure").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_in_azure_is_made_written_and_read_back() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, _) = opener([Azurite::credentials(LATER, LATER)]);
    write(&opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap()).await;
    let (opener, _) = self::opener([Azurite::credentials(LATER, LATER)]);
    let again = opener.open(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap();
    let store = Arc::new(again.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_azure_refuses_before_its_end_is_renewed() {
    let Some(azurite) = Azurite::start().await else { return };
    let vended = [Azurite::credentials(LONG_AGO, LATER), Azurite::credentials(LATER, LATER)];
    let (opener, vendor) = opener(vended);
    write(&opener.create(&repo(), answer(&azurite), OpenOptions::new()).await.unwrap()).await;
    assert_eq!(vendor.0.lock().unwrap().len(), 1, "the first signature was of no use");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_in_azure_is_an_object_store() {
    let Some(azurite) = Azurite::start().await else { return };
    let (opener, _) = opener([Azurite::credentials(LATER, LATER)]);
    let org = "acme".parse().unwrap();
    let bucket = answer(&azurite).repo_bucket;
    let store = opener.bucket_store(&org, bucket, CredentialAccess::Write).await.unwrap();
    let place = Path::from("some/file.txt");
    store.put(&place, "hello".into()).await.unwrap();
    let found: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(found.iter().map(|object| &object.location).collect::<Vec<_>>(), [&place]);
    assert_eq!(store.get_range(&place, 1..3).await.unwrap(), "el");
    // Nothing is deleted here: Azurite answers what is signed this way, and asks to delete, with an error of its own.
}
