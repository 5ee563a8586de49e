//! `arraylake auth login`.

use std::io;

use arraylake_core::login::{LoggedIn, LoginLink, LoginPrompt};
use arraylake_core::{Login, LoginOptions};
use clap::Args;

use crate::console::{Console, Voice};
use crate::failure::Outcome;

/// Logs in: you confirm a code in a browser, on this machine or any other.
///
/// If there is a login already it is renewed; `--anew` logs in as somebody else. Ctrl-C gives up, and nothing has
/// changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake auth login
  arraylake auth login --no-browser
  arraylake auth login --service-uri http://127.0.0.1:8000")]
pub(crate) struct LoginArgs {
    /// Opens a browser; that is the default.
    #[arg(long, overrides_with = "no_browser")]
    browser: bool,
    /// Opens no browser: the address to open is shown either way.
    #[arg(long, alias = "nobrowser")]
    no_browser: bool,
    /// Logs in anew, even if there is a login.
    #[arg(long)]
    anew: bool,
}

/// Shows where to confirm the code.
struct Prompt(Voice);

impl LoginPrompt for Prompt {
    fn show(&self, link: &LoginLink) {
        let within = match link.expires_in.as_secs() {
            seconds @ ..=119 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", seconds / 60),
        };
        self.0.tell(&format!("To log in, open   {}", link.url));
        self.0.tell(&format!("and confirm code  {}   (within {within}; Ctrl-C gives up)", link.user_code));
    }

    fn browser_opened(&self, outcome: io::Result<()>) {
        match outcome {
            Ok(()) => self.0.note("A browser has been opened there."),
            Err(error) => self.0.note(&format!("No browser could be opened here ({error}).")),
        }
    }
}

pub(crate) async fn login(login: &Login, console: &mut Console, args: &LoginArgs) -> Outcome {
    let browser = args.browser || !args.no_browser;
    let options = LoginOptions::new().with_browser(browser).with_anew(args.anew);
    let done = login.login(options, &Prompt(console.voice())).await?;
    show(console, &done)?;
    console.note(&format!("The login is kept in {}", login.token_file().display()));
    Ok(())
}

/// Says who is logged in.
pub(crate) fn show(console: &mut Console, done: &LoggedIn) -> Outcome {
    for warning in &done.warnings {
        console.warn(&warning.to_string());
    }
    let Some(user) = &done.user else {
        console.note("logged in");
        return Ok(());
    };
    let renewed = if done.was_logged_in { " (a login that was there, renewed)" } else { "" };
    if console.is_for_people() {
        console.note(&format!("logged in as {}{renewed}", user.email()));
        return Ok(());
    }
    console.show(user, |_| String::new())
}
