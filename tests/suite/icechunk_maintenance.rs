//! Expiration and garbage collection on the local service, dry, done and reported.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arraylake_core::icechunk::{CollectGarbage, Expire};
use arraylake_core::prelude::*;
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;
use arraylake_types::{GcConfig, Retention, Timestamp};

fn rules() -> GcConfig {
    let mut rules = GcConfig::default();
    rules.dangling_chunks = Retention::OlderThan(0.0);
    rules.dangling_manifests = Retention::OlderThan(0.0);
    rules.dangling_snapshots = Retention::OlderThan(0.0);
    rules.dangling_transaction_logs = Retention::OlderThan(0.0);
    rules
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_versions_expire_and_their_objects_are_collected_and_the_rest_still_reads() {
    let lake = TestLake::start().await;
    let client = lake.client();
    let request = NewRepo::new("old").with_bucket(lake.delegated()).unwrap();
    let name = RepoName::new(lake.org(), "old").unwrap();
    let repo = client.create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    for message in ["first", "second"] {
        let store = Arc::new(repo.writable_store("main").await.unwrap());
        store.session().write().await.clear().await.unwrap();
        dataset::write(&store).await;
        store.commit(message).await.unwrap();
    }
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
