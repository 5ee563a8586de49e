//! `cargo xtask bench`: the benchmarks' figures, and those that only the build can tell.

mod cli;
mod others;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use crate::{
    deps,
    process::{Error, Result, cargo, root, run as run_command, target_dir},
    test::python,
};

const BENCHES: &str = "tests/benches";

/// Runs one group of benchmarks or all of them.
pub(crate) fn run(group: Option<&str>) -> Result<()> {
    let groups = groups(&root().join(BENCHES))?;
    let chosen: Vec<&str> = match group {
        None => groups.iter().map(String::as_str).collect(),
        Some(group) if groups.iter().any(|known| known == group) => vec![group],
        Some(group) => {
            let known = groups.join(", ");
            return Err(Error::new(format!("no benchmark group {group}; there are: {known}")));
        }
    };
    for group in chosen {
        let env = match group {
            "cli" => cli::prepare()?,
            "open" | "listing" => others::prepare()?,
            "v1" => vec![python::INTEROP[1].named(&target_dir()?)?],
            _ => Vec::new(),
        };
        figures(group, env)?;
        if group == "catalog" {
            tree_sizes()?;
            build_times()?;
        }
    }
    Ok(())
}

/// The benchmark programs, by their source files.
fn groups(dir: &Path) -> Result<Vec<String>> {
    let problem = |e| Error::new(format!("cannot list {}: {e}", dir.display()));
    let mut groups = Vec::new();
    for entry in fs::read_dir(dir).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            groups.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    groups.sort();
    Ok(groups)
}

/// Passes on the lines that are figures; all else of stdout is the harness talking.
fn figures(group: &str, env: Vec<(&'static str, PathBuf)>) -> Result<()> {
    let mut command = cargo();
    command.envs(env);
    command.args(["bench", "--locked", "-p", "arraylake-tests", "--bench", group]);
    let problem = |e| Error::new(format!("cannot run the benchmark {group}: {e}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(problem)?;
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.map_err(problem)?;
        if line.starts_with("figure ") {
            println!("{line}");
        }
    }
    let status = child.wait().map_err(problem)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(format!("the benchmark {group} failed ({status})")))
}

fn tree_sizes() -> Result<()> {
    let types = deps::tree("arraylake-types", false)?.len();
    println!("figure crates_types {types} crates vs budget-{}", deps::TYPES_BUDGET);
    let core = deps::tree("arraylake-core", false)?.len();
    println!("figure crates_core_minimal {core} crates vs budget-{}", deps::CORE_BUDGET);
    Ok(())
}

/// What a user waits for after adding the crate, downloads apart.
fn build_times() -> Result<()> {
    run_command(cargo().args(["fetch", "--locked"]))?;
    let types = clean_build(&["-p", "arraylake-types"])?;
    println!("figure build_types_seconds {types:.1} s vs none");
    let core = clean_build(&["-p", "arraylake-core", "--no-default-features"])?;
    println!("figure build_core_minimal_seconds {core:.1} s vs none");
    Ok(())
}

/// Seconds of a build into an empty target directory, which is removed afterwards.
fn clean_build(what: &[&str]) -> Result<f64> {
    let dir = target_dir()?.join(format!("clean-build-{}", std::process::id()));
    let start = Instant::now();
    let built =
        run_command(cargo().args(["build", "--locked", "--quiet"]).args(what).arg("--target-dir").arg(&dir));
    let seconds = start.elapsed().as_secs_f64();
    let removed = fs::remove_dir_all(&dir);
    built?;
    removed.map_err(|e| Error::new(format!("cannot remove {}: {e}", dir.display())))?;
    Ok(seconds)
}
