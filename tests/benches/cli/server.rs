//! A local service as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::program::Program;

/// A local service on a directory that goes away with it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    home: TempDir,
    uri: String,
    token: String,
}

impl Server {
    /// Starts it, and reads from its greeting how to reach it.
    pub(crate) fn start(program: &Program) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let mut child = Command::new(&program.0)
            .args(["serve", "--dir"])
            .arg(home.path().join("lake"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let (mut uri, mut token) = (None, None);
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        while uri.is_none() || token.is_none() {
            let line = lines.next().expect("a greeting").expect("a greeting that can be read");
            let line = line.trim();
            uri = line.strip_prefix("export ARRAYLAKE_SERVICE__URI=").map(str::to_owned).or(uri);
            token = line.strip_prefix("export ARRAYLAKE_TOKEN=").map(str::to_owned).or(token);
        }
        Self { child, home, uri: uri.unwrap_or_default(), token: token.unwrap_or_default() }
    }

    /// The environment of a client.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        let home = self.home.path().display().to_string();
        let mut vars = vec![
            ("ARRAYLAKE_CONFIG", home.clone()),
            ("HOME", home),
            ("ARRAYLAKE_SERVICE__URI", self.uri.clone()),
            ("ARRAYLAKE_TOKEN", self.token.clone()),
        ];
        vars.extend(std::env::var("PATH").map(|path| ("PATH", path)));
        vars
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
