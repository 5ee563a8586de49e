//! `arraylake repo delete`.

use arraylake_core::api::Repos;
use arraylake_core::types::{DeleteConfirmation, DeleteRepo, ListRepos, RepoModel, RepoName};
use clap::Args;

use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Deletes a repo. By default it can be restored for some days, and its data go after that.
///
/// You are asked first, unless `--yes` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo delete acme/scratch
  arraylake repo delete acme/scratch --yes --immediate
  arraylake repo delete acme/era5 --yes --retain-data")]
pub(crate) struct DeleteArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// Does not ask.
    #[arg(short, long, alias = "confirm")]
    yes: bool,
    /// Deletes at once and for good: there is no time in which it can be restored.
    #[arg(long)]
    immediate: bool,
    /// Leaves the data in the bucket.
    #[arg(long)]
    retain_data: bool,
}

impl DeleteArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }

    fn fate(&self) -> &'static str {
        match (self.immediate, self.retain_data) {
            (false, false) => "it can be restored for some days, then its data are removed",
            (false, true) => "it can be restored for some days, its data stay in the bucket",
            (true, false) => "it is gone for good, and its data are removed",
            (true, true) => "its entry is gone for good, its data stay in the bucket",
        }
    }
}

pub(crate) async fn delete(
    repos: &dyn Repos,
    console: &mut Console,
    repo: &RepoName,
    args: &DeleteArgs,
) -> Outcome {
    // The service does not mind if there is no such repo; who mistyped its name does.
    let model = find(repos, repo, args).await?;
    let bucket = model.storage().map_or("no bucket", |(bucket, _)| bucket.nickname.as_str());
    let question =
        format!("Delete the {} repo {repo} in {bucket}? After that {}.", model.kind.as_str(), args.fate());
    console.confirm(&question, args.yes).await?;
    let mut options = DeleteRepo::new();
    options.immediate = args.immediate;
    options.retain_data = args.retain_data;
    let sure = DeleteConfirmation::imsure().imreallysure();
    console.busy(&format!("deleting {repo}"), repos.delete_repo(repo, sure, options)).await?;
    console.note(&format!("deleted {repo}: {}", args.fate()));
    Ok(())
}

/// The repo; one that is deleted already can still be deleted for good.
async fn find(repos: &dyn Repos, repo: &RepoName, args: &DeleteArgs) -> Result<RepoModel, Failure> {
    match repos.get_repo_object(repo).await {
        Err(error) if error.is_not_found() && args.immediate => {
            let rows = repos.list_repos(repo.org(), ListRepos::new().with_ghosts()).await?;
            rows.into_iter().find(|ghost| ghost.name == repo.repo()).ok_or_else(|| error.into())
        }
        found => Ok(found?),
    }
}
