//! What a repo holds: its branches, its history, its tree of arrays, in a form that is the same for every kind of repo.

#[cfg(feature = "icechunk")]
mod icechunk;
mod v1;
mod zarr;

use arraylake_types::RepoKind;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub(crate) use self::zarr::ArrayFacts;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// The branch that is shown first.
const MAIN: &str = "main";
/// How much of a history is told at once.
const COMMITS: usize = 30;
/// How much of a tree is told at once.
const NODES: usize = 1000;

/// Which version of a repo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Version {
    /// The newest of a branch.
    Branch(String),
    /// What a tag names.
    Tag(String),
    /// A snapshot or commit by its id.
    Snapshot(String),
}

impl Version {
    /// The name, or the id.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Branch(text) | Self::Tag(text) | Self::Snapshot(text) => text,
        }
    }
}

/// What a repo holds at one version.
#[derive(Debug)]
pub(crate) struct Contents {
    /// What a piece of its history is called.
    pub(crate) unit: &'static str,
    pub(crate) branches: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// The version that is told about. None in a repo without any.
    pub(crate) version: Option<Version>,
    /// Newest first.
    pub(crate) history: Vec<Commit>,
    /// Where the history goes on, if it does.
    pub(crate) older: Option<String>,
    /// In the order of their paths.
    pub(crate) nodes: Vec<Node>,
    /// Whether there are more nodes than these.
    pub(crate) cut: bool,
}

/// A snapshot, or a commit.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) author: Option<String>,
    pub(crate) at: DateTime<Utc>,
}

/// A group, or an array.
#[derive(Debug, PartialEq)]
pub(crate) struct Node {
    /// Begins with a slash; the root is only that.
    pub(crate) path: String,
    pub(crate) attributes: Map<String, Value>,
    /// None for a group.
    pub(crate) array: Option<ArrayFacts>,
}

/// Reads what a repo holds, at the main branch unless something else is wanted.
///
/// What cannot be shown is a conflict that says why; a version that is not there is missing.
pub(crate) async fn of(lake: &Lake, repo: &StoredRepo, wanted: Option<Version>) -> Result<Contents, Refusal> {
    let model = &repo.model;
    if model.status.is_offline() {
        return Err(Refusal::conflict("The repo is offline, so that nothing of it is read."));
    }
    if let Some(subscription) = &model.subscription {
        let parent = subscription.parent_repo.as_ref();
        let parent = parent.map_or("another repo".to_owned(), |it| format!("{}/{}", it.org, it.name));
        return Err(Refusal::conflict(format!(
            "The repo is a subscription: what it shows lies in {parent}."
        )));
    }
    match &model.kind {
        RepoKind::Icechunk => icechunk(lake, repo, wanted).await,
        RepoKind::V1 => v1::read(lake, repo, wanted).await,
        other => Err(Refusal::conflict(format!("What a repo of the kind {other} holds is not shown here."))),
    }
}

/// The main branch, or another where there is none.
fn newest(branches: &[String]) -> Version {
    let other = branches.first().filter(|_| !branches.iter().any(|branch| branch == MAIN));
    Version::Branch(other.map_or(MAIN, String::as_str).to_owned())
}

#[cfg(feature = "icechunk")]
use self::icechunk::read as icechunk;

#[cfg(not(feature = "icechunk"))]
async fn icechunk(_: &Lake, _: &StoredRepo, _: Option<Version>) -> Result<Contents, Refusal> {
    let text = "This program was built without the feature `icechunk`, which reads such repos.";
    Err(Refusal::conflict(text))
}
