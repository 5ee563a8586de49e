//! Recorded logins, and recorded calls of somebody who is logged in.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arraylake_core::login::{Login, LoginLink, LoginOptions};
use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, Error, Result};

use super::home::Home;
use super::kinds::{Outcome, kind_of};
use super::leaf::Recorded;
use super::play::Args;
use super::record::Record;

/// Makes the call, if it is about a login.
pub(crate) async fn play(record: &Record, home: &Home, leaf: &Recorded) -> Option<Outcome> {
    let known = ["resolve_token_path", "login", "logout", "refresh_token", "_get_user", "get_authorize_info"];
    if !known.contains(&record.method()) && record.args.get("with").is_none() {
        return None;
    }
    Some(match record.method() {
        "resolve_token_path" => token_path(record, home),
        _ if record.args.contains_key("with") => {
            two_at_once(record, home, leaf).await.map_err(|error| kind_of(&error))
        }
        _ => match home.builder(leaf).build_login() {
            Ok(login) => about_login(record, &login).await,
            Err(error) => Err(kind_of(&error)),
        },
    })
}

async fn about_login(record: &Record, login: &Login) -> Outcome {
    let outcome = match record.method() {
        "login" => return log_in(record, login).await,
        "logout" => login.logout().await.map(drop),
        "refresh_token" => login.refresh().await.map(drop),
        "_get_user" => login.status().await.map(drop),
        _ => device_code(login).await,
    };
    outcome.map_err(|error| kind_of(&error))
}

/// Logs in; a browser is opened where it was then.
async fn log_in(record: &Record, login: &Login) -> Outcome {
    let opened = Arc::new(Mutex::new(Vec::new()));
    let pages = Arc::clone(&opened);
    let options =
        LoginOptions::new().with_browser(Args(record).flag("browser")).with_opener(move |page: &str| {
            pages.lock().unwrap().push(page.to_owned());
            Ok(())
        });
    login.login(options, &|_: &LoginLink| {}).await.map_err(|error: Error| kind_of(&error))?;
    let opened = opened.lock().unwrap().clone();
    if opened == record.browser { Ok(()) } else { Err(format!("{opened:?} in the browser")) }
}

/// Goes as far as the code that is shown; what would follow is left.
async fn device_code(login: &Login) -> Result<()> {
    let shown = Arc::new(tokio::sync::Notify::new());
    let show = |_: &LoginLink| shown.notify_one();
    let begun = login.login(LoginOptions::new(), &show);
    let seen = async {
        shown.notified().await;
        // The first question comes no sooner than this.
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    tokio::select! {
        outcome = begun => outcome.map(drop),
        () = seen => Ok(()),
    }
}

async fn two_at_once(record: &Record, home: &Home, leaf: &Recorded) -> Result<()> {
    let client: AsyncClient = home.builder(leaf).build()?;
    let org = Args(record).org()?;
    let (repos, buckets) =
        tokio::join!(client.list_repos(&org, ListRepos::new()), client.list_bucket_configs(&org));
    repos.map(drop).and(buckets.map(drop))
}

/// Where the tokens of a service lie.
fn token_path(record: &Record, home: &Home) -> Outcome {
    let endpoint =
        Args(record).text("api_endpoint").replace("the default service uri", "https://api.earthmover.io");
    let builder = AsyncClient::builder().with_config(home.config().clone()).with_service_uri(endpoint);
    let login = builder.build_login().map_err(|error| kind_of(&error))?;
    let ours = login.token_file().display().to_string().replace(home.path().to_str().unwrap(), "$HOME");
    if Some(ours.as_str()) == record.returned.as_str() { Ok(()) } else { Err(ours) }
}
