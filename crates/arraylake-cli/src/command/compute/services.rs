//! `arraylake compute list` and `status`.

use arraylake_core::api::Compute;
use arraylake_core::types::{OrgName, ServiceReply, ServiceStatus};
use clap::Args;

use crate::command::warn_of_bad_rows;
use crate::console::Console;
use crate::failure::Outcome;
use crate::look::{Mood, cell, facts, mood_cell, table, value};

/// Lists the services of an org.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake compute list acme
  arraylake compute list acme -o json | jq -r '.[].url'")]
pub(crate) struct ListArgs {
    /// The org; by default that of `--org` or `user.org`.
    org: Option<OrgName>,
}

impl ListArgs {
    pub(crate) fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }
}

/// Which service.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct ServiceArgs {
    /// The org; by default that of `--org` or `user.org`.
    org: Option<OrgName>,
    /// The service, as `arraylake compute list` names it.
    #[arg(value_name = "SERVICE")]
    id: String,
}

impl ServiceArgs {
    pub(crate) fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }

    pub(crate) fn service(&self) -> &str {
        &self.id
    }
}

pub(crate) async fn list(compute: &dyn Compute, console: &mut Console, org: &OrgName) -> Outcome {
    let rows = console.busy("listing services", compute.list_enabled_services(org)).await?;
    warn_of_bad_rows(console, "service", &rows);
    if rows.is_empty() && console.is_for_people() {
        console.note(&format!("no services in {org}"));
        return Ok(());
    }
    console.show(&rows.items, |look| {
        let cells = rows.iter().map(|service| {
            let public = if service.config.is_public { "yes" } else { "no" };
            let region = service.region.as_deref().or(service.config.region.as_deref()).unwrap_or_default();
            let status = mood_cell(service.status.as_str(), mood(&service.status));
            let kind = service.config.service_type.as_str();
            vec![cell(&service.name), cell(kind), status, cell(public), cell(region), cell(&service.url)]
        });
        table(look, &["Service", "Protocol", "Status", "Public", "Region", "URL"], cells)
    })
}

fn mood(status: &ServiceStatus) -> Mood {
    match status {
        ServiceStatus::Available => Mood::Good,
        ServiceStatus::Error | ServiceStatus::QuotaExceeded | ServiceStatus::OrgSuspended => Mood::Bad,
        _ => Mood::Doubtful,
    }
}

pub(crate) async fn status(
    compute: &dyn Compute,
    console: &mut Console,
    org: &OrgName,
    service: &str,
) -> Outcome {
    let reply = console.busy("asking the service", compute.get_service_status(org, service)).await?;
    show(console, &reply)
}

/// Prints an answer without a fixed form.
pub(crate) fn show(console: &mut Console, reply: &ServiceReply) -> Outcome {
    console.show(reply, |look| match reply.0.as_object() {
        Some(fields) => {
            let rows = fields.iter().filter(|(_, it)| !it.is_null());
            facts(look, rows.map(|(key, it)| (key.as_str(), Some(cell(value(it))))))
        }
        None => value(&reply.0),
    })
}
