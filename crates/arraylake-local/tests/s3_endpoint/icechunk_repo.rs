//! Icechunk on the endpoint: many writers on one repository, and keys that are scoped to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arraylake_local::s3::{Access, Grant};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::TryStreamExt;
use icechunk::config::{S3Credentials, S3Options, S3StaticCredentials};
use icechunk::conflicts::detector::ConflictDetector;
use icechunk::format::Path;
use icechunk::repository::VersionInfo;
use icechunk::storage::new_s3_storage;
use icechunk::{Repository, Storage};
use tokio::task::JoinSet;

use super::support::{BUCKET, Served, served};

pub(crate) const WRITERS: usize = 32;

fn storage(served: &Served) -> Arc<dyn Storage + Send + Sync> {
    let grants = vec![Grant::new(BUCKET, "org/repo", Access::ReadWrite)];
    let key = served.endpoint.temporary_keys().mint(grants, TimeDelta::hours(1));
    let (secret, token) = (key.secret_access_key.expose(), key.session_token.expose());
    storage_with(&served.url(), &key.access_key_id, secret, Some(token))
}

/// The repository at an endpoint, by these keys.
pub(crate) fn storage_with(
    url: &str,
    id: &str,
    secret: &str,
    token: Option<&str>,
) -> Arc<dyn Storage + Send + Sync> {
    let options = S3Options::default()
        .with_region("us-east-1")
        .with_endpoint_url(url)
        .with_allow_http(true)
        .with_force_path_style(true);
    let credentials = S3Credentials::Static(S3StaticCredentials {
        access_key_id: id.to_owned(),
        secret_access_key: secret.to_owned(),
        session_token: token.map(str::to_owned),
        expires_after: None,
    });
    let prefix = Some("org/repo".to_owned());
    new_s3_storage(options, BUCKET.to_owned(), prefix, Some(credentials), vec![], vec![], None).unwrap()
}

/// Adds a group to the main branch, whoever else is about to, and names the commit after it.
pub(crate) async fn commit(repo: &Repository, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut session = repo.writable_session("main").await?;
    session.add_group(Path::new(&format!("/{name}"))?, Bytes::from_static(b"{}")).await?;
    session.commit(name).rebase(&ConflictDetector, 1000).execute().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_branch_of_many_writers_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    let repo = Repository::create(storage(&served)).execute().await.unwrap();
    let tip = repo.lookup_branch("main").await.unwrap();
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let (storage, tip) = (storage(&served), tip.clone());
        tasks.spawn(async move {
            let repo = Repository::open(storage).execute().await.unwrap();
            repo.create_branch(&format!("branch-{writer}"), &tip).await.unwrap();
        });
    }
    tasks.join_all().await;
    let again = Repository::open(storage(&served)).execute().await.unwrap();
    let mut expected: BTreeSet<String> = (0..WRITERS).map(|writer| format!("branch-{writer}")).collect();
    expected.insert("main".to_owned());
    assert_eq!(again.list_branches().await.unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_commit_of_many_writers_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let served = served(dir.path()).await;
    Repository::create(storage(&served)).execute().await.unwrap();
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let storage = storage(&served);
        tasks.spawn(async move {
            let repo = Repository::open(storage).execute().await.unwrap();
            commit(&repo, &format!("group-{writer}")).await.unwrap();
        });
    }
    tasks.join_all().await;
    let repo = Repository::open(storage(&served)).execute().await.unwrap();
    let main = VersionInfo::BranchTipRef("main".to_owned());
    let history: Vec<_> = repo.ancestry(&main).await.unwrap().try_collect().await.unwrap();
    assert_eq!(history.len(), WRITERS + 1);
    let session = repo.readonly_session(&main).await.unwrap();
    for writer in 0..WRITERS {
        let path = Path::new(&format!("/group-{writer}")).unwrap();
        session.get_group(&path).await.unwrap();
    }
}
