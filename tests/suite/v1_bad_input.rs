//! V1 repos of the local service: what goes wrong, one thing each, and that nothing is lost by it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use arraylake_core::prelude::*;
use arraylake_core::v1::chunks::ChunkOptions;
use arraylake_core::v1::{AsyncRepo, Checkout, CommitOptions, ErrorKind, NodePath, Ref, SharedRepo};
use arraylake_local::{LocalConfig, Seed};
use arraylake_tests::faults::{Cutting, Outage};
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, group, node};
use arraylake_types::v1::ChunkHash;
use base64::Engine as _;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use tokio::time::Instant;

const ROOT: &str = "meta/root.group.json";

#[tokio::test]
async fn an_expired_session_is_named_and_what_was_committed_before_is_there() {
    let (lake, clock) = TestLake::start_with_clock().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("kept")).await.unwrap();
    commit(&repo, "kept").await;
    repo.set_doc(ROOT, group("lost")).await.unwrap();
    let token = repo.session().unwrap().id.clone();
    clock.store(86_401, Ordering::SeqCst);
    assert!(repo.set_doc(ROOT, group("late")).await.unwrap_err().is_session_expired());
    assert!(repo.set_chunk("data/root/a/c0", vec![1; 6]).await.unwrap_err().is_session_expired());
    let error = repo.commit("late", CommitOptions::new()).await.unwrap_err();
    assert!(error.is_session_expired() && error.to_string().contains("make commit"), "{error}");
    assert!(repo.join_session(&token).await.unwrap_err().is_session_expired());
    assert!(repo.update_session_expiration(Duration::from_secs(60)).await.unwrap_err().is_session_expired());
    repo.checkout("main", Checkout::new()).await.unwrap();
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("kept"));
    assert_eq!(repo.commit_log().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_abandoned_session_takes_nothing_more() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("kept")).await.unwrap();
    commit(&repo, "kept").await;
    repo.set_doc(ROOT, group("lost")).await.unwrap();
    repo.abandon_session().await.unwrap();
    assert!(repo.set_doc(ROOT, group("late")).await.unwrap_err().is_session_expired());
    assert!(repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap_err().is_session_expired());
    let error = repo.commit("given up", CommitOptions::new()).await.unwrap_err();
    assert!(error.is_session_expired() && error.to_string().contains("it was abandoned"), "{error}");
    let token = repo.session().unwrap().id.clone();
    assert!(repo.join_session(&token).await.unwrap_err().is_session_expired());
    repo.checkout("main", Checkout::new()).await.unwrap();
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("kept"));
}

#[tokio::test]
async fn a_session_of_another_user_is_joined_and_its_owner_commits_what_both_wrote() {
    let seed = Seed::parse(
        "users: [{email: grace@example.com, permissions: {local: [CAN_WRITE_REPOS]}}]
tokens: [{token: ema_grace, user: grace@example.com}]",
    );
    let config = LocalConfig::temporary().unwrap().with_seed(seed.unwrap());
    let lake = TestLake::start_with(config).await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("root")).await.unwrap();
    let text = serde_json::to_string(&repo.share().unwrap()).unwrap();
    let token = lake.lake().token();
    assert!(!text.contains(token.expose()), "{text}");
    let shared: SharedRepo = serde_json::from_str(&text).unwrap();
    let worker = lake.client().get_shared_repo(&shared, OpenOptions::new()).await.unwrap();
    worker.set_chunk("data/root/a/c0", vec![7; 600]).await.unwrap();
    let grace = lake.client_with_token("ema_grace");
    let other = grace.get_repo(repo.name(), OpenOptions::new().without_checkout()).await.unwrap();
    let other = other.into_v1().unwrap();
    other.join_session(&repo.session().unwrap().id).await.unwrap();
    other.set_doc("meta/root/a.array.json", array(&[600], &[600])).await.unwrap();
    commit(&repo, "written by many").await;
    assert_eq!(repo.get_chunk("data/root/a/c0").await.unwrap(), vec![7; 600]);
    assert!(repo.doc_exists("meta/root/a.array.json").await.unwrap());
}

