//! Many writers on one branch.

use std::collections::BTreeSet;

use arraylake_local::LocalConfig;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::{Repo, View, repo_of};
use crate::client::open;

const WRITERS: usize = 8;
const COMMITS: usize = 12;

/// Commits to `main` by the rules of clients: look, make a commit, move the branch, and go on at the new tip if it was too
/// late. Returns the commit, and how often it was too late.
pub(super) async fn commit(repo: &Repo, mut view: View) -> (String, usize) {
    for attempt in 0.. {
        let tip = repo.get("branches?names=main").await.ok()[0]["commit_id"].as_str().map(str::to_owned);
        if tip == view.base {
            let made = repo.new_commit(&view, "m").await.ok()["_id"].as_str().unwrap().to_owned();
            let moved = repo.move_branch("main", &made, view.base.as_deref(), false).await;
            if moved.status == 200 {
                return (made, attempt);
            }
            moved.refused(422, "Failed to update branch");
        }
        let tip = repo.rebase(&view, "main").await.ok()["commit_id"].as_str().unwrap().to_owned();
        view.base = Some(tip);
    }
    unreachable!("the loop has no end")
}

async fn write(repo: Repo, writer: usize) -> usize {
    let mut retries = 0;
    for turn in 0..COMMITS {
        let base = repo.get("branches?names=main").await.ok()[0]["commit_id"].as_str().unwrap().to_owned();
        let view = repo.view(Some(&base)).await;
        repo.set(&view, "chunks", &[(&path(writer, turn), json!({"turn": turn}))]).await.ok();
        retries += commit(&repo, view).await.1;
    }
    retries
}

fn path(writer: usize, turn: usize) -> String {
    format!("data/root/a/c{writer}/{turn}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_lose_nothing_and_their_commits_stand_in_one_row() {
    let dir = tempfile::tempdir().unwrap();
    let repo = repo_of(open(LocalConfig::new(dir.path())).python("0.20.0"), "old").await;
    repo.commit_paths(None, &["meta/root.group.json"]).await;
    let tasks: tokio::task::JoinSet<usize> = (0..WRITERS).map(|writer| write(repo.clone(), writer)).collect();
    let retries: usize = tasks.join_all().await.into_iter().sum();
    assert!(retries > 0, "nobody was ever too late, and the test has shown nothing");
    let all = repo.get("commits?limit=0").await.ok();
    let mut next = repo.get("branches?names=main").await.ok()[0]["commit_id"].clone();
    let (mut seen, mut lines) = (BTreeSet::new(), BTreeSet::new());
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let records = Connection::open_with_flags(dir.path().join("catalog.sqlite"), read_only).unwrap();
    let mut line = records.prepare("SELECT line FROM v1_commit WHERE id = ?1").unwrap();
    while let Some(commit) = all.as_array().unwrap().iter().find(|commit| commit["_id"] == next) {
        let of_commit = format!("modified_paths_commit/chunks?limit=0&commit_id={}", next.as_str().unwrap());
        let rows = repo.get(&of_commit).await.ok();
        for (path, _) in super::paths_of(&rows) {
            assert!(seen.insert(path.clone()), "{path} was committed twice");
        }
        lines.insert(line.query_row([next.as_str()], |row| row.get::<_, i64>(0)).unwrap());
        next = commit["parent_commit"].clone();
    }
    assert_eq!(lines.len(), 1, "no race has broken the row");
    let expected: BTreeSet<String> =
        (0..WRITERS).flat_map(|writer| (0..COMMITS).map(move |turn| path(writer, turn))).collect();
    assert_eq!(seen, expected);
    let tip = repo.get("branches?names=main").await.ok()[0]["commit_id"].as_str().unwrap().to_owned();
    let view = View { session: "read".into(), base: Some(tip) };
    assert_eq!(repo.list(&view, "chunks", "data/root/a/", "all_subdirs=true").await.len(), WRITERS * COMMITS);
}
