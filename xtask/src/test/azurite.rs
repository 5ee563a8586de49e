//! Azurite, the emulator of Azure Blob Storage, for the tests of repositories in Azure.

use std::path::{Path, PathBuf};

use crate::process::{Error, Result, command, read, run, write};

/// Names its program for the tests.
pub(crate) const VARIABLE: &str = "ARRAYLAKE_TEST_AZURITE";
const PACKAGE: &str = "azurite@3.37.0";

/// The program, which Node runs; installed by npm below the target directory if it is not there.
pub(crate) fn program(target: &Path) -> Result<PathBuf> {
    let dir = target.join("interop").join("azurite");
    let program = dir.join("node_modules/azurite/dist/src/blob/main.js");
    // Written last, it says that everything is there.
    let stamp = dir.join("package.stamp");
    if program.exists() && read(&stamp).is_ok_and(|installed| installed == PACKAGE) {
        return Ok(program);
    }
    if command("node").arg("--version").output().is_err() || command("npm").arg("--version").output().is_err()
    {
        return Err(Error::new(
            "the tests of repositories in Azure need Node and npm, and they were not found.\n\
             Debian, Ubuntu: `apt-get install nodejs npm`.\n\
             `cargo xtask test --no-interop` leaves these tests out.",
        ));
    }
    eprintln!("installing {PACKAGE} in {}", dir.display());
    run(command("npm")
        .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(&dir)
        .arg(PACKAGE))?;
    write(&stamp, PACKAGE)?;
    Ok(program)
}
