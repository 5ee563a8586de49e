//! Arrays whose chunks lie elsewhere than before: those that were cut anew, those that have shrunk or grown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arraylake_icechunk::icechunk::format::ChunkIndices;
use arraylake_types::v1::{Collection, CommitId};
use arraylake_v1::{AsyncRepo, NodePath};
use futures_util::TryStreamExt as _;

use super::Migration;
use super::apply::{Applier, Work, icechunk_path};
use super::changes::{Arrays, Changes, Grid, Kind, Nodes, nodes};
use super::plan::Step;
use crate::error::Result;

/// What a commit does to the arrays that were there before.
#[derive(Default)]
pub(super) struct Reshaped {
    /// Arrays that are made anew: the chunks they had are none of theirs any more.
    anew: BTreeSet<NodePath>,
    /// Arrays that have lost chunks at their end, as they are now.
    shrunk: BTreeMap<NodePath, Grid>,
}

impl Reshaped {
    /// Whether an array is made anew.
    pub(super) fn is_anew(&self, node: &NodePath) -> bool {
        self.anew.contains(node)
    }
}

/// Looks for arrays that have another shape than before, and those that were not there. Chunks that come in by this are
/// added to the changes: whoever moves an array need not say that its chunks came along.
pub(super) async fn reshaped(
    source: &AsyncRepo,
    states: &mut States,
    step: &Step,
    changes: &mut Changes,
) -> Result<Reshaped> {
    let mut reshaped = Reshaped::default();
    let (id, Some(parent)) = (&step.commit.id, &step.parent) else { return Ok(reshaped) };
    if changes.documents.is_empty() {
        states.same(parent, id);
        return Ok(reshaped);
    }
    let arrays = touched(&*states.at(source, parent).await?, &*states.at(source, id).await?, changes);
    let (mut old, mut new) = (Arrays::default(), Arrays::default());
    old.learn_nodes(&source.at(parent), arrays.clone()).await?;
    let at = source.at(id);
    new.learn_nodes(&at, arrays.clone()).await?;
    for node in arrays {
        let Some(now) = new.get(&node) else { continue };
        let before = old.get(&node).filter(|before| before.is_cut_as(now) && !changes.has_moved(&node));
        if before.is_none_or(|before| now.reaches_beyond(before)) {
            let came_in = chunks_of(&at, &node, |at| {
                now.place(at).is_some() && before.is_none_or(|before| before.place(at).is_none())
            });
            changes.chunks.extend(came_in.await?);
        }
        match before {
            None => drop(reshaped.anew.insert(node)),
            Some(before) if before.reaches_beyond(now) => {
                reshaped.shrunk.insert(node, now.clone());
            }
            Some(_) => {}
        }
    }
    Ok(reshaped)
}

/// Arrays whose documents have changed, and those that were not there before.
fn touched(before: &Nodes, now: &Nodes, changes: &Changes) -> BTreeSet<NodePath> {
    let changed = changes.documents.iter().filter(|path| path.ends_with(".array.json"));
    let changed = changed.filter_map(|path| NodePath::of_document(path));
    let is_new = |node: &NodePath| before.get(node) != Some(&Kind::Array) || changes.has_moved(node);
    let new = now.iter().filter(|(node, kind)| **kind == Kind::Array && is_new(node));
    changed.chain(new.map(|(node, _)| node.clone())).collect()
}

/// Paths of the chunks of an array at a commit, as far as they are wanted.
async fn chunks_of(
    at: &AsyncRepo,
    node: &NodePath,
    is_wanted: impl Fn(&[u64]) -> bool,
) -> Result<Vec<String>> {
    let prefix = format!("{}/", node.chunk_directory());
    let mut chunks = at.list_prefix(&Collection::Chunks, &prefix).await.map_err(Migration::v1)?;
    chunks.retain(|path| NodePath::of_chunk(path).is_some_and(|(of, at)| of == *node && is_wanted(&at)));
    Ok(chunks)
}

/// The nodes of the states that were asked for last: a commit, and the one that was made on it.
#[derive(Default)]
pub(super) struct States(Vec<(CommitId, Arc<Nodes>)>);

impl States {
    pub(super) async fn at(&mut self, source: &AsyncRepo, commit: &CommitId) -> Result<Arc<Nodes>> {
        if let Some((_, known)) = self.0.iter().find(|(id, _)| id == commit) {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(nodes(&source.at(commit)).await?);
        self.0.truncate(1);
        self.0.insert(0, (commit.clone(), Arc::clone(&found)));
        Ok(found)
    }

    /// Remembers that a commit has the nodes of the one that it was made on.
    fn same(&mut self, before: &CommitId, commit: &CommitId) {
        if let Some(at) = self.0.iter().position(|(id, _)| id == before) {
            self.0[at].0 = commit.clone();
        }
    }
}

impl Applier<'_> {
    /// Removes what arrays do not have any more, while they still have the shape in which it was theirs. Icechunk
    /// keeps what lies outside of an array, and shows it again when the array grows.
    pub(super) async fn make_room(&self, work: &Work<'_>, reshaped: &Reshaped) -> Result<()> {
        for node in &reshaped.anew {
            self.remove_node(work, &icechunk_path(node)?).await?;
        }
        for (node, grid) in &reshaped.shrunk {
            let path = icechunk_path(node)?;
            let fail = |error| self.migration.icechunk(error);
            let mut session = work.session.write().await;
            let there = session.chunk_coordinates(&path).await.map_err(fail)?;
            let there: Vec<ChunkIndices> = there.try_collect().await.map_err(fail)?;
            for at in there {
                let numbers: Vec<u64> = at.0.iter().copied().map(u64::from).collect();
                if grid.place(&numbers).is_none() {
                    session.set_chunk_ref(path.clone(), at, None).await.map_err(fail)?;
                }
            }
        }
        Ok(())
    }
}
