//! An endpoint that is killed while many writers commit to one repository: every commit that was answered is there,
//! once, the repository opens, and the writers go on.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;

use futures_util::TryStreamExt;
use icechunk::Repository;
use icechunk::repository::VersionInfo;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::icechunk_repo::{WRITERS, commit, storage_with};
use super::support::{child, served};

/// Tells the child what to serve; without it the child test does nothing.
const DIRECTORY: &str = "ARRAYLAKE_TEST_KILL_ENDPOINT";
const ROUNDS: usize = 2;

/// The child: serves until somebody kills it.
#[tokio::test(flavor = "multi_thread")]
async fn child_serves_until_killed() {
    let Ok(dir) = std::env::var(DIRECTORY) else { return };
    let served = served(dir.as_ref()).await;
    println!("serves {}", served.url());
    std::future::pending::<()>().await;
}

/// Another process that serves the directory, and where.
fn serving(dir: &Path) -> (Child, String) {
    let (child, mut lines) = child("icechunk_kill::child_serves_until_killed", DIRECTORY, dir);
    let url = lines.find_map(|line| Some(line.split_once("serves ")?.1.to_owned()));
    (child, url.unwrap())
}

async fn open(url: &str) -> Repository {
    Repository::open(storage_with(url, "admin", "admin-secret", None)).execute().await.unwrap()
}

/// Lets every writer commit again and again until so many commits were answered, and kills the endpoint. Returns the
/// names of those that were answered.
async fn write_and_kill(dir: &Path, round: usize, after: usize) -> BTreeSet<String> {
    let (mut child, url) = serving(dir);
    if round == 0 {
        Repository::create(storage_with(&url, "admin", "admin-secret", None)).execute().await.unwrap();
    }
    let (told, mut answered) = mpsc::unbounded_channel();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (url, told) = (url.clone(), told.clone());
        writers.spawn(async move {
            let repo = open(&url).await;
            for turn in 0.. {
                let name = format!("r{round}-w{writer}-t{turn}");
                // Once the endpoint is gone, nothing is answered any more.
                if commit(&repo, &name).await.is_err() || told.send(name).is_err() {
                    return;
                }
            }
        });
    }
    let mut names = BTreeSet::new();
    while names.len() < after {
        names.insert(answered.recv().await.unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    while let Ok(name) = answered.try_recv() {
        names.insert(name);
    }
    writers.shutdown().await;
    names
}

/// The names of all commits but the first, from the newest, as far as what they made is there.
async fn history(repo: &Repository) -> Vec<String> {
    let main = VersionInfo::BranchTipRef("main".to_owned());
    let commits: Vec<_> = repo.ancestry(&main).await.unwrap().try_collect().await.unwrap();
    let session = repo.readonly_session(&main).await.unwrap();
    let names: Vec<String> = commits.iter().rev().skip(1).map(|commit| commit.message.clone()).collect();
    for name in &names {
        let path = icechunk::format::Path::new(&format!("/{name}")).unwrap();
        session.get_group(&path).await.unwrap();
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_commit_of_many_writers_is_lost_when_the_endpoint_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut answered = BTreeSet::new();
    for round in 0..ROUNDS {
        answered.extend(write_and_kill(dir.path(), round, 10 + 8 * round).await);
        let path = dir.path().to_owned();
        // In a runtime of its own, so that the directory is free again afterwards.
        let look = move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let served = served(&path).await;
                history(&open(&served.url()).await).await
            })
        };
        let found = tokio::task::spawn_blocking(look).await.unwrap();
        let names: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(names.len(), found.len(), "no commit was made twice: {found:?}");
        assert!(answered.is_subset(&names), "lost: {:?}", answered.difference(&names));
    }
}