#[tokio::test]
async fn a_session_of_another_user_takes_nothing_from_who_may_only_read() {
    let seed = Seed::parse(
        "users: [{email: rex@example.com, permissions: {local: [CAN_READ_REPOS]}}]
tokens: [{token: ema_rex, user: rex@example.com}]",
    );
    let lake = TestLake::start_with(LocalConfig::temporary().unwrap().with_seed(seed.unwrap())).await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("root")).await.unwrap();
    let session = repo.session().unwrap().id.clone();
    let rex = lake.client_with_token("ema_rex");
    let theirs = rex.get_repo(repo.name(), OpenOptions::new().without_checkout()).await.unwrap();
    let theirs = theirs.into_v1().unwrap();
    theirs.join_session(&session).await.unwrap();
    assert_eq!(theirs.get_doc::<Value>(ROOT).await.unwrap(), group("root"), "it may be looked at");
    for refused in [
        theirs.set_doc(ROOT, group("theirs")).await.unwrap_err(),
        theirs.del_docs([ROOT]).await.unwrap_err(),
        theirs.commit("theirs", CommitOptions::new()).await.unwrap_err(),
        theirs.abandon_session().await.unwrap_err(),
    ] {
        assert!(
            matches!(refused.kind(), ErrorKind::Refused { status } if status.as_u16() == 403),
            "{refused}"
        );
    }
    commit(&repo, "mine").await;
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("root"));
    assert!(theirs.join_session(&session).await.unwrap_err().is_session_expired(), "it was committed");
    let other = create(&lake, &lake.client(), "other").await;
    let error = other.join_session(&repo.session().unwrap().id).await.unwrap_err();
    assert!(error.is_session_expired(), "a session of another repo: {error}");
}

/// A repo with one commit and a tag on it.
async fn tagged(lake: &TestLake) -> AsyncRepo {
    let repo = create(lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("root")).await.unwrap();
    commit(&repo, "first").await;
    repo.tag("v1", Ref::Current, None).await.unwrap();
    repo
}

#[tokio::test]
async fn a_commit_on_a_tag_is_refused_and_goes_to_a_branch_that_is_made_for_it() {
    let lake = TestLake::start().await;
    let repo = tagged(&lake).await;
    repo.checkout("v1", Checkout::new()).await.unwrap();
    let error = repo.commit("on a tag", CommitOptions::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Detached);
    assert!(error.to_string().contains("new_branch"), "{error}");
    assert!(repo.set_doc(ROOT, group("x")).await.unwrap_err().is_read_only());
    assert_eq!(repo.get_commits().await.unwrap().len(), 1);
    repo.new_branch("dev").await.unwrap();
    repo.set_doc(ROOT, group("of dev")).await.unwrap();
    commit(&repo, "on a branch").await;
    repo.checkout("v1", Checkout::read_only()).await.unwrap();
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("root"), "the tag has not moved");
}

#[tokio::test]
async fn a_write_on_a_read_only_checkout_is_refused_whatever_it_is() {
    let lake = TestLake::start().await;
    let repo = tagged(&lake).await;
    repo.checkout("main", Checkout::read_only()).await.unwrap();
    for refused in [
        repo.set_doc(ROOT, group("x")).await.unwrap_err(),
        repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap_err(),
        repo.set_virtual_ref("data/root/a/c0", "s3://b/k", 0, 1).await.unwrap_err(),
        repo.del_docs([ROOT]).await.unwrap_err(),
        repo.delete_node(&NodePath::root()).await.unwrap_err(),
        repo.rename(&node("a"), &node("b")).await.unwrap_err(),
        repo.commit("x", CommitOptions::new()).await.unwrap_err(),
    ] {
        assert!(refused.is_read_only() && refused.to_string().contains("for writing"), "{refused}");
    }
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("root"));
    assert_eq!(repo.list_active_sessions().await.unwrap().len(), 1, "the one that writes");
}

#[tokio::test]
async fn a_path_that_leads_upwards_is_refused_and_nothing_is_written() {
    let lake = TestLake::start().await;
    let repo = tagged(&lake).await;
    for path in ["meta/root/../x.group.json", "meta/../../x.group.json", "meta/root/./x.group.json"] {
        let error = repo.set_doc(path, group("x")).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(path), "{error}");
    }
    for path in ["data/root/../c0", "data/../../etc/passwd", "../data/root/a/c0"] {
        assert!(repo.set_chunk(path, vec![1; 600]).await.unwrap_err().is_invalid_input(), "{path}");
        assert!(repo.get_chunk(path).await.unwrap_err().is_invalid_input(), "{path}");
    }
    assert!("a/../b".parse::<NodePath>().unwrap_err().to_string().contains("a/../b"));
    assert_eq!(repo.status(0).await.unwrap().changes.len(), 0);
}

#[tokio::test]
async fn a_commit_that_changes_nothing_is_none_and_a_session_for_too_long_is_refused() {
    let lake = TestLake::start().await;
    let repo = tagged(&lake).await;
    assert!(!repo.commit("nothing", CommitOptions::new()).await.unwrap().is_new());
    let long = Checkout::new().with_expires_in(Duration::from_secs(8 * 86_400));
    assert!(repo.checkout("main", long).await.unwrap_err().is_invalid_input());
}

