//! Clients that are not ours, each in a process of its own.
//!
//! A process is given the service and the token in the environment, as every client reads them, and the repo as its last
//! argument. It opens the repo, reads chunk 1 of `/large`, checks that all of it is 1.5, and prints the seconds that
//! took as JSON: `{"seconds": 0.45}`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use arraylake_tests::python::Python;
use serde_json::Value;

use crate::stage::Stage;

pub(crate) struct Other {
    /// For the names of figures.
    pub(crate) name: &'static str,
    /// Which version it is.
    pub(crate) version: String,
    program: PathBuf,
    arguments: Vec<String>,
}

/// Those that are there.
pub(crate) fn all() -> Vec<Other> {
    let python = Python::Current.interpreter().map(|program| Other {
        name: "python",
        version: "python-1.7.0".to_owned(),
        program,
        arguments: vec![format!("{}/python/open.py", env!("CARGO_MANIFEST_DIR"))],
    });
    let published = std::env::var_os("ARRAYLAKE_BENCH_PUBLISHED").map(|program| Other {
        name: "published",
        version: "crate-0.15.1".to_owned(),
        program: program.into(),
        arguments: vec!["open".to_owned()],
    });
    python.into_iter().chain(published).collect()
}

impl Other {
    /// How long opening and reading took.
    pub(crate) async fn run(&self, stage: &Stage) -> Duration {
        let home = tempfile::tempdir().unwrap();
        let output = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
            .arg(stage.repo.as_str())
            .env("HOME", home.path())
            .env("ARRAYLAKE_CONFIG", home.path())
            .env("ARRAYLAKE_SERVICE__URI", stage.catalog_uri())
            .env("ARRAYLAKE_TOKEN", stage.lake.lake().token().expose())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let (text, complaints) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{} failed:\n{text}\n{complaints}", self.version);
        let said: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
        Duration::from_secs_f64(said["seconds"].as_f64().expect("a number of seconds"))
    }
}
