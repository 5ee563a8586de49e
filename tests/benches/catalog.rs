//! `cargo xtask bench catalog`: what the client costs on top of a bare HTTP client.
//!
//! Each figure compares [`AsyncClient`] with hyper-util's pooled client (`catalog/raw.rs`), both against one service of
//! prebuilt bytes on a thread of its own (`catalog/server.rs`), with keep-alive and one runtime for both. Theirs and
//! ours take turns; a ratio is the median over all rounds of ours by theirs within one round, so that a machine that
//! is busy for a while slows both. A listing is the same requests on both sides, as many at once; ours reads them
//! into [`RepoModel`](arraylake_core::types::RepoModel)s, sorts and frees those.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing to report")]

#[path = "catalog/raw.rs"]
mod raw;
#[path = "catalog/server.rs"]
mod server;

use std::hint::black_box;
use std::time::{Duration, Instant};

use arraylake_core::prelude::*;
use arraylake_core::types::{OrgName, RepoName};
use arraylake_core::{AsyncClient, Config};

use crate::raw::Raw;

/// Rounds that are not counted: connections are made, caches fill.
const WARM_UP: usize = 5;

/// Both sides of the comparison.
#[derive(Clone)]
struct Bench {
    ours: AsyncClient,
    raw: Raw,
    org: OrgName,
    repo: RepoName,
}

impl Bench {
    fn new() -> Self {
        let address = server::start();
        let ours = AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri(format!("http://{address}"))
            .with_token("ema_x")
            .build()
            .expect("a client");
        let (org, repo) = ("my-org".parse().expect("a name"), "my-org/my-repo".parse().expect("a name"));
        Self { ours, raw: Raw::new(address), org, repo }
    }

    async fn get_repo(self) {
        black_box(self.ours.get_repo_object(&self.repo).await.expect("a repo"));
    }

    async fn get_repo_raw(self) {
        black_box(self.raw.get_repo().await);
    }

    async fn list(self) {
        let rows = self.ours.list_repos(&self.org, ListRepos::new()).await.expect("a listing");
        assert_eq!((rows.len(), rows.bad.len()), (server::REPOS, 0));
        black_box(rows);
    }

    async fn list_raw(self) {
        assert!(black_box(self.raw.list_repos().await) > 9_000_000);
    }
}

/// Medians of one comparison.
struct Medians {
    ours: Duration,
    raw: Duration,
    ratio: f64,
}

impl Medians {
    /// `rounds` of ours and theirs by turns, each `tasks` at a time, each of these `calls` in a row.
    async fn measure<O, R>(
        [rounds, tasks, calls]: [usize; 3],
        ours: impl Fn() -> O,
        raw: impl Fn() -> R,
    ) -> Self
    where
        O: Future<Output = ()> + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let mut times = Vec::new();
        for round in 0..WARM_UP + rounds {
            // Neither is always the first.
            let pair = if round % 2 == 0 {
                let ours = batch(tasks, calls, &ours).await;
                (ours, batch(tasks, calls, &raw).await)
            } else {
                let raw = batch(tasks, calls, &raw).await;
                (batch(tasks, calls, &ours).await, raw)
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
}

/// How long one call takes while `tasks` make them, measured over all of them.
async fn batch<F>(tasks: usize, calls: usize, call: &impl Fn() -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    let work: Vec<Vec<F>> = (0..tasks).map(|_| (0..calls).map(|_| call()).collect()).collect();
    let start = Instant::now();
    let each = |calls: Vec<F>| {
        tokio::spawn(async move {
            for call in calls {
                call.await;
            }
        })
    };
    for task in work.into_iter().map(each).collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    start.elapsed().div_f64((tasks * calls) as f64)
}

fn median<T: PartialOrd>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    let middle = values.len() / 2;
    values.swap_remove(middle)
}

#[tokio::main]
async fn main() {
    let bench = Bench::new();
    for (name, shape) in [("get_repo_c1", [200, 1, 100]), ("get_repo_c32", [100, 32, 20])] {
        let ours = || bench.clone().get_repo();
        let medians = Medians::measure(shape, ours, || bench.clone().get_repo_raw()).await;
        println!("figure {name}_vs_raw {:.3} x vs raw-hyper-util", medians.ratio);
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        println!("figure {name}_us {:.1} us vs raw-{:.1}", micros(medians.ours), micros(medians.raw));
    }
    let ours = || bench.clone().list();
    let medians = Medians::measure([60, 1, 1], ours, || bench.clone().list_raw()).await;
    println!("figure list_10k_vs_raw {:.3} x vs raw-hyper-util", medians.ratio);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!("figure list_10k_ms {:.2} ms vs raw-{:.2}", millis(medians.ours), millis(medians.raw));
}
