//! What is in an Icechunk repo, for the commands that show it.

use std::collections::BTreeMap;

use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::icechunk::icechunk::format::Path;
use arraylake_core::icechunk::icechunk::format::snapshot::{NodeData, NodeSnapshot, SnapshotInfo};
use futures_util::TryStreamExt as _;
use serde_json::Value;

use super::history::{Commit, Reference};
use super::node::Node;
use super::version::VersionArgs;
use crate::failure::Failure;

/// The group at a path and what is below it, down to a depth.
pub(super) async fn tree(
    repo: &IcechunkRepo,
    version: &VersionArgs,
    group: &str,
    depth: usize,
) -> Result<Node, Failure> {
    let no_path = |_| Failure::usage(format!("{group:?} is no path of a group"));
    let top = Path::new(group).map_err(no_path)?;
    let session = repo.readonly_session_at(&version.info()?).await?;
    let listed = session.list_nodes(&top).await.map_err(|error| repo.explain(error))?;
    let mut root = Node::group(group);
    let mut below: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for node in listed {
        let node = describe(&node.map_err(|error| repo.explain(error))?);
        match node.path.rsplit_once('/') {
            _ if node.path == group => root = node,
            Some(("", _)) | None => below.entry("/".to_owned()).or_default().push(node),
            Some((parent, _)) => below.entry(parent.to_owned()).or_default().push(node),
        }
    }
    adopt(&mut root, &mut below, depth);
    Ok(root)
}

fn describe(node: &NodeSnapshot) -> Node {
    let document: Value = serde_json::from_slice(&node.user_data).unwrap_or_default();
    let mut found = Node::group(&node.path.to_string());
    if let Some(attributes) = document.get("attributes") {
        found.attributes = attributes.clone();
    }
    if let NodeData::Array { shape, dimension_names, .. } = &node.node_data {
        found.node_type = "array";
        found.shape = Some(shape.iter().map(|axis| axis.array_length()).collect());
        found.data_type = document.get("data_type").cloned();
        found.chunk_shape = document.pointer("/chunk_grid/configuration/chunk_shape").cloned();
        let names = dimension_names.as_ref();
        found.dimension_names = names.map(|names| names.iter().map(|name| name.clone().into()).collect());
    }
    found
}

fn adopt(node: &mut Node, below: &mut BTreeMap<String, Vec<Node>>, depth: usize) {
    if depth == 0 {
        return;
    }
    node.children = below.remove(&node.path).unwrap_or_default();
    node.children.sort_by(|a, b| a.name.cmp(&b.name));
    for child in &mut node.children {
        adopt(child, below, depth - 1);
    }
}

/// Commits from a version on, the newest first.
pub(super) async fn log(
    repo: &IcechunkRepo,
    version: &VersionArgs,
    limit: usize,
) -> Result<Vec<Commit>, Failure> {
    let ancestry = repo.repository().ancestry(&version.info()?).await.map_err(|error| repo.explain(error))?;
    let mut ancestry = std::pin::pin!(ancestry);
    let mut commits = Vec::new();
    while commits.len() < limit {
        let next = ancestry.try_next().await.map_err(|error| repo.explain(error))?;
        let Some(info) = next else { break };
        commits.push(commit(info));
    }
    Ok(commits)
}

fn commit(info: SnapshotInfo) -> Commit {
    Commit {
        id: info.id.to_string(),
        parent_id: info.parent_id.map(|id| id.to_string()),
        written_at: info.flushed_at.into(),
        message: info.message,
        metadata: info.metadata.into_iter().collect(),
    }
}

pub(super) async fn branches(repo: &IcechunkRepo) -> Result<Vec<Reference>, Failure> {
    let repository = repo.repository();
    let mut found = Vec::new();
    for name in repository.list_branches().await.map_err(|error| repo.explain(error))? {
        let tip = repository.lookup_branch(&name).await.map_err(|error| repo.explain(error))?;
        found.push(Reference { name, snapshot_id: tip.to_string() });
    }
    Ok(found)
}

pub(super) async fn tags(repo: &IcechunkRepo) -> Result<Vec<Reference>, Failure> {
    let repository = repo.repository();
    let mut found = Vec::new();
    for name in repository.list_tags().await.map_err(|error| repo.explain(error))? {
        let target = repository.lookup_tag(&name).await.map_err(|error| repo.explain(error))?;
        found.push(Reference { name, snapshot_id: target.to_string() });
    }
    Ok(found)
}
