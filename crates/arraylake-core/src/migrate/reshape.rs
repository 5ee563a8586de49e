//! Arrays whose chunks lie elsewhere than before: those that were cut anew, those that have shrunk or grown.

use std::collections::{BTreeMap, BTreeSet};

use arraylake_icechunk::icechunk::format::ChunkIndices;
use arraylake_types::v1::Collection;
use arraylake_v1::NodePath;
use futures_util::TryStreamExt as _;

use super::Migration;
use super::apply::{Applier, Work, icechunk_path};
use super::changes::{Arrays, Changes, Grid, Kind};
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

impl Applier<'_> {
    /// Looks for arrays that have another shape than before, and those that were not there. Chunks that come in by this
    /// are added to the changes: whoever moves an array need not say that its chunks came along.
    pub(super) async fn reshaped(&mut self, work: &Work<'_>, changes: &mut Changes) -> Result<Reshaped> {
        let mut reshaped = Reshaped::default();
        let Some(parent) = &work.step.parent else { return Ok(reshaped) };
        if changes.documents.is_empty() {
            self.nodes.same(parent, &work.step.commit.id);
            return Ok(reshaped);
        }
        let before = self.nodes.at(&self.migration.source, parent).await?;
        let now = self.nodes.at(&self.migration.source, &work.step.commit.id).await?;
        let arrays = changes.documents.iter().filter(|path| path.ends_with(".array.json"));
        let mut arrays: BTreeSet<NodePath> = arrays.filter_map(|path| NodePath::of_document(path)).collect();
        let is_new = |node: &NodePath| before.get(node) != Some(&Kind::Array) || changes.has_moved(node);
        let new = now.iter().filter(|(node, kind)| **kind == Kind::Array && is_new(node));
        arrays.extend(new.map(|(node, _)| node.clone()));
        let (mut old, mut new) = (Arrays::default(), Arrays::default());
        old.learn_nodes(&self.migration.source.at(parent), arrays.clone()).await?;
        new.learn_nodes(&work.at, arrays.clone()).await?;
        for node in arrays {
            let Some(now) = new.get(&node) else { continue };
            let before = old.get(&node).filter(|before| before.is_cut_as(now) && !changes.has_moved(&node));
            if before.is_none_or(|before| now.reaches_beyond(before)) {
                let came_in = self.chunks_of(work, &node, |at| {
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

    /// Paths of the chunks of an array at the commit, as far as they are wanted.
    async fn chunks_of(
        &self,
        work: &Work<'_>,
        node: &NodePath,
        is_wanted: impl Fn(&[u64]) -> bool,
    ) -> Result<Vec<String>> {
        let prefix = format!("{}/", node.chunk_directory());
        let mut chunks = work.at.list_prefix(&Collection::Chunks, &prefix).await.map_err(Migration::v1)?;
        chunks.retain(|path| NodePath::of_chunk(path).is_some_and(|(of, at)| of == *node && is_wanted(&at)));
        Ok(chunks)
    }

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
