//! A service that is killed in the middle of committing loses no commit that was answered, and shows none by halves.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use arraylake_local::LocalConfig;
use serde_json::{Value, json};

use super::{Repo, View, repo_of, writers};
use crate::client::open;

/// Tells the child where to write; without it the child test does nothing.
const DIRECTORY: &str = "ARRAYLAKE_TEST_KILL_METASTORE";
const WRITERS: usize = 3;
const DOCS: usize = 150;
const ROUNDS: usize = 5;

/// The child: commits to a few branches, and to one that all writers race for, until somebody kills it.
#[tokio::test(flavor = "multi_thread")]
async fn child_commits_until_killed() {
    let Ok(dir) = std::env::var(DIRECTORY) else { return };
    let client = open(LocalConfig::new(dir)).python("0.20.0");
    let repo = repo_of(client, "old").await;
    repo.commit_paths(None, &["meta/root.group.json"]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let repo = repo.clone();
        tasks.spawn(async move {
            let mut base = None;
            for turn in 0.. {
                base = Some(commit(&repo, writer, turn, base).await);
                race(&repo, writer, turn).await;
            }
        });
    }
    tasks.join_all().await;
}

fn paths(writer: usize, turn: usize) -> Vec<String> {
    (0..DOCS).map(|doc| format!("data/root/w{writer}/c{turn}/{doc}")).collect()
}

/// Writes documents that are new and one that is written over, commits them, and tells so when it is answered.
async fn commit(repo: &Repo, writer: usize, turn: usize, base: Option<String>) -> String {
    let view = repo.view(base.as_deref()).await;
    let paths = paths(writer, turn);
    let docs: Vec<(&str, Value)> = paths.iter().map(|path| (path.as_str(), json!({"turn": turn}))).collect();
    repo.set(&view, "chunks", &docs).await.ok();
    repo.set(&view, "metadata", &[("meta/root.group.json", json!({"turn": turn}))]).await.ok();
    let made = repo.new_commit(&view, &format!("{turn}")).await.ok()["_id"].as_str().unwrap().to_owned();
    let branch = format!("branch{writer}");
    repo.move_branch(&branch, &made, base.as_deref(), base.is_none()).await.ok();
    tell(&branch, &made);
    made
}

fn tell(branch: &str, made: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "answered {branch} {made}").and_then(|()| out.flush()).unwrap();
}

/// Commits one document to `main`, named as the writer and its turn, and tells so when it is answered.
async fn race(repo: &Repo, writer: usize, turn: usize) {
    let tip = repo.get("branches?names=main").await.ok()[0]["commit_id"].as_str().unwrap().to_owned();
    let view = repo.view(Some(&tip)).await;
    repo.touch(&view, "chunks", &[&format!("data/root/race/c{writer}/{turn}")]).await;
    tell("main", &writers::commit(repo, view).await.0);
}

/// The commits that were answered, by branch, until the child was killed.
fn run_child_and_kill_it(dir: &std::path::Path, after: usize) -> Vec<(String, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "metastore::kill::child_commits_until_killed", "--nocapture"])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let answered = |line: String| {
        let mut words = line.split("answered ").nth(1)?.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    };
    let mut told: Vec<_> = lines.by_ref().filter_map(answered).take(after).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(told.len(), after, "the child ended by itself");
    told.extend(lines.filter_map(answered));
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_commit_is_lost_and_none_is_shown_by_halves() {
    for round in 0..ROUNDS {
        let dir = tempfile::tempdir().unwrap();
        let told = run_child_and_kill_it(dir.path(), 14 + 10 * round);
        let repo = Repo {
            client: open(LocalConfig::new(dir.path())).python("0.20.0"),
            path: "/repos/local/old".into(),
        };
        for writer in 0..WRITERS {
            let branch = format!("branch{writer}");
            let answered: Vec<&String> =
                told.iter().filter(|(name, _)| *name == branch).map(|(_, id)| id).collect();
            let history = history(&repo, &branch).await;
            // The one that was being made when the end came may be there, too.
            let known = history.len() == answered.len() || history.len() == answered.len() + 1;
            assert!(
                known && history.iter().zip(&answered).all(|(one, other)| one == *other),
                "{history:?} {answered:?}"
            );
            for (turn, commit) in history.iter().enumerate() {
                check(&repo, commit, writer, turn).await;
            }
        }
        check_race(&repo, told.iter().filter(|(name, _)| name == "main").map(|(_, id)| id)).await;
    }
}

/// Every answered commit is on the branch for which all have raced, and each that is there adds the one document that was
/// written for it.
async fn check_race(repo: &Repo, answered: impl Iterator<Item = &String>) {
    let history = history(repo, "main").await;
    let mut count = 0;
    for id in answered {
        assert!(history.contains(id), "{id} was answered and is not in {history:?}");
        count += 1;
    }
    // The first one made the branch, and each writer may have been about to hear of one.
    assert!(history.len() <= 1 + count + WRITERS, "{history:?}");
    for (documents, commit) in history.iter().enumerate() {
        let view = View { session: "read".into(), base: Some(commit.clone()) };
        assert_eq!(repo.list(&view, "chunks", "data/root/race/", "all_subdirs=true").await.len(), documents);
    }
}

/// The commits of a branch, the oldest first.
async fn history(repo: &Repo, branch: &str) -> Vec<String> {
    let branches = repo.get(&format!("branches?names={branch}")).await.ok();
    let mut next = branches[0]["commit_id"].as_str().map(str::to_owned);
    let mut history = Vec::new();
    while let Some(id) = next {
        next = repo.get(&format!("commits/{id}")).await.ok()["parent_commit"].as_str().map(str::to_owned);
        history.insert(0, id);
    }
    history
}

/// A commit shows all that was written for it, and nothing of what came later.
async fn check(repo: &Repo, commit: &str, writer: usize, turn: usize) {
    let view = View { session: "read".into(), base: Some(commit.to_owned()) };
    assert_eq!(repo.content(&view, "meta/root.group.json").await, json!({"turn": turn}));
    for (wanted, count) in [(turn, DOCS), (turn + 1, 0)] {
        let paths = paths(writer, wanted);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        assert_eq!(repo.read(&view, "chunks", &paths).await.ok().as_array().unwrap().len(), count);
    }
}
