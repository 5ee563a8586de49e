//! `arraylake migrate`: from V1 to Icechunk, whole, in parts, and after it was stopped.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use arraylake_core::prelude::*;
use arraylake_core::v1::{AsyncRepo, CommitOptions};
use arraylake_local::LocalConfig;
use serde_json::{Value, json};

use crate::support::Lake;

/// Chunks of the first commit: two whole batches and a bit.
const CHUNKS: usize = 1100;

fn array(shape: usize) -> Value {
    json!({"attributes": {}, "chunk_grid": {"chunk_shape": [1], "separator": "/", "type": "regular"},
        "chunk_memory_layout": "C", "data_type": "u1", "extensions": [], "fill_value": 0, "shape": [shape]})
}

async fn commit(repo: &AsyncRepo, message: &str) {
    repo.commit(message, CommitOptions::new()).await.unwrap();
}

/// A V1 repo with two commits, the first one of many chunks.
async fn with_old_repo(lake: &Lake) -> AsyncRepo {
    lake.run(&["repo", "create", "local/old", "--kind", "v1", "--bucket", "local"]).await.ok();
    let repo = lake.client().get_repo(&"local/old".parse().unwrap(), OpenOptions::new()).await.unwrap();
    let repo = repo.into_v1().unwrap();
    repo.checkout("main", arraylake_core::v1::Checkout::new()).await.unwrap();
    repo.set_doc("meta/root/a.array.json", array(CHUNKS)).await.unwrap();
    let chunks = (0..CHUNKS).map(|n| (format!("data/root/a/c{n}"), vec![(n % 251) as u8 + 1]));
    repo.set_chunks(chunks).await.unwrap();
    commit(&repo, "the field").await;
    repo.set_chunk("data/root/a/c0", vec![7]).await.unwrap();
    commit(&repo, "a correction").await;
    repo
}

const MIGRATE: [&str; 4] = ["migrate", "local/old", "local/new", "--verify"];

#[tokio::test]
async fn a_history_is_moved_compared_and_brought_up_to_date() {
    let lake = Lake::start().await;
    let old = with_old_repo(&lake).await;
    let text = lake.run(&MIGRATE).await.ok().out;
    assert!(text.contains("Moved           2 commits\n"), "{text}");
    assert!(text.contains("2 commits, 3 documents, 1101 chunks: 0 differences"), "{text}");
    let log = lake.run(&["repo", "log", "local/new"]).await.ok().out;
    assert!(log.contains("the field") && log.contains("a correction"), "{log}");
    old.set_chunk("data/root/a/c1", vec![9]).await.unwrap();
    commit(&old, "later").await;
    let moved = lake.run(&[&MIGRATE[..], &["-o", "json"]].concat()).await.ok().json();
    assert_eq!((&moved["from"], &moved["to"]), (&json!("local/old"), &json!("local/new")));
    assert_eq!(
        (&moved["commits"], &moved["commits_before"], &moved["chunks"]),
        (&json!(1), &json!(2), &json!(1))
    );
    assert_eq!(moved["verification"]["differences"], json!([]));
    let again = lake.run(&["migrate", "local/old", "local/new", "-o", "yaml"]).await.ok().out;
    assert!(again.contains("commits: 0\n") && again.contains("verification: null\n"), "{again}");
}