/// A repo with three chunks, and the keys of their objects.
async fn chunks(lake: &TestLake) -> (AsyncRepo, Vec<object_store::path::Path>) {
    let repo = create(lake, &lake.client(), "old").await;
    repo.set_doc("meta/root/a.array.json", array(&[1800], &[600])).await.unwrap();
    repo.set_chunks((0..3).map(|n| (format!("data/root/a/c{n}"), vec![n; 600]))).await.unwrap();
    let (layout, session) = (repo.chunkstore().unwrap().layout().clone(), repo.session().unwrap().id.clone());
    let mut keys = Vec::new();
    for n in 0..3 {
        let reference = repo.get_chunk_ref(&format!("data/root/a/c{n}")).await.unwrap();
        keys.push(layout.key(reference.hash.as_ref().unwrap(), &session).into());
    }
    (repo, keys)
}

#[tokio::test]
async fn a_reference_to_a_chunk_that_is_gone_names_the_object_and_the_others_are_read() {
    let lake = TestLake::start().await;
    let (repo, keys) = chunks(&lake).await;
    let store = repo.chunkstore().unwrap();
    let objects = store.bucket(&"s3://local-data".parse().unwrap()).unwrap();
    let one = futures_util::stream::iter([Ok(keys[1].clone())]).boxed();
    objects.delete_stream(one).try_collect::<Vec<_>>().await.unwrap();
    let error = repo.get_chunk("data/root/a/c1").await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::ChunkMissing);
    assert!(error.to_string().contains(keys[1].as_ref()), "{error}");
    let all = (0..3).map(|n| format!("data/root/a/c{n}"));
    assert_eq!(*repo.get_chunks(all.clone()).await.unwrap_err().kind(), ErrorKind::ChunkMissing);
    assert_eq!(repo.get_chunk("data/root/a/c2").await.unwrap(), vec![2; 600]);
    let filling = store.with_options(ChunkOptions::new().with_fill_value_for_missing_chunks(true));
    let found = repo.with_chunkstore(filling).get_chunks(all).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ["data/root/a/c0", "data/root/a/c2"]);
}

#[tokio::test]
async fn a_chunk_whose_bytes_were_changed_is_found_by_its_hash_and_the_others_are_read() {
    let lake = TestLake::start().await;
    let (repo, keys) = chunks(&lake).await;
    let store = repo.chunkstore().unwrap();
    let objects = store.bucket(&"s3://local-data".parse().unwrap()).unwrap();
    objects.put_opts(&keys[0], vec![9; 600].into(), Default::default()).await.unwrap();
    let mut other = repo.get_chunk_ref("data/root/a/c2").await.unwrap();
    let token = other.hash.take().unwrap().token;
    other.hash = Some(ChunkHash::new("hashlib.md5", token.clone()));
    repo.set_chunk_ref("data/root/a/c1", other).await.unwrap();
    let checking = repo.with_chunkstore(store.with_options(ChunkOptions::new().with_validation(true)));
    let error = checking.get_chunk("data/root/a/c0").await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::HashMismatch);
    let error = checking.get_chunk("data/root/a/c1").await.unwrap_err();
    assert!(*error.kind() == ErrorKind::HashMismatch && error.to_string().contains(&token), "{error}");
    assert_eq!(checking.get_chunk("data/root/a/c2").await.unwrap(), vec![2; 600]);
    assert_eq!(repo.get_chunk("data/root/a/c0").await.unwrap(), vec![9; 600], "nobody asked for a check");
}

