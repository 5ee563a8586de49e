//! V1 repos of the local service: methods of the Python client, one by one, where nothing else shows what they do.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arraylake_core::prelude::*;
use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions, ErrorKind, Ref};
use arraylake_core::{AsyncClient, Config};
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, group, node};
use arraylake_types::v1::{Collection, ReferenceData};
use serde_json::{Value, json};

const ROOT: &str = "meta/root.group.json";

/// A repo with one commit on `main`.
async fn begun(lake: &TestLake) -> AsyncRepo {
    let repo = create(lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("root")).await.unwrap();
    commit(&repo, "first").await;
    repo
}

#[tokio::test]
async fn tags_and_branches_have_names_of_their_own_and_the_main_branch_stays() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    let error = repo.tag("v1", Ref::Current, None).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("no commit"), "{error}");
    repo.set_doc(ROOT, group("root")).await.unwrap();
    let first = commit(&repo, "first").await;
    let tag = repo.tag("v1", Ref::Current, Some("the first")).await.unwrap();
    assert_eq!(
        (tag.label.as_str(), &tag.commit.id, tag.message.as_deref()),
        ("v1", &first, Some("the first"))
    );
    assert_eq!(*repo.tag("main", Ref::Current, None).await.unwrap_err().kind(), ErrorKind::Exists);
    assert!(repo.tag("v1", Ref::Current, None).await.unwrap_err().to_string().contains("v1"));
    for taken in ["main", "v1"] {
        assert_eq!(*repo.new_branch(taken).await.unwrap_err().kind(), ErrorKind::Exists, "{taken}");
    }
    repo.new_branch("dev").await.unwrap();
    assert_eq!(*repo.new_branch("dev").await.unwrap_err().kind(), ErrorKind::Exists, "it is on it already");
    assert_eq!(repo.branches().await.unwrap().len(), 1, "nothing was made yet");
    repo.set_doc(ROOT, group("of dev")).await.unwrap();
    commit(&repo, "second").await;
    let data = repo.commit_data(true).await.unwrap();
    assert_eq!(data.branches().keys().collect::<Vec<_>>(), ["dev", "main"]);
    assert_eq!(data.tags()["v1"], first);
    repo.delete_tag("v1").await.unwrap();
    repo.delete_branch("dev").await.unwrap();
    assert_eq!(*repo.delete_tag("v1").await.unwrap_err().kind(), ErrorKind::RefNotFound);
    assert_eq!(*repo.delete_branch("dev").await.unwrap_err().kind(), ErrorKind::RefNotFound);
    assert!(repo.delete_branch("main").await.unwrap_err().to_string().contains("main"));
    assert_eq!(repo.get_commits().await.unwrap().len(), 2, "commits stay");
}

