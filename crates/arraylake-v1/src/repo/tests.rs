mod races;

use std::time::Duration;

use arraylake_transport::Transport;
use arraylake_transport::testing::{Script, Step, json, silence, status};
use arraylake_types::v1::{Collection, SessionType};
use serde_json::{Value, json as value};

use super::*;
use crate::path::NodePath;

pub(super) const A: &str = "6b0000000000000000000001";
const B: &str = "6b0000000000000000000002";
const C: &str = "6b0000000000000000000003";
const D: &str = "6b0000000000000000000004";

fn over(script: &Script, options: RepoOptions) -> AsyncRepo {
    let transport = Transport::builder()
        .with_base_uri("http://api.test".parse().unwrap())
        .with_leaf(script.clone())
        .build()
        .unwrap();
    let metastore = Metastore::new(transport, "acme/old".parse().unwrap());
    AsyncRepo::new(metastore, Author::new(Some("Ada L".into()), "ada@example.com"), options)
}

pub(super) fn repo(steps: impl IntoIterator<Item = Step>) -> (AsyncRepo, Script) {
    let script = Script::new(steps);
    (over(&script, RepoOptions::new()), script)
}

pub(super) fn branch(commit: &str) -> Step {
    json(200, value!([{ "_id": "main", "commit_id": commit }]))
}

pub(super) fn none() -> Step {
    json(200, "[]")
}

pub(super) fn done() -> Step {
    json(200, "{}")
}

fn refusal(detail: &str) -> Step {
    json(422, value!({ "detail": detail }))
}

fn session(id: &str) -> Step {
    json(200, session_info(id))
}

fn session_info(id: &str) -> Value {
    value!({"_id": id, "start_time": "2026-11-22T09:55:02.123000", "expiration": "2026-11-23T09:55:02.123000",
        "branch": "main", "base_commit": null, "author_email": "ada@example.com", "session_type": "write"})
}

fn made(commit: &str) -> Step {
    json(200, value!({ "_id": commit }))
}

fn commit(id: &str, parent: Option<&str>) -> Value {
    value!({"_id": id, "session_start_time": "2026-11-22T09:55:02", "parent_commit": parent,
        "commit_time": "2026-11-22T09:55:03", "author_email": "ada@example.com", "message": "m"})
}

/// A repo whose session writes to `main` at the commit `A`; three requests have been made.
pub(super) async fn writing(steps: impl IntoIterator<Item = Step>) -> (AsyncRepo, Script) {
    let (repo, script) = repo([branch(A), none(), session("s1")].into_iter().chain(steps));
    assert_eq!(repo.checkout("main", Checkout::new()).await.unwrap().unwrap().as_str(), A);
    (repo, script)
}

pub(super) fn tail(script: &Script, from: usize) -> Vec<String> {
    let shorten = |path: String| path.replace("/repos/acme/old", "");
    script.paths().into_iter().skip(from).map(shorten).collect()
}

pub(super) fn body(script: &Script, index: usize) -> Value {
    serde_json::from_slice(script.requests()[index].body()).unwrap()
}

#[tokio::test]
async fn a_commit_makes_a_commit_moves_the_branch_and_checks_it_out_anew() {
    let (repo, script) = writing([branch(A), made(B), done(), branch(B), none(), session("s2")]).await;
    let outcome = repo.commit("first", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.id().unwrap().as_str(), outcome.is_new(), outcome.attempts()), (B, true, 1));
    assert_eq!(
        tail(&script, 3),
        [
            "/branches?names=main",
            "/commits",
            "/branches",
            "/branches?names=main",
            "/tags?names=main",
            "/sessions"
        ]
    );
    let sent = body(&script, 4);
    assert_eq!((&sent["parent_commit"], &sent["message"]), (&value!(A), &value!("first")));
    let moved = value!({"branch": "main", "new_commit": B, "new_branch": false, "base_commit": A, "session_id": "s1"});
    assert_eq!(body(&script, 5), moved);
    assert_eq!(body(&script, 8)["expires_in"], "P1D", "as long as the session before");
    let session = repo.session().unwrap();
    assert_eq!((session.id.as_str(), session.base_commit.as_ref().unwrap().as_str()), ("s2", B));
}

