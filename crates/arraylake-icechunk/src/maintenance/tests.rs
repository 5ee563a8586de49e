//! Dry runs against real ones, on memory.

use std::time::{Duration, SystemTime};

use arraylake_types::ExpirationConfig;
use icechunk::new_in_memory_storage;
use serde_json::json;

use super::*;
use crate::testing::{answer, repo, setup};
use crate::{ErrorKind, OpenOptions};

fn soon() -> Timestamp {
    (SystemTime::now() + Duration::from_secs(60)).into()
}

async fn opened(options: OpenOptions) -> IcechunkRepo {
    let storage = new_in_memory_storage().await.unwrap();
    let opener = setup(Duration::from_secs(3600), Duration::ZERO).opener();
    opener.create_on(storage, &repo(), answer(|_| {}), options).await.unwrap()
}

async fn commit(repo: &IcechunkRepo, branch: &str, message: &str) -> SnapshotId {
    let mut session = repo.writable_session(branch).await.unwrap();
    session.commit(message).allow_empty(true).execute().await.unwrap()
}

/// Three commits on `main`, one of them tagged, and two on a branch.
async fn history() -> IcechunkRepo {
    let repo = opened(OpenOptions::new()).await;
    let first = commit(&repo, "main", "first").await;
    repo.repository().create_tag("v1", &first).await.unwrap();
    repo.repository().create_branch("side", &first).await.unwrap();
    commit(&repo, "main", "second").await;
    commit(&repo, "main", "third").await;
    commit(&repo, "side", "aside").await;
    commit(&repo, "side", "aside again").await;
    repo
}

#[tokio::test]
async fn a_dry_expiration_tells_what_a_real_one_does() {
    let all = Expire::older_than(soon());
    for how in [all, all.with_tags(), all.with_branches(), all.with_branches().with_tags()] {
        let repo = history().await;
        let before = repo.repository().lookup_branch("main").await.unwrap();
        let told = repo.expire(how.with_dry_run()).await.unwrap();
        assert_eq!(repo.expire(how.with_dry_run()).await.unwrap(), told, "a dry run changes nothing");
        assert!(!told.released_snapshots.is_empty());
        assert_eq!(repo.expire(how).await.unwrap(), told, "{how:?}");
        assert_eq!(repo.repository().lookup_branch("main").await.unwrap(), before);
        let left = repo.expire(how.with_dry_run()).await.unwrap();
        assert!(left.released_snapshots.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn nothing_expires_that_is_younger_than_the_rules_say() {
    let rules = |age: serde_json::Value| {
        let rules = json!({"expire_versions_older_than": age, "enabled": true});
        serde_json::from_value::<ExpirationConfig>(rules).unwrap()
    };
    assert!(Expire::by(&rules(serde_json::Value::Null), soon()).is_none());
    let repo = history().await;
    let young = Expire::by(&rules(json!(86400.0)), soon()).unwrap();
    assert!(repo.expire(young).await.unwrap().released_snapshots.is_empty());
    let endless = Expire::by(&rules(json!(1e300)), soon()).unwrap();
    assert!(repo.expire(endless).await.unwrap().released_snapshots.is_empty());
    let old = Expire::by(&rules(json!(0.0)), soon()).unwrap();
    assert!(!repo.expire(old).await.unwrap().released_snapshots.is_empty());
}

#[tokio::test]
async fn garbage_is_counted_dry_and_collected_by_the_rules_alone() {
    let repo = history().await;
    repo.expire(Expire::older_than(soon())).await.unwrap();
    let rules = |age: f64| {
        let mut rules = GcConfig::default();
        rules.dangling_snapshots = Retention::OlderThan(age);
        rules.dangling_transaction_logs = Retention::OlderThan(age);
        rules
    };
    let kept = repo.collect_garbage(CollectGarbage::by(GcConfig::default(), soon())).await.unwrap();
    assert_eq!(kept.result, GcResult::new());
    let young = repo.collect_garbage(CollectGarbage::by(rules(86400.0), soon())).await.unwrap();
    assert_eq!(young.result.snapshots_deleted, 0);
    let old = CollectGarbage::by(rules(0.0), soon());
    let dry = repo.collect_garbage(old.clone().with_dry_run()).await.unwrap();
    assert!(dry.dry_run && dry.result.snapshots_deleted > 0);
    let real = repo.collect_garbage(old.clone()).await.unwrap();
    assert_eq!((real.result.snapshots_deleted, real.failed), (dry.result.snapshots_deleted, 0));
    let again = repo.collect_garbage(old).await.unwrap();
    assert_eq!(again.result.snapshots_deleted, 0);
    repo.readonly_session("main").await.unwrap();
}

#[tokio::test]
async fn what_may_only_be_read_is_not_maintained() {
    let repo = opened(OpenOptions::new().with_read_only(true)).await;
    let error = repo.expire(Expire::older_than(soon()).with_dry_run()).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
    let error = repo.collect_garbage(CollectGarbage::by(GcConfig::default(), soon())).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::ReadOnly);
}

#[tokio::test]
async fn roots_that_are_no_snapshots_are_refused_and_format_1_cannot_tell() {
    let mut rules = GcConfig::default();
    rules.extra_gc_roots.push("not a snapshot".to_owned());
    let repo = opened(OpenOptions::new().with_spec_version(SpecVersionBin::V1)).await;
    let error = repo.collect_garbage(CollectGarbage::by(rules, soon())).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Config);
    let error = repo.expire(Expire::older_than(soon()).with_dry_run()).await.unwrap_err();
    assert!(error.to_string().contains("format 1"), "{error}");
    repo.expire(Expire::older_than(soon())).await.unwrap();
}
