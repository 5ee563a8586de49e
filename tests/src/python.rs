//! The Python clients that `cargo xtask test` installs, and how scripts of `tests/python` run in them.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::installed::{NO_INTEROP, installed};
use crate::lake::TestLake;

/// An environment with a Python client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Python {
    /// arraylake 1.7.0.
    Current,
    /// arraylake 0.20.0 with zarr 2.18, which writes V1 repos.
    OldZarr2,
    /// arraylake 0.20.0 with zarr 3.0, which only reads them.
    OldZarr3,
}

impl Python {
    fn variable(self) -> &'static str {
        match self {
            Self::Current => "ARRAYLAKE_TEST_VENV_PYTHON",
            Self::OldZarr2 => "ARRAYLAKE_TEST_VENV_PYTHON_020_ZARR2",
            Self::OldZarr3 => "ARRAYLAKE_TEST_VENV_PYTHON_020_ZARR3",
        }
    }

    /// The interpreter; none if the tests against Python were left out on purpose.
    pub fn interpreter(self) -> Option<PathBuf> {
        installed(self.variable(), NO_INTEROP)
    }

    /// Runs a script of `tests/python` as the seeded user of a lake, and reads the JSON of its last line.
    pub async fn run(self, lake: &TestLake, script: &str, arguments: &[&str]) -> Option<Value> {
        let home = tempfile::tempdir().unwrap();
        let output = tokio::process::Command::new(self.interpreter()?)
            .arg(format!("{}/python/{script}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .env("HOME", home.path())
            .env("ARRAYLAKE_CONFIG", home.path())
            .env("ARRAYLAKE_SERVICE__URI", lake.lake().catalog_uri())
            .env("ARRAYLAKE_TOKEN", lake.lake().token().expose())
            .env("TEST_ORG", lake.org().as_str())
            // Nothing is left beside the scripts.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let (text, complaints) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{script} failed:\n{text}\n{complaints}");
        let last = text.lines().last().unwrap_or_default();
        Some(serde_json::from_str(last).unwrap_or_else(|error| panic!("{script}: {error} in {last:?}")))
    }
}
