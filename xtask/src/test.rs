//! `cargo xtask test`: all tests, with the Pythons that the interoperability tests need.

pub(crate) mod python;

use std::{env, fs, path::PathBuf};

use crate::process::{Error, Result, cargo, run as run_command, target_dir};

/// Tells the tests that they are left out on purpose.
const NO_INTEROP: &str = "ARRAYLAKE_TEST_NO_INTEROP";
const PROXIES: [&str; 3] = ["http_proxy", "https_proxy", "all_proxy"];

/// Prepares what tests need and runs them all, those in the documentation included.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    let ci = env::var("CI").is_ok_and(|value| value == "true");
    let pythons = match (options.interop, ci) {
        (true, _) => pythons()?,
        (false, true) => {
            return Err(Error::new("--no-interop is for machines without Python, not for CI"));
        }
        (false, false) => {
            eprintln!("WARNING: --no-interop: the tests against the Python clients are SKIPPED");
            Vec::new()
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
    for environment in &python::INTEROP {
        tests.env_remove(environment.variable);
    }
    match pythons.is_empty() {
        false => tests.envs(pythons).env_remove(NO_INTEROP),
        true => tests.env(NO_INTEROP, "1"),
    };
    run_command(&mut tests)?;
    if options.rest.is_empty() { main_job() } else { Ok(()) }
}

/// The interpreters of the interoperability tests, by the variables that name them.
fn pythons() -> Result<Vec<(&'static str, PathBuf)>> {
    let target = target_dir()?;
    let environments = python::INTEROP.iter();
    environments.map(|environment| Ok((environment.variable, environment.python(&target)?))).collect()
}

/// `cargo xtask pythons`: makes the environments and prints their variables for a shell, for those who run one suite
/// by hand.
pub(crate) fn show_pythons() -> Result<()> {
    for (variable, python) in pythons()? {
        println!("export {variable}={}", python.display());
    }
    Ok(())
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
