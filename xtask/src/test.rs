//! `cargo xtask test`: all tests, with the Python that the interoperability tests need.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::process::{Error, Result, cargo, command, read, root, run as run_command, target_dir, write};

const REQUIREMENTS: &str = "tests/python/requirements.txt";
/// Below the target directory; the name tells the versions that matter.
const VENV: &str = "interop/py312-arraylake-1.7.0";
/// Names the interpreter for the tests.
const VENV_PYTHON: &str = "ARRAYLAKE_TEST_VENV_PYTHON";
/// Tells the tests that they are left out on purpose.
const NO_INTEROP: &str = "ARRAYLAKE_TEST_NO_INTEROP";
/// Names the interpreter to make the environment with.
const PYTHON: &str = "ARRAYLAKE_TEST_PYTHON";
const PROXIES: [&str; 3] = ["http_proxy", "https_proxy", "all_proxy"];

/// Prepares what tests need and runs them all, those in the documentation included.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let ci = env::var("CI").is_ok_and(|value| value == "true");
    let python = match (options.interop, ci) {
        (true, _) => Some(venv(&target_dir()?)?),
        (false, true) => {
            return Err(Error::new("--no-interop is for machines without Python, not for CI"));
        }
        (false, false) => {
            eprintln!("WARNING: --no-interop: the tests against the Python client are SKIPPED");
            None
        }
    };
    let suite = ["test", "--workspace", "--locked"];
    // Cargo may need a proxy to fetch crates; the tests talk to this machine only.
    run_command(cargo().args(suite).arg("--no-run"))?;
    let mut tests = cargo();
    tests.args(suite).arg("--").args(options.rest);
    for proxy in PROXIES {
        tests.env_remove(proxy).env_remove(proxy.to_uppercase());
    }
    tests.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
    match python {
        Some(python) => tests.env(VENV_PYTHON, python),
        None => tests.env_remove(VENV_PYTHON).env(NO_INTEROP, "1"),
    };
    run_command(&mut tests)?;
    if options.rest.is_empty() { main_job() } else { Ok(()) }
}

/// Runs the main job twice on a directory of its own: the second run must find what the first one left.
fn main_job() -> Result<()> {
    let dir = target_dir()?.join("quickstart-test");
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(|error| Error::new(format!("{}: {error}", dir.display())))?;
    }
    for expected in ["written and committed", "found as it was left"] {
        let mut example = cargo();
        example.args(["run", "--quiet", "--locked", "--example", "quickstart", "--"]).arg(&dir);
        let output = example.output().map_err(|error| Error::new(format!("the main job: {error}")))?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || !said.contains(expected) || !said.contains("the same as written") {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(Error::new(format!("the main job did not say {expected:?}:\n{said}{complaint}")));
        }
    }
    eprintln!("the main job runs, and its second run finds what the first one left");
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Options<'a> {
    interop: bool,
    rest: &'a [&'a str],
}

impl<'a> Options<'a> {
    fn parse(args: &'a [&'a str]) -> Result<Self> {
        let split = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
        let (ours, rest) = args.split_at(split);
        if let Some(unknown) = ours.iter().find(|arg| **arg != "--no-interop") {
            return Err(Error::new(format!(
                "unknown argument {unknown}: cargo xtask test [--no-interop] [-- ARGS]"
            )));
        }
        Ok(Self { interop: ours.is_empty(), rest: rest.get(1..).unwrap_or_default() })
    }
}

/// The interpreter of an environment with the Python client, made once.
fn venv(target: &Path) -> Result<PathBuf> {
    let venv = target.join(VENV);
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = root().join(REQUIREMENTS);
    // A copy of the requirements, written last, says that everything is there.
    let stamp = venv.join("requirements.stamp");
    let wanted = read(&requirements)?;
    if python.exists() && read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let base = base_python()?;
    eprintln!("making {} with {}", venv.display(), base.display());
    run_command(command(base).args(["-m", "venv", "--clear"]).arg(&venv))?;
    run_command(
        command(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements),
    )?;
    write(&stamp, &wanted)?;
    Ok(python)
}

/// A Python >= 3.12 that can make environments.
fn base_python() -> Result<PathBuf> {
    if let Some(python) = env::var_os(PYTHON) {
        let python = PathBuf::from(python);
        return match is_usable(&python) {
            true => Ok(python),
            false => Err(Error::new(format!(
                "{PYTHON} is {}, which is no Python >= 3.12 with `venv` and `ensurepip`",
                python.display()
            ))),
        };
    }
    let names = ["python3.14", "python3.13", "python3.12", "python3"].map(PathBuf::from);
    let found = names.into_iter().chain(pyenv_pythons()).find(|python| is_usable(python));
    found.ok_or_else(|| {
        Error::new(format!(
            "the tests against the Python client need Python >= 3.12 with `venv`, and none was found.\n\
             Debian, Ubuntu: `apt-get install python3 python3-venv` where that is 3.12 or later; \
             else `pyenv install 3.12`; or name one in {PYTHON}.\n\
             `cargo xtask test --no-interop` leaves these tests out."
        ))
    })
}

fn is_usable(python: &Path) -> bool {
    let code = "import sys, venv, ensurepip; print(sys.version_info >= (3, 12))";
    let mut command = command(python);
    command.args(["-c", code]);
    // A pyenv shim of a version that is not selected is there and fails: its complaint helps nobody.
    command.output().is_ok_and(|output| output.stdout.starts_with(b"True"))
}

/// Interpreters that pyenv keeps, whether they are on the path or not.
fn pyenv_pythons() -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(env::home_dir()?.join(".pyenv")));
    let entries = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let dirs = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut pythons: Vec<PathBuf> = dirs
        .filter(|dir| {
            let name = dir.file_name().map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| ["3.12", "3.13", "3.14"].iter().any(|v| name.starts_with(v)))
        })
        .map(|dir| dir.join("bin/python3"))
        .collect();
    pythons.sort();
    pythons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_dashes_goes_to_the_tests() {
        let args = ["--no-interop", "--", "repos", "--no-interop"];
        let expected = Options { interop: false, rest: &["repos", "--no-interop"] };
        assert_eq!(Options::parse(&args).unwrap(), expected);
        assert_eq!(Options::parse(&[]).unwrap(), Options { interop: true, rest: &[] });
    }

    #[test]
    fn a_filter_without_dashes_is_refused() {
        let error = Options::parse(&["repos"]).unwrap_err().to_string();
        assert!(error.contains("repos"), "{error}");
    }
}
