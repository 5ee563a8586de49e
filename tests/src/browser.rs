//! A headless Chromium for tests of the pages, spoken to in its DevTools protocol over a pipe.
//!
//! `cargo xtask test` finds or installs the browser and names it in `ARRAYLAKE_TEST_CHROMIUM`. The pipe needs no port and
//! no further crate: messages are JSON, each ended by a zero byte, on the descriptors 3 and 4 of the browser.

mod pipe;
mod tab;

use std::process::Stdio;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use self::pipe::Pipe;
pub use self::tab::Tab;
use crate::installed::{NO_BROWSER, installed};

/// Names the browser.
const VARIABLE: &str = "ARRAYLAKE_TEST_CHROMIUM";

/// A running browser with a profile of its own; it ends with this.
#[derive(Debug)]
pub struct Browser {
    pipe: Arc<Pipe>,
    _child: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; none if the tests in a browser were left out on purpose.
    pub async fn start() -> Option<Self> {
        let program = installed(VARIABLE, NO_BROWSER)?;
        let profile = tempfile::tempdir().unwrap();
        // The shell moves the pipes from the descriptors that every program has to those that this one wants.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(program)
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server", "--hide-scrollbars"])
            .args(["--disable-background-networking", "--disable-component-update", "--lang=en"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Some(Self { pipe: Pipe::new(input, output), _child: child, _profile: profile })
    }

    /// A new tab, empty, 1200 pixels wide, in light colours.
    pub async fn tab(&self) -> Tab {
        let target = self.pipe.call(None, "Target.createTarget", json!({"url": "about:blank"})).await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.pipe.call(None, "Target.attachToTarget", attach).await;
        Tab::new(Arc::clone(&self.pipe), session["sessionId"].as_str().unwrap().to_owned()).await
    }
}
