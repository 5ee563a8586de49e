//! `arraylake repo tree`.

use std::collections::BTreeMap;

use arraylake_core::OpenOptions;
use arraylake_core::api::Repositories;
use arraylake_core::icechunk::IcechunkRepo;
use arraylake_core::icechunk::icechunk::format::Path;
use arraylake_core::icechunk::icechunk::format::snapshot::{NodeData, NodeSnapshot};
use arraylake_core::types::RepoName;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use termtree::Tree;

use super::history::VersionArgs;
use crate::console::Console;
use crate::failure::Outcome;
use crate::look::{Look, plain, value};

/// Shows groups and arrays of a repo with their shapes and types.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arraylake repo tree acme/era5
  arraylake repo tree acme/era5 --tag v1.0 --depth 2
  arraylake repo tree acme/era5 -o json | jq '.children[].name'")]
pub(crate) struct TreeArgs {
    /// The repo: `ORG/REPO`, or `REPO` with `--org`.
    #[arg(value_name = "ORG/REPO")]
    repo: String,
    #[command(flatten)]
    version: VersionArgs,
    /// How many levels of groups are shown.
    #[arg(long, default_value_t = 10, value_name = "LEVELS")]
    depth: usize,
    /// Only what is below this group.
    #[arg(long, default_value = "/", value_name = "PATH")]
    prefix: String,
    /// Attributes, too.
    #[arg(long)]
    attributes: bool,
}

impl TreeArgs {
    pub(crate) fn repo(&self) -> &str {
        &self.repo
    }
}

/// A group or an array, as `--output json` shows it.
#[derive(Debug, Default, Serialize)]
struct Node {
    name: String,
    path: String,
    /// `group` or `array`.
    node_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_type: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk_shape: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension_names: Option<Vec<Option<String>>>,
    attributes: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Self>,
}

pub(crate) async fn tree(
    repositories: &dyn Repositories,
    console: &mut Console,
    repo: &RepoName,
    args: &TreeArgs,
) -> Outcome {
    let top = args.version.path(&args.prefix)?;
    let work = async {
        let opened =
            repositories.get_repo(repo, OpenOptions::new().with_read_only(true)).await?.into_icechunk()?;
        nodes(&opened, args, &top).await
    };
    let nodes = console.busy(&format!("reading {repo}"), work).await?;
    let root = arrange(nodes, &top, args.depth);
    if root.children.is_empty() && args.depth > 0 && console.is_for_people() {
        console.note(&format!("{repo} has neither groups nor arrays there"));
    }
    console.show(&root, |look| {
        let name = if args.prefix == "/" { repo.to_string() } else { format!("{repo}{top}") };
        drawn(look, &root, name, args.attributes).to_string()
    })
}

async fn nodes(
    repo: &IcechunkRepo,
    args: &TreeArgs,
    top: &Path,
) -> Result<Vec<(String, Node)>, crate::Failure> {
    let session = repo.readonly_session_at(&args.version.info()?).await?;
    let listed = session.list_nodes(top).await.map_err(|error| repo.explain(error))?;
    let mut nodes = Vec::new();
    for node in listed {
        let node = node.map_err(|error| repo.explain(error))?;
        nodes.push((node.path.to_string(), describe(&node)));
    }
    Ok(nodes)
}

fn describe(node: &NodeSnapshot) -> Node {
    let document: Value = serde_json::from_slice(&node.user_data).unwrap_or_default();
    let path = node.path.to_string();
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let attributes = document.get("attributes").cloned().unwrap_or_else(|| serde_json::json!({}));
    let mut found = Node { name, path, node_type: "group", attributes, ..Node::default() };
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

/// Nodes below their groups, down to a depth.
fn arrange(nodes: Vec<(String, Node)>, top: &Path, depth: usize) -> Node {
    let mut below: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    let top = top.to_string();
    let mut root = Node { path: top.clone(), node_type: "group", ..Node::default() };
    for (path, node) in nodes {
        if path == top {
            root = node;
            continue;
        }
        let parent = match path.rsplit_once('/') {
            Some(("", _)) | None => "/".to_owned(),
            Some((parent, _)) => parent.to_owned(),
        };
        below.entry(parent).or_default().push(node);
    }
    adopt(&mut root, &mut below, depth);
    root
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

fn drawn(look: &Look, node: &Node, name: String, attributes: bool) -> Tree<String> {
    let mut tree = Tree::new(label(look, node, &name));
    if attributes && let Some(fields) = node.attributes.as_object() {
        for (key, fact) in fields {
            tree.push(plain(&format!("@{key}: {}", value(fact))));
        }
    }
    for child in &node.children {
        tree.push(drawn(look, child, child.name.clone(), attributes));
    }
    tree
}

/// `t2m (time: 24, lat: 180) float32`
fn label(look: &Look, node: &Node, name: &str) -> String {
    let name = plain(name);
    let Some(shape) = &node.shape else {
        let style = anstyle::AnsiColor::Blue.on_default().bold();
        return if look.colour { format!("{style}{name}{style:#}") } else { name };
    };
    let names = node.dimension_names.as_deref().unwrap_or_default();
    let axes: Vec<String> = shape
        .iter()
        .enumerate()
        .map(|(at, length)| match names.get(at).and_then(Option::as_deref) {
            Some(axis) => format!("{}: {length}", plain(axis)),
            None => length.to_string(),
        })
        .collect();
    let kind = node.data_type.as_ref().map_or_else(String::new, |kind| {
        // A type with parameters is an object with a name.
        value(kind.get("name").unwrap_or(kind))
    });
    format!("{name} ({}) {}", axes.join(", "), plain(&kind))
}
