//! What a login shows to the person, and how it opens a browser.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arraylake_types::DeviceCode;

/// What the person needs to confirm a login.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginLink {
    /// The page to open.
    pub url: String,
    /// The code that the page shows or asks for.
    pub user_code: String,
    /// How long the code can be used.
    pub expires_in: Duration,
}

impl LoginLink {
    pub(super) fn of(code: &DeviceCode) -> Option<Self> {
        let url = code.link()?.to_owned();
        Some(Self { url, user_code: code.user_code.clone(), expires_in: code.expires_in.duration() })
    }
}

/// Tells the person what to do. A closure that takes the link is one.
pub trait LoginPrompt: Send + Sync {
    /// Shows the page and the code. Called once, before a browser is opened: there may be none, or another one is
    /// wanted.
    fn show(&self, link: &LoginLink);

    /// A browser was asked to open the page, or could not be.
    fn browser_opened(&self, outcome: io::Result<()>) {
        let _ = outcome;
    }
}

impl<F: Fn(&LoginLink) + Send + Sync> LoginPrompt for F {
    fn show(&self, link: &LoginLink) {
        self(link);
    }
}

type Open = dyn Fn(&str) -> io::Result<()> + Send + Sync;

/// How to log in.
#[derive(Clone, Default)]
#[must_use = "options do nothing by themselves"]
pub struct LoginOptions {
    pub(super) browser: bool,
    pub(super) anew: bool,
    opener: Option<Arc<Open>>,
}

impl LoginOptions {
    /// Shows page and code and waits. A login that is there is renewed instead.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the page in a browser, too.
    pub fn with_browser(mut self, browser: bool) -> Self {
        self.browser = browser;
        self
    }

    /// Asks for a new login even if there is one: the way to become somebody else.
    pub fn with_anew(mut self, anew: bool) -> Self {
        self.anew = anew;
        self
    }

    /// Opens pages by a function of yours instead of the system's browser.
    pub fn with_opener(mut self, open: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static) -> Self {
        self.opener = Some(Arc::new(open));
        self
    }

    /// Opens a page.
    pub(super) fn open(&self, url: &str) -> io::Result<()> {
        // What stands there is handed to other programs.
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the page has no web address"));
        }
        match &self.opener {
            Some(open) => open(url),
            None if !has_display() => Err(io::Error::new(io::ErrorKind::Unsupported, "there is no display")),
            None => open::that_detached(url),
        }
    }
}

impl fmt::Debug for LoginOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginOptions")
            .field("browser", &self.browser)
            .field("anew", &self.anew)
            .finish_non_exhaustive()
    }
}

/// Whether a browser would have a place to appear. Only where windows are an option of the system is there a doubt.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos")))
        || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"].into_iter().any(is_set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_opened() {
        let options = LoginOptions::new().with_opener(|_| Ok(()));
        assert!(options.open("https://login.example.com/activate").is_ok());
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "-h", ""] {
            assert!(options.open(bad).is_err(), "{bad}");
        }
    }
}
