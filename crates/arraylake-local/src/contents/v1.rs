//! The contents of V1 repos, from the metastore beside the catalog.

use arraylake_types::RepoId;
use arraylake_types::v1::{Branch, Commit as V1Commit, CommitId, Tag};

use super::{COMMITS, Commit, Contents, NODES, Node, Version, newest, zarr};
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;
use crate::store::v1::{Kept, Meta, View};

/// Where documents of the hierarchy lie.
const ROOT: &str = "meta/root";

/// Reads a repo at a version.
pub(super) async fn read(
    lake: &Lake,
    repo: &StoredRepo,
    wanted: Option<Version>,
) -> Result<Contents, Refusal> {
    let id: RepoId = repo.model.id.clone();
    let missing = || Refusal::missing("The repo is not there any more.");
    lake.store.run(move |db| contents(&db.meta(&id)?.ok_or_else(missing)?, wanted)).await
}

fn contents(meta: &Meta<'_>, wanted: Option<Version>) -> Result<Contents, Refusal> {
    let (branches, tags) = (meta.branches(&[])?, meta.tags(&[])?);
    let names: Vec<String> = branches.iter().map(|branch| branch.id.clone()).collect();
    // A branch comes into being with its first commit; before that there is no version at all.
    let version = wanted.or_else(|| (!names.is_empty()).then(|| newest(&names)));
    let tip = version.as_ref().map(|version| resolve(version, &branches, &tags)).transpose()?;
    let (mut history, mut older) = (Vec::new(), tip.clone());
    while let Some(id) = older.take_if(|_| history.len() < COMMITS) {
        let commit = meta.commit(&id)?.ok_or_else(|| no_commit(id.as_str()))?;
        older.clone_from(&commit.parent_commit);
        history.push(shown(commit));
    }
    let point = tip.map(|id| meta.point(&id)).transpose()?.flatten();
    let view = View { chain: meta.chain(point.as_ref())?, session: None };
    let (nodes, cut) = nodes(meta, &view)?;
    let tags = tags.into_iter().map(|tag| tag.label).collect();
    let older = older.map(|id| id.to_string());
    Ok(Contents { unit: "commit", branches: names, tags, version, history, older, nodes, cut })
}

fn no_commit(id: &str) -> Refusal {
    Refusal::missing(format!("There is no commit {id}."))
}

fn resolve(version: &Version, branches: &[Branch], tags: &[Tag]) -> Result<CommitId, Refusal> {
    match version {
        Version::Branch(name) => {
            let found = branches.iter().find(|branch| branch.id == *name);
            let missing = || Refusal::missing(format!("There is no branch {name}."));
            Ok(found.ok_or_else(missing)?.commit_id.clone())
        }
        Version::Tag(name) => {
            let found = tags.iter().find(|tag| tag.label == *name);
            let missing = || Refusal::missing(format!("There is no tag {name}."));
            Ok(found.ok_or_else(missing)?.commit.id.clone())
        }
        Version::Snapshot(id) => id.parse().map_err(|_| no_commit(id)),
    }
}

fn shown(commit: V1Commit) -> Commit {
    let (id, author, at) = (commit.id.to_string(), Some(commit.author()), commit.commit_time.to_chrono());
    Commit { id, message: commit.message, author, at }
}

/// The first nodes, and whether there are more.
fn nodes(meta: &Meta<'_>, view: &View) -> Result<(Vec<Node>, bool), Refusal> {
    let entries = meta.entries(view, Kept::Metadata, ROOT, true)?;
    let mut nodes: Vec<Node> =
        entries.iter().filter_map(|entry| node(&entry.path, entry.content.as_bytes())).collect();
    nodes.sort_by(|one, other| one.path.cmp(&other.path));
    let cut = nodes.len() > NODES;
    nodes.truncate(NODES);
    Ok((nodes, cut))
}

/// The node that a document is about; other documents may lie there, too.
fn node(path: &str, document: &[u8]) -> Option<Node> {
    let rest = path.strip_prefix(ROOT)?;
    let (name, is_array) = match rest.strip_suffix(".array.json") {
        Some(name) => (name, true),
        None => (rest.strip_suffix(".group.json")?, false),
    };
    let path = match name {
        "" => "/",
        name if name.starts_with('/') => name,
        _ => return None,
    };
    Some(zarr::node(path.to_owned(), document, is_array))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_the_hierarchy_are_nodes_and_others_are_not() {
        let path = |path: &str| node(path, b"{}").map(|node| (node.path, node.array.is_some()));
        assert_eq!(path("meta/root.group.json"), Some(("/".to_owned(), false)));
        assert_eq!(path("meta/root/a/b.array.json"), Some(("/a/b".to_owned(), true)));
        for other in ["meta/rooted.group.json", "meta/root/a.json", "foo.array.json"] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
