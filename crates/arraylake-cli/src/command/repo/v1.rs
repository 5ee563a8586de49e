//! What is in a V1 repo, for the commands that show it.

use arraylake_core::types::v1;
use arraylake_core::v1::{AsyncRepo, Checkout, Error, ErrorKind, NodePath};
use serde_json::{Map, Value};

use super::history::{Commit, Reference};
use super::node::Node;
use super::version::VersionArgs;
use crate::failure::{Failure, Status, WHERE_REFS_ARE};

/// The group at a path and what is below it, down to a depth.
pub(super) async fn tree(
    repo: &AsyncRepo,
    version: &VersionArgs,
    group: &str,
    depth: usize,
) -> Result<Node, Failure> {
    let path: NodePath = group.parse()?;
    repo.checkout(version.reference()?, Checkout::read_only()).await?;
    let levels = u32::try_from(depth).unwrap_or(u32::MAX).clamp(1, 100);
    let found = repo.tree(&path, levels, None).await?;
    Ok(describe(found, group, depth))
}

fn describe(group: v1::Tree, path: &str, depth: usize) -> Node {
    let mut node = Node::group(path);
    node.attributes = Value::Object(group.attributes);
    if depth == 0 {
        return node;
    }
    let below = |name: &str| format!("{}/{name}", path.trim_end_matches('/'));
    let arrays = group.arrays.into_iter().map(|(name, array)| describe_array(&array, &below(&name)));
    let groups = group.trees.into_iter().map(|(name, group)| describe(group, &below(&name), depth - 1));
    node.children = arrays.chain(groups).collect();
    node.children.sort_by(|a, b| a.name.cmp(&b.name));
    node
}

fn describe_array(array: &v1::ArrayDoc, path: &str) -> Node {
    let attributes = array.attributes().cloned().unwrap_or_default();
    // The names of its axes, as xarray keeps them.
    let names = attributes.get("_ARRAY_DIMENSIONS").and_then(Value::as_array);
    let names = names.map(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    Node {
        node_type: "array",
        shape: Some(array.shape().unwrap_or_default()),
        data_type: array.data_type().map(Value::String),
        chunk_shape: array.chunk_shape().map(Value::from),
        dimension_names: names,
        attributes: Value::Object(attributes),
        ..Node::group(path)
    }
}

/// Commits from a version on, the newest first.
pub(super) async fn log(
    repo: &AsyncRepo,
    version: &VersionArgs,
    limit: usize,
) -> Result<Vec<Commit>, Failure> {
    repo.checkout(version.reference()?, Checkout::read_only()).await?;
    let log = repo.commit_log().await?;
    Ok(log.iter().take(limit).map(commit).collect())
}

fn commit(commit: &v1::Commit) -> Commit {
    let mut metadata = Map::new();
    metadata.insert("author_email".to_owned(), commit.author_email.clone().into());
    metadata.extend(commit.author_name.clone().map(|name| ("author_name".to_owned(), name.into())));
    Commit {
        id: commit.id.to_string(),
        parent_id: commit.parent_commit.as_ref().map(ToString::to_string),
        written_at: commit.commit_time.timestamp(),
        message: commit.message.clone(),
        metadata,
    }
}

pub(super) async fn branches(repo: &AsyncRepo) -> Result<Vec<Reference>, Failure> {
    let branches = repo.branches().await?;
    let reference =
        |branch: v1::Branch| Reference { name: branch.id, snapshot_id: branch.commit_id.to_string() };
    Ok(branches.into_iter().map(reference).collect())
}

pub(super) async fn tags(repo: &AsyncRepo) -> Result<Vec<Reference>, Failure> {
    let tags = repo.tags().await?;
    let reference = |tag: v1::Tag| Reference { name: tag.label, snapshot_id: tag.commit.id.to_string() };
    Ok(tags.into_iter().map(reference).collect())
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self::new(status(&error), error.to_string());
        match error.kind() {
            ErrorKind::RefNotFound => failure.with_hint(WHERE_REFS_ARE),
            _ => failure,
        }
    }
}

/// The exit code of an error of a V1 repo.
pub(crate) fn status(error: &Error) -> Status {
    match error.kind() {
        ErrorKind::Invalid => Status::Usage,
        ErrorKind::RefNotFound | ErrorKind::NotFound => Status::NotFound,
        ErrorKind::Refused { status } => match status.as_u16() {
            401 => Status::NotLoggedIn,
            404 => Status::NotFound,
            429 | 500.. => Status::Server,
            _ => Status::Refused,
        },
        ErrorKind::Transport | ErrorKind::UnknownOutcome => Status::Network,
        ErrorKind::Decode | ErrorKind::CommitNotFound | ErrorKind::Storage | ErrorKind::Credentials => {
            Status::Server
        }
        ErrorKind::ChunkMissing | ErrorKind::HashMismatch | ErrorKind::InvalidReference => Status::Server,
        _ => Status::Refused,
    }
}
