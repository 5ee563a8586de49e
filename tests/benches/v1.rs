//! `cargo xtask bench v1`: V1 repos on the local service, against Python 0.20.0 and against the bare object store.
//!
//! All talk to one service, which runs in this program on threads of its own; each side has an array of its own in the
//! same bucket. Python's time is taken inside of it, without its start. A ratio against Python is its time by ours. The
//! share of the object store is the time that as many bare requests take, so many at once as ours are, by our time.
//!
//! The histories come first, each measured by a client in a program of its own, in full and at a tenth: seconds, how much
//! more than ten times as many that is, and the most memory that the client has had.
//!
//! `ARRAYLAKE_BENCH_V1_SCALE` makes everything smaller: with 0.01 a run takes about a minute; 1, the size that is meant,
//! takes long. `ARRAYLAKE_BENCH_V1_ONLY` names some of the parts: `commit`, `tree`, `log`, `writers`, `chunks`, `small`.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing to report")]

#[path = "v1/apart.rs"]
mod apart;
#[path = "v1/chunks.rs"]
mod chunks;
#[path = "v1/history.rs"]
mod history;
#[path = "v1/world.rs"]
mod world;
#[path = "v1/writers.rs"]
mod writers;

use crate::world::{World, peak_memory};

fn main() {
    // A program started by this one, to be measured from outside.
    if apart::is_part() {
        return;
    }
    let scale =
        std::env::var("ARRAYLAKE_BENCH_V1_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let only = std::env::var("ARRAYLAKE_BENCH_V1_ONLY").unwrap_or_default();
    let is_wanted = |part: &str| only.is_empty() || only.split(',').any(|wanted| wanted == part);
    let world = World::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if is_wanted("commit") {
            history::references(&world, scaled(100_000, scale)).await;
        }
        if is_wanted("tree") {
            history::tree(&world, scaled(10_000, scale)).await;
        }
        if is_wanted("log") {
            history::log(&world, scaled(50_000, scale)).await;
        }
        if is_wanted("writers") {
            writers::race(&world, scaled(100, scale)).await;
        }
        println!("figure v1_service_memory {:.0} MiB vs none", peak_memory());
        if is_wanted("chunks") {
            chunks::compare(&world, "", scaled(1024, scale), 1 << 20).await;
        }
        if is_wanted("small") {
            chunks::compare(&world, "small_", scaled(200_000, scale), 1 << 10).await;
        }
    });
}

/// So many times the scale, and a few at least: a tenth of it is measured, too.
fn scaled(count: u32, scale: f64) -> usize {
    (f64::from(count) * scale).ceil().max(20.0) as usize
}
