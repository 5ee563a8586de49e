//! `cargo xtask bench open`: how many requests it takes to open a repository and read one chunk, and how long where each
//! request takes 50 ms more.
//!
//! The catalog and the object store of a local service stand behind proxies that count and wait. Every client opens the
//! same repository of the second format in the same bucket, cold: ours with a client of its own each time, the others in
//! a process of their own each time, which tells how long opening and reading took without its own start. They take
//! turns; a ratio is the median over all rounds of ours by theirs within one round.
//!
//! `ARRAYLAKE_TEST_VENV_PYTHON` names the Python, `ARRAYLAKE_BENCH_PUBLISHED` a program that does the same with
//! the published crate (see `open/others.rs` for what it is given and has to print).
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to report"
)]

#[path = "common/mod.rs"]
mod common;
#[path = "open/others.rs"]
mod others;
#[path = "open/stage.rs"]
mod stage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arraylake_core::prelude::*;
use futures_util::future::join_all;
use zarrs::array::Array;

use crate::common::median;
use crate::others::Other;
use crate::stage::Stage;

const ROUNDS: usize = 7;
/// What the others took as yet in every round.
#[derive(Default)]
struct Taken {
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

/// Opens and reads with our client.
async fn ours(stage: &Stage) -> Duration {
    let client = stage.client();
    let start = Instant::now();
    let repo = client.get_repo(&stage.repo, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
    let store = Arc::new(repo.store("main").await.unwrap());
    let array = Array::async_open(store, "/large").await.unwrap();
    let chunk = array.async_retrieve_chunk::<Vec<f64>>(&[1]).await.unwrap();
    let took = start.elapsed();
    assert_eq!(chunk, vec![1.5; stage::CHUNK]);
    took
}

/// Requests to the catalog and to the object store, as few as in any round: another commit in this process may cost one
/// more.
async fn counted(stage: &Stage) -> (usize, usize) {
    let mut least = (usize::MAX, usize::MAX);
    for _ in 0..ROUNDS {
        stage.take();
        ours(stage).await;
        least = least.min(stage.take());
    }
    least
}

async fn against(stage: &Stage, other: &Other) {
    let mut taken = Taken::default();
    let mut requests = (0, 0);
    for round in 0..ROUNDS {
        // Neither is always the first.
        if round % 2 == 0 {
            taken.ours.push(ours(stage).await);
        }
        stage.take();
        taken.theirs.push(other.run(stage).await);
        requests = stage.take();
        if round % 2 == 1 {
            taken.ours.push(ours(stage).await);
        }
    }
    let ratio = median(
        taken.ours.iter().zip(&taken.theirs).map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()),
    );
    let milliseconds = |times: Vec<Duration>| median(times.into_iter()).as_secs_f64() * 1e3;
    let (name, version) = (other.name, &other.version);
    let [ours, theirs] = [taken.ours, taken.theirs].map(milliseconds);
    println!("figure open_50ms_vs_{name} {ratio:.3} x vs {version}");
    println!("figure open_50ms_ms_vs_{name} {ours:.0} ms vs {version}-{theirs:.0}");
    println!("figure open_catalog_requests_{name} {} requests vs none", requests.0);
    println!("figure open_object_requests_{name} {} requests vs none", requests.1);
}

/// As many open the same repository at once, and read a chunk each.
async fn at_once(stage: &Stage, count: usize) -> usize {
    stage.take();
    let client = stage.client();
    let open = || async {
        let repo = client.get_repo(&stage.repo, OpenOptions::new()).await.unwrap().into_icechunk().unwrap();
        let array = Array::async_open(Arc::new(repo.store("main").await.unwrap()), "/large").await.unwrap();
        array.async_retrieve_chunk::<Vec<f64>>(&[1]).await.unwrap();
    };
    join_all((0..count).map(|_| open())).await;
    stage.take().0
}

#[tokio::main]
async fn main() {
    let quick = Stage::set(Duration::ZERO).await;
    let (catalog, object) = counted(&quick).await;
    println!("figure open_catalog_requests {catalog} requests vs floor-1");
    println!("figure open_object_requests {object} requests vs floor-4");
    println!("figure opens_64_credential_requests {} requests vs naive-64", at_once(&quick, 64).await);
    let slow = Stage::set(Duration::from_millis(50)).await;
    for other in others::all() {
        against(&slow, &other).await;
    }
}
