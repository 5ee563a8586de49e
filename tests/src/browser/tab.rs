//! [`Tab`]: a page, used as a person would: with keys, a mouse and eyes.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::pipe::Pipe;

/// What tells that a page is there.
const LOADED: &str = "Page.loadEventFired";
/// What pages must not cause.
const COMPLAINTS: [&str; 4] =
    ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Audits.issueAdded"];
/// Looks at a page as an accessibility checker does.
const CHECKS: &str = include_str!("checks.js");

/// A tab of the browser.
#[derive(Debug)]
pub struct Tab {
    pipe: Arc<Pipe>,
    session: String,
}

impl Tab {
    pub(super) async fn new(pipe: Arc<Pipe>, session: String) -> Self {
        let tab = Self { pipe, session };
        for domain in ["Page", "Runtime", "Log", "Network", "Audits", "Accessibility"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab.set_width(1200).await;
        tab.set_dark(false).await;
        tab
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        self.pipe.call(Some(&self.session), method, params).await
    }

    /// Does something that brings a new page, and waits until it is there.
    async fn through(&self, act: impl Future<Output = ()>) {
        let before = self.pipe.events(&self.session, &[LOADED]).len();
        act.await;
        self.pipe.more_than(&self.session, LOADED, before).await;
        // What a page puts the focus on has it once the page has been drawn.
        self.eval(
            "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))",
        )
        .await;
    }

    /// Opens an address.
    pub async fn goto(&self, url: &str) {
        self.through(async {
            let answer = self.call("Page.navigate", json!({"url": url})).await;
            assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        })
        .await;
    }

    /// The address that is shown.
    pub async fn url(&self) -> String {
        self.eval("location.href").await.as_str().unwrap().to_owned()
    }

    /// The text that a person reads, of the first element that a CSS selector finds.
    pub async fn text(&self, selector: &str) -> String {
        let found = self.eval(&format!("document.querySelector({})?.innerText", json!(selector))).await;
        found.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Whether a CSS selector finds anything.
    pub async fn has(&self, selector: &str) -> bool {
        self.eval(&format!("document.querySelector({}) !== null", json!(selector))).await == true
    }

    /// The value of an expression.
    pub async fn eval(&self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", params).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Clicks on the first element that a CSS selector finds.
    pub async fn click(&self, selector: &str) {
        let place = format!(
            "(() => {{ const it = document.querySelector({}); it.scrollIntoView({{block: 'center'}});
             const box = it.getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        );
        let place = self.eval(&place).await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Clicks on what leads to another page, and waits for that.
    pub async fn click_through(&self, selector: &str) {
        self.through(self.click(selector)).await;
    }

    /// Types text where the focus is.
    pub async fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Presses a key: `Tab`, `Shift+Tab`, `Enter`, `Space`.
    pub async fn press(&self, key: &str) {
        let (modifiers, key) = key.strip_prefix("Shift+").map_or((0, key), |key| (8, key));
        let (name, code, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Space" => (" ", 32, " "),
            other => panic!("the key {other} is not known here"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code,
                "modifiers": modifiers});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses a key that leads to another page, and waits for that.
    pub async fn press_through(&self, key: &str) {
        self.through(self.press(key)).await;
    }

    /// The words of the element that has the focus, with single blanks between them.
    pub async fn focused(&self) -> String {
        let words = "(() => { const it = document.activeElement;
            return it.innerText || it.getAttribute('aria-label') || it.id || it.tagName })()";
        let words = self.eval(words).await;
        words.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Moves on with Tab until the focus is on an element with these words.
    pub async fn tab_to(&self, words: &str) {
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..60 {
            self.press("Tab").await;
            let focused = self.focused().await;
            if focused == words {
                let ring = "getComputedStyle(document.activeElement).outlineStyle";
                assert_ne!(self.eval(ring).await, "none", "the focus on {words:?} cannot be seen");
                return;
            }
            seen.push(focused.chars().take(40).collect());
        }
        panic!("Tab does not lead to {words:?}: {seen:?}");
    }

    /// Sets the width of the window in pixels.
    pub async fn set_width(&self, width: u32) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Whether the person likes dark colours.
    pub async fn set_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.call("Emulation.setEmulatedMedia", features).await;
    }

    /// Makes a picture of the whole page, `screenshots/NAME.png` in the target directory.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        use base64::Engine as _;
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.call("Page.captureScreenshot", params).await;
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        // The test program lies in the target directory, two levels down.
        let program = std::env::current_exe().unwrap();
        let dir = program.ancestors().nth(3).unwrap().join("screenshots");
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join(format!("{name}.png"));
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What is wrong with the page for people who see little, use no mouse or listen: names, headings, landmarks,
    /// contrast, and whether it fits the window.
    pub async fn obstacles(&self) -> Vec<String> {
        let mut found: Vec<String> = serde_json::from_value(self.eval(CHECKS).await).unwrap();
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        for node in tree["nodes"].as_array().unwrap() {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            let named = node["name"]["value"].as_str().is_some_and(|name| !name.trim().is_empty());
            let needs_name = ["button", "link", "textbox", "navigation", "region", "table", "heading"];
            if needs_name.contains(&role) && node["ignored"] != true && !named {
                found.push(format!("a {role} has no name"));
            }
        }
        found
    }

    /// What the browser complained of since the tab was opened: errors, refused resources, issues.
    pub fn complaints(&self) -> Vec<String> {
        let events = self.pipe.events(&self.session, &COMPLAINTS);
        events.iter().map(|event| format!("{}: {}", event["method"], event["params"])).collect()
    }

    /// Every address that was asked for since the tab was opened.
    pub fn requests(&self) -> Vec<String> {
        let events = self.pipe.events(&self.session, &["Network.requestWillBeSent"]);
        events.iter().map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }
}
