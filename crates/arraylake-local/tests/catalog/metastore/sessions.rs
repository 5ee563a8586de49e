//! Sessions: their lives, and what becomes of what is written in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arraylake_local::LocalConfig;
use arraylake_local::s3::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Repo, View, repo, repo_of};
use crate::client::open;

/// A repo on a lake whose clock is set by the test, in seconds from now.
async fn repo_with_clock() -> (Repo, Arc<AtomicI64>) {
    let later = Arc::new(AtomicI64::new(0));
    let (seconds, start) = (Arc::clone(&later), Utc::now());
    let clock = Clock::from_fn(move || start + TimeDelta::seconds(seconds.load(Ordering::SeqCst)));
    let client = open(LocalConfig::temporary().unwrap().with_clock(clock)).python("0.20.0");
    (repo_of(client, "old").await, later)
}

fn moment(session: &Value, key: &str) -> DateTime<Utc> {
    // Times of sessions have no offset: clients subtract them from each other.
    format!("{}Z", session[key].as_str().unwrap()).parse().unwrap()
}

#[tokio::test]
async fn a_session_is_told_as_it_was_asked_for_and_lives_as_long() {
    let repo = repo().await;
    let made = repo.session_for(None, "PT2H").await.ok();
    assert_eq!(moment(&made, "expiration") - moment(&made, "start_time"), TimeDelta::hours(2));
    let id = made["_id"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let expected = json!({"branch": "main", "base_commit": null, "author_name": "Ada L",
        "author_email": "ada@example.com", "message": null, "session_type": "write"});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&made[key], value, "{key}");
    }
    assert_eq!(repo.get(&format!("sessions/{id}")).await.ok(), made);
    assert_eq!(repo.get("sessions").await.ok(), json!([made]));
}

#[tokio::test]
async fn a_session_that_is_over_takes_nothing_and_is_gone() {
    let (repo, clock) = repo_with_clock().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    clock.store(86_401, Ordering::SeqCst);
    repo.set(&view, "metadata", &[("meta/root.group.json", json!({}))]).await.refused(422, "Session expired");
    repo.remove(&view, "metadata", &["meta/root.group.json"]).await.refused(422, "Session expired");
    repo.new_commit(&view, "too late").await.refused(422, "Session expired");
    repo.get(&format!("sessions/{}", view.session)).await.refused(422, "Session expired");
    assert_eq!(repo.get("sessions").await.ok(), json!([]));
}

#[tokio::test]
async fn a_session_may_be_given_more_time_but_no_more_than_seven_days() {
    let (repo, clock) = repo_with_clock().await;
    repo.session_for(None, "P7DT1S").await.refused(422, "Max expiry exceeded");
    let view = repo.view(None).await;
    let update = async |expires_in: &str| {
        let body = json!({"session_id": view.session, "expires_in": expires_in});
        repo.put(&format!("sessions/{}", view.session), &body).await
    };
    update("P8D").await.refused(422, "Max expiry exceeded");
    clock.store(86_000, Ordering::SeqCst);
    let longer = update("P7D").await.ok();
    assert_eq!(
        moment(&longer, "expiration") - moment(&longer, "start_time"),
        TimeDelta::seconds(86_000 + 7 * 86_400)
    );
    update("-PT5S").await.ok();
    repo.touch_refused(&view, "Session expired").await;
}

#[tokio::test]
async fn an_abandoned_session_takes_what_was_written_in_it_along() {
    let repo = repo().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    let ended = repo.delete(&format!("sessions/{}", view.session)).await.ok();
    assert_eq!(ended["_id"], view.session.as_str());
    assert_eq!(repo.content(&view, "meta/root.group.json").await, Value::Null);
    const ABANDONED: &str = "Session expired: it was abandoned";
    repo.touch_refused(&view, ABANDONED).await;
    repo.new_commit(&view, "given up").await.refused(422, ABANDONED);
    repo.get(&format!("sessions/{}", view.session)).await.refused(422, ABANDONED);
    repo.delete(&format!("sessions/{}", view.session)).await.refused(422, ABANDONED);
}

#[tokio::test]
async fn a_session_whose_time_is_up_is_not_called_abandoned() {
    let (repo, clock) = repo_with_clock().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    clock.store(86_401, Ordering::SeqCst);
    let said = repo.new_commit(&view, "too late").await;
    assert_eq!(said.json["detail"], "Session expired");
}

