//! An open repository without async: sessions, commits, branches, tags, history, arrays.

use std::sync::Arc;

use arraylake_blocking::core::icechunk::icechunk::repository::VersionInfo;
use arraylake_blocking::core::icechunk::{CollectGarbage, CommitOptions, ErrorKind, Expire};
use arraylake_blocking::{Client, Repository, prelude::*};
use arraylake_tests::lake::TestLake;
use arraylake_types::{GcConfig, Timestamp};
use zarrs::array::{Array, ArrayBuilder, data_type};

/// A lake, served by a runtime that runs on threads of its own, and a repository in it.
fn repository(name: &str) -> (tokio::runtime::Runtime, TestLake, Repository) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lake = runtime.block_on(TestLake::start());
    let client = Client::from(lake.client());
    let request = NewRepo::new(name).with_bucket(lake.delegated()).unwrap();
    let repo = client.create_repo(lake.org(), request, OpenOptions::new()).unwrap();
    let repo = client.repository(repo).unwrap();
    (runtime, lake, repo)
}

/// Writes a number to all of an array, which is made if it is not there, and commits.
fn write(repo: &Repository, branch: &str, number: f64) -> String {
    let session = repo.writable_session(branch).unwrap();
    assert_eq!((session.branch().as_deref(), session.is_read_only()), (Some(branch), false));
    let store = Arc::new(session.store());
    let array = Array::open(Arc::clone(&store), "/a").unwrap_or_else(|_| {
        let array = ArrayBuilder::new(vec![600], vec![200], data_type::float64(), 0.0f64);
        let array = array.build(Arc::clone(&store), "/a").unwrap();
        array.store_metadata().unwrap();
        array
    });
    array.store_array_subset(&array.subset_all(), vec![number; 600]).unwrap();
    assert!(session.has_uncommitted_changes());
    assert_eq!(session.changes().unwrap().updated_chunks.len(), 1);
    let id =
        session.commit(CommitOptions::new(format!("all {number}")).with_metadata("number", number)).unwrap();
    assert!(session.is_read_only() && session.commit("again").is_err());
    id.to_string()
}

fn read(repo: &Repository, version: VersionInfo) -> f64 {
    let session = repo.readonly_session_at(version).unwrap();
    let array = Array::open(Arc::new(session.store()), "/a").unwrap();
    array.retrieve_array_subset::<Vec<f64>>(&array.subset_all()).unwrap()[599]
}

fn branch(name: &str) -> VersionInfo {
    VersionInfo::BranchTipRef(name.to_owned())
}

#[test]
fn versions_are_written_named_and_found_again_without_async() {
    let (_runtime, _lake, repo) = repository("versions");
    let first = write(&repo, "main", 1.0);
    let tip = repo.lookup_branch("main").unwrap();
    assert_eq!(tip.to_string(), first);
    repo.create_tag("v1", &tip).unwrap();
    repo.create_branch("side", &tip).unwrap();
    write(&repo, "main", 2.0);
    write(&repo, "side", 3.0);
    assert_eq!(read(&repo, branch("main")), 2.0);
    assert_eq!(read(&repo, branch("side")), 3.0);
    assert_eq!(read(&repo, VersionInfo::TagRef("v1".to_owned())), 1.0);
    assert_eq!(read(&repo, VersionInfo::SnapshotId(tip.clone())), 1.0);
    assert_eq!(repo.list_branches().unwrap().len(), 2);
    assert_eq!(repo.list_tags().unwrap().into_iter().collect::<Vec<_>>(), ["v1"]);
    assert_eq!(repo.lookup_tag("v1").unwrap(), tip);

    let history: Vec<_> = repo.ancestry("main").unwrap().map(|snapshot| snapshot.unwrap()).collect();
    let messages: Vec<_> = history.iter().map(|snapshot| snapshot.message.as_str()).collect();
    assert_eq!(messages[..2], ["all 2", "all 1"]);
    assert_eq!(history[0].metadata["number"], 2.0);
    assert!(history[0].metadata["author_email"].as_str().unwrap().contains('@'));
    let changed = repo.diff(VersionInfo::SnapshotId(tip.clone()), branch("main")).unwrap();
    assert_eq!(changed.updated_chunks.len(), 1);

    repo.reset_branch("side", &tip, None).unwrap();
    assert_eq!(read(&repo, branch("side")), 1.0);
    repo.delete_branch("side").unwrap();
    repo.delete_tag("v1").unwrap();
    assert_eq!(repo.lookup_branch("side").unwrap_err().kind(), &ErrorKind::NotFound);
}

#[test]
fn what_was_written_can_be_thrown_away() {
    let (_runtime, _lake, repo) = repository("thrown-away");
    write(&repo, "main", 1.0);
    let session = repo.writable_session("main").unwrap();
    let array = Array::open(Arc::new(session.store()), "/a").unwrap();
    array.store_chunk(&[0], vec![9.0f64; 200]).unwrap();
    session.discard_changes().unwrap();
    assert!(!session.has_uncommitted_changes());
    assert_eq!(session.commit("nothing").unwrap_err().kind(), &ErrorKind::NothingToCommit);
}

#[test]
fn a_repository_is_kept_up_without_async() {
    let (_runtime, _lake, repo) = repository("kept-up");
    write(&repo, "main", 1.0);
    write(&repo, "main", 2.0);
    let later: Timestamp = (std::time::SystemTime::now() + std::time::Duration::from_secs(60)).into();
    let would = repo.expire(Expire::older_than(later).with_dry_run()).unwrap();
    assert_eq!(would.released_snapshots.len(), 1);
    let would = repo.collect_garbage(CollectGarbage::by(GcConfig::default(), later).with_dry_run()).unwrap();
    assert_eq!(would.result.snapshots_deleted, 0);
}

#[test]
fn sessions_are_used_from_many_threads_at_once() {
    let (_runtime, _lake, repo) = repository("threads");
    write(&repo, "main", 1.0);
    let session = repo.writable_session("main").unwrap();
    std::thread::scope(|scope| {
        for chunk in 0..3u64 {
            let store = Arc::new(session.store());
            scope.spawn(move || {
                let array = Array::open(store, "/a").unwrap();
                array.store_chunk(&[chunk], vec![7.0f64; 200]).unwrap();
            });
        }
    });
    session.commit("by three").unwrap();
    assert_eq!(read(&repo, branch("main")), 7.0);
}
