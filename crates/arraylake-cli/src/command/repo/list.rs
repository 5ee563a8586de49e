//! `arraylake repo list` and `get`.

use arraylake_core::api::Repos;
use arraylake_core::types::{ListRepos, Metadata, OrgName, RepoModel, RepoName};
use clap::Args;
use comfy_table::Cell;

use crate::command::{joined, metadata, warn_of_bad_rows};
use crate::console::Console;
use crate::failure::Outcome;
use crate::look::{Look, Mood, cell, facts, moment, mood_cell, mood_of, shorten, table, value};

/// Lists the repos of an org, the one changed last first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo list acme
  arraylake repo list acme --filter-metadata project=ocean
  arraylake repo list acme -o json | jq -r '.[] | select(.kind == \"v1\") | .name'")]
pub(crate) struct ListArgs {
    /// The org; by default that of `--org` or `user.org`.
    org: Option<OrgName>,
    /// Only repos with these facts: a JSON object or `KEY=VALUE`; may be repeated.
    #[arg(long, value_name = "FACTS", value_parser = metadata)]
    filter_metadata: Vec<Metadata>,
    /// Deleted repos that can be restored, too.
    #[arg(long)]
    include_deleted: bool,
    /// Prints secrets of bucket configs instead of masking them.
    #[arg(long)]
    show_secrets: bool,
}

impl ListArgs {
    pub(crate) fn org(&self) -> Option<&OrgName> {
        self.org.as_ref()
    }
}

/// Shows what the catalog knows of a repo.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo get acme/era5
  arraylake repo get acme/era5 -o json | jq .status.mode")]
pub(crate) struct GetArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    /// Prints secrets of the bucket config instead of masking them.
    #[arg(long)]
    show_secrets: bool,
}

impl GetArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

pub(crate) async fn list(
    repos: &dyn Repos,
    console: &mut Console,
    org: &OrgName,
    args: &ListArgs,
) -> Outcome {
    let mut options = ListRepos::new();
    options.filter_metadata = joined(&args.filter_metadata);
    options.include_ghosts = args.include_deleted;
    let rows = console.busy("listing repos", repos.list_repos(org, options)).await?;
    warn_of_bad_rows(console, "repo", &rows);
    if rows.is_empty() && console.is_for_people() {
        console.note(&format!("no repos in {org}"));
        return Ok(());
    }
    console.reveal_secrets(args.show_secrets);
    console.show(&rows.items, |look| repo_table(look, &rows))
}

/// Repos, a row each.
pub(crate) fn repo_table(look: &Look, repos: &[RepoModel]) -> String {
    let cells = repos.iter().map(|repo| {
        let bucket = repo.storage().map_or("", |(bucket, _)| bucket.nickname.as_str());
        let description = shorten(repo.description.as_deref().unwrap_or_default(), 60);
        let (kind, updated) = (repo.kind.as_str(), moment(repo.updated));
        vec![cell(&repo.name), cell(kind), cell(bucket), status(repo), cell(updated), cell(description)]
    });
    table(look, &["Name", "Kind", "Bucket", "Status", "Updated", "Description"], cells)
}

fn status(repo: &RepoModel) -> Cell {
    if repo.is_ghost() {
        return mood_cell("deleted", Mood::Dim);
    }
    mood_cell(repo.status.mode.as_str(), mood_of(&repo.status.mode))
}

pub(crate) async fn get(
    repos: &dyn Repos,
    console: &mut Console,
    repo: &RepoName,
    args: &GetArgs,
) -> Outcome {
    let model = console.busy("asking the catalog", repos.get_repo_object(repo)).await?;
    console.reveal_secrets(args.show_secrets);
    show(console, &model)
}

/// Prints a repo.
pub(crate) fn show(console: &mut Console, repo: &RepoModel) -> Outcome {
    console.show(repo, |look| {
        let text = |text: &Option<String>| text.as_ref().filter(|text| !text.is_empty()).map(cell);
        let moment = |at: Option<_>| at.map(|at| cell(moment(Some(at))));
        let storage = repo.storage();
        let place = storage.and_then(|(bucket, prefix)| Some(format!("{}{prefix}", bucket.url()?)));
        let metadata = repo.metadata.as_ref().filter(|facts| !facts.0.is_empty()).map(|facts| {
            let lines: Vec<String> =
                facts.0.iter().map(|(key, fact)| format!("{key}={}", value(fact))).collect();
            cell(lines.join(", "))
        });
        facts(
            look,
            [
                ("Repo", Some(cell(format!("{}/{}", repo.org, repo.name)))),
                ("Id", Some(cell(repo.id.as_str()))),
                ("Kind", Some(cell(repo.kind.as_str()))),
                ("Status", Some(status(repo))),
                ("Status message", text(&repo.status.message)),
                ("Visibility", Some(cell(repo.visibility.as_str()))),
                ("Description", text(&repo.description)),
                ("Metadata", metadata),
                ("Bucket", storage.map(|(bucket, _)| cell(&bucket.nickname))),
                ("Place", place.map(cell)),
                ("Created", moment(repo.created)),
                ("Created by", text(&repo.created_by)),
                ("Updated", moment(repo.updated)),
                ("Deleted", moment(repo.deleted_at)),
                ("Deleted by", text(&repo.deleted_by)),
            ],
        )
    })
}
