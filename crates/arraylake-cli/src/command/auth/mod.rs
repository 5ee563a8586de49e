//! `arraylake auth`.

mod login;
mod status;

use arraylake_core::{AsyncClient, Login};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::console::Console;
use crate::context::Context;
use crate::failure::{Failure, Outcome, Status};

/// Logging in and out, and who is logged in.
///
/// A login is kept in the file that the Python client uses, so that one login serves both. An API token in
/// ARRAYLAKE_TOKEN or in the configuration goes before a login.
#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    Login(login::LoginArgs),
    Logout(LogoutArgs),
    /// Shows who is logged in, by what, and until when.
    #[command(after_help = "Examples:\n  arraylake auth status\n  arraylake auth status -o json")]
    #[command(visible_alias = "whoami")]
    Status,
    /// Prints the token that requests are sent with, renewed if it is about to end.
    #[command(
        after_help = "Examples:\n  curl -H \"Authorization: Bearer $(arraylake auth token)\" \"$ARRAYLAKE_SERVICE__URI/user\""
    )]
    Token,
    /// Renews the login.
    #[command(after_help = "Examples:\n  arraylake auth refresh")]
    Refresh,
}

/// Logs out: removes the login from this machine, then tells the login provider.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake auth logout
  arraylake auth logout --offline")]
pub(crate) struct LogoutArgs {
    /// Tells nobody: the login stays alive at the provider until it ends by itself.
    #[arg(long)]
    offline: bool,
}

impl AuthCommand {
    pub(crate) async fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::Login(args) => {
                if context.config()?.text("token").is_some() {
                    console.warn(
                        "there is an API token, which goes before a login: unset ARRAYLAKE_TOKEN to use it",
                    );
                }
                login::login(&context.login()?, console, &args).await
            }
            Self::Logout(args) => logout(&context.login()?, console, &args).await,
            Self::Status => status::status(&context.client()?, console).await,
            Self::Token => token(&context.client()?, console).await,
            Self::Refresh => refresh(context, console).await,
        }
    }
}

async fn logout(login: &Login, console: &mut Console, args: &LogoutArgs) -> Outcome {
    let done = if args.offline {
        login.forget().await?
    } else {
        console.busy("logging out", login.logout()).await?
    };
    match (done.was_logged_in, done.not_revoked) {
        (false, _) => console.note("nobody was logged in"),
        (true, None) if args.offline => {
            console.note(&format!("removed {}; the provider was not told", login.token_file().display()));
        }
        (true, None) => console.note(&format!("logged out, and removed {}", login.token_file().display())),
        (true, Some(error)) => {
            console.note(&format!("removed {}", login.token_file().display()));
            console
                .warn(&format!("the login is still alive at the provider, which could not be told: {error}"));
        }
    }
    Ok(())
}

async fn refresh(context: &Context, console: &mut Console) -> Outcome {
    let login = context.login()?;
    let done = match console.busy("renewing the login", login.refresh()).await {
        Ok(done) => done,
        Err(error) => {
            let failure = Failure::from(error);
            let origin = context.config()?.origin("token").map(ToString::to_string);
            return Err(match origin.filter(|_| failure.status() == Status::NotLoggedIn) {
                Some(origin) => {
                    let message = format!("there is no login to renew: the API token from {origin} is used");
                    Failure::new(Status::NotLoggedIn, message).with_hint("it needs no renewal")
                }
                None => failure,
            });
        }
    };
    login::show(console, &done)
}

/// Whoever asks for the token gets it: that is all the command is for.
async fn token(client: &AsyncClient, console: &mut Console) -> Outcome {
    let token = client.access().token().await?;
    console.reveal_secrets(true);
    console.show(&json!({"token": token.expose()}), |_| token.expose().to_owned())
}
