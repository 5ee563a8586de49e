//! `arraylake repo log`, `branches` and `tags`.

use arraylake_core::api::Repositories;
use arraylake_core::types::{RepoName, Timestamp};
use arraylake_core::{OpenOptions, Repo};
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};

use super::icechunk;
#[cfg(feature = "v1")]
use super::v1;
use super::version::VersionArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::look::{Mood, cell, moment, mood_cell, table};

/// Shows the commits of a branch, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo log acme/era5 -n 5
  arraylake repo log acme/era5 --branch dev -o json | jq -r '.[0].id'")]
pub(crate) struct LogArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    #[command(flatten)]
    version: VersionArgs,
    /// At most this many commits.
    #[arg(short = 'n', long, value_name = "COUNT")]
    limit: Option<usize>,
}

/// Lists branches or tags and where they point.
#[derive(Debug, Args)]
pub(crate) struct RefsArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
}

impl LogArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

impl RefsArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

/// A commit, as `--output json` shows it.
#[derive(Debug, Serialize)]
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) parent_id: Option<String>,
    pub(super) written_at: Timestamp,
    pub(super) message: String,
    pub(super) metadata: Map<String, Value>,
}

impl Commit {
    fn author(&self) -> String {
        let text = |key: &str| self.metadata.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        match (text("author_name"), text("author_email")) {
            (Some(name), Some(email)) => format!("{name} <{email}>"),
            (one, other) => one.or(other).unwrap_or_default().to_owned(),
        }
    }
}

/// A branch or a tag, as `--output json` shows it.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) snapshot_id: String,
}

async fn opened(repositories: &dyn Repositories, repo: &RepoName) -> Result<Repo, Failure> {
    Ok(repositories.get_repo(repo, OpenOptions::new().with_read_only(true)).await?)
}

pub(crate) async fn log(
    repositories: &dyn Repositories,
    console: &mut Console,
    repo: &RepoName,
    args: &LogArgs,
) -> Outcome {
    let limit = args.limit.unwrap_or(usize::MAX);
    let work = async {
        match opened(repositories, repo).await? {
            Repo::Icechunk(opened) => icechunk::log(&opened, &args.version, limit).await,
            #[cfg(feature = "v1")]
            Repo::V1(opened) => v1::log(&opened, &args.version, limit).await,
            _ => Err(super::of_a_kind_unknown(repo)),
        }
    };
    let commits = console.busy(&format!("reading {repo}"), work).await?;
    console.show(&commits, |look| {
        let cells = commits.iter().map(|commit| {
            let (when, who) = (moment(Some(commit.written_at)), commit.author());
            vec![mood_cell(&commit.id, Mood::Doubtful), cell(when), cell(who), cell(&commit.message)]
        });
        table(look, &["Snapshot", "Written", "Author", "Message"], cells)
    })
}

pub(crate) async fn branches(
    repositories: &dyn Repositories,
    console: &mut Console,
    repo: &RepoName,
) -> Outcome {
    let work = async {
        match opened(repositories, repo).await? {
            Repo::Icechunk(opened) => icechunk::branches(&opened).await,
            #[cfg(feature = "v1")]
            Repo::V1(opened) => v1::branches(&opened).await,
            _ => Err(super::of_a_kind_unknown(repo)),
        }
    };
    let found = console.busy(&format!("reading {repo}"), work).await?;
    show(console, repo, "branches", &found)
}

pub(crate) async fn tags(repositories: &dyn Repositories, console: &mut Console, repo: &RepoName) -> Outcome {
    let work = async {
        match opened(repositories, repo).await? {
            Repo::Icechunk(opened) => icechunk::tags(&opened).await,
            #[cfg(feature = "v1")]
            Repo::V1(opened) => v1::tags(&opened).await,
            _ => Err(super::of_a_kind_unknown(repo)),
        }
    };
    let found = console.busy(&format!("reading {repo}"), work).await?;
    show(console, repo, "tags", &found)
}

fn show(console: &mut Console, repo: &RepoName, what: &str, found: &[Reference]) -> Outcome {
    if found.is_empty() && console.is_for_people() {
        console.note(&format!("{repo} has no {what}"));
        return Ok(());
    }
    console.show(found, |look| {
        let cells = found.iter().map(|it| vec![cell(&it.name), mood_cell(&it.snapshot_id, Mood::Doubtful)]);
        table(look, &["Name", "Snapshot"], cells)
    })
}
