//! `arraylake repo log`, `branches` and `tags`.

use arraylake_core::OpenOptions;
use arraylake_core::api::Repositories;
use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::icechunk::icechunk::format::snapshot::SnapshotInfo;
use arraylake_core::icechunk::icechunk::format::{Path, SnapshotId};
use arraylake_core::icechunk::icechunk::repository::VersionInfo;
use arraylake_core::types::{RepoName, Timestamp};
use clap::Args;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use serde_json::Value;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::look::{Mood, cell, moment, mood_cell, table};

/// Which version of a repo.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// The tip of this branch.
    #[arg(long, default_value = "main", conflicts_with_all = ["tag", "snapshot"])]
    branch: String,
    /// The version of this tag.
    #[arg(long, conflicts_with = "snapshot")]
    tag: Option<String>,
    /// This snapshot, by its id.
    #[arg(long, value_name = "ID")]
    snapshot: Option<String>,
}

impl VersionArgs {
    pub(crate) fn info(&self) -> Result<VersionInfo, Failure> {
        match (&self.snapshot, &self.tag) {
            (Some(id), _) => match SnapshotId::try_from(id.as_str()) {
                Ok(id) => Ok(VersionInfo::SnapshotId(id)),
                Err(_) => Err(Failure::usage(format!("{id:?} is no id of a snapshot"))
                    .with_hint("`arraylake repo log` shows them")),
            },
            (None, Some(tag)) => Ok(VersionInfo::TagRef(tag.clone())),
            (None, None) => Ok(VersionInfo::BranchTipRef(self.branch.clone())),
        }
    }

    pub(crate) fn path(&self, text: &str) -> Result<Path, Failure> {
        let text = if text.starts_with('/') { text.to_owned() } else { format!("/{text}") };
        let text = if text.len() > 1 { text.trim_end_matches('/') } else { &text };
        Path::new(text).map_err(|_| Failure::usage(format!("{text:?} is no path of a group")))
    }
}

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
struct Commit {
    id: String,
    parent_id: Option<String>,
    written_at: Timestamp,
    message: String,
    metadata: std::collections::BTreeMap<String, Value>,
}

impl From<SnapshotInfo> for Commit {
    fn from(info: SnapshotInfo) -> Self {
        Self {
            id: info.id.to_string(),
            parent_id: info.parent_id.map(|id| id.to_string()),
            written_at: info.flushed_at.into(),
            message: info.message,
            metadata: info.metadata,
        }
    }
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
struct Reference {
    name: String,
    snapshot_id: String,
}

async fn opened(repositories: &dyn Repositories, repo: &RepoName) -> Result<IcechunkRepo, Failure> {
    Ok(repositories.get_repo(repo, OpenOptions::new().with_read_only(true)).await?.into_icechunk()?)
}

pub(crate) async fn log(
    repositories: &dyn Repositories,
    console: &mut Console,
    repo: &RepoName,
    args: &LogArgs,
) -> Outcome {
    let version = args.version.info()?;
    let work = async {
        let opened = opened(repositories, repo).await?;
        let ancestry = opened.repository().ancestry(&version).await.map_err(|error| opened.explain(error))?;
        let mut ancestry = std::pin::pin!(ancestry);
        let mut commits = Vec::new();
        while args.limit.is_none_or(|most| commits.len() < most) {
            let next = ancestry.try_next().await.map_err(|error| opened.explain(error))?;
            let Some(info) = next else { break };
            commits.push(Commit::from(info));
        }
        Ok::<_, Failure>(commits)
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
        let opened = opened(repositories, repo).await?;
        let repository = opened.repository();
        let mut found = Vec::new();
        for name in repository.list_branches().await.map_err(|error| opened.explain(error))? {
            let tip = repository.lookup_branch(&name).await.map_err(|error| opened.explain(error))?;
            found.push(Reference { name, snapshot_id: tip.to_string() });
        }
        Ok::<_, Failure>(found)
    };
    let found = console.busy(&format!("reading {repo}"), work).await?;
    show_references(console, &found)
}

pub(crate) async fn tags(repositories: &dyn Repositories, console: &mut Console, repo: &RepoName) -> Outcome {
    let work = async {
        let opened = opened(repositories, repo).await?;
        let repository = opened.repository();
        let mut found = Vec::new();
        for name in repository.list_tags().await.map_err(|error| opened.explain(error))? {
            let target = repository.lookup_tag(&name).await.map_err(|error| opened.explain(error))?;
            found.push(Reference { name, snapshot_id: target.to_string() });
        }
        Ok::<_, Failure>(found)
    };
    let found = console.busy(&format!("reading {repo}"), work).await?;
    if found.is_empty() && console.is_for_people() {
        console.note(&format!("{repo} has no tags"));
        return Ok(());
    }
    show_references(console, &found)
}

fn show_references(console: &mut Console, found: &[Reference]) -> Outcome {
    console.show(found, |look| {
        let cells = found.iter().map(|it| vec![cell(&it.name), mood_cell(&it.snapshot_id, Mood::Doubtful)]);
        table(look, &["Name", "Snapshot"], cells)
    })
}
