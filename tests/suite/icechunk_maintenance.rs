//! Expiration and garbage collection on the local service, dry, done and reported.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arraylake_core::Upkeep;
use arraylake_core::icechunk::{CollectGarbage, Expire, IcechunkRepo};
use arraylake_core::prelude::*;
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use arraylake_tests::proxy::{Manners, Proxy};
use arraylake_types::{GcConfig, ModifyExpiration, ModifyGc, ModifyOptimization, Retention, Timestamp};

fn rules() -> GcConfig {
    let mut rules = GcConfig::default();
    rules.dangling_chunks = Retention::OlderThan(0.0);
    rules.dangling_manifests = Retention::OlderThan(0.0);
    rules.dangling_snapshots = Retention::OlderThan(0.0);
    rules.dangling_transaction_logs = Retention::OlderThan(0.0);
    rules
}

/// A repo with an old version.
async fn written_twice(lake: &TestLake, name: &str) -> IcechunkRepo {
    let request = NewRepo::new(name).with_bucket(lake.delegated()).unwrap();
    let repo = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    for message in ["first", "second"] {
        let store = Arc::new(repo.writable_store("main").await.unwrap());
        store.session().write().await.clear().await.unwrap();
        dataset::write(&store).await;
        store.commit(message).await.unwrap();
    }
    repo
}

/// The same, with rules by which the old version goes.
async fn to_be_kept_up(lake: &TestLake, name: &str) -> RepoName {
    let client = lake.client();
    written_twice(lake, name).await;
    let garbage = ModifyGc::new()
        .with_enabled(true)
        .with_chunks(Retention::OlderThan(0.0))
        .with_manifests(Retention::OlderThan(0.0))
        .with_snapshots(Retention::OlderThan(0.0));
    let old = ModifyExpiration::older_than(0.0).with_enabled(true);
    let rules = ModifyOptimization::new().with_gc(Some(&garbage)).with_expiration(Some(&old));
    let name = RepoName::new(lake.org(), name).unwrap();
    client.modify_repo(&name, ModifyRepo::new().with_optimization(rules)).await.unwrap();
    name
}

fn later() -> Timestamp {
    (SystemTime::now() + Duration::from_secs(60)).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repo_is_kept_up_by_its_own_rules_dry_first_and_what_was_done_is_reported() {
    let lake = TestLake::start().await;
    let name = to_be_kept_up(&lake, "kept-up").await;
    let catalog = Proxy::start(lake.lake().catalog_uri().trim_end_matches('/'), Manners::default()).await;
    let client = lake.client_at(catalog.uri());
    let steps = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&steps);
    let how = Upkeep::new().with_now(later()).with_job_run_id("nightly").with_watch(move |step| {
        let name = format!("{step:?}");
        seen.lock().unwrap().push(name.split('(').next().unwrap().to_owned());
        ControlFlow::Continue(())
    });
    let report = client.maintain_repo(&name, how).await.unwrap();
    assert_eq!(*steps.lock().unwrap(), ["WouldExpire", "Expired", "WouldCollect", "Collected"]);
    let (expired, collected) = (report.expired.unwrap(), report.collected.unwrap());
    assert_eq!(expired.released_snapshots, report.would_expire.unwrap().released_snapshots);
    assert_eq!((expired.released_snapshots.len(), expired.job_run_id.as_deref()), (1, Some("nightly")));
    assert_eq!((collected.result.snapshots_deleted, collected.failed), (1, 0));
    let reported = |what: &str| format!("POST /repos/icechunk/{name}/{what}");
    let requests = catalog.take();
    assert!(requests.contains(&reported("expiration_results")) && requests.contains(&reported("gc_results")));

    let repo = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_upkeep_and_one_that_is_broken_off_change_nothing_and_report_nothing() {
    let lake = TestLake::start().await;
    let name = to_be_kept_up(&lake, "left-alone").await;
    let catalog = Proxy::start(lake.lake().catalog_uri().trim_end_matches('/'), Manners::default()).await;
    let client = lake.client_at(catalog.uri());
    let dry = client.maintain_repo(&name, Upkeep::new().with_now(later()).with_dry_run()).await.unwrap();
    assert_eq!(dry.would_expire.unwrap().released_snapshots.len(), 1);
    assert!(dry.would_collect.is_some() && dry.expired.is_none() && dry.collected.is_none());
    let stop = Upkeep::new().with_now(later()).with_watch(|_| ControlFlow::Break(()));
    let stopped = client.maintain_repo(&name, stop).await.unwrap();
    assert!(stopped.would_expire.is_some() && stopped.expired.is_none() && stopped.would_collect.is_none());
    assert!(catalog.take().iter().all(|request| request.starts_with("GET ")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_enabled_is_left_undone_unless_it_is_wanted() {
    let lake = TestLake::start().await;
    let client = lake.client();
    client.create_repo(lake.org(), NewRepo::new("no-rules"), OpenOptions::new()).await.unwrap();
    let name = RepoName::new(lake.org(), "no-rules").unwrap();
    let report = client.maintain_repo(&name, Upkeep::new()).await.unwrap();
    assert!(report.would_expire.is_none() && report.would_collect.is_none());
    // The org's rules keep everything, so that there is something to run and nothing to delete.
    let report = client.maintain_repo(&name, Upkeep::new().with_disabled()).await.unwrap();
    assert_eq!(report.collected.unwrap().result.chunks_deleted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_versions_expire_and_their_objects_are_collected_and_the_rest_still_reads() {
    let lake = TestLake::start().await;
    let (client, repo) = (lake.client(), written_twice(&lake, "old").await);
    let name = repo.name().clone();
    // From then on, all that is there is old.
    let later: Timestamp = (SystemTime::now() + Duration::from_secs(60)).into();
    let expire = Expire::older_than(later);
    let would = repo.expire(expire.with_dry_run()).await.unwrap();
    let did = repo.expire(expire).await.unwrap();
    assert_eq!(did, would);
    assert_eq!(did.released_snapshots.len(), 1);
    client.store_expiration_results(&name, did).await.unwrap();

    let repo = client.get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let collect = CollectGarbage::by(rules(), later);
    let would = repo.collect_garbage(collect.clone().with_dry_run()).await.unwrap();
    let did = repo.collect_garbage(collect).await.unwrap();
    assert_eq!((did.failed, did.errors.len(), did.skipped.len()), (0, 0, 0));
    assert_eq!(did.result.snapshots_deleted, 1);
    assert_eq!(did.result, would.result);
    client.store_gc_results(&name, did.result).await.unwrap();

    let repo = lake.client().get_repo(&name, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    assert_eq!(dataset::read(&store).await, dataset::values());
}
