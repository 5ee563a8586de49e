//! A local service, and the command in this process with buffers in place of the terminal.

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use arraylake_cli::{Cli, World, run};
use arraylake_core::types::{NewBucket, OrgName};
use arraylake_core::{AsyncClient, Config};
use arraylake_local::{LocalConfig, RunningLake, serve};
use clap::Parser as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Notify;

/// What a run has printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The run has succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// The run has failed with this code, in one line.
    pub(crate) fn failed(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.err.trim_end().lines().count(), 1, "{self:?}");
        assert!(self.out.is_empty(), "{self:?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// Bytes that are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>, Arc<Notify>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.lock().unwrap().write(bytes);
        self.1.notify_one();
        written
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// What was written, once a part of it is there so many times.
    pub(crate) async fn until(&self, part: &str, times: usize) -> String {
        loop {
            let text = self.text();
            if text.matches(part).count() >= times {
                return text;
            }
            self.1.notified().await;
        }
    }
}

/// How a run meets the world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    pub(crate) vars: Vec<(String, String)>,
    /// What is typed on the terminal; none means that there is no terminal.
    pub(crate) typed: Option<String>,
    /// Whether stdout is a terminal, and how wide.
    pub(crate) width: Option<u16>,
}

impl Setting {
    pub(crate) fn world(&self, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> World {
        World {
            vars: self.vars.clone(),
            out,
            err,
            input: Box::new(Cursor::new(self.typed.clone().unwrap_or_default().into_bytes())),
            out_is_terminal: self.width.is_some(),
            err_is_terminal: self.typed.is_some(),
            input_is_terminal: self.typed.is_some(),
            network: None,
            width: self.width,
        }
    }

    pub(crate) fn with_var(mut self, name: &str, value: &str) -> Self {
        self.vars.retain(|(known, _)| known != name);
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn with_typed(mut self, text: &str) -> Self {
        self.typed = Some(text.to_owned());
        self
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        let cli = match Cli::try_parse_from([&["arraylake"], args].concat()) {
            Ok(cli) => cli,
            Err(error) => {
                let (code, text) = (u8::try_from(error.exit_code()).unwrap(), error.to_string());
                return Done { code, out: String::new(), err: text };
            }
        };
        self.run_into(cli, Buffer::default()).await
    }

    async fn run_into(&self, cli: Cli, err: Buffer) -> Done {
        let out = Buffer::default();
        let status = run(cli, self.world(Box::new(out.clone()), Box::new(err.clone()))).await;
        Done { code: status.code(), out: out.text(), err: err.text() }
    }

    /// A run, and what it says while it runs.
    pub(crate) fn begin<'s>(&'s self, args: &[&str]) -> (Buffer, impl Future<Output = Done> + use<'s>) {
        let cli = Cli::try_parse_from([&["arraylake"], args].concat()).unwrap();
        let err = Buffer::default();
        (err.clone(), self.run_into(cli, err))
    }
}

/// A local service and a home directory of its own.
#[derive(Debug)]
pub(crate) struct Lake {
    pub(crate) running: RunningLake,
    home: TempDir,
}

impl Lake {
    pub(crate) async fn start() -> Self {
        Self::start_with(LocalConfig::temporary().unwrap()).await
    }

    pub(crate) async fn start_with(config: LocalConfig) -> Self {
        Self { running: serve(config).await.unwrap(), home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// An environment that leads to this service.
    pub(crate) fn setting(&self) -> Setting {
        Setting::default()
            .with_var("HOME", &self.home.path().display().to_string())
            .with_var("ARRAYLAKE_SERVICE__URI", self.running.catalog_uri())
            .with_var("ARRAYLAKE_TOKEN", self.running.token().expose())
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        self.setting().run(args).await
    }

    pub(crate) fn org(&self) -> OrgName {
        self.running.org().parse().unwrap()
    }

    pub(crate) fn client(&self) -> AsyncClient {
        AsyncClient::builder()
            .with_config(Config::empty())
            .with_service_uri(self.running.catalog_uri())
            .with_token(self.running.token())
            .build()
            .unwrap()
    }
}

/// A bucket config that no test writes to.
pub(crate) fn anonymous(nickname: &str) -> NewBucket {
    NewBucket::new(nickname, "s3://some-bucket/data").unwrap().with_region("us-east-1")
}
