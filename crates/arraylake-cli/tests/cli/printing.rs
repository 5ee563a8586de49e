//! Colours, widths, quiet runs, readers that go away, disks that are full.

use std::io::{Error, ErrorKind, Write};

use arraylake_cli::{Cli, run};
use arraylake_core::prelude::*;
use clap::Parser as _;

use crate::support::{Buffer, Lake, Setting};

async fn lake() -> Lake {
    let lake = Lake::start().await;
    let request = NewRepo::new("era5").with_description("word ".repeat(12).trim());
    lake.client().create_repo_object(&lake.org(), request).await.unwrap();
    lake
}

fn on_a_terminal(setting: Setting) -> Setting {
    Setting { width: Some(60), ..setting }
}

#[tokio::test]
async fn a_terminal_gets_colours_and_keeps_its_width() {
    let lake = lake().await;
    let text = on_a_terminal(lake.setting()).run(&["repo", "list", "local"]).await.ok().out;
    assert!(text.contains("\u{1b}["), "{text:?}");
    let plain =
        on_a_terminal(lake.setting()).run(&["repo", "list", "local", "--color", "never"]).await.ok().out;
    assert!(!plain.contains('\u{1b}') && plain.lines().all(|line| line.chars().count() <= 60), "{plain}");
    assert_eq!(plain.matches("word").count(), 12);
}

#[tokio::test]
async fn colours_obey_the_environment_and_the_option() {
    let lake = lake().await;
    let list = ["repo", "list", "local"];
    let coloured = |text: &str| text.contains('\u{1b}');
    let terminal = on_a_terminal(lake.setting());
    assert!(!coloured(&terminal.clone().with_var("NO_COLOR", "1").run(&list).await.ok().out));
    assert!(!coloured(&terminal.clone().with_var("TERM", "dumb").run(&list).await.ok().out));
    assert!(coloured(&terminal.with_var("NO_COLOR", "").run(&list).await.ok().out), "empty is unset");
    assert!(!coloured(&lake.setting().run(&list).await.ok().out), "a pipe");
    assert!(coloured(&lake.setting().with_var("CLICOLOR_FORCE", "1").run(&list).await.ok().out));
    assert!(coloured(&lake.setting().run(&["repo", "list", "local", "--color", "always"]).await.ok().out));
}

#[tokio::test]
async fn a_quiet_run_says_nothing_but_results_and_errors() {
    let lake = lake().await;
    let done = lake.run(&["repo", "create", "local/other", "--entry-only", "-q"]).await.ok();
    assert_eq!((done.out.as_str(), done.err.as_str()), ("", ""));
    assert!(!lake.run(&["repo", "get", "local/nope", "-q"]).await.failed(4).err.is_empty());
}

/// A stdout that fails.
struct Broken(ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(Error::from(self.0))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(Error::from(self.0))
    }
}

async fn run_into(lake: &Lake, kind: ErrorKind) -> (u8, String) {
    let err = Buffer::default();
    let world = lake.setting().world(Box::new(Broken(kind)), Box::new(err.clone()));
    let cli = Cli::try_parse_from(["arraylake", "repo", "list", "local"]).unwrap();
    (run(cli, world).await.code(), err.text())
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_failure_and_a_full_disk_is_one() {
    let lake = lake().await;
    assert_eq!(run_into(&lake, ErrorKind::BrokenPipe).await, (0, String::new()));
    let (code, error) = run_into(&lake, ErrorKind::StorageFull).await;
    assert!(code == 1 && error.contains("cannot be written"), "{error}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_and_spoils_nothing() {
    let config = arraylake_local::LocalConfig::temporary().unwrap().with_interceptor(|request| {
        let body = br#"{"items": [{"id": "1", "org": "local", "name": "good"}, {"id": "2", "name": "bad"}],
            "total": 2, "page": 1, "size": 100, "pages": 1}"#;
        let listing = request.uri.path().ends_with("/repos/paginated");
        let answer = http::Response::builder().header("content-type", "application/json");
        listing.then(|| answer.body(bytes::Bytes::from_static(body)).ok()).flatten()
    });
    let lake = Lake::start_with(config).await;
    let done = lake.run(&["repo", "list", "local", "-o", "json"]).await.ok();
    assert_eq!(done.json().as_array().unwrap().len(), 1);
    assert!(done.err.starts_with("warning: repo bad is left out"), "{done:?}");
}
