//! The last Python client that writes V1 repos against the local service, alone and side by side with ours.

use std::collections::BTreeSet;
use std::time::Duration;

use arraylake_core::prelude::*;
use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions, CommitPolicy, RepoOptions};
use arraylake_tests::lake::TestLake;
use arraylake_tests::python::Python;
use arraylake_tests::{dataset, v1_dataset};
use serde_json::{Value, json};

async fn create(lake: &TestLake, name: &str) -> AsyncRepo {
    let request = NewRepo::new(name).with_kind(RepoKind::V1).with_bucket(lake.bucket().clone()).unwrap();
    lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap().into_v1().unwrap()
}

async fn open(lake: &TestLake, name: &str, options: RepoOptions) -> AsyncRepo {
    let name = RepoName::new(lake.org(), name).unwrap();
    let options = OpenOptions::new().with_v1(options);
    lake.client().get_repo(&name, options).await.unwrap().into_v1().unwrap()
}

/// Ids and messages of the commits that are checked out, the newest first.
async fn log(repo: &AsyncRepo) -> Value {
    let log = repo.commit_log().await.unwrap();
    log.iter().map(|commit| json!([commit.id, commit.message])).collect()
}

fn seen_values(seen: &Value) -> Vec<f64> {
    serde_json::from_value(seen["values"].clone()).unwrap()
}

async fn python_alone(bucket: impl Fn(&TestLake) -> BucketNickname) {
    let lake = TestLake::start().await;
    let nickname = bucket(&lake);
    let arguments = ["from-python", nickname.as_str()];
    let Some(written) = Python::OldZarr2.run(&lake, "v1_write.py", &arguments).await else { return };
    assert_eq!(written["faults"], json!([]), "{written}");
    for (python, zarr) in [(Python::OldZarr2, "2.18"), (Python::OldZarr3, "3.0")] {
        let Some(seen) = python.run(&lake, "v1_read.py", &["from-python", "v1"]).await else { return };
        assert!(seen["zarr"].as_str().unwrap().starts_with(zarr), "{seen}");
        assert_eq!((&seen["commit"], &seen["branches"]), (&written["commits"][0], &written["branches"]));
        assert_eq!((&seen["title"], &seen["tags"]), (&json!("written from Python"), &json!(["v1"])));
        assert_eq!(seen_values(&seen), dataset::values());
        assert_eq!(seen["wide"], json!(v1_dataset::wide()));
    }
    let repo = open(&lake, "from-python", RepoOptions::new()).await;
    assert_eq!(log(&repo).await, written["log"]);
    repo.checkout("v1", Checkout::read_only()).await.unwrap();
    assert_eq!(v1_dataset::read(&repo).await, dataset::values());
    assert_eq!(v1_dataset::read_wide(&repo).await, v1_dataset::wide());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_does_all_it_can_with_a_v1_repo_and_reads_it_back_with_either_zarr() {
    python_alone(|lake| lake.bucket().clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_does_the_same_with_temporary_keys() {
    python_alone(TestLake::delegated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_reads_the_v1_repo_that_rust_wrote() {
    let lake = TestLake::start().await;
    let repo = create(&lake, "from-rust").await;
    v1_dataset::write(&repo).await;
    let first = repo.commit("from Rust", CommitOptions::new()).await.unwrap().into_id().unwrap();
    repo.tag("v1", "main", Some("the first")).await.unwrap();
    repo.new_branch("more").await.unwrap();
    repo.set_doc("meta/root/deep.group.json", json!({"attributes": {"level": 2}})).await.unwrap();
    let second = repo.commit("more", CommitOptions::new()).await.unwrap().into_id().unwrap();
    for python in [Python::OldZarr2, Python::OldZarr3] {
        for (at, commit, trees) in [("v1", &first, json!([])), ("more", &second, json!(["deep"]))] {
            let Some(seen) = python.run(&lake, "v1_read.py", &["from-rust", at]).await else { return };
            assert_eq!((&seen["commit"], &seen["tree"]), (&json!(commit), &trees));
            assert_eq!((&seen["branches"], &seen["tags"]), (&json!(["main", "more"]), &json!(["v1"])));
            assert_eq!(
                (&seen["title"], &seen["dims"]),
                (&json!("written from Rust"), &json!({"y": 4, "x": 6, "w": 1000}))
            );
            assert_eq!(seen_values(&seen), dataset::values());
            assert_eq!(seen["wide"], json!(v1_dataset::wide()));
        }
    }
}

/// Commits to `main` again and again, each time a chunk of its own.
async fn race(repo: AsyncRepo, writer: &str, turns: usize) {
    for turn in 0..turns {
        let name = format!("{writer}/{turn}");
        repo.set_chunk(&format!("data/root/race/c{name}"), name.clone()).await.unwrap();
        repo.commit(&name, CommitOptions::new()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_and_rust_write_to_one_branch_at_once_and_neither_loses_anything() {
    const TURNS: usize = 12;
    let lake = TestLake::start().await;
    let repo = create(&lake, "raced").await;
    repo.set_doc("meta/root.group.json", json!({"attributes": {}})).await.unwrap();
    repo.commit("root", CommitOptions::new()).await.unwrap();
    let short = Duration::from_millis(5);
    let policy = CommitPolicy::new().with_max_attempts(500).with_pauses(short, short, 20 * short);
    let options = RepoOptions::new().with_commit_policy(policy);
    let ours = ["1", "2"].map(|writer| (open(&lake, "raced", options.clone()), writer));
    let ours = futures_util::future::join_all(
        ours.map(async |(repo, writer)| race(repo.await, writer, TURNS).await),
    );
    let turns = TURNS.to_string();
    let theirs = ["3", "4"].map(|writer| (writer.to_owned(), turns.clone()));
    let theirs = theirs.map(async |(writer, turns)| {
        Python::OldZarr2.run(&lake, "v1_race.py", &["raced", &writer, &turns]).await
    });
    let (_, told) = tokio::join!(ours, futures_util::future::join_all(theirs));
    let Some(told) = told.into_iter().collect::<Option<Vec<_>>>() else { return };
    repo.checkout("main", Checkout::read_only()).await.unwrap();
    let log = repo.commit_log().await.unwrap();
    let messages: Vec<&str> =
        log.iter().map(|commit| commit.message.as_str()).filter(|it| *it != "root").collect();
    let seen: BTreeSet<&str> = messages.iter().copied().collect();
    assert_eq!((messages.len(), seen.len()), (4 * TURNS, 4 * TURNS), "{messages:?}");
    for writer in ["1", "2", "3", "4"] {
        let own: Vec<&&str> = messages.iter().rev().filter(|it| it.starts_with(writer)).collect();
        let expected: Vec<String> = (0..TURNS).map(|turn| format!("{writer}/{turn}")).collect();
        assert!(own.iter().zip(&expected).all(|(one, other)| **one == other), "{own:?}");
    }
    let ids: BTreeSet<String> = log.iter().map(|commit| commit.id.to_string()).collect();
    let made = told.iter().flat_map(|told| told["made"].as_array().unwrap().iter());
    assert!(made.into_iter().all(|id| ids.contains(id.as_str().unwrap())));
    for name in seen {
        assert_eq!(repo.get_chunk(&format!("data/root/race/c{name}")).await.unwrap(), name);
    }
}