#[tokio::test]
async fn the_latest_state_is_one_commit_and_an_unknown_branch_none() {
    let lake = Lake::start().await;
    with_old_repo(&lake).await;
    let error = lake.run(&["migrate", "local/old", "local/new", "--latest", "mian"]).await.failed(4).err;
    assert!(error.contains("mian") && error.contains("arraylake repo branches"), "{error}");
    let args = [&MIGRATE[..], &["--latest", "main", "-o", "json"]].concat();
    let moved = lake.run(&args).await.ok().json();
    assert_eq!((&moved["commits"], &moved["verification"]["chunks"]), (&json!(1), &json!(CHUNKS)));
    let error = lake.run(&MIGRATE).await.failed(5).err;
    assert!(error.contains("latest"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_or_of_another_kind_is_not_moved_and_nothing_is_made() {
    let lake = Lake::start().await;
    lake.run(&MIGRATE).await.failed(4);
    lake.run(&["repo", "create", "local/old"]).await.ok();
    let error = lake.run(&MIGRATE).await.failed(5).err;
    assert!(error.contains("kind icechunk, not v1"), "{error}");
    lake.run(&["repo", "get", "local/new"]).await.failed(4);
    let bad = lake.run(&["migrate", "local/old", "local/new", "--container", "s3://x/"]).await;
    assert!(bad.code == 2 && bad.err.contains("must be `URL=NICKNAME`"), "{bad:?}");
}

#[tokio::test]
async fn virtual_chunks_need_a_container_which_an_option_brings() {
    let lake = Lake::start().await;
    let old = with_old_repo(&lake).await;
    old.set_virtual_ref("data/root/a/c2", "s3://delegated-data/file.nc", 100, 1).await.unwrap();
    commit(&old, "a virtual chunk").await;
    let error = lake.run(&MIGRATE).await.failed(5).err;
    assert!(error.contains("s3://delegated-data/file.nc") && error.contains("--container"), "{error}");
    let policy = NewAccessPolicy::new("delegated".parse::<BucketNickname>().unwrap());
    lake.client().set_virtual_chunk_access_policy(&lake.org(), policy).await.unwrap();
    let container = ["--container", "s3://delegated-data/=delegated", "-o", "json"];
    let moved = lake.run(&[&MIGRATE[..], &container].concat()).await.ok().json();
    assert_eq!((&moved["virtual_references"], &moved["commits_before"]), (&json!(1), &json!(2)));
}

/// So many chunks are looked at together and made safe, and so many in one request.
const BATCH: usize = 512;
const REQUEST: usize = 20;

/// Where a move is stopped: before the service answers the first question of the second batch since this was armed.
#[derive(Clone, Default)]
struct Stop(Arc<Mutex<Option<Armed>>>);

struct Armed {
    left: usize,
    reached: Sender<()>,
    go: Receiver<()>,
}

impl Stop {
    fn config(&self) -> LocalConfig {
        let stop = self.clone();
        LocalConfig::temporary().unwrap().with_interceptor(move |request| {
            if request.uri.path().ends_with("/chunks/_bulk_get") {
                stop.asked();
            }
            None
        })
    }

    fn asked(&self) {
        let mut armed = self.0.lock().unwrap();
        let Some(stop) = armed.as_mut() else { return };
        stop.left -= 1;
        if stop.left == 0 {
            let stop = armed.take().unwrap();
            drop(armed);
            stop.reached.send(()).unwrap();
            // The service waits until the one who asks is gone.
            stop.go.recv().unwrap();
        }
    }

    /// What tells that the stop is reached, and what lets the service go on.
    fn arm(&self) -> (Receiver<()>, Sender<()>) {
        let ((reached, seen), (go, wait)) = (channel(), channel());
        *self.0.lock().unwrap() = Some(Armed { left: BATCH.div_ceil(REQUEST) + 1, reached, go: wait });
        (seen, go)
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_move_goes_on_where_ctrl_c_and_where_a_kill_has_ended_it() {
    use crate::terminal::{at_the_terminal, code, spawn};
    let stop = Stop::default();
    let lake = Lake::start_with(stop.config()).await;
    with_old_repo(&lake).await;
    let args = ["migrate", "local/old", "local/new", "--flush-every", "1"];
    let (seen, go) = stop.arm();
    at_the_terminal(&lake, move |setting| {
        let mut session = spawn(&setting, &args);
        seen.recv().unwrap();
        session.exp_string("23% commit 1 of 2, chunk 512 of 1100").unwrap();
        session.send_control('c').unwrap();
        session.exp_string("What has been moved stays").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(code(&session), 130);
        go.send(()).unwrap();
    })
    .await;
    let (seen, go) = stop.arm();
    let mut command = crate::process::arraylake();
    command.envs(lake.setting().vars).args(args);
    let killed = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        seen.recv().unwrap();
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        go.send(()).unwrap();
        ended
    });
    assert_eq!(killed.await.unwrap().code(), None, "it was killed");
    let log = lake.run(&["repo", "log", "local/new"]).await.ok().out;
    assert!(!log.contains("the field"), "what is not complete is not shown: {log}");
    let moved = lake.run(&[&MIGRATE[..], &["-o", "json"]].concat()).await.ok().json();
    let left = CHUNKS - 2 * BATCH + 1;
    assert_eq!((&moved["commits"], &moved["chunks"]), (&json!(2), &json!(left)), "{moved}");
    let verified = &moved["verification"];
    assert_eq!((&verified["chunks"], &verified["differences"]), (&json!(CHUNKS + 1), &json!([])));
}
