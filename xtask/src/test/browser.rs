//! The browser for the tests of the pages: one that is there, else Debian's, which is installed.

use std::{env, path::PathBuf};

use crate::process::{Error, Result, command, output, run, succeeds};

/// Names the browser, for those who run the tests and for the tests.
pub(super) const VARIABLE: &str = "ARRAYLAKE_TEST_CHROMIUM";
/// Programs that speak the DevTools protocol over a pipe, the smallest first.
const PROGRAMS: [&str; 5] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The package of the first of them.
const PACKAGE: &str = "chromium-headless-shell";

/// A browser that starts, installed if there is none.
pub(super) fn find() -> Result<PathBuf> {
    if let Some(program) = env::var_os(VARIABLE) {
        let program = PathBuf::from(program);
        return match starts(&program) {
            true => Ok(program),
            false => Err(Error::new(format!("{VARIABLE} is {}, which does not start", program.display()))),
        };
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    let reason = match install() {
        Ok(()) => format!("{PACKAGE} was installed and does not start"),
        Err(error) => error.to_string(),
    };
    installed().ok_or_else(|| {
        Error::new(format!(
            "the tests of the pages need Chromium, which was not found and could not be installed: {reason}\n\
             Debian: `apt-get install {PACKAGE}`; or name a Chromium in {VARIABLE}.\n\
             `cargo xtask test --no-browser` leaves these tests out."
        ))
    })
}

fn installed() -> Option<PathBuf> {
    PROGRAMS.iter().map(PathBuf::from).find(starts)
}

fn starts(program: &PathBuf) -> bool {
    succeeds(command(program).arg("--version"))
}

/// Installs Debian's package, as root or as somebody who may become root without a password.
fn install() -> Result<()> {
    if !succeeds(command("apt-get").arg("--version")) {
        return Err(Error::new("there is no apt-get here"));
    }
    let root = output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root && !succeeds(command("sudo").args(["-n", "true"])) {
        return Err(Error::new("only root may install it"));
    }
    let apt = |args: &[&str]| {
        let mut apt = command(if root { "apt-get" } else { "sudo" });
        if !root {
            apt.args(["-n", "apt-get"]);
        }
        run(apt.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let package = ["install", "-y", "--no-install-recommends", PACKAGE];
    // The lists of a fresh image are empty or old.
    apt(&package).or_else(|_| apt(&["update"]).and_then(|()| apt(&package)))
}
