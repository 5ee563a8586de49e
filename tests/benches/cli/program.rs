//! A program that is run to its end, with what it took.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

use crate::server::Server;

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    /// The most memory that was resident.
    pub(crate) megabytes: f64,
}

impl Run {
    /// The median of each.
    pub(crate) fn median(runs: impl Iterator<Item = Self>) -> Self {
        let runs: Vec<Self> = runs.collect();
        Self {
            seconds: crate::median(runs.iter().map(|run| run.seconds)),
            megabytes: crate::median(runs.iter().map(|run| run.megabytes)),
        }
    }
}

/// A program, by its file.
#[derive(Debug)]
pub(crate) struct Program(pub(crate) PathBuf);

impl Program {
    /// The one that a variable names, which `cargo xtask bench cli` sets.
    pub(crate) fn of(variable: &str) -> Self {
        match std::env::var_os(variable) {
            Some(path) => Self(path.into()),
            None => panic!("{variable} is not set: run this by `cargo xtask bench cli`"),
        }
    }

    /// Runs it to its end as a client of the service.
    pub(crate) fn run(&self, server: &Server, args: &[&str]) -> Run {
        let mut command = Command::new(&self.0);
        command.args(args).env_clear().envs(server.env());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let child = command.spawn().expect("the program starts");
        let ended = child.wait4().expect("the program ends");
        let seconds = start.elapsed().as_secs_f64();
        assert!(ended.status.success(), "{} {args:?}: {}", self.0.display(), ended.status);
        Run { seconds, megabytes: ended.rusage.maxrss as f64 / 1e6 }
    }
}
