//! `cargo xtask test`: all tests, with the Pythons and the browser that some of them need.

mod azurite;
mod browser;
pub(crate) mod python;

use std::{env, fs, path::PathBuf};

use crate::process::{Error, Result, cargo, run as run_command, target_dir};

/// Tell the tests that they are left out on purpose.
const NO_INTEROP: &str = "ARRAYLAKE_TEST_NO_INTEROP";
const NO_BROWSER: &str = "ARRAYLAKE_TEST_NO_BROWSER";
const PROXIES: [&str; 3] = ["http_proxy", "https_proxy", "all_proxy"];

/// Prepares what tests need and runs them all, those in the documentation included.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    let options = Options::parse(args)?;
    options.check(env::var("CI").is_ok_and(|value| value == "true"))?;
    let programs = if options.interop { programs()? } else { Vec::new() };
    let browser = options.browser.then(browser::find).transpose()?;
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
    tests.env_remove(azurite::VARIABLE);
    match programs.is_empty() {
        false => tests.envs(programs).env_remove(NO_INTEROP),
        true => tests.env(NO_INTEROP, "1"),
    };
    match browser {
        Some(browser) => tests.env(browser::VARIABLE, browser).env_remove(NO_BROWSER),
        None => tests.env_remove(browser::VARIABLE).env(NO_BROWSER, "1"),
    };
    run_command(&mut tests)?;
    if options.rest.is_empty() { main_job() } else { Ok(()) }
}

/// `cargo xtask browser`: finds or installs the browser and prints its variable for a shell.
pub(crate) fn show_browser() -> Result<()> {
    println!("export {}={}", browser::VARIABLE, browser::find()?.display());
    Ok(())
}

/// The interpreters of the interoperability tests, by the variables that name them.
pub(crate) fn pythons() -> Result<Vec<(&'static str, PathBuf)>> {
    let target = target_dir()?;
    python::INTEROP.iter().map(|environment| environment.named(&target)).collect()
}

/// Those, and the other programs of others that the tests run.
fn programs() -> Result<Vec<(&'static str, PathBuf)>> {
    let mut programs = pythons()?;
    programs.push((azurite::VARIABLE, azurite::program(&target_dir()?)?));
    Ok(programs)
}

/// `cargo xtask pythons`: makes the environments, installs Azurite, and prints their variables for a shell, for those
/// who run one suite by hand.
pub(crate) fn show_pythons() -> Result<()> {
    for (variable, program) in programs()? {
        println!("export {variable}={}", program.display());
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
    browser: bool,
    rest: &'a [&'a str],
}

impl<'a> Options<'a> {
    fn parse(args: &'a [&'a str]) -> Result<Self> {
        let split = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
        let (ours, rest) = args.split_at(split);
        if let Some(unknown) = ours.iter().find(|arg| !["--no-interop", "--no-browser"].contains(*arg)) {
            return Err(Error::new(format!(
                "unknown argument {unknown}: cargo xtask test [--no-interop] [--no-browser] [-- ARGS]"
            )));
        }
        let with = |without: &str| !ours.contains(&without);
        let rest = rest.get(1..).unwrap_or_default();
        Ok(Self { interop: with("--no-interop"), browser: with("--no-browser"), rest })
    }

    /// Says what is left out; where nothing may be left out, that is an error.
    fn check(&self, ci: bool) -> Result<()> {
        let parts = [
            (self.interop, "--no-interop", "Python", "against the Python clients"),
            (self.browser, "--no-browser", "Chromium", "of the pages in a browser"),
        ];
        for (_, flag, need, what) in parts.into_iter().filter(|(runs, ..)| !runs) {
            if ci {
                return Err(Error::new(format!("{flag} is for machines without {need}, not for CI")));
            }
            eprintln!("WARNING: {flag}: the tests {what} are SKIPPED");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_dashes_goes_to_the_tests() {
        let args = ["--no-interop", "--", "repos", "--no-interop"];
        let expected = Options { interop: false, browser: true, rest: &["repos", "--no-interop"] };
        assert_eq!(Options::parse(&args).unwrap(), expected);
        assert_eq!(Options::parse(&[]).unwrap(), Options { interop: true, browser: true, rest: &[] });
    }

    #[test]
    fn nothing_is_left_out_where_nothing_may_be() {
        for flag in ["--no-interop", "--no-browser"] {
            let args = [flag];
            let options = Options::parse(&args).unwrap();
            options.check(false).unwrap();
            assert!(options.check(true).unwrap_err().to_string().starts_with(flag));
        }
        Options::parse(&[]).unwrap().check(true).unwrap();
    }

    #[test]
    fn a_filter_without_dashes_is_refused() {
        let error = Options::parse(&["repos"]).unwrap_err().to_string();
        assert!(error.contains("repos"), "{error}");
    }
}
