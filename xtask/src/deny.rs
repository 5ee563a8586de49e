//! `cargo xtask deny`: licences, sources and banned crates, by cargo-deny.

use std::path::PathBuf;

use crate::process::{Result, cargo, command, run as run_command, succeeds, target_dir};

const VERSION: &str = "0.20.2";

/// Runs cargo-deny, and installs it first where it is missing.
///
/// Advisories are left out: they need the network, and a new one must not fail an unchanged tree.
pub(crate) fn run() -> Result<()> {
    let program = find_or_install()?;
    let mut command = command(program);
    command.args(["--workspace", "--locked", "--config", "xtask/deny.toml"]);
    run_command(command.args(["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))
}

fn find_or_install() -> Result<PathBuf> {
    let on_path = PathBuf::from("cargo-deny");
    if succeeds(command(&on_path).arg("--version")) {
        return Ok(on_path);
    }
    let tools = target_dir()?.join("tools");
    let ours = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !succeeds(command(&ours).arg("--version")) {
        eprintln!(
            "cargo-deny is not installed; building version {VERSION} once into {} (some minutes)",
            tools.display()
        );
        run_command(
            cargo()
                .args(["install", "cargo-deny", "--locked", "--version", VERSION])
                .arg("--root")
                .arg(&tools)
                // A temporary directory of its own: half a gigabyte nobody needs afterwards.
                .env_remove("CARGO_TARGET_DIR"),
        )?;
    }
    Ok(ours)
}
