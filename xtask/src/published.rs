//! `cargo xtask published`: the published crate `arraylake` against the local service, in a workspace of its own.

use std::path::PathBuf;

use crate::process::{Result, cargo, run as run_command, target_dir};

/// The workspace of the program on the published crate.
const PUBLISHED: &str = "tests/published/Cargo.toml";
/// Names the program for the test.
const PROGRAM: &str = "ARRAYLAKE_TEST_PUBLISHED";

/// Builds the program, in a directory of its own below ours: its tree is another one.
pub(crate) fn build(release: bool) -> Result<PathBuf> {
    let dir = target_dir()?.join("published");
    let mut build = cargo();
    build.args(["build", "--locked", "--quiet", "--manifest-path", PUBLISHED, "--target-dir"]).arg(&dir);
    run_command(build.args(release.then_some("--release")))?;
    let name = format!("arraylake-published{}", std::env::consts::EXE_SUFFIX);
    Ok(dir.join(if release { "release" } else { "debug" }).join(name))
}

/// Runs the test that needs the program.
pub(crate) fn run() -> Result<()> {
    let mut test = cargo();
    test.env(PROGRAM, build(false)?);
    test.args(["test", "--locked", "-p", "arraylake-tests", "--test", "suite", "--"]);
    test.args(["--ignored", "published_crate"]);
    run_command(&mut test)
}
