//! What `cargo xtask bench cli` needs: the program in each of its sizes, and that of the Python client.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    process::{Error, Result, cargo, command, run as run_command, target_dir},
    test::python,
};

/// The builds whose size is a figure, the one that is measured last: by name and features.
const BUILDS: [(&str, &[&str]); 3] = [
    ("catalog_only", &["--no-default-features"]),
    ("without_icechunk", &["--no-default-features", "--features", "serve"]),
    ("full", &[]),
];

/// Builds the programs, prints their sizes, and says where they are.
pub(super) fn prepare() -> Result<Vec<(&'static str, PathBuf)>> {
    let dir = target_dir()?.join("bench-cli");
    fs::create_dir_all(&dir).map_err(|e| Error::new(format!("cannot make {}: {e}", dir.display())))?;
    let mut ours = PathBuf::new();
    for (name, features) in BUILDS {
        ours = build(&dir, name, features)?;
        let length = fs::metadata(&ours).map_err(|e| Error::new(format!("{}: {e}", ours.display())))?.len();
        println!("figure cli_size_{name}_mb {:.1} MB vs none", length as f64 / 1e6);
    }
    let interpreter = python::INTEROP[0].python(&target_dir()?)?;
    let theirs = interpreter.with_file_name(format!("arraylake{}", std::env::consts::EXE_SUFFIX));
    Ok(vec![("ARRAYLAKE_BENCH_CLI", ours), ("ARRAYLAKE_BENCH_PYTHON_CLI", theirs)])
}

/// A stripped program.
fn build(dir: &Path, name: &str, features: &[&str]) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--quiet", "-p", "arraylake-cli"]);
    run_command(build.args(features))?;
    let file = format!("arraylake{}", std::env::consts::EXE_SUFFIX);
    let (built, kept) = (target_dir()?.join("release").join(file), dir.join(name));
    fs::copy(&built, &kept).map_err(|e| Error::new(format!("cannot copy {}: {e}", built.display())))?;
    run_command(command("strip").arg(&kept))?;
    Ok(kept)
}