#[tokio::test]
async fn a_session_that_was_committed_is_closed() {
    let repo = repo().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    repo.commit(&view).await;
    repo.touch_refused(&view, "Session expired").await;
    assert_eq!(repo.get("sessions").await.ok(), json!([]));
    repo.get(&format!("sessions/{}", view.session)).await.refused(422, "Session expired");
    let longer = json!({"session_id": view.session, "expires_in": "P1D"});
    repo.put(&format!("sessions/{}", view.session), &longer).await.refused(422, "Session expired");
}

#[tokio::test]
async fn nobody_writes_into_the_session_in_which_others_read_a_commit() {
    let repo = repo().await;
    let commit = repo.commit_paths(None, &["meta/root.group.json"]).await;
    let reading = View { session: format!("read-{commit}"), base: Some(commit) };
    let client = repo.client.python("0.20.0").with_header("arraylake-feature-managed-sessions", "False");
    let own = Repo { client, ..repo.clone() };
    own.touch_refused(&reading, "Session invalid or expired").await;
    own.remove(&reading, "metadata", &["meta/root.group.json"]).await.refused(422, "Session invalid");
    assert_eq!(repo.content(&reading, "meta/root.group.json").await, json!({}));
}

#[tokio::test]
async fn a_session_that_nobody_made_is_refused_unless_clients_make_their_own() {
    let repo = repo().await;
    let view = View { session: "5d2a4b".to_owned(), base: None };
    repo.touch_refused(&view, "Session invalid or expired").await;
    repo.get("sessions/5d2a4b").await.refused(422, "Session invalid or expired");
    let client = repo.client.python("0.20.0").with_header("arraylake-feature-managed-sessions", "False");
    let own = Repo { client, ..repo.clone() };
    own.touch(&view, "metadata", &["meta/root.group.json"]).await;
    assert_eq!(own.content(&view, "meta/root.group.json").await, json!({}));
    assert_eq!(own.get("sessions").await.ok(), json!([]));
    own.commit(&view).await;
}

#[tokio::test]
async fn a_session_needs_a_branch_or_a_commit_and_an_address_that_clients_read() {
    let repo = repo().await;
    let mut body = json!({"branch": null, "base_commit": null, "author_name": null, "author_email": "a@example.com",
        "message": null, "session_type": "write", "expires_in": "P1D"});
    repo.post("sessions", &body).await.refused(422, "At least one of branch, base_commit");
    body["branch"] = json!("main");
    repo.post("sessions", &body).await.ok();
    body["author_email"] = json!("a@localhost");
    repo.post("sessions", &body).await.refused(422, "a@localhost");
}

#[tokio::test]
async fn who_may_only_read_reads_and_writes_nothing() {
    let repo = repo().await;
    let view = repo.view(None).await;
    repo.touch(&view, "metadata", &["meta/root.group.json"]).await;
    let commit = repo.commit(&view).await;
    let reader = repo.client.other("reader", &["CAN_READ_REPOS"]).await;
    let reader = Repo { client: reader, ..repo.clone() };
    let mut view = view;
    (view.session, view.base) = (format!("read-{commit}"), Some(commit));
    assert_eq!(reader.content(&view, "meta/root.group.json").await, json!({}));
    reader.session_for(None, "P1D").await.refused(403, "Access Denied");
    reader.set(&view, "metadata", &[]).await.refused(403, "Access Denied");
    let stranger = Repo { client: repo.client.other("stranger", &[]).await, ..repo };
    stranger.get("commits?limit=0").await.refused(403, "Access Denied");
}

#[tokio::test]
async fn only_v1_repos_have_a_metastore_and_it_goes_with_the_repo() {
    let repo = repo().await;
    repo.client.repo("ice").await;
    let ice = Repo { path: "/repos/local/ice".to_owned(), ..repo.clone() };
    ice.get("commits?limit=0").await.refused(422, "only V1 repos");
    repo.commit_paths(None, &["meta/root.group.json"]).await;
    repo.client.delete("/orgs/local/old").await.ok();
    repo.get("commits?limit=0").await.refused(404, "not found");
    let again = repo_of(repo.client.clone(), "old").await;
    assert_eq!(again.get("commits?limit=0").await.ok(), json!([]));
    assert_eq!(again.get("branches").await.ok(), json!([]));
}

impl Repo {
    async fn touch_refused(&self, view: &View, words: &str) {
        self.set(view, "metadata", &[("meta/root.group.json", json!({}))]).await.refused(422, words);
    }
}
