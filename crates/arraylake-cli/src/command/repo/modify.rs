//! `arraylake repo modify`.

use arraylake_core::api::Repos;
use arraylake_core::types::{Metadata, ModifyRepo, RepoName};
use clap::Args;

use super::list::show;
use crate::command::{joined, metadata};
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Changes description and metadata of a repo. What is not named stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo modify acme/era5 --description 'Hourly data'
  arraylake repo modify acme/era5 --add-metadata project=ocean --remove-metadata draft")]
pub(crate) struct ModifyArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// What it is; an empty text clears it.
    #[arg(long)]
    description: Option<String>,
    /// New facts: a JSON object or `KEY=VALUE`; may be repeated.
    #[arg(short, long, value_name = "FACTS", value_parser = metadata)]
    add_metadata: Vec<Metadata>,
    /// Facts to remove, by their keys; may be repeated.
    #[arg(short, long, value_name = "KEY")]
    remove_metadata: Vec<String>,
    /// Facts to change: a JSON object or `KEY=VALUE`; may be repeated.
    #[arg(short, long, value_name = "FACTS", value_parser = metadata)]
    update_metadata: Vec<Metadata>,
}

impl ModifyArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    fn into_request(self) -> Result<ModifyRepo, Failure> {
        let mut request = ModifyRepo::new();
        request.description = self.description;
        request.add_metadata = joined(&self.add_metadata);
        request.remove_metadata = (!self.remove_metadata.is_empty()).then_some(self.remove_metadata);
        request.update_metadata = joined(&self.update_metadata);
        if request == ModifyRepo::new() {
            return Err(Failure::usage("nothing is to be changed")
                .with_hint("see `arraylake repo modify --help` for what can be"));
        }
        Ok(request)
    }
}

pub(crate) async fn modify(
    repos: &dyn Repos,
    console: &mut Console,
    repo: &RepoName,
    args: ModifyArgs,
) -> Outcome {
    let request = args.into_request()?;
    console.busy(&format!("changing {repo}"), repos.modify_repo(repo, request)).await?;
    if console.is_for_people() {
        console.note(&format!("changed {repo}"));
        return Ok(());
    }
    show(console, &repos.get_repo_object(repo).await?)
}
