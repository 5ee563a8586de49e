//! V1 repos of the local service: what goes wrong, and that nothing is lost by it.

use std::sync::Arc;
use std::time::Duration;

use arraylake_core::prelude::*;
use arraylake_core::v1::chunks::ChunkOptions;
use arraylake_core::v1::{Checkout, CommitOptions, ErrorKind, NodePath, SharedRepo};
use arraylake_local::{LocalConfig, Seed};
use arraylake_tests::lake::TestLake;
use arraylake_tests::v1::{array, commit, create, group};
use arraylake_types::v1::ChunkHash;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

const ROOT: &str = "meta/root.group.json";

fn node(path: &str) -> NodePath {
    path.parse().unwrap()
}

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
async fn an_expired_session_is_named_and_what_was_committed_before_is_there() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("kept")).await.unwrap();
    commit(&repo, "kept").await;
    repo.set_doc(ROOT, group("lost")).await.unwrap();
    repo.abandon_session().await.unwrap();
    assert!(repo.set_doc(ROOT, group("late")).await.unwrap_err().is_session_expired());
    assert!(repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap_err().is_session_expired());
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
async fn what_may_not_be_written_is_refused_with_the_reason() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc(ROOT, group("root")).await.unwrap();
    commit(&repo, "first").await;
    repo.tag("v1", arraylake_core::v1::Ref::Current, None).await.unwrap();
    repo.checkout("v1", Checkout::new()).await.unwrap();
    let error = repo.commit("on a tag", CommitOptions::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Detached);
    assert!(error.to_string().contains("new_branch"), "{error}");
    repo.checkout("main", Checkout::read_only()).await.unwrap();
    assert!(repo.set_doc(ROOT, group("x")).await.unwrap_err().is_read_only());
    assert!(repo.set_chunk("data/root/a/c0", vec![1; 600]).await.unwrap_err().is_read_only());
    repo.checkout("main", Checkout::new()).await.unwrap();
    assert!(repo.set_doc("meta/root/../x.group.json", group("x")).await.unwrap_err().is_invalid_input());
    assert!(!repo.commit("nothing", CommitOptions::new()).await.unwrap().is_new());
    let long = Checkout::new().with_expires_in(Duration::from_secs(8 * 86_400));
    assert!(repo.checkout("main", long).await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn a_chunk_that_is_gone_or_was_changed_is_an_error_and_the_others_are_read() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    repo.set_doc("meta/root/a.array.json", array(&[1800], &[600])).await.unwrap();
    repo.set_chunks((0..3).map(|n| (format!("data/root/a/c{n}"), vec![n; 600]))).await.unwrap();
    let store = repo.chunkstore().unwrap();
    let session = repo.session().unwrap().id.clone();
    let gone = repo.get_chunk_ref("data/root/a/c1").await.unwrap();
    let key = store.layout().key(gone.hash.as_ref().unwrap(), &session);
    let objects = store.bucket(&"s3://local-data".parse().unwrap()).unwrap();
    let there: Vec<_> = objects.list(None).try_collect::<Vec<_>>().await.unwrap();
    let object = there.into_iter().find(|object| object.location.as_ref() == key).unwrap();
    let one = futures_util::stream::iter([Ok(object.location)]).boxed();
    objects.delete_stream(one).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(*repo.get_chunk("data/root/a/c1").await.unwrap_err().kind(), ErrorKind::ChunkMissing);
    assert_eq!(repo.get_chunk("data/root/a/c2").await.unwrap(), vec![2; 600]);

    let mut other = repo.get_chunk_ref("data/root/a/c2").await.unwrap();
    let token = other.hash.take().unwrap().token;
    other.hash = Some(ChunkHash::new("hashlib.md5", token));
    repo.set_chunk_ref("data/root/a/c0", other).await.unwrap();
    let checking = repo.with_chunkstore(store.with_options(ChunkOptions::new().with_validation(true)));
    assert_eq!(*checking.get_chunk("data/root/a/c0").await.unwrap_err().kind(), ErrorKind::HashMismatch);
    assert_eq!(checking.get_chunk("data/root/a/c2").await.unwrap(), vec![2; 600]);
}

#[tokio::test]
async fn inline_data_over_the_limit_become_an_object_and_a_higher_limit_is_refused() {
    let lake = TestLake::start().await;
    let repo = create(&lake, &lake.client(), "old").await;
    assert!(ChunkOptions::new().with_inline_threshold(Some(513)).unwrap_err().to_string().contains("512"));
    let raw = b"base64:AAAA".repeat(47);
    let references = json!({".zgroup": "{\"zarr_format\": 2}", "x/.zarray": json!({"zarr_format": 2,
        "shape": [raw.len()], "chunks": [raw.len()], "dtype": "|u1", "compressor": null, "filters": null,
        "fill_value": null, "order": "C"}), "x/0": format!("base64:{}", encoded(&raw))});
    repo.add_kerchunk_references(references.to_string().as_bytes(), &node("m")).await.unwrap();
    let reference = repo.get_chunk_ref("data/root/m/x/c0").await.unwrap();
    assert_eq!((reference.uri, reference.length), (None, raw.len() as u64));
    assert_eq!(repo.get_chunk("data/root/m/x/c0").await.unwrap(), raw);
    repo.set_chunk("data/root/m/x/c0", raw[..11].to_vec()).await.unwrap();
    assert_eq!(repo.get_chunk("data/root/m/x/c0").await.unwrap(), raw[..11].to_vec());
}

/// Base64 with nothing but what is needed here.
fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let word =
            part.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        for at in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= part.len() { char::from(digit) } else { '=' });
        }
    }
    text
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
