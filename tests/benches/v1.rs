//! `cargo xtask bench v1`: V1 repos on the local service, against Python 0.20.0 and against the bare object store.
//!
//! All talk to one service, which runs in this program on threads of its own; each side has an array of its own in the
//! same bucket. Python's time is taken inside of it, without its start. A ratio against Python is its time by ours. The
//! share of the object store is the time that as many bare requests take, so many at once as ours are, by our time.
//!
//! `ARRAYLAKE_BENCH_V1_SCALE` makes everything smaller: with 0.01 a run takes about a minute, in full it takes long.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot run has nothing to report")]

#[path = "v1/chunks.rs"]
mod chunks;
#[path = "v1/history.rs"]
mod history;
#[path = "v1/world.rs"]
mod world;
#[path = "v1/writers.rs"]
mod writers;

use crate::world::World;

fn main() {
    let scale =
        std::env::var("ARRAYLAKE_BENCH_V1_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let world = World::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        chunks::compare(&world, "", scaled(1024, scale), 1 << 20).await;
        chunks::compare(&world, "small_", scaled(200_000, scale), 1 << 10).await;
        history::references(&world, scaled(100_000, scale)).await;
        history::tree(&world, scaled(10_000, scale)).await;
        history::log(&world, scaled(50_000, scale)).await;
        writers::race(&world, scaled(100, scale).max(5)).await;
    });
}

fn scaled(count: u32, scale: f64) -> usize {
    (f64::from(count) * scale).ceil() as usize
}
