//! Commits whose answers are lost, that are given up, and that others write beside.

use std::pin::Pin;

use super::*;

const LOST: &str = "Failed to update branch 'main': it is not where it was";

/// Lets a commit run until so many requests have been made.
async fn until(
    commit: &mut (impl Future<Output = Result<CommitOutcome>> + Unpin),
    script: &Script,
    requests: usize,
) {
    while script.requests().len() < requests {
        std::future::poll_fn(|cx| {
            assert!(Pin::new(&mut *commit).poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_moved_though_the_answer_was_lost_is_found_where_it_should_be() {
    let steps = [branch(A), made(B), status(503), refusal(LOST), branch(B), branch(B), none(), session("s2")];
    let (repo, script) = writing(steps).await;
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.id().unwrap().as_str(), outcome.attempts(), outcome.is_new()), (B, 1, true));
    assert_eq!(repo.session().unwrap().id.as_str(), "s2");
    assert_eq!(script.remaining(), 0, "no second commit was made of the same");
}

#[tokio::test(start_paused = true)]
async fn others_may_have_gone_on_from_a_commit_whose_answer_was_lost() {
    let newer = json(200, commit(C, Some(B)));
    let steps =
        [branch(A), made(B), status(503), refusal(LOST), branch(C), newer, branch(C), none(), session("s2")];
    let (repo, script) = writing(steps).await;
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.id().unwrap().as_str(), outcome.attempts()), (B, 1));
    assert_eq!((repo.session().unwrap().base_commit.as_ref().unwrap().as_str(), script.remaining()), (C, 0));
}

#[tokio::test(start_paused = true)]
async fn a_race_that_was_lost_while_an_answer_was_lost_is_run_again() {
    let (repo, script) = writing([
        branch(A),
        made(C),
        status(503),
        refusal(LOST),
        branch(B),
        json(200, value!({ "commit_id": B })),
        branch(B),
        made(D),
        done(),
        branch(D),
        none(),
        session("s2"),
    ])
    .await;
    let outcome = repo.commit("mine", CommitOptions::new()).await.unwrap();
    assert_eq!((outcome.id().unwrap().as_str(), outcome.attempts(), script.remaining()), (D, 2, 0));
}

#[tokio::test]
async fn a_service_that_falls_silent_while_it_moves_the_branch_leaves_the_outcome_unknown() {
    let (repo, _) = writing([branch(A), made(B), status(500), status(500)]).await;
    let error = repo.commit("mine", CommitOptions::new()).await.unwrap_err();
    assert!(error.is_unknown_outcome() && error.to_string().contains(B), "{error}");
    assert_eq!(repo.session().unwrap().id.as_str(), "s1", "it may be asked again");
    let (repo, script) = writing([branch(A), made(B), status(500), branch(A)]).await;
    let error = repo.commit("mine", CommitOptions::new()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Refused { .. }), "it is known not to have moved: {error}");
    assert_eq!(script.remaining(), 0);
}

#[tokio::test]
async fn a_checkout_after_a_commit_that_was_given_up_is_not_undone_by_it() {
    let steps = [branch(A), made(B), done(), branch(B), none(), session("s2"), branch(C), none()];
    let (repo, script) = writing(steps).await;
    let mut commit = Box::pin(repo.commit("mine", CommitOptions::new()));
    until(&mut commit, &script, 5).await;
    drop(commit);
    let at = repo.checkout("main", Checkout::read_only()).await.unwrap().unwrap();
    assert_eq!((at.as_str(), repo.session().unwrap().session_type.clone()), (C, SessionType::Read));
    assert_eq!(script.remaining(), 0, "the commit was ended first");
}

#[tokio::test]
async fn what_is_written_while_a_commit_is_published_waits_for_the_session_after_it() {
    let steps = [branch(A), made(B), done(), branch(B), none(), session("s2"), done(), done()];
    let (repo, script) = writing(steps).await;
    let mut commit = Box::pin(repo.commit("mine", CommitOptions::new()));
    until(&mut commit, &script, 5).await;
    let (other, group) = (repo.clone(), value!({"attributes": {}}));
    let (outcome, written, deleted) = tokio::join!(
        commit,
        other.set_doc("meta/root.group.json", &group),
        other.del_docs(["meta/root/a.group.json"])
    );
    written.unwrap();
    deleted.unwrap();
    assert!(outcome.unwrap().is_new());
    let later = tail(&script, 9);
    assert_eq!(later.len(), 2);
    assert!(later.iter().all(|path| path.contains("session_id=s2")), "{later:?}");
}
