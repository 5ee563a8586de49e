//! Branches, tags, history and commits, on memory.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use icechunk::storage::latency::LatencyStorage;
use icechunk::{Storage, new_in_memory_storage};
use serde_json::json;

use super::*;
use crate::testing::{answer, repo, setup};
use crate::{CommitOptions, ErrorKind, OpenOptions};

async fn created(options: OpenOptions) -> IcechunkRepo {
    let storage = new_in_memory_storage().await.unwrap();
    let opener = setup(Duration::from_secs(3600), Duration::ZERO).opener();
    opener.create_on(storage, &repo(), answer(|_| {}), options).await.unwrap()
}

async fn commit(repo: &IcechunkRepo, branch: &str, how: CommitOptions) -> Result<SnapshotId, Error> {
    let mut session = repo.writable_session(branch).await.unwrap();
    repo.commit(&mut session, how.with_allow_empty(true)).await
}

fn main() -> VersionInfo {
    VersionInfo::BranchTipRef("main".to_owned())
}

#[tokio::test]
async fn branches_and_tags_are_made_moved_and_deleted() {
    let repo = created(OpenOptions::new()).await;
    let first = commit(&repo, "main", "first".into()).await.unwrap();
    let second = commit(&repo, "main", "second".into()).await.unwrap();
    repo.create_branch("side", &first).await.unwrap();
    assert_eq!(repo.create_branch("side", &first).await.unwrap_err().kind(), &ErrorKind::Conflict);
    assert_eq!(repo.lookup_branch("side").await.unwrap(), first);
    let elsewhere = repo.reset_branch("side", &second, Some(&second)).await.unwrap_err();
    assert_eq!(elsewhere.kind(), &ErrorKind::Conflict);
    repo.reset_branch("side", &second, Some(&first)).await.unwrap();
    assert_eq!(repo.lookup_branch("side").await.unwrap(), second);
    assert_eq!(repo.list_branches().await.unwrap().into_iter().collect::<Vec<_>>(), ["main", "side"]);
    repo.delete_branch("side").await.unwrap();
    assert_eq!(repo.lookup_branch("side").await.unwrap_err().kind(), &ErrorKind::NotFound);
    assert_eq!(repo.delete_branch("main").await.unwrap_err().kind(), &ErrorKind::Config);

    repo.create_tag("v1", &first).await.unwrap();
    assert_eq!(repo.lookup_tag("v1").await.unwrap(), first);
    repo.delete_tag("v1").await.unwrap();
    assert!(repo.list_tags().await.unwrap().is_empty());
    assert_eq!(repo.create_tag("v1", &first).await.unwrap_err().kind(), &ErrorKind::Conflict);
}

#[tokio::test]
async fn history_goes_back_to_the_beginning_with_the_author_and_what_else_was_said() {
    let repo = created(OpenOptions::new()).await;
    let how = CommitOptions::new("first").with_metadata("run", 7);
    let first = commit(&repo, "main", how).await.unwrap();
    commit(&repo, "main", "second".into()).await.unwrap();
    let history: Vec<_> = repo.ancestry(&main()).await.unwrap().try_collect().await.unwrap();
    let messages: Vec<_> = history.iter().map(|snapshot| snapshot.message.as_str()).collect();
    assert_eq!(messages[..2], ["second", "first"]);
    assert_eq!(history.len(), 3);
    let first = repo.lookup_snapshot(&first).await.unwrap();
    assert_eq!(first.metadata["run"], json!(7));
    assert_eq!(first.metadata["author_email"], json!("ada@example.com"));
}

#[tokio::test]
async fn a_commit_goes_on_from_somebody_elses_if_it_may_and_conflicts_if_not() {
    let repo = created(OpenOptions::new()).await;
    let group = |name: &str| icechunk::format::Path::try_from(name).unwrap();
    let definition = || bytes::Bytes::from_static(br#"{"zarr_format":3,"node_type":"group"}"#);
    let mut mine = repo.writable_session("main").await.unwrap();
    let mut theirs = repo.writable_session("main").await.unwrap();
    mine.add_group(group("/mine"), definition()).await.unwrap();
    theirs.add_group(group("/theirs"), definition()).await.unwrap();
    repo.commit(&mut theirs, "theirs").await.unwrap();
    assert_eq!(repo.commit(&mut mine, "mine").await.unwrap_err().kind(), &ErrorKind::Conflict);
    repo.commit(&mut mine, CommitOptions::new("mine").with_rebase(3)).await.unwrap();
    let session = repo.readonly_session("main").await.unwrap();
    for name in ["/mine", "/theirs"] {
        session.get_group(&group(name)).await.unwrap();
    }
    let first = repo.ancestry(&main()).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    let from = VersionInfo::SnapshotId(first.last().unwrap().id.clone());
    assert_eq!(repo.diff(&from, &main()).await.unwrap().new_groups.len(), 2);
    let nothing = repo.commit(&mut repo.writable_session("main").await.unwrap(), "nothing").await;
    assert_eq!(nothing.unwrap_err().kind(), &ErrorKind::NothingToCommit);
}

#[tokio::test]
async fn an_amended_commit_takes_the_place_of_the_last() {
    let repo = created(OpenOptions::new()).await;
    commit(&repo, "main", "hasty".into()).await.unwrap();
    commit(&repo, "main", CommitOptions::new("considered").with_amend()).await.unwrap();
    let history: Vec<_> = repo.ancestry(&main()).await.unwrap().try_collect().await.unwrap();
    assert_eq!((history.len(), history[0].message.as_str()), (2, "considered"));
}

#[tokio::test]
async fn what_may_only_be_read_keeps_its_branches_and_tags() {
    let repo = created(OpenOptions::new().with_read_only(true)).await;
    let tip = repo.lookup_branch("main").await.unwrap();
    let refusals = [
        repo.create_branch("side", &tip).await,
        repo.reset_branch("main", &tip, None).await,
        repo.delete_branch("side").await,
        repo.create_tag("v1", &tip).await,
        repo.delete_tag("v1").await,
    ];
    for refusal in refusals {
        assert_eq!(refusal.unwrap_err().kind(), &ErrorKind::ReadOnly);
    }
}

#[tokio::test]
async fn a_commit_that_takes_too_long_may_have_been_made_and_is_not_made_twice() {
    let slow = Arc::new(LatencyStorage::new(new_in_memory_storage().await.unwrap(), 0, 0));
    let on = Arc::clone(&slow) as Arc<dyn Storage + Send + Sync>;
    let opener = setup(Duration::from_secs(3600), Duration::ZERO).opener();
    let repo = opener.create_on(on, &repo(), answer(|_| {}), OpenOptions::new()).await.unwrap();
    let tip = repo.lookup_branch("main").await.unwrap();
    let mut session = repo.writable_session("main").await.unwrap();
    slow.set_write_delay_ms(60_000);
    let hasty = CommitOptions::new("hasty").with_allow_empty(true).with_timeout(Duration::from_millis(50));
    let error = repo.commit(&mut session, hasty).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::UnknownOutcome);
    assert!(error.to_string().contains("main") && error.to_string().contains(&tip.to_string()), "{error}");
    slow.set_write_delay_ms(0);
    assert_eq!(repo.lookup_branch("main").await.unwrap(), tip, "this one was not");
    let again = CommitOptions::new("again").with_allow_empty(true).with_timeout(Duration::from_secs(60));
    repo.commit(&mut session, again).await.unwrap();
}
