//! The contents of Icechunk repositories in the bucket directory beside the catalog.

use std::pin::pin;

use ::icechunk::Repository;
use ::icechunk::format::snapshot::{NodeData, SnapshotInfo};
use ::icechunk::format::{Path, SnapshotId};
use ::icechunk::repository::VersionInfo;
use futures_util::TryStreamExt as _;

use super::{COMMITS, Commit, Contents, NODES, Node, Version, newest, zarr};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::repository::{self, unreadable};
use crate::store::StoredRepo;

/// Reads a repository at a version.
pub(super) async fn read(
    lake: &Lake,
    repo: &StoredRepo,
    wanted: Option<Version>,
) -> Result<Contents, Refusal> {
    let Some(repository) = repository::open(lake, repo).await? else { return Err(elsewhere(repo)) };
    let bad = |error: &dyn std::fmt::Display| unreadable((&repo.model.org, &repo.model.name), error);
    let branches: Vec<String> =
        repository.list_branches().await.map_err(|error| bad(&error))?.into_iter().collect();
    let tags: Vec<String> = repository.list_tags().await.map_err(|error| bad(&error))?.into_iter().collect();
    let version = wanted.unwrap_or_else(|| newest(&branches));
    let exact = resolve(&repository, &version, &branches, &tags).await?;
    let (history, older) = history(&repository, &exact).await.map_err(|error| bad(&error))?;
    let (nodes, cut) = nodes(&repository, &exact).await.map_err(|error| bad(&error))?;
    Ok(Contents { unit: "snapshot", branches, tags, version: Some(version), history, older, nodes, cut })
}

fn elsewhere(repo: &StoredRepo) -> Refusal {
    let place = match &repo.bucket {
        Some(bucket) => format!("in the bucket {}, which is not a local one", bucket.model.name),
        None => "in no bucket that is known here".to_owned(),
    };
    Refusal::conflict(format!("The data of this repo lies {place}, so that nothing of it is read."))
}

async fn resolve(
    repository: &Repository,
    version: &Version,
    branches: &[String],
    tags: &[String],
) -> Result<VersionInfo, Refusal> {
    match version {
        Version::Branch(name) if branches.contains(name) => Ok(VersionInfo::BranchTipRef(name.clone())),
        Version::Branch(name) => Err(Refusal::missing(format!("There is no branch {name}."))),
        Version::Tag(name) if tags.contains(name) => Ok(VersionInfo::TagRef(name.clone())),
        Version::Tag(name) => Err(Refusal::missing(format!("There is no tag {name}."))),
        Version::Snapshot(text) => {
            let missing = || Refusal::missing(format!("There is no snapshot {text}."));
            let id = SnapshotId::try_from(text.as_str()).map_err(|_| missing())?;
            repository.lookup_snapshot(&id).await.map_err(|_| missing())?;
            Ok(VersionInfo::SnapshotId(id))
        }
    }
}

type Result2<T> = Result<T, String>;

/// The newest snapshots, and where the older ones begin.
async fn history(repository: &Repository, version: &VersionInfo) -> Result2<(Vec<Commit>, Option<String>)> {
    let ancestry = repository.ancestry(version).await.map_err(|error| error.to_string())?;
    let mut ancestry = pin!(ancestry);
    let mut commits = Vec::new();
    while let Some(snapshot) = ancestry.try_next().await.map_err(|error| error.to_string())? {
        if commits.len() == COMMITS {
            return Ok((commits, Some(snapshot.id.to_string())));
        }
        commits.push(commit(&snapshot));
    }
    Ok((commits, None))
}

fn commit(snapshot: &SnapshotInfo) -> Commit {
    let text = |key: &str| snapshot.metadata.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let author = match (text("author_name"), text("author_email")) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email),
    };
    Commit { id: snapshot.id.to_string(), message: snapshot.message.clone(), author, at: snapshot.flushed_at }
}

/// The first nodes, and whether there are more.
async fn nodes(repository: &Repository, version: &VersionInfo) -> Result2<(Vec<Node>, bool)> {
    let session = repository.readonly_session(version).await.map_err(|error| error.to_string())?;
    let all = session.list_nodes(&Path::root()).await.map_err(|error| error.to_string())?;
    let mut nodes = Vec::new();
    for node in all {
        let node = node.map_err(|error| error.to_string())?;
        let is_array = matches!(node.node_data, NodeData::Array { .. });
        nodes.push(zarr::node(node.path.to_string(), &node.user_data, is_array));
    }
    nodes.sort_by(|one, other| one.path.cmp(&other.path));
    let cut = nodes.len() > NODES;
    nodes.truncate(NODES);
    Ok((nodes, cut))
}
