//! Deleted repos.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arraylake_local::s3::Clock;
use arraylake_local::{LocalConfig, serve};
use chrono::DateTime;
use serde_json::json;

use crate::client::{lake, open};

#[tokio::test]
async fn a_deleted_repo_is_a_ghost_that_holds_its_name() {
    let client = lake();
    client.repo("one").await;
    assert_eq!(client.delete("/orgs/local/one").await.status, 204);
    client.get("/repos/local/one").await.refused(404, "not found");
    client.get("/repos/local/one/open").await.refused(404, "not found");
    assert_eq!(client.get("/orgs/local/repos/paginated").await.ok()["total"], 0);
    let ghosts = client.get("/orgs/local/repos/paginated?include_ghosts=true").await.ok();
    assert!(ghosts["items"][0]["deleted_at"].is_string());
    let again = json!({"name": "one"});
    client.post("/orgs/local/repos", &again).await.refused(409, "repo local/one already exists");
    client.nameless().post("/orgs/local/repos", &again).await.refused(409, "already exists");
    let id = client.bucket_id("local").await;
    client.delete(&format!("/orgs/local/buckets/{id}")).await.refused(409, "still referenced");
    assert_eq!(client.delete("/orgs/local/one?immediate=true").await.status, 204);
    client.repo("one").await;
}

#[tokio::test]
async fn immediate_with_retained_data_frees_the_name() {
    let client = lake();
    client.repo("one").await;
    client.delete("/orgs/local/one?immediate=true&retain_data=true").await.ok();
    client.repo("one").await;
}

#[tokio::test]
async fn a_missing_repo_is_deleted_for_some_and_missing_for_others() {
    let client = lake();
    client.delete("/orgs/local/none").await.refused(404, "Repo local/none not found");
    client.python("0.20.0").delete("/orgs/local/none").await.refused(404, "not found");
    client.python("0.20.0").delete("/orgs/nowhere/none").await.refused(404, "not found");
    assert_eq!(client.python("1.7.0").delete("/orgs/local/none").await.status, 204);
    assert_eq!(client.nameless().delete("/orgs/nowhere/none").await.status, 204);
}

#[tokio::test]
async fn early_clients_delete_the_entry_at_once() {
    let client = lake();
    client.repo("one").await;
    client.python("0.20.0").delete("/orgs/local/one").await.ok();
    assert_eq!(client.get("/orgs/local/repos/paginated?include_ghosts=true").await.ok()["total"], 0);
}

#[tokio::test]
async fn a_ghost_goes_when_its_days_of_grace_are_over() {
    let dir = tempfile::tempdir().unwrap();
    let seconds = Arc::new(AtomicI64::new(1_700_000_000));
    let config = || {
        let hand = Arc::clone(&seconds);
        let now = move || DateTime::from_timestamp(hand.load(Ordering::SeqCst), 0).unwrap();
        LocalConfig::new(dir.path().join("lake")).with_clock(Clock::from_fn(now))
    };
    let client = open(config());
    client.repo("one").await;
    client.delete("/orgs/local/one").await.ok();
    drop(client);
    for (days, ghosts) in [(6, 1), (8, 0)] {
        seconds.store(1_700_000_000 + days * 86_400, Ordering::SeqCst);
        let lake = serve(config()).await.unwrap();
        lake.shutdown().await;
        let client = open(config());
        let page = client.get("/orgs/local/repos/paginated?include_ghosts=true").await.ok();
        assert_eq!(page["total"], ghosts, "after {days} days");
    }
}
