//! `arraylake repo get-status` and `set-status`.

use arraylake_core::api::Repos;
use arraylake_core::types::{NewRepoStatus, RepoName, RepoOperationMode, RepoStatus};
use clap::Args;

use crate::console::Console;
use crate::failure::Outcome;

/// Shows whether a repo may be used: online, under maintenance or offline, and why.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo get-status acme/era5
  arraylake repo get-status acme/era5 -o json | jq -r .message")]
pub(crate) struct GetStatusArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
}

impl GetStatusArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

/// Takes a repo offline, puts it under maintenance, or back online. The public service keeps this to administrators.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo set-status acme/era5 maintenance --message 'back soon'
  arraylake repo set-status acme/era5 online")]
pub(crate) struct SetStatusArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// online, maintenance or offline.
    #[arg(value_parser = mode)]
    mode: RepoOperationMode,
    /// Why, in words.
    #[arg(long)]
    message: Option<String>,
}

impl SetStatusArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

fn mode(text: &str) -> Result<RepoOperationMode, String> {
    let mode = RepoOperationMode::from(text);
    NewRepoStatus::new(mode.clone()).validate().map_err(|fault| fault.rule)?;
    Ok(mode)
}

pub(crate) async fn get(repos: &dyn Repos, console: &mut Console, repo: &RepoName) -> Outcome {
    let model = console.busy("asking the catalog", repos.get_repo_object(repo)).await?;
    show(console, &model.status)
}

pub(crate) async fn set(
    repos: &dyn Repos,
    console: &mut Console,
    repo: &RepoName,
    args: SetStatusArgs,
) -> Outcome {
    let mut request = NewRepoStatus::new(args.mode);
    request.message = args.message;
    let status = console.busy(&format!("changing {repo}"), repos.set_repo_status(repo, request)).await?;
    show(console, &status)
}

fn show(console: &mut Console, status: &RepoStatus) -> Outcome {
    console.show(status, |_| format!("{}{}", status.mode, status.explanation()))
}
