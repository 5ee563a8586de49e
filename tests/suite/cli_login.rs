//! The program `arraylake` logs in, and a person confirms that in a real browser.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use arraylake_local::{LocalConfig, LoginPolicy};
use arraylake_tests::browser::{Browser, Tab};
use arraylake_tests::lake::TestLake;
use chrono::TimeDelta;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;
use tokio::process::Command;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, which is built beside these tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("arraylake");
    assert!(program.exists(), "{} is not built: `cargo test --workspace` does that", program.display());
    program
}

/// What the program takes for the way to open a browser: it hands addresses to this test.
struct Opener {
    dir: PathBuf,
    opened: pipe::Receiver,
}

impl Opener {
    async fn new(home: &Path) -> Self {
        let (dir, fifo) = (home.join("bin"), home.join("opened"));
        let made = Command::new("mkfifo").arg(&fifo).status().await.unwrap();
        assert!(made.success());
        let opened = pipe::OpenOptions::new().read_write(true).open_receiver(&fifo).unwrap();
        std::fs::create_dir(&dir).unwrap();
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > '{}'\n", fifo.display());
        std::fs::write(dir.join("xdg-open"), script).unwrap();
        std::fs::set_permissions(dir.join("xdg-open"), std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { dir, opened }
    }

    async fn address(self) -> String {
        let mut lines = BufReader::new(self.opened).lines();
        tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap()
    }
}

/// Looks at a page in both colours, narrow and wide, and makes a picture of each.
async fn look_at(tab: &Tab, name: &str) {
    for (dark, colour) in [(false, "light"), (true, "dark")] {
        tab.set_dark(dark).await;
        for width in [320, 1200] {
            tab.set_width(width).await;
            tab.screenshot(&format!("{name}-{colour}-{width}")).await;
            assert_eq!(tab.obstacles().await, Vec::<String>::new(), "{name}, {colour}, {width} pixels");
        }
    }
    tab.set_dark(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_opens_a_browser_where_a_person_confirms_by_keys_alone_and_is_logged_in() {
    let Some(browser) = Browser::start().await else { return };
    let policy = LoginPolicy::new().with_interval(TimeDelta::seconds(1));
    let lake = TestLake::start_with(LocalConfig::temporary().unwrap().with_logins(policy)).await;
    let home = tempfile::tempdir().unwrap();
    let opener = Opener::new(home.path()).await;
    let arraylake = |args: &[&str]| {
        let mut command = Command::new(program());
        command.args(args).env_clear().kill_on_drop(true);
        command.env("HOME", home.path()).env("DISPLAY", ":0");
        command.env("PATH", format!("{}:/usr/bin:/bin", opener.dir.display()));
        command.env("ARRAYLAKE_SERVICE__URI", lake.lake().catalog_uri());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let login = arraylake(&["auth", "login"]).spawn().unwrap();
    let mut list = arraylake(&["repo", "list", "local"]);

    let (address, tab) = (opener.address().await, browser.tab().await);
    tab.goto(&address).await;
    assert_eq!(tab.text("h1").await, "Sign in");
    tab.type_text(lake.lake().token().expose()).await;
    tab.press_through("Enter").await;
    assert_eq!(tab.text("h1").await, "Confirm the login");
    let page = tab.text("main").await;
    let code = address.split("user_code=").nth(1).unwrap();
    assert!(page.contains("user@example.com") && page.contains(code), "{page}");
    look_at(&tab, "confirm").await;
    tab.press_through("Enter").await;
    assert_eq!(tab.text("h1").await, "Logged in");
    look_at(&tab, "confirmed").await;
    assert_eq!(tab.complaints(), Vec::<String>::new());

    let output = tokio::time::timeout(PATIENCE, login.wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&address) && said.contains("A browser has been opened there."), "{said}");
    assert!(said.contains("logged in as user@example.com"), "{said}");
    assert!(list.output().await.unwrap().status.success(), "the login serves other calls");
    assert!(home.path().join(".arraylake/tokens").is_dir());
}
