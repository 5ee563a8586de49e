//! `arraylake diagnostics`.

use std::time::{Duration, Instant};

use arraylake_core::api::{Diagnostics, Users};
use arraylake_core::types::UserDiagnostics;
use arraylake_core::{AsyncClient, Config};
use clap::Args;

use crate::command::config::shown;
use crate::console::Console;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::look::{cell, facts};

/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Facts about this program, its configuration and the service, for a report of a fault.
///
/// No secret is among them. Nothing is sent unless `--send` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake diagnostics
  arraylake diagnostics -o json > report.json")]
pub(crate) struct DiagnosticsArgs {
    /// Tells the service what is printed.
    #[arg(long)]
    send: bool,
}

pub(crate) async fn run(args: DiagnosticsArgs, context: &Context, console: &mut Console) -> Outcome {
    let config = context.config()?;
    // Without a token the service can still be asked for its version.
    let client = context.client();
    let anonymous = AsyncClient::builder().with_config(config.clone()).without_token().build()?;
    let report = console.busy("asking the service", report(&config, &anonymous, client.as_ref())).await;
    show(console, &report)?;
    if args.send {
        client?.send_diagnostics(report).await?;
        console.note("sent to the service");
    }
    Ok(())
}

async fn report(
    config: &Config,
    anonymous: &AsyncClient,
    client: Result<&AsyncClient, &Failure>,
) -> UserDiagnostics {
    let mut report = UserDiagnostics::new()
        .with_system("os", std::env::consts::OS)
        .with_system("arch", std::env::consts::ARCH)
        .with_version("arraylake", env!("CARGO_PKG_VERSION"))
        .with_version("icechunk", if cfg!(feature = "icechunk") { "included" } else { "not included" })
        .with_version("serve", if cfg!(feature = "serve") { "included" } else { "not included" });
    for setting in config.settings() {
        let shown = format!("{} (from {})", shown(&setting, false), setting.origin);
        report = report.with_config(&setting.key, shown);
    }
    report = report.with_service("uri", anonymous.service_uri().to_string());
    let begun = Instant::now();
    let asked = tokio::time::timeout(PATIENCE, anonymous.get_service_info()).await;
    report = match asked {
        Ok(Ok(info)) => {
            let version = info.arraylake_api_version.unwrap_or_else(|| "unknown".to_owned());
            let took = format!("{} ms", begun.elapsed().as_millis());
            report.with_service("version", version).with_service("answered within", took)
        }
        Ok(Err(error)) => report.with_service("error", Failure::from(error).message()),
        Err(_) => report.with_service("error", format!("no answer within {} s", PATIENCE.as_secs())),
    };
    report.with_service("login", login(client).await)
}

async fn login(client: Result<&AsyncClient, &Failure>) -> String {
    match client {
        Err(failure) => failure.message().to_owned(),
        Ok(client) => match tokio::time::timeout(PATIENCE, client.get_user()).await {
            Ok(Ok(who)) => format!("as {}", who.email()),
            Ok(Err(error)) => Failure::from(error).message().to_owned(),
            Err(_) => "unknown".to_owned(),
        },
    }
}

fn show(console: &mut Console, report: &UserDiagnostics) -> Outcome {
    console.show(report, |look| {
        let parts = [&report.versions, &report.system, &report.service, &report.config];
        let rows = parts.into_iter().flatten().flatten();
        facts(look, rows.map(|(key, value)| (key.as_str(), Some(cell(value)))))
    })
}