#[tokio::test]
async fn the_first_commit_makes_the_branch() {
    let first = [none(), none(), session("s1"), none(), made(A), done(), branch(A), none(), session("s2")];
    let (repo, script) = repo(first);
    assert_eq!(repo.checkout("main", Checkout::new()).await.unwrap(), None);
    repo.commit("first", CommitOptions::new()).await.unwrap();
    let made = value!({"branch": "main", "new_commit": A, "new_branch": true, "base_commit": null, "session_id": "s1"});
    assert_eq!(body(&script, 5), made);
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_rebased_and_tried_again() {
    let (repo, script) = writing([
        branch(B),
        json(200, value!({ "commit_id": B })),
        branch(B),
        made(C),
        refusal("Failed to update branch main"),
        json(200, value!({ "commit_id": D })),
        branch(D),
        made("6b0000000000000000000005"),
        done(),
        branch("6b0000000000000000000005"),
        none(),
        session("s2"),
    ])
    .await;
    let start = tokio::time::Instant::now();
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.attempts(), start.elapsed()), (3, Duration::from_secs(1)));
    let expected = format!("/rebase?session_id=s1&branch_name=main&base_commit={A}");
    assert_eq!(tail(&script, 4)[0], expected);
    assert_eq!(body(&script, 6)["parent_commit"], B);
}

#[tokio::test]
async fn a_conflict_ends_the_commit_and_leaves_the_session_as_it_was() {
    let conflict = "Conflicting paths found for rebase x->main: ['data/root/u1/c0']";
    let (repo, script) = writing([branch(B), refusal(conflict)]).await;
    let before = repo.session().unwrap();
    let error = repo.commit("mine", CommitOptions::new()).await.unwrap_err();
    assert_eq!(error.conflicting_paths().unwrap(), ["data/root/u1/c0"]);
    assert!(error.is_conflict() && error.to_string().contains("data/root/u1/c0"), "{error}");
    assert_eq!(repo.session().unwrap(), before);
    assert_eq!(script.remaining(), 0);
}

