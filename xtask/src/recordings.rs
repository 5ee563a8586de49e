//! `cargo xtask recordings`: recorded calls of the Python clients against ours.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::process::{Error, Result, cargo, root};

/// Names the folder for the test.
const FOLDER: &str = "ARRAYLAKE_TEST_RECORDINGS";
/// The test.
const TEST: &str = "recordings::every_recorded_call";
/// How the test begins a line that is for whoever asked.
const MARK: &str = "recordings: ";

/// Replays the recordings below a folder, or those of this repository, and passes on what the test has to say.
pub(crate) fn run(folder: Option<&str>) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--locked", "--quiet", "-p", "arraylake-tests", "--test", "suite"]);
    command.args(["--", "--nocapture", TEST]);
    match folder {
        Some(folder) => command.env(FOLDER, absolute(Path::new(folder))?),
        None => command.env_remove(FOLDER),
    };
    let problem = |e| Error::new(format!("cannot run the recordings: {e}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(problem)?;
    let mut told = false;
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        // Before it may stand the dots of tests that are done.
        if let Some((_, text)) = line.map_err(problem)?.split_once(MARK) {
            println!("{text}");
            told = true;
        }
    }
    let status = child.wait().map_err(problem)?;
    match (status.success(), told) {
        (true, true) => Ok(()),
        (true, false) => Err(Error::new("no test replays recordings")),
        (false, _) => Err(Error::new(format!("the recordings are not met, see above ({status})"))),
    }
}

/// The test runs elsewhere, so that a relative path would lead astray.
fn absolute(folder: &Path) -> Result<PathBuf> {
    let found = [folder.to_path_buf(), root().join(folder)].into_iter().find(|path| path.is_dir());
    let found = found.ok_or_else(|| Error::new(format!("no folder {}", folder.display())))?;
    found.canonicalize().map_err(|e| Error::new(format!("cannot find {}: {e}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_and_one_that_is_not_there_is_named() {
        assert!(absolute(Path::new("tests")).unwrap().is_absolute());
        let error = absolute(Path::new("no/such/folder")).unwrap_err().to_string();
        assert!(error.contains("no/such/folder"), "{error}");
    }
}
