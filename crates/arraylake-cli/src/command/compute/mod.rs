//! `arraylake compute`.

mod enable;
mod logs;
mod services;

use clap::Subcommand;

use crate::console::Console;
use crate::context::Context;
use crate::failure::Outcome;

/// Compute services: servers of common protocols beside the data.
#[derive(Debug, Subcommand)]
pub(crate) enum ComputeCommand {
    Enable(enable::EnableArgs),
    #[command(visible_alias = "ls")]
    List(services::ListArgs),
    /// Shows how a service is.
    #[command(after_help = "Examples:\n  arraylake compute status acme edr-abc123")]
    Status(services::ServiceArgs),
    Logs(logs::LogsArgs),
    Disable(enable::DisableArgs),
}

impl ComputeCommand {
    pub(crate) async fn run(self, context: &Context, console: &mut Console) -> Outcome {
        match self {
            Self::Enable(args) => {
                let org = context.org(args.org())?;
                enable::enable(&context.client()?, console, &org, &args).await
            }
            Self::List(args) => {
                let org = context.org(args.org())?;
                services::list(&context.client()?, console, &org).await
            }
            Self::Status(args) => {
                let org = context.org(args.org())?;
                services::status(&context.client()?, console, &org, args.service()).await
            }
            Self::Logs(args) => {
                let org = context.org(args.service().org())?;
                logs::logs(&context.client()?.get_services(&org), console, &args).await
            }
            Self::Disable(args) => {
                let org = context.org(args.service().org())?;
                enable::disable(&context.client()?, console, &org, &args).await
            }
        }
    }
}