#[tokio::test]
async fn inline_data_over_the_limit_become_an_object_and_a_higher_limit_is_refused() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    assert!(ChunkOptions::new().with_inline_threshold(Some(513)).unwrap_err().to_string().contains("512"));
    let raw = b"base64:AAAA".repeat(47);
    let references = json!({".zgroup": "{\"zarr_format\": 2}", "x/.zarray": json!({"zarr_format": 2,
        "shape": [raw.len()], "chunks": [raw.len()], "dtype": "|u1", "compressor": null, "filters": null,
        "fill_value": null, "order": "C"}), "x/0": format!("base64:{}", base64::engine::general_purpose::STANDARD.encode(&raw))});
    repo.add_kerchunk_references(references.to_string().as_bytes(), &node("m")).await.unwrap();
    let reference = repo.get_chunk_ref("data/root/m/x/c0").await.unwrap();
    assert_eq!((reference.uri, reference.length), (None, raw.len() as u64));
    assert_eq!(repo.get_chunk("data/root/m/x/c0").await.unwrap(), raw);
    repo.set_chunk("data/root/m/x/c0", raw[..11].to_vec()).await.unwrap();
    assert_eq!(repo.get_chunk("data/root/m/x/c0").await.unwrap(), raw[..11].to_vec());
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_metastore_that_is_cut_short_is_asked_for_again_and_nothing_is_done_twice() {
    let lake = TestLake::start().await;
    let cutting = Cutting::new(&lake);
    let repo = create(&lake, &cutting.client(&lake), "old").await;
    for (n, request) in
        ["PUT _bulk_set", "PUT /commits", "PUT /branches", "GET /branches", "POST /sessions", "GET /tags"]
            .iter()
            .enumerate()
    {
        cutting.cut(request, 1);
        repo.set_doc(ROOT, group(&n.to_string())).await.unwrap();
        commit(&repo, request).await;
        assert_eq!(cutting.left(), 0, "{request}");
        assert_eq!(repo.commit_log().await.unwrap().len(), n + 1, "{request}");
    }
    cutting.cut("POST _bulk_get", 1);
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("5"));
    cutting.cut("GET /commits", 1);
    assert_eq!(repo.commit_log().await.unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_metastore_whose_answers_are_all_cut_short_is_an_error_and_what_was_written_can_be_committed_later()
{
    let lake = TestLake::start().await;
    let cutting = Cutting::new(&lake);
    let repo = create(&lake, &cutting.client(&lake), "old").await;
    repo.set_docs([(ROOT, group("root")), ("meta/root/a.array.json", array(&[6], &[6]))]).await.unwrap();
    repo.set_chunk("data/root/a/c0", vec![1; 6]).await.unwrap();
    for (request, operation) in [("PUT /commits", "make commit"), ("GET /branches", "get branches")] {
        cutting.cut(request, usize::MAX);
        let error = repo.commit("first", CommitOptions::new()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Transport);
        assert!(error.to_string().contains(operation), "{error}");
    }
    cutting.cut("POST _bulk_get", usize::MAX);
    assert_eq!(*repo.get_doc::<Value>(ROOT).await.unwrap_err().kind(), ErrorKind::Transport);
    cutting.cut("", 0);
    commit(&repo, "first").await;
    assert_eq!(repo.commit_log().await.unwrap().len(), 1);
    assert_eq!(repo.get_doc::<Value>(ROOT).await.unwrap(), group("root"));
    assert_eq!(repo.get_chunk("data/root/a/c0").await.unwrap(), vec![1; 6]);
}

#[tokio::test(start_paused = true)]
async fn an_object_store_that_is_down_for_ten_seconds_in_the_middle_of_a_write_delays_it_and_nothing_is_lost()
{
    let lake = TestLake::start().await;
    let client = lake.client_without_socket();
    let repo = create(&lake, &client, "old").await;
    let outage = Outage::after(&lake, 5, Duration::from_secs(10));
    let repo = outage.before(&repo, &client).await;
    repo.checkout("main", Checkout::new()).await.unwrap();
    repo.set_doc("meta/root/a.array.json", array(&[40 * 600], &[600])).await.unwrap();
    let start = Instant::now();
    repo.set_chunks((0..40).map(|n| (format!("data/root/a/c{n}"), vec![n; 600]))).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(10) && outage.lost() > 0, "{:?}", start.elapsed());
    commit(&repo, "all").await;
    let found = repo.get_chunks((0..40).map(|n| format!("data/root/a/c{n}"))).await.unwrap();
    assert_eq!(found.len(), 40);
    for n in 0..40 {
        assert_eq!(found[&format!("data/root/a/c{n}")], vec![n; 600]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_store_that_stays_down_fails_the_write_as_a_whole_and_it_can_be_written_again_later() {
    let lake = TestLake::start().await;
    let client = lake.client_without_socket();
    let repo = create(&lake, &client, "old").await;
    let outage = Outage::after(&lake, 5, Duration::from_secs(86_400));
    let repo = outage.before(&repo, &client).await;
    repo.checkout("main", Checkout::new()).await.unwrap();
    repo.set_doc("meta/root/a.array.json", array(&[20 * 600], &[600])).await.unwrap();
    let chunks = || (0..20).map(|n| (format!("data/root/a/c{n}"), vec![n; 600]));
    let error = repo.set_chunks(chunks()).await.unwrap_err();
    assert!(*error.kind() == ErrorKind::Storage && error.to_string().contains("write chunk"), "{error}");
    let there = repo.get_chunk_refs(chunks().map(|(path, _)| path)).await.unwrap();
    assert_eq!(there.len(), 0, "no reference without its object, and none of half a write");
    outage.end();
    repo.set_chunks(chunks()).await.unwrap();
    commit(&repo, "all").await;
    assert_eq!(repo.get_chunks(chunks().map(|(path, _)| path)).await.unwrap().len(), 20);
}