#[tokio::test]
async fn a_repo_that_was_opened_to_be_read_changes_no_tag_and_no_branch() {
    let lake = TestLake::start().await;
    let repo = begun(&lake).await;
    repo.tag("v1", Ref::Current, None).await.unwrap();
    let options = OpenOptions::new().with_read_only(true);
    let reading = lake.client().get_repo(repo.name(), options).await.unwrap().into_v1().unwrap();
    for refused in [
        reading.tag("v2", Ref::Current, None).await.map(drop),
        reading.delete_tag("v1").await,
        reading.delete_branch("dev").await,
    ] {
        let error = refused.unwrap_err();
        assert!(error.is_read_only() && error.to_string().contains("opened to be read"), "{error}");
    }
    assert_eq!(repo.tags().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_that_was_given_more_time_is_followed_by_one_of_seven_days_at_most() {
    const DAY: u64 = 86_400;
    let (lake, clock) = TestLake::start_with_clock().await;
    let repo = begun(&lake).await;
    let before = repo.session().unwrap();
    clock.store(3600, Ordering::SeqCst);
    let extended = repo.update_session_expiration(Duration::from_secs(7 * DAY)).await.unwrap();
    assert!(extended.id == before.id && extended.expiration > before.expiration);
    let length = |end: &arraylake_core::v1::Session| {
        (end.expiration.unwrap().to_chrono() - end.start_time.to_chrono()).num_seconds()
    };
    assert!(length(&extended) > 7 * DAY as i64, "from its beginning it is longer than any may be");
    repo.set_doc(ROOT, group("later")).await.unwrap();
    let outcome = repo.commit("second", CommitOptions::new()).await.unwrap();
    assert!(outcome.is_new() && outcome.checkout_error().is_none(), "{outcome:?}");
    assert_eq!(length(&repo.session().unwrap()), 7 * DAY as i64);
    repo.set_doc(ROOT, group("and later")).await.unwrap();
}

#[tokio::test]
async fn one_document_is_deleted_only_where_it_is_and_many_whether_they_are_or_not() {
    let lake = TestLake::start().await;
    let repo = begun(&lake).await;
    repo.set_chunk("data/root/a/c0", vec![1; 3]).await.unwrap();
    assert!(repo.chunk_exists("data/root/a/c0").await.unwrap());
    assert!(repo.doc_exists(ROOT).await.unwrap());
    repo.del_chunk("data/root/a/c0").await.unwrap();
    repo.del_doc(ROOT).await.unwrap();
    assert!(repo.del_chunk("data/root/a/c0").await.unwrap_err().is_not_found());
    assert!(repo.del_doc(ROOT).await.unwrap_err().is_not_found());
    repo.del_docs([ROOT, "meta/root/none.group.json"]).await.unwrap();
    repo.del_chunks(["data/root/a/c0", "data/root/b/c0"]).await.unwrap();
    assert!(!repo.chunk_exists("data/root/a/c0").await.unwrap() && !repo.doc_exists(ROOT).await.unwrap());
    let changes = repo.status(0).await.unwrap().changes;
    assert!(changes.iter().all(|change| change.deleted), "what was never there is no change: {changes:?}");
    assert_eq!(changes.len(), 2);
}

#[tokio::test]
async fn nodes_are_found_by_their_attributes_listed_by_directory_and_shown_as_a_tree() {
    let lake = TestLake::start().await;
    let repo = begun(&lake).await;
    let mut warm = array(&[2], &[2]);
    warm["attributes"] = json!({"units": "K"});
    repo.set_docs([
        ("meta/root/a.group.json", group("a")),
        ("meta/root/a/t.array.json", warm.clone()),
        ("meta/root/implied/deep/t.array.json", warm),
        ("meta/root/ab.array.json", array(&[2], &[2])),
    ])
    .await
    .unwrap();
    let mut found = repo.filter_metadata("units == 'K' || title == 'root'").await.unwrap();
    found.sort();
    assert_eq!(found, [node("a/t"), node("implied/deep/t")], "the root is never told");
    let error = repo.filter_metadata("avg(units)").await.unwrap_err().to_string();
    assert!(error.contains("Functionality"), "{error}");
    let sorted = |mut paths: Vec<String>| {
        paths.sort();
        paths
    };
    let metadata = &Collection::Metadata;
    assert_eq!(
        sorted(repo.list_dir(metadata, "meta/root").await.unwrap()),
        ["meta/root/a", "meta/root/a.group.json", "meta/root/ab.array.json", "meta/root/implied"]
    );
    assert_eq!(
        sorted(repo.list_prefix(metadata, "meta/root/a").await.unwrap()),
        ["meta/root/a.group.json", "meta/root/a/t.array.json", "meta/root/ab.array.json"]
    );
    let tree = repo.tree(&node(""), 10, None).await.unwrap();
    assert_eq!(tree.arrays.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(), ["ab"]);
    assert_eq!(tree.trees.len(), 2);
    assert_eq!(repo.tree(&node("a"), 10, None).await.unwrap().arrays.len(), 1);
    assert_eq!(repo.tree(&node("nowhere"), 10, None).await.unwrap().arrays.len(), 0);
    repo.del_prefix(metadata, "meta/root/a").await.unwrap();
    assert_eq!(repo.list_prefix(metadata, "meta/root/a").await.unwrap(), ["meta/root/ab.array.json"]);
}

#[tokio::test]
async fn a_client_that_makes_up_its_sessions_writes_and_commits_and_joins_none() {
    let lake = TestLake::start().await;
    let managed = begun(&lake).await;
    let config = Config::empty().with("server_managed_sessions", false);
    let builder = AsyncClient::builder().with_config(config).with_service_uri(lake.lake().catalog_uri());
    let client = builder.with_token(lake.lake().token()).build().unwrap();
    let repo = client.get_repo(managed.name(), OpenOptions::new()).await.unwrap().into_v1().unwrap();
    let before = managed.list_active_sessions().await.unwrap().len();
    repo.set_doc(ROOT, group("theirs")).await.unwrap();
    repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap();
    let made = commit(&repo, "second").await;
    assert_eq!(repo.get_chunk("data/root/a/c0").await.unwrap(), vec![1; 600]);
    assert_eq!(managed.list_active_sessions().await.unwrap().len(), before, "the service has heard of none");
    let error = repo.join_session(&managed.session().unwrap().id).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported);
    managed.checkout(made, Checkout::read_only()).await.unwrap();
    assert_eq!(managed.get_doc::<Value>(ROOT).await.unwrap(), group("theirs"));
}

#[tokio::test]
async fn a_commit_that_was_made_elsewhere_is_found_though_it_was_not_there_before() {
    let lake = TestLake::start().await;
    let repo = begun(&lake).await;
    let known = repo.commit_data(false).await.unwrap();
    let other = repo.fork();
    other.checkout("main", Checkout::new()).await.unwrap();
    other.set_doc(ROOT, group("elsewhere")).await.unwrap();
    let made = commit(&other, "elsewhere").await;
    assert!(!known.commits().contains_key(&made));
    repo.checkout(made.as_str(), Checkout::read_only()).await.unwrap();
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("elsewhere"));
    let error = repo.checkout("0123456789abcdef01234567", Checkout::read_only()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::RefNotFound);
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("elsewhere"), "it looks at what it did");
}

