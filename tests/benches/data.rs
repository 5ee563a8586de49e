//! `cargo xtask bench data`: what writing and reading much data through our client costs on top of icechunk alone.
//!
//! Both write chunks of 4 MiB into the same bucket of a local service, commit, and read them back with a handle that has
//! nothing in memory: ours by [`ZarrStore`](arraylake_core::icechunk::ZarrStore) with keys that the catalog
//! gives, icechunk by its own store with the same. They take turns; a ratio is the median over all rounds of ours by theirs
//! within one round. `ARRAYLAKE_BENCH_MIB` says how much, 1024 MiB unless it is set, `ARRAYLAKE_BENCH_ROUNDS` how often.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to report"
)]

#[path = "common/mod.rs"]
mod common;
#[path = "data/sides.rs"]
mod sides;

use std::time::Duration;

use arraylake_tests::lake::TestLake;

use crate::common::median;
use crate::sides::{Alone, Ours, Side};

const CHUNK: usize = 4 << 20;

/// One round of one side: writing with the commit, and reading.
type Times = (Duration, Duration);

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

async fn round(side: &impl Side, round: usize, chunks: usize) -> Times {
    let name = format!("{}-{round}", side.name());
    let wrote = side.write(&name, chunks).await;
    (wrote, side.read(&name, chunks).await)
}

fn print(what: &str, ours: &[Duration], alone: &[Duration], bytes: usize) {
    let ratio = median(ours.iter().zip(alone).map(|(ours, alone)| ours.as_secs_f64() / alone.as_secs_f64()));
    let speed =
        |times: &[Duration]| bytes as f64 / (1 << 20) as f64 / median(times.iter().copied()).as_secs_f64();
    println!("figure data_{what}_vs_icechunk {ratio:.3} x vs icechunk");
    println!("figure data_{what}_mib_per_second {:.0} MiB/s vs icechunk-{:.0}", speed(ours), speed(alone));
}

#[tokio::main]
async fn main() {
    let chunks = (number("ARRAYLAKE_BENCH_MIB", 1024) << 20) / CHUNK;
    let rounds = number("ARRAYLAKE_BENCH_ROUNDS", 3);
    let lake = TestLake::start().await;
    let (ours, alone) = (Ours::new(&lake).await, Alone::new(&lake).await);
    // Connections are made, files are opened.
    for side in 0..2 {
        if side == 0 {
            round(&ours, rounds, 4).await
        } else {
            round(&alone, rounds, 4).await
        };
    }
    let mut times: Vec<(Times, Times)> = Vec::new();
    for number in 0..rounds {
        // Neither is always the first.
        times.push(if number % 2 == 0 {
            let ours = round(&ours, number, chunks).await;
            (ours, round(&alone, number, chunks).await)
        } else {
            let alone = round(&alone, number, chunks).await;
            (round(&ours, number, chunks).await, alone)
        });
    }
    let all = |pick: fn(&(Times, Times)) -> Duration| times.iter().map(pick).collect::<Vec<_>>();
    let bytes = chunks * CHUNK;
    print("write", &all(|times| times.0.0), &all(|times| times.1.0), bytes);
    print("read", &all(|times| times.0.1), &all(|times| times.1.1), bytes);
}
