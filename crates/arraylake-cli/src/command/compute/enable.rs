//! `arraylake compute enable` and `disable`.

use arraylake_core::api::Compute;
use arraylake_core::types::{EnableService, OrgName, ServiceType};
use clap::Args;

use super::services::{ServiceArgs, show};
use crate::console::Console;
use crate::failure::Outcome;

/// Enables a service.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "\
Examples:
  arraylake compute enable acme edr --sku-code small
  arraylake compute enable acme wms -s small --is-public --deployment-name maps")]
pub(crate) struct EnableArgs {
    /// The org; by default that of `--org` or `user.org`.
    org: Option<OrgName>,
    /// What it speaks: dap2, edr, wms, zarr, tiles, openeo or sql.
    #[arg(value_name = "PROTOCOL")]
    protocol: ServiceType,
    /// The size of the machine, as it is sold; newer services insist on it.
    #[arg(short, long, value_name = "CODE")]
    sku_code: Option<String>,
    /// Answers without a token.
    #[arg(long)]
    is_public: bool,
    /// A name, for a second service of the same protocol.
    #[arg(short = 'n', long, value_name = "NAME")]
    deployment_name: Option<String>,
    /// Where it runs.
    #[arg(short, long)]
    region: Option<String>,
}

impl EnableArgs {
    pub(crate) fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }
}

/// Disables a service.
///
/// You are asked first, unless `--yes` is given.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "\
Examples:
  arraylake compute disable acme edr-abc123 --yes")]
pub(crate) struct DisableArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Does not ask.
    #[arg(short, long, alias = "confirm")]
    yes: bool,
}

impl DisableArgs {
    pub(crate) fn service(&self) -> &ServiceArgs {
        &self.service
    }
}

pub(crate) async fn enable(
    compute: &dyn Compute,
    console: &mut Console,
    org: &OrgName,
    args: &EnableArgs,
) -> Outcome {
    let mut request = EnableService::new(args.protocol.clone());
    request.is_public = args.is_public;
    if let Some(code) = &args.sku_code {
        request = request.with_sku(code);
    }
    if let Some(name) = &args.deployment_name {
        request = request.with_deployment_name(name);
    }
    if let Some(region) = &args.region {
        request = request.with_region(region);
    }
    let reply = console.busy("enabling the service", compute.enable_service(org, request)).await?;
    show(console, &reply)
}

pub(crate) async fn disable(
    compute: &dyn Compute,
    console: &mut Console,
    org: &OrgName,
    args: &DisableArgs,
) -> Outcome {
    let service = args.service.service();
    console.confirm(&format!("Disable the service {service} of {org}?"), args.yes).await?;
    let reply = console.busy("disabling the service", compute.disable_service(org, service)).await?;
    show(console, &reply)
}
