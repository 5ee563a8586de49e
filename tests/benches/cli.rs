//! `cargo xtask bench cli`: the program `arraylake` against the Python client's.
//!
//! Both run the same command against the same local service, by turns; a ratio is the median over all rounds of Python's
//! time by ours within one round, so that a machine that is busy for a while slows both. Memory is the peak of the
//! resident set, as the kernel reports it of a process that has ended. The service is a process of its own: what is
//! resident here when a program is started counts as its own peak, so this program stays small.
#![expect(clippy::print_stdout, reason = "the figures are read from the standard output")]
#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot run has nothing to report")]

#[path = "cli/program.rs"]
mod program;
#[path = "cli/server.rs"]
mod server;

use crate::program::{Program, Run};
use crate::server::Server;

/// Rounds that are not counted: files get into the cache, Python compiles its modules.
const WARM_UP: usize = 1;
const ROUNDS: usize = 7;
/// Runs of ours in a round, which are short.
const OURS: usize = 9;
/// Repos in the org.
const REPOS: usize = 100;

fn main() {
    let ours = Program::of("ARRAYLAKE_BENCH_CLI");
    let python = Program::of("ARRAYLAKE_BENCH_PYTHON_CLI");
    let server = Server::start(&ours);
    for number in 0..REPOS {
        let repo = format!("local/repo-{number:03}");
        ours.run(&server, &["repo", "create", &repo, "--entry-only", "--description", "one of many"]);
    }
    compare("version", &["--version"], &server, &ours, &python);
    compare("repo_list", &["repo", "list", "local"], &server, &ours, &python);
}

fn compare(name: &str, args: &[&str], server: &Server, ours: &Program, python: &Program) {
    let mut rounds = Vec::new();
    for round in 0..WARM_UP + ROUNDS {
        let mine = Run::median((0..OURS).map(|_| ours.run(server, args)));
        let theirs = python.run(server, args);
        if round >= WARM_UP {
            rounds.push((mine, theirs));
        }
    }
    let ratio = median(rounds.iter().map(|(mine, theirs)| theirs.seconds / mine.seconds));
    let memory = median(rounds.iter().map(|(mine, theirs)| theirs.megabytes / mine.megabytes));
    println!("figure cli_{name}_vs_python {ratio:.1} x vs python");
    println!("figure cli_{name}_memory_vs_python {memory:.1} x vs python");
    let time = |pick: fn(&(Run, Run)) -> f64| median(rounds.iter().map(pick));
    let (mine, theirs) = (time(|round| round.0.seconds * 1e3), time(|round| round.1.seconds * 1e3));
    println!("figure cli_{name}_ms {mine:.2} ms vs python-{theirs:.0}");
    let (mine, theirs) = (time(|round| round.0.megabytes), time(|round| round.1.megabytes));
    println!("figure cli_{name}_peak_mb {mine:.1} MB vs python-{theirs:.0}");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
