//! The dataset of the example `timeseries`, as Rust and as xarray see it.

use std::sync::Arc;

use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::icechunk::icechunk::format::SnapshotId;
use arraylake_core::icechunk::icechunk::repository::VersionInfo;
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;
use arraylake_tests::python::Python;
use serde_json::json;

#[path = "../../crates/arraylake-core/examples/timeseries/series.rs"]
mod example;

/// Ten days, and five more in a second commit.
async fn written(lake: &TestLake) -> (IcechunkRepo, SnapshotId) {
    let request = NewRepo::new("series").with_bucket(lake.delegated()).unwrap();
    let repo = lake.client().create_repo(lake.org(), request, OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let first = example::write(&repo, 10).await.unwrap();
    example::append(&repo, 5).await.unwrap();
    (repo, first)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dataset_grows_along_time_and_its_first_version_stays_as_it_was() {
    let lake = TestLake::start().await;
    let (repo, first) = written(&lake).await;
    let now = Arc::new(repo.store("main").await.unwrap());
    let region = example::region(&now, 8..12, 3..6, 10..20).await.unwrap();
    let expected: Vec<f32> = (8..12)
        .flat_map(|day| (3..6).flat_map(move |y| (10..20).map(move |x| example::temperature(day, y, x))))
        .collect();
    assert_eq!(region, expected);
    let back = repo.readonly_session_at(&VersionInfo::SnapshotId(first)).await.unwrap();
    let then = Arc::new(repo.store_of(back));
    assert_eq!((example::days(&then).await.unwrap(), example::days(&now).await.unwrap()), (10, 15));
    assert_eq!(example::region(&then, 9..10, 0..1, 0..1).await.unwrap(), [example::temperature(9, 0, 0)]);
    let next_day = example::region(&then, 10..11, 0..1, 0..1).await.unwrap();
    assert!(next_day[0].is_nan(), "that day was not there yet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_append_at_once_do_not_lose_each_others_days() {
    let lake = TestLake::start().await;
    let (repo, _) = written(&lake).await;
    // Both lengthen the same arrays: one is told so instead of being overwritten.
    let (one, other) = tokio::join!(example::append(&repo, 1), example::append(&repo, 1));
    let now = Arc::new(repo.store("main").await.unwrap());
    let fine = [&one, &other].iter().filter(|outcome| outcome.is_ok()).count() as u64;
    assert!(fine >= 1);
    assert_eq!(example::days(&now).await.unwrap(), 15 + fine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xarray_reads_the_dataset_and_its_first_version() {
    let lake = TestLake::start().await;
    let (_, first) = written(&lake).await;
    let first = first.to_string();
    let Some(seen) = Python::Current.run(&lake, "series.py", &["series", &first]).await else { return };
    assert_eq!(seen["dims"], json!({"time": 15, "lat": 18, "lon": 36}));
    assert_eq!(seen["dims_then"], json!({"time": 10, "lat": 18, "lon": 36}));
    assert_eq!(seen["last_day"], "2024-01-15");
    assert_eq!((&seen["title"], &seen["units"]), (&json!("Made-up temperatures"), &json!("K")));
    let at = seen["at"].as_f64().unwrap();
    assert!((at - f64::from(example::temperature(12, 4, 20))).abs() < 1e-4, "{at}");
    assert_eq!(seen["missing"], 0);
    assert_eq!(seen["messages"][0], "5 days more");
}
