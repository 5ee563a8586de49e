//! What bytes hold, and who may read them.

use std::sync::Arc;
use std::time::Duration;

use arraylake_types::{BucketId, CredentialAccess, OpenRepo, OrgName, StorageCredentials};
use async_trait::async_trait;
use icechunk::new_in_memory_storage;
use icechunk::storage::S3CredentialsFetcher;
use serde_json::json;

use super::*;
use crate::testing::{SECRET, Setup, answer, fixed_keys, keys, repo, setup};
use crate::{CredentialError, CredentialSource, OpenOptions};

fn an_hour() -> Setup {
    setup(Duration::from_secs(3600), Duration::ZERO)
}

/// On memory, with a container of virtual chunks, whose fetcher travels with every session.
async fn opened(setup: &Setup, options: OpenOptions) -> IcechunkRepo {
    let storage = new_in_memory_storage().await.unwrap();
    let granted = answer(|text| {
        let entry = json!({"platform": "s3", "credentials": keys(None)});
        text["virtual_chunk_credentials"]["s3://ours/"] = entry;
    });
    let opener = setup.opener();
    opener.create_on(Arc::clone(&storage), &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    opener.open_on(storage, &repo(), granted, options).await.unwrap()
}

#[tokio::test]
async fn bytes_hold_no_secret_and_are_read_by_a_client_of_the_same_service() {
    let (here, there) = (an_hour(), an_hour());
    let opened = opened(&here, OpenOptions::new()).await;
    let session = opened.writable_session("main").await.unwrap();
    let bytes = opened.session_to_bytes(&session.fork().await.unwrap()).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
    let back = there.opener().session_from_bytes(&bytes).unwrap();
    assert!(back.is_fork());
    assert_eq!(back.snapshot_id(), session.snapshot_id());
    assert!(current().is_none(), "the client of the thread is gone");
}

#[tokio::test]
async fn fixed_credentials_of_the_caller_do_not_travel() {
    let options = OpenOptions::new().with_container_credentials("s3://ours", fixed_keys());
    let opened = opened(&an_hour(), options).await;
    let session = opened.readonly_session("main").await.unwrap();
    let error = opened.session_to_bytes(&session).unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    assert!(!format!("{error} {error:?}").contains(SECRET));
}

#[tokio::test]
async fn bytes_of_anything_else_are_refused_with_a_reason() {
    let setup = an_hour();
    let opened = opened(&setup, OpenOptions::new()).await;
    let session = opened.readonly_session("main").await.unwrap();
    let good = opened.session_to_bytes(&session).unwrap();
    let changed = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat()
    };
    let mut other_format = good.clone();
    other_format[MAGIC.len()] = FORMAT + 1;
    for (bytes, reason) in [
        (Vec::new(), "not made by this library"),
        (session.as_bytes().unwrap(), "not made by this library"),
        (MAGIC.to_vec(), "ends early"),
        (good[..good.len() - 1].to_vec(), "ends early"),
        (good[..MAGIC.len() + 5].to_vec(), "ends early"),
        ([&good[..], b"x"].concat(), "more than was written"),
        (other_format, "another version of this library"),
        (changed("\"icechunk\":\"2.", "\"icechunk\":\"9."), "made by icechunk 9."),
        (changed("api.example.com", "api.another.com"), "https://api.another.com, and this client is of"),
    ] {
        let error = setup.opener().session_from_bytes(&bytes).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Config);
        assert!(error.to_string().contains(reason), "{error}, not {reason}");
    }
}

/// A fetcher as it comes out of bytes that icechunk reads by itself.
fn detached(api_url: &str) -> crate::credentials::Fetcher {
    let text = json!({"format": 2, "api_url": api_url, "want": {"Repo": ["acme/era5", "Bucket"]}});
    serde_json::from_value(text).unwrap()
}

/// The same source under a URL of its own, so that no other test sees the registration.
#[derive(Debug)]
struct Alone(Arc<dyn CredentialSource>);

const ALONE: &str = "https://api.alone.example.com";

#[async_trait]
impl CredentialSource for Alone {
    fn api_url(&self) -> &str {
        ALONE
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError> {
        self.0.open_repo(repo).await
    }

    async fn bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials, CredentialError> {
        self.0.bucket_credentials(repo).await
    }

    async fn org_bucket_credentials(
        &self,
        org: &OrgName,
        bucket: BucketId,
        access: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError> {
        self.0.org_bucket_credentials(org, bucket, access).await
    }
}

#[tokio::test]
async fn what_icechunk_reads_by_itself_is_attached_to_a_registered_client_of_the_same_service_alone() {
    let setup = an_hour();
    let opener = Opener::new(Arc::new(Alone(Arc::clone(&setup.source))), setup.cache.clone());
    let (ours, theirs) = (detached(ALONE), detached("https://api.another.com"));
    assert!(S3CredentialsFetcher::get(&ours).await.unwrap_err().contains("register one"));
    opener.register();
    assert_eq!(S3CredentialsFetcher::get(&ours).await.unwrap().secret_access_key, SECRET);
    let error = S3CredentialsFetcher::get(&theirs).await.unwrap_err();
    assert!(error.contains("a client of https://api.another.com"), "{error}");
    opener.unregister();
    assert!(S3CredentialsFetcher::get(&detached(ALONE)).await.is_err());
    let reading = Reading::begin(opener.link);
    let (ours, theirs) = (detached(ALONE), detached("https://api.another.com"));
    drop(reading);
    assert!(S3CredentialsFetcher::get(&ours).await.is_ok(), "attached while it was read");
    assert!(S3CredentialsFetcher::get(&theirs).await.is_err(), "of another service than the reader");
}
