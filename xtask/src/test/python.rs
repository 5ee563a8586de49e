//! Python environments for the tests against the Python clients, each made once below the target directory.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::process::{Error, Result, command, read, root, run, write};

/// An environment: which interpreter, what is installed, and how the tests find it.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Its directory below `interop` in the target directory; the name tells the versions that matter.
    pub(crate) name: &'static str,
    pub(crate) requirements: &'static str,
    /// Names its interpreter for the tests.
    pub(crate) variable: &'static str,
    pub(crate) interpreters: &'static Interpreters,
}

/// Which interpreters serve.
#[derive(Debug)]
pub(crate) struct Interpreters {
    /// Minor releases of Python 3, the preferred one first.
    minors: &'static [u32],
    /// Names the interpreter to make environments with.
    variable: &'static str,
}

/// What releases from 1.0 on need.
pub(crate) const NEW: Interpreters =
    Interpreters { minors: &[12, 13, 14], variable: "ARRAYLAKE_TEST_PYTHON" };
/// What 0.20 needs: it wants a Python below 3.13, zarr 2.18.7 one from 3.11 on.
pub(crate) const OLD: Interpreters =
    Interpreters { minors: &[11, 12], variable: "ARRAYLAKE_TEST_PYTHON_OLD" };

/// Those of the interoperability tests.
pub(crate) const INTEROP: [Environment; 3] = [
    Environment {
        name: "py312-arraylake-1.7.0",
        requirements: "tests/python/requirements.txt",
        variable: "ARRAYLAKE_TEST_VENV_PYTHON",
        interpreters: &NEW,
    },
    Environment {
        name: "py311-arraylake-0.20.0-zarr2",
        requirements: "tests/python/requirements-0.20-zarr2.txt",
        variable: "ARRAYLAKE_TEST_VENV_PYTHON_020_ZARR2",
        interpreters: &OLD,
    },
    Environment {
        name: "py311-arraylake-0.20.0-zarr3",
        requirements: "tests/python/requirements-0.20-zarr3.txt",
        variable: "ARRAYLAKE_TEST_VENV_PYTHON_020_ZARR3",
        interpreters: &OLD,
    },
];

impl Environment {
    /// The variable that names the interpreter, and the interpreter as [`python`](Self::python) finds it.
    pub(crate) fn named(&self, target: &Path) -> Result<(&'static str, PathBuf)> {
        Ok((self.variable, self.python(target)?))
    }

    /// The interpreter of the environment, which is made if it is missing or its requirements have changed.
    pub(crate) fn python(&self, target: &Path) -> Result<PathBuf> {
        let venv = target.join("interop").join(self.name);
        let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let requirements = root().join(self.requirements);
        // A copy of the requirements, written last, says that everything is there.
        let stamp = venv.join("requirements.stamp");
        let wanted = read(&requirements)?;
        if python.exists() && read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(python);
        }
        let base = self.interpreters.find()?;
        eprintln!("making {} with {}", venv.display(), base.display());
        run(command(base).args(["-m", "venv", "--clear"]).arg(&venv))?;
        run(command(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements))?;
        write(&stamp, &wanted)?;
        Ok(python)
    }
}

impl Interpreters {
    /// One that can make environments.
    fn find(&self) -> Result<PathBuf> {
        let wanted = self.to_string();
        if let Some(python) = env::var_os(self.variable) {
            let python = PathBuf::from(python);
            return match self.serves(&python) {
                true => Ok(python),
                false => Err(Error::new(format!(
                    "{} is {}, which is no Python {wanted} with `venv` and `ensurepip`",
                    self.variable,
                    python.display()
                ))),
            };
        }
        let on_path = self.minors.iter().map(|minor| PathBuf::from(format!("python3.{minor}")));
        let all = on_path.chain([PathBuf::from("python3")]).chain(self.of_pyenv());
        let found = all.into_iter().find(|python| self.serves(python));
        found.ok_or_else(|| {
            let first = self.minors.first().copied().unwrap_or_default();
            Error::new(format!(
                "the tests against the Python clients need Python {wanted} with `venv`, and none was found.\n\
                 Debian, Ubuntu: `apt-get install python3.{first} python3.{first}-venv` where there is such a \
                 package; else `pyenv install 3.{first}`; or name one in {}.\n\
                 `cargo xtask test --no-interop` leaves these tests out.",
                self.variable
            ))
        })
    }

    fn serves(&self, python: &Path) -> bool {
        let code = "import sys, venv, ensurepip; print(*sys.version_info[:2])";
        let mut command = command(python);
        command.args(["-c", code]);
        // A pyenv shim of a version that is not selected is there and fails: its complaint helps nobody.
        let Ok(output) = command.output() else { return false };
        let version = String::from_utf8_lossy(&output.stdout);
        self.minors.iter().any(|minor| version.trim() == format!("3 {minor}"))
    }

    /// Interpreters that pyenv keeps, whether they are on the path or not.
    fn of_pyenv(&self) -> Vec<PathBuf> {
        let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
        let root = root.or_else(|| Some(env::home_dir()?.join(".pyenv")));
        let entries = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
        let dirs = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut pythons: Vec<(usize, PathBuf)> = dirs
            .filter_map(|dir| {
                let name = dir.file_name()?.to_string_lossy().into_owned();
                let of = |minor: &u32| name.starts_with(&format!("3.{minor}."));
                Some((self.minors.iter().position(of)?, dir.join("bin/python3")))
            })
            .collect();
        pythons.sort();
        pythons.into_iter().map(|(_, python)| python).collect()
    }
}

impl std::fmt::Display for Interpreters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, minor) in self.minors.iter().enumerate() {
            write!(f, "{}3.{minor}", if at == 0 { "" } else { " or " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_have_places_and_variables_of_their_own() {
        for (at, one) in INTEROP.iter().enumerate() {
            for other in &INTEROP[at + 1..] {
                assert_ne!((one.name, one.variable), (other.name, other.variable));
                assert!(one.name != other.name && one.variable != other.variable);
            }
            assert!(root().join(one.requirements).exists(), "{}", one.requirements);
        }
    }

    #[test]
    fn a_complaint_names_the_releases_that_serve() {
        assert_eq!(OLD.to_string(), "3.11 or 3.12");
        assert!(!OLD.serves(Path::new("/nowhere/python3.11")));
    }
}
