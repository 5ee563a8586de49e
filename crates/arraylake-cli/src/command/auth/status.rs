//! `arraylake auth status`.

use arraylake_core::api::Users;
use arraylake_core::types::{Principal, Timestamp};
use arraylake_core::{Access, AsyncClient};
use serde::Serialize;

use crate::console::Console;
use crate::failure::Outcome;
use crate::look::{cell, facts, moment};

/// Who is asking, as `--output json` shows it.
#[derive(Debug, Serialize)]
struct Status {
    service: String,
    /// `login` or `api_token`.
    by: &'static str,
    /// The token file, or where the API token came from.
    from: String,
    user: Principal,
    expires: Option<Timestamp>,
}

pub(crate) async fn status(client: &AsyncClient, console: &mut Console) -> Outcome {
    let status = console.busy("asking the service", ask(client)).await?;
    console.show(&status, |look| {
        let by = if status.by == "login" { "login in" } else { "API token from" };
        let name = status.user.author().name;
        let ends = status.expires.map(|ends| cell(moment(Some(ends))));
        facts(
            look,
            [
                ("Service", Some(cell(&status.service))),
                ("Logged in as", Some(cell(status.user.email()))),
                ("Name", name.map(cell)),
                ("Id", Some(cell(status.user.id().to_string()))),
                ("By", Some(cell(format!("{by} {}", status.from)))),
                ("Token ends", ends),
            ],
        )
    })
}

async fn ask(client: &AsyncClient) -> arraylake_core::Result<Status> {
    let service = client.service_uri().to_string();
    if let Access::Login(login) = client.access() {
        let from = login.token_file().display().to_string();
        let status = login.status().await?;
        return Ok(Status { service, by: "login", from, user: status.user, expires: status.expires });
    }
    let from = match client.access() {
        Access::Token { origin, .. } => origin.to_string(),
        other => other.to_string(),
    };
    let user = client.get_user().await?;
    let expires = match &user {
        Principal::ServiceAccount(account) => account.expires(),
        _ => None,
    };
    Ok(Status { service, by: "api_token", from, user, expires })
}
