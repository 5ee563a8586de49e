//! Parts of the benchmark that run in programs of their own, so that their memory is that of a client and of nothing
//! else.

use std::process::{Command, Stdio};

use crate::history::Part;
use crate::world::{World, peak_memory};

/// Tells a program started by this one which part it is: the part, the repo and a number.
const PART: &str = "ARRAYLAKE_BENCH_V1_PART";
/// Tells it where the service is, and by which token.
const SERVICE: &str = "ARRAYLAKE_BENCH_V1_SERVICE";

/// What a part took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// MiB of memory at most; 0 where nobody tells.
    pub(crate) memory: f64,
}

/// Runs a part in a program of its own.
pub(crate) async fn run(world: &World, part: Part, repo: &str, count: usize) -> Cost {
    let this = std::env::current_exe().expect("a program");
    let mut command = Command::new(this);
    command.env(PART, format!("{} {repo} {count}", part.name())).env(SERVICE, world.address());
    let output = tokio::task::spawn_blocking(move || command.stderr(Stdio::inherit()).output());
    let output = output.await.expect("a thread").expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let mut numbers = said.split_whitespace().filter_map(|number| number.parse::<f64>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(seconds), Some(memory)) => Cost { seconds, memory },
        _ => unreachable!("{} of {repo} has failed", part.name()),
    }
}

/// Whether this program is such a part; then it is done when this returns.
pub(crate) fn is_part() -> bool {
    let Ok(told) = std::env::var(PART) else { return false };
    let mut told = told.split(' ');
    let (Some(part), Some(repo), Some(count)) = (told.next(), told.next(), told.next()) else { return false };
    let part = Part::of(part).expect("a part that is known");
    let count = count.parse().expect("a number");
    let world = World::at(&std::env::var(SERVICE).expect("an address"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let seconds = runtime.block_on(part.run(&world, repo, count));
    println!("{seconds} {}", peak_memory());
    true
}
