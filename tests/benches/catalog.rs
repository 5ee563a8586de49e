//! `cargo xtask bench catalog`: what the client costs on top of a bare HTTP client.
//!
//! Each figure compares [`AsyncClient`] with hyper-util's pooled client (`catalog/raw.rs`), which sends the same
//! requests and throws the answers away. Both talk to one service of prebuilt bytes on a thread of its own
//! (`catalog/server.rs`) and share a runtime. They take turns; a ratio is the median over all rounds of ours by
//! theirs within one round, so that a machine that is busy for a while slows both.
//!
//! `list_10k_vs_raw` is the strict comparison: raw fetches as many pages at once as ours. `.._one_by_one` is what a
//! plain loop over the pages would take. Ours has read all rows, dropped repeats and sorted when the clock stops.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing to report")]

#[path = "common/mod.rs"]
mod common;
#[path = "catalog/raw.rs"]
mod raw;
#[path = "catalog/server.rs"]
mod server;

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arraylake_core::prelude::*;
use arraylake_core::types::{RepoModel, Rows};
use arraylake_core::{AsyncClient, Config};
use tokio::runtime::Builder;

use crate::common::median;
use crate::raw::Raw;

/// Rounds that are not counted: connections are made, caches fill.
const WARM_UP: usize = 5;

/// Both sides of the comparison.
#[derive(Clone)]
struct Bench {
    ours: AsyncClient,
    raw: Arc<Raw>,
    org: OrgName,
    repo: RepoName,
}

impl Bench {
    fn new(address: SocketAddr) -> Self {
        let ours = AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri(format!("http://{address}"))
            .with_token("ema_x")
            .build()
            .expect("a client");
        let (org, repo) = ("my-org".parse().expect("a name"), "my-org/my-repo".parse().expect("a name"));
        Self { ours, raw: Arc::new(Raw::new(address)), org, repo }
    }

    async fn get_repo(self) {
        black_box(self.ours.get_repo_object(&self.repo).await.expect("a repo"));
    }

    async fn get_repo_raw(self) {
        black_box(self.raw.get_repo().await);
    }

    async fn list(self) -> Rows<RepoModel> {
        let rows = self.ours.list_repos(&self.org, ListRepos::new()).await.expect("a listing");
        assert_eq!((rows.len(), rows.bad.len()), (server::REPOS, 0));
        rows
    }

    async fn list_raw(self) {
        assert!(black_box(self.raw.list_repos().await) > 9_000_000);
    }

    async fn list_raw_one_by_one(self) {
        assert!(black_box(self.raw.list_repos_one_by_one().await) > 9_000_000);
    }
}

/// How much is measured at a time.
#[derive(Clone, Copy)]
struct Shape {
    rounds: usize,
    tasks: usize,
    /// In a row, by each task.
    calls: usize,
}

/// Medians of one comparison.
struct Medians {
    ours: Duration,
    raw: Duration,
    ratio: f64,
}

impl Medians {
    /// Ours and theirs by turns.
    async fn measure<O, R>(shape: Shape, ours: impl Fn() -> O, raw: impl Fn() -> R) -> Self
    where
        O: Future<Output: Send> + Send + 'static,
        R: Future<Output: Send> + Send + 'static,
    {
        let mut times = Vec::new();
        for round in 0..WARM_UP + shape.rounds {
            // Neither is always the first.
            let pair = if round % 2 == 0 {
                let ours = batch(shape, &ours).await;
                (ours, batch(shape, &raw).await)
            } else {
                let raw = batch(shape, &raw).await;
                (batch(shape, &ours).await, raw)
            };
            times.push(pair);
        }
        let times = &times[WARM_UP..];
        Self {
            ours: median(times.iter().map(|pair| pair.0)),
            raw: median(times.iter().map(|pair| pair.1)),
            ratio: median(times.iter().map(|pair| pair.0.as_secs_f64() / pair.1.as_secs_f64())),
        }
    }

    fn print(&self, name: &str, baseline: &str, unit: &str, per_second: f64) {
        let [ours, raw] = [self.ours, self.raw].map(|time| time.as_secs_f64() * per_second);
        println!("figure {name}_vs_{baseline} {:.3} x vs {baseline}", self.ratio);
        println!("figure {name}_{unit} {ours:.2} {unit} vs {baseline}-{raw:.2}");
    }
}

/// Time by call while all tasks are at it. What the calls return is freed after the clock has stopped.
async fn batch<F>(shape: Shape, call: &impl Fn() -> F) -> Duration
where
    F: Future<Output: Send> + Send + 'static,
{
    let calls = || (0..shape.calls).map(|_| call()).collect::<Vec<_>>();
    let work: Vec<Vec<F>> = (0..shape.tasks).map(|_| calls()).collect();
    let start = Instant::now();
    let in_a_row = |calls: Vec<F>| {
        tokio::spawn(async move {
            let mut results = Vec::with_capacity(calls.len());
            for call in calls {
                results.push(call.await);
            }
            results
        })
    };
    let mut results = Vec::new();
    for task in work.into_iter().map(in_a_row).collect::<Vec<_>>() {
        results.push(task.await.expect("no panic"));
    }
    let elapsed = start.elapsed();
    drop(results);
    elapsed.div_f64((shape.tasks * shape.calls) as f64)
}

/// One call at a time, on one thread: no figure should hang on which worker happened to take which task.
fn one_at_a_time(address: SocketAddr) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bench = Bench::new(address);
        let shape = Shape { rounds: 200, tasks: 1, calls: 100 };
        let medians = Medians::measure(shape, || bench.clone().get_repo(), || bench.clone().get_repo_raw());
        medians.await.print("get_repo_c1", "raw", "us", 1e6);
    });
}

/// Many calls at a time, on as many threads as the machine has cores.
fn many_at_a_time(address: SocketAddr) {
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bench = Bench::new(address);
        let shape = Shape { rounds: 100, tasks: 32, calls: 20 };
        let medians = Medians::measure(shape, || bench.clone().get_repo(), || bench.clone().get_repo_raw());
        medians.await.print("get_repo_c32", "raw", "us", 1e6);
        let shape = Shape { rounds: 40, tasks: 1, calls: 1 };
        let medians = Medians::measure(shape, || bench.clone().list(), || bench.clone().list_raw());
        medians.await.print("list_10k", "raw", "ms", 1e3);
        let one_by_one = || bench.clone().list_raw_one_by_one();
        let medians = Medians::measure(shape, || bench.clone().list(), one_by_one).await;
        println!("figure list_10k_vs_raw_one_by_one {:.3} x vs raw-one-by-one", medians.ratio);
    });
}

fn main() {
    let address = server::start(Duration::ZERO);
    one_at_a_time(address);
    many_at_a_time(address);
}