#[tokio::test]
async fn references_of_both_ages_are_read_in_one_repo_each_where_it_says() {
    let lake = TestLake::start().await;
    let repo = begun(&lake).await;
    repo.set_doc("meta/root/a.array.json", array(&[1800], &[600])).await.unwrap();
    repo.set_chunks((0..2).map(|n| (format!("data/root/a/c{n}"), vec![n + 1; 600]))).await.unwrap();
    let young = repo.get_chunk_ref("data/root/a/c0").await.unwrap();
    let hash = young.hash.clone().unwrap();
    let key = repo.chunkstore().unwrap().layout().key(&hash, &repo.session().unwrap().id);
    let old = ReferenceData::materialized_v0(format!("s3://local-data/{key}"), 600, hash);
    let sent = serde_json::to_value(&old).unwrap();
    assert_eq!((&sent["v"], &sent["sid"]), (&Value::Null, &Value::Null));
    repo.set_chunk_refs([("data/root/a/c2", old)]).await.unwrap();
    repo.set_virtual_ref("data/root/a/c1", &format!("s3://local-data/{key}"), 599, 1).await.unwrap();
    commit(&repo, "both").await;
    let found = repo.get_chunks((0..3).map(|n| format!("data/root/a/c{n}"))).await.unwrap();
    let lengths: Vec<usize> = found.values().map(|chunk| chunk.len()).collect();
    assert_eq!(lengths, [600, 1, 600]);
    assert!(found.values().all(|chunk| chunk.iter().all(|byte| *byte == 1)));
}
