//! `arraylake org`.

use arraylake_core::api::Orgs;
use clap::Subcommand;

use super::warn_of_bad_rows;
use crate::console::Console;
use crate::context::Context;
use crate::failure::Outcome;
use crate::look::{Mood, cell, moment, mood_cell, table};

/// Orgs of yours.
#[derive(Debug, Subcommand)]
pub(crate) enum OrgCommand {
    /// Lists the orgs that you belong to.
    #[command(after_help = "Examples:\n  arraylake org list -o json | jq -r '.[].name'")]
    #[command(visible_alias = "ls")]
    List,
}

impl OrgCommand {
    pub(crate) async fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::List => list(&context.client()?, console).await,
        }
    }
}

async fn list(orgs: &dyn Orgs, console: &mut Console) -> Outcome {
    let rows = console.busy("listing orgs", orgs.get_orgs()).await?;
    warn_of_bad_rows(console, "org", &rows);
    if rows.is_empty() {
        console.note("you belong to no org");
    }
    console.show(&rows.items, |look| {
        let cells = rows.iter().map(|org| {
            let mood = if org.status == "active" { Mood::Good } else { Mood::Doubtful };
            vec![
                cell(&org.name),
                cell(&org.display_name),
                mood_cell(&org.status, mood),
                cell(moment(org.created)),
            ]
        });
        table(look, &["Name", "Display name", "Status", "Created"], cells)
    })
}
