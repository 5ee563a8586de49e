//! `cargo xtask check`: every gate but the tests; all of them run, then the failures are named.

use crate::{
    codegen, deny, deps,
    process::{Error, Result, cargo, run as run_command},
    sizes,
};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("clippy", clippy),
    ("clippy of the smallest arraylake-transport", || clippy_minimal("arraylake-transport")),
    ("clippy of the smallest arraylake-core", || clippy_minimal("arraylake-core")),
    ("doc", doc),
    ("codegen", || codegen::run(codegen::Mode::Check)),
    ("sizes", sizes::run),
    ("deps", deps::run),
    ("deny", deny::run),
];

/// Runs all steps, then fails if one of them did.
pub(crate) fn run() -> Result<()> {
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        eprintln!("== {name}");
        if let Err(error) = step() {
            eprintln!("error: {error}");
            failed.push(*name);
        }
    }
    if failed.is_empty() {
        println!("check: all {} steps passed", STEPS.len());
        return Ok(());
    }
    Err(Error::new(format!("check: {} of {} steps failed: {}", failed.len(), STEPS.len(), failed.join(", "))))
}

fn fmt() -> Result<()> {
    run_command(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let what = ["--workspace", "--all-targets", "--locked"];
    run_command(cargo().arg("clippy").args(what).args(["--", "-D", "warnings"]))
}

/// Without default features, where a missing `cfg` shows.
fn clippy_minimal(package: &str) -> Result<()> {
    let what = ["--package", package, "--no-default-features", "--locked"];
    run_command(cargo().arg("clippy").args(what).args(["--", "-D", "warnings"]))
}

fn doc() -> Result<()> {
    // The generated methods carry links of the core crate over, where fewer names may be in scope.
    let flags = "-D warnings -A rustdoc::redundant-explicit-links";
    run_command(cargo().args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", flags))
}
