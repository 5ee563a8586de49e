//! V1 repos of the local service: what goes well.

use std::collections::BTreeMap;
use std::sync::Arc;

use arraylake_core::prelude::*;
use arraylake_core::v1::{Checkout, CommitOptions, NodePath};
use arraylake_tests::contract::sure;
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, group, node};
use futures_util::{FutureExt as _, TryStreamExt as _};
use serde_json::{Value, json};

const ROOT: &str = "meta/root.group.json";

#[tokio::test]
async fn a_day_with_a_v1_repo() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_docs([(ROOT, group("root")), ("meta/root/a.array.json", array(&[1200], &[600]))]).await.unwrap();
    repo.set_chunks([("data/root/a/c0", vec![1; 600]), ("data/root/a/c1", vec![2; 3])]).await.unwrap();
    assert_eq!(repo.status(0).await.unwrap().changes.len(), 4);
    let first = commit(&repo, "first").await;
    repo.rename(&node("a"), &node("b")).await.unwrap();
    let second = commit(&repo, "second").await;
    repo.tag("v1", first.clone(), None).await.unwrap();
    assert_eq!(
        repo.commit_log().await.unwrap().iter().map(|made| &made.id).collect::<Vec<_>>(),
        [&second, &first]
    );

    let again = lake.client().get_repo(repo.name(), OpenOptions::new().with_read_only(true)).await.unwrap();
    let again = again.into_v1().unwrap();
    assert_eq!(again.get_chunk("data/root/b/c0").await.unwrap(), vec![1; 600]);
    assert!(again.get_chunk("data/root/a/c0").await.unwrap_err().is_not_found());
    assert_eq!(again.getsize(&NodePath::root()).await.unwrap().total_chunk_bytes, 603);
    assert_eq!(again.tree(&NodePath::root(), 10, None).await.unwrap().arrays.len(), 1);
    assert_eq!(again.filter_metadata("title == 'root'").await.unwrap(), []);
    again.checkout("v1", Checkout::read_only()).await.unwrap();
    assert_eq!(again.get_chunk("data/root/a/c1").await.unwrap(), vec![2; 3]);
    again.ping().await.unwrap();
}

#[tokio::test]
async fn a_fast_forward_takes_what_others_did_and_stops_at_a_conflict() {
    let lake = TestLake::start().await;
    let mine = create(&lake, &lake.client(), "old").await;
    mine.set_doc(ROOT, group("root")).await.unwrap();
    commit(&mine, "first").await;
    let theirs = mine.fork();
    theirs.checkout("main", Checkout::new()).await.unwrap();
    theirs.set_chunk("data/root/a/c0", vec![1; 3]).await.unwrap();
    let tip = commit(&theirs, "theirs").await;
    mine.set_chunk("data/root/a/c1", vec![2; 3]).await.unwrap();
    assert_eq!(mine.fast_forward().await.unwrap(), Some(tip));
    assert_eq!(mine.get_chunk("data/root/a/c0").await.unwrap(), vec![1; 3]);
    theirs.set_chunk("data/root/a/c1", vec![3; 3]).await.unwrap();
    commit(&theirs, "theirs again").await;
    let error = mine.fast_forward().await.unwrap_err();
    assert!(error.conflicting_paths().unwrap().iter().any(|path| path.contains("data/root/a")), "{error}");
    assert_eq!(mine.get_chunk("data/root/a/c1").await.unwrap(), vec![2; 3], "nothing is lost");
}

#[test]
fn a_v1_repo_without_async() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lake = runtime.block_on(TestLake::start());
    let client = arraylake_blocking::Client::from(lake.client());
    let request = NewRepo::new("old").with_kind(RepoKind::V1).with_bucket(lake.bucket()).unwrap();
    let repo = client.create_repo(lake.org(), request, OpenOptions::new()).unwrap().into_v1().unwrap();
    let repo = arraylake_blocking::v1::Repo::from(repo);
    repo.set_docs([(ROOT, group("root")), ("meta/root/a.array.json", array(&[600], &[600]))]).unwrap();
    repo.set_chunk("data/root/a/c0", vec![5; 600]).unwrap();
    let made = repo.commit("first", CommitOptions::new()).unwrap().into_id().unwrap();
    let found = repo.get_docs::<Value>([ROOT, "meta/root/b.array.json"]).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(ROOT.to_owned(), group("root"))]);
    assert_eq!(repo.at(&made).get_chunk("data/root/a/c0").unwrap(), vec![5; 600]);
    let worker = client.get_shared_repo(&repo.share().unwrap(), OpenOptions::new()).unwrap();
    assert_eq!(worker.commit_log().unwrap().len(), 1);
    assert!(Arc::ptr_eq(&repo.session().unwrap(), &repo.clone().session().unwrap()));
}

#[tokio::test]
async fn a_deleted_repo_takes_its_chunks_along_unless_they_are_to_be_kept_and_nobody_elses() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let mut repos = Vec::new();
    for name in ["gone", "kept", "other"] {
        let repo = create(&lake, &client, name).await;
        repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap();
        repos.push(repo);
    }
    let objects = repos[0].chunkstore().unwrap().bucket(&"s3://local-data".parse().unwrap()).unwrap();
    let count = async || objects.list(None).try_collect::<Vec<_>>().await.unwrap().len();
    assert_eq!(count().await, 3);
    let kept = DeleteRepo::new().with_immediate().with_retain_data();
    client.delete_repo(repos[1].name(), sure(), kept).await.unwrap();
    assert_eq!(count().await, 3);
    client.delete_repo(repos[0].name(), sure(), DeleteRepo::new().with_immediate()).await.unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(repos[2].get_chunk("data/root/a/c0").await.unwrap(), vec![1; 600]);
}

#[tokio::test]
async fn numbers_that_json_does_not_know_are_kept_as_texts() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    let attributes = BTreeMap::from([(
        "attributes",
        BTreeMap::from([("nan", f64::NAN), ("low", f64::NEG_INFINITY), ("one", 1.5)]),
    )]);
    repo.set_doc("meta/root.group.json", &attributes).await.unwrap();
    let kept = json!({"attributes": {"nan": "NaN", "low": "-Infinity", "one": 1.5}});
    assert_eq!(repo.get_doc::<Value>("meta/root.group.json").await.unwrap(), kept);
    assert_eq!(repo.filter_metadata("nan == 'NaN'").await.unwrap(), [], "the root is never told");
}

#[tokio::test]
async fn a_commit_that_is_given_up_at_any_moment_is_made_once_or_made_by_the_next_one() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    let mut made_by = BTreeMap::new();
    for (turn, polls) in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100, 200, 400, 800].into_iter().enumerate() {
        repo.set_doc(ROOT, group(&turn.to_string())).await.unwrap();
        let mut commit = Box::pin(repo.commit("given up", CommitOptions::new()));
        for _ in 0..polls {
            if (&mut commit).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(commit);
        // What is under way already goes on by itself, and the next one waits for it.
        let next = repo.commit("the next", CommitOptions::new()).await.unwrap();
        *made_by.entry(next.is_new()).or_insert(0) += 1;
        let log = repo.commit_log().await.unwrap();
        assert_eq!(log.len(), turn + 1, "after {polls} polls: none is missing, and none was made twice");
        assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group(&turn.to_string()));
        assert_eq!(repo.list_active_sessions().await.unwrap().len(), 1, "the one that goes on");
    }
    assert!(made_by[&true] > 0, "{made_by:?}");
}