#[tokio::test]
async fn nothing_to_commit_is_no_error_and_the_session_goes_on() {
    let (repo, _) = writing([branch(A), refusal("No changes to commit")]).await;
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.is_new(), outcome.id().unwrap().as_str()), (false, A));
    assert_eq!(repo.session().unwrap().id.as_str(), "s1");
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_always_loses_says_how_often_it_was_tried() {
    let rebased = || [branch(B), json(200, value!({ "commit_id": A }))];
    let script =
        Script::new([branch(A), none(), session("s1")].into_iter().chain((0..3).flat_map(|_| rebased())));
    let policy = CommitPolicy::new().with_max_attempts(3);
    let repo = over(&script, RepoOptions::new().with_commit_policy(policy));
    repo.checkout("main", Checkout::new()).await.unwrap();
    let error = repo.commit("mine", CommitOptions::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::CommitFailed { attempts: 3 });
    let never =
        over(&script, RepoOptions::new().with_commit_policy(CommitPolicy::new().with_max_attempts(0)));
    *never.session_slot() = repo.session_slot().clone();
    assert!(never.commit("mine", CommitOptions::new()).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_commit_whose_next_session_fails_is_still_a_commit() {
    let (repo, _) =
        writing([branch(A), made(B), done(), branch(B), none(), refusal("Max expiry exceeded")]).await;
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert!(outcome.is_new() && outcome.checkout_error().is_some());
    let session = repo.session().unwrap();
    assert_eq!(
        (session.session_type.clone(), session.base_commit.clone().unwrap().as_str()),
        (SessionType::Read, B)
    );
    assert!(repo.set_doc("meta/root.group.json", &value!({})).await.unwrap_err().is_read_only());
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_more_ends_well() {
    let (repo, script) = writing([branch(A), made(B), done(), branch(B), none(), session("s2")]).await;
    let mut commit = Box::pin(repo.commit("mine", CommitOptions::new()));
    while script.requests().len() < 5 {
        std::future::poll_fn(|cx| {
            assert!(commit.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }
    drop(commit);
    while repo.session().unwrap().id.as_str() != "s2" {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.remaining(), 0);
}

#[tokio::test]
async fn an_expired_session_is_named_as_such_and_nothing_is_committed() {
    let (repo, script) = writing([refusal("Session expired"), branch(A), refusal("Session expired")]).await;
    assert!(repo.set_doc("meta/root.group.json", &value!({})).await.unwrap_err().is_session_expired());
    assert!(repo.commit("mine", CommitOptions::new()).await.unwrap_err().is_session_expired());
    assert_eq!(script.paths().len(), 6, "no branch was moved");
}

#[tokio::test]
async fn a_commit_on_a_tag_is_refused_until_a_branch_is_made() {
    let tag = value!([{"label": "v1", "created_at": "2026-11-22T09:55:03", "commit": commit(A, None), "message": null,
        "author_email": "ada@example.com"}]);
    let (repo, script) = repo([none(), json(200, tag), session("s1"), none(), none()]);
    repo.checkout("v1", Checkout::new()).await.unwrap();
    assert_eq!(body(&script, 2)["branch"], Value::Null);
    let error = repo.commit("mine", CommitOptions::new()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Detached);
    let error = repo.set_doc("meta/root.group.json", &value!({})).await.unwrap_err();
    assert!(error.is_read_only() && error.to_string().contains("new_branch"), "{error}");
    assert_eq!(script.paths().len(), 3, "nothing was sent");
    repo.new_branch("dev").await.unwrap();
    assert!(repo.session().unwrap().is_writable());
}

#[tokio::test]
async fn a_write_on_a_read_only_checkout_is_refused_before_anything_is_sent() {
    let (repo, script) = repo([branch(A), none()]);
    repo.checkout("main", Checkout::read_only()).await.unwrap();
    assert_eq!(repo.session().unwrap().id.as_str(), format!("read-{A}"));
    let group = "a".parse::<NodePath>().unwrap();
    assert!(repo.set_doc("meta/root.group.json", &value!({})).await.unwrap_err().is_read_only());
    assert!(repo.del_docs(["meta/root.group.json"]).await.unwrap_err().is_read_only());
    assert!(repo.rename(&group, &"b".parse().unwrap()).await.unwrap_err().is_read_only());
    assert!(repo.delete_node(&group).await.unwrap_err().is_read_only());
    assert!(repo.commit("mine", CommitOptions::new()).await.unwrap_err().is_read_only());
    assert!(repo.abandon_session().await.unwrap_err().is_read_only());
    assert_eq!(script.paths().len(), 2);
}

#[tokio::test]
async fn a_repo_opened_to_be_read_cannot_be_checked_out_for_writing() {
    let script = Script::new([]);
    let repo = over(&script, RepoOptions::new().with_read_only(true));
    assert!(repo.checkout("main", Checkout::new()).await.unwrap_err().is_read_only());
    assert!(repo.join_session(&"s".parse().unwrap()).await.unwrap_err().is_read_only());
    let long = Checkout::new().with_expires_in(Duration::from_secs(8 * 86_400));
    let writable = over(&script, RepoOptions::new());
    let error = writable.checkout("main", long).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("P8D"), "{error}");
    assert!(script.paths().is_empty());
}

#[tokio::test]
async fn a_session_of_another_user_is_joined_and_written_to_under_its_id() {
    let (repo, script) = repo([session("theirs"), done()]);
    repo.checkout("ignored", Checkout::new().with_session_token("theirs".parse().unwrap())).await.unwrap();
    repo.set_doc("meta/root.group.json", &value!({"attributes": {}})).await.unwrap();
    let expected = ["/sessions/theirs", "/contents/metadata/_bulk_set?session_id=theirs&base_commit="];
    assert_eq!(tail(&script, 0), expected);
    let (repo, _) = self::repo([refusal("Session invalid or expired")]);
    assert!(repo.join_session(&"gone".parse().unwrap()).await.unwrap_err().is_session_expired());
}

#[tokio::test]
async fn a_path_with_dots_is_refused_before_anything_is_sent() {
    let (repo, script) = writing([]).await;
    for path in ["meta/root/../../x.group.json", "meta/root/./x.group.json", "data/root/x/c0", "meta/root//x"]
    {
        let error = repo.set_doc(path, &value!({})).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(path), "{error}");
    }
    assert!(repo.set_doc("meta/root.group.json", &value!([1])).await.unwrap_err().is_invalid_input());
    assert_eq!(script.paths().len(), 3);
}

#[tokio::test]
async fn documents_travel_in_batches_and_chunks_array_by_array() {
    let (repo, script) = writing((0..5).map(|_| none())).await;
    repo.fetch::<Value>(&Collection::Metadata, (0..41).map(|n| format!("meta/root/a{n}.array.json")))
        .await
        .unwrap();
    assert_eq!((3..6).map(|n| body(&script, n).as_array().unwrap().len()).collect::<Vec<_>>(), [20, 20, 1]);
    let chunks = ["data/root/a/c0", "data/root/b/c0", "data/root/a/c1", "data/root/a/c1"];
    repo.fetch::<Value>(&Collection::Chunks, chunks).await.unwrap();
    assert_eq!(body(&script, 6), value!(["data/root/a/c0", "data/root/a/c1"]));
    assert_eq!(body(&script, 7), value!(["data/root/b/c0"]));
}

#[tokio::test]
async fn of_several_documents_for_one_path_the_last_one_is_sent() {
    let (repo, script) = writing([done(), done()]).await;
    let path = |n: usize| format!("meta/root/a{}.array.json", n % 30);
    repo.set_docs((0..50).map(|n| (path(n), value!({ "n": n })))).await.unwrap();
    let mut sent: Vec<Value> = (3..5).flat_map(|n| body(&script, n).as_array().unwrap().clone()).collect();
    sent.sort_by_key(|doc| doc["content"]["n"].as_u64());
    let numbers: Vec<u64> = sent.iter().map(|doc| doc["content"]["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (20..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_ref_is_looked_for_among_branches_tags_and_commits() {
    let history = json(200, value!([commit(B, Some(A)), commit(A, None)]));
    let (repo, script) =
        repo([none(), none(), history.clone(), none(), none(), none(), none(), history, none(), none()]);
    let at = repo.checkout(B, Checkout::read_only()).await.unwrap();
    assert_eq!(at.unwrap().as_str(), B);
    let error = repo.checkout(C, Checkout::read_only()).await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains(C), "{error}");
    assert_eq!(script.remaining(), 0, "the history was looked at once more");
    let (repo, _) = self::repo([none(), none()]);
    let error = repo.checkout("nowhere", Checkout::read_only()).await.unwrap_err();
    assert!(error.to_string().contains("\"nowhere\" was not found in branches, tags or commits"), "{error}");
}

#[tokio::test]
async fn the_log_goes_along_the_parents_and_says_where_it_is_broken() {
    let page = |rows: Value| [json(200, rows), none(), none()];
    let (repo, _) = writing(page(value!([commit(C, Some(A)), commit(B, Some(A)), commit(A, None)]))).await;
    let log = repo.commit_log().await.unwrap();
    assert_eq!((log.len(), log.iter().next().unwrap().id.as_str()), (1, A));
    let (repo, _) = writing(page(value!([commit(A, Some(B))]))).await;
    let error = repo.commit_log().await.unwrap_err();
    assert!(*error.kind() == ErrorKind::CommitNotFound && error.to_string().contains(B), "{error}");
    let (repo, _) = writing(page(value!([commit(A, Some(A))]))).await;
    assert!(repo.commit_log().await.is_err(), "its own parent");
}

#[tokio::test]
async fn commits_are_paged_by_the_last_one_seen_and_a_service_that_repeats_itself_is_left() {
    let script = Script::new([
        json(200, value!([commit(C, Some(B)), commit(B, Some(A))])),
        json(200, value!([commit(A, None)])),
    ]);
    let two = RepoOptions::new().with_commits_page(2.try_into().unwrap());
    assert_eq!(over(&script, two.clone()).get_commits().await.unwrap().len(), 3);
    assert_eq!(
        tail(&script, 0),
        ["/commits?limit=2".to_owned(), format!("/commits?limit=2&last_seen_commit={B}")]
    );
    let same = || json(200, value!([commit(C, Some(B)), commit(B, Some(A))]));
    let script = Script::new([same(), same()]);
    assert_eq!(*over(&script, two).get_commits().await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_fast_forward_moves_the_base_alone() {
    let (repo, script) = writing([branch(B), json(200, value!({ "commit_id": B }))]).await;
    assert_eq!(repo.fast_forward().await.unwrap().unwrap().as_str(), B);
    assert_eq!(repo.session().unwrap().id.as_str(), "s1");
    assert_eq!(script.paths().len(), 5);
    let (repo, _) = writing([none()]).await;
    assert_eq!(repo.fast_forward().await.unwrap().unwrap().as_str(), A, "no branch yet: it stays");
}

#[tokio::test]
async fn status_is_cut_where_asked_and_knows_it() {
    let changed = |paths: &[&str]| {
        let rows: Vec<Value> = paths.iter().map(|path| value!({ "_id": "1", "path": path })).collect();
        json(200, Value::from(rows))
    };
    let (repo, script) = writing([none(), changed(&["meta/a", "meta/b"]), changed(&["data/a"])]).await;
    let status = repo.status(2).await.unwrap();
    assert_eq!((status.changes.len(), status.is_cut), (2, true));
    assert!(tail(&script, 3)[0].starts_with("/modified_paths/nodes?limit=3&session_id=s1"));
    let (repo, _) = writing([none(), changed(&["meta/a"]), none()]).await;
    assert!(!repo.status(0).await.unwrap().is_cut);
}

#[tokio::test]
async fn a_node_is_not_moved_into_itself() {
    let (repo, script) = writing([done()]).await;
    let node = |text: &str| text.parse::<NodePath>().unwrap();
    for (source, destination) in [("a", "a"), ("a", "a/b"), ("", "a"), ("a", "")] {
        assert!(repo.rename(&node(source), &node(destination)).await.unwrap_err().is_invalid_input());
    }
    repo.rename(&node("a"), &node("ab")).await.unwrap();
    assert_eq!(script.paths().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_silent_metastore_is_an_error_in_the_end() {
    let (repo, _) = repo((0..40).map(|_| silence()));
    let error = repo.branches().await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Transport);
    let (repo, _) = self::repo([status(404)]);
    assert!(repo.branches().await.is_err());
}
