//! What a commit has changed, and what that means in Zarr v3.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arraylake_icechunk::icechunk::format::manifest::{VirtualChunkLocation, VirtualChunkRef};
use arraylake_icechunk::icechunk::format::{ChunkIndices, Path};
use arraylake_types::v1::{ArrayDoc, Collection, ReferenceData};
use arraylake_v1::chunks::{ObjectRange, Place};
use arraylake_v1::metastore::{Listing, View};
use arraylake_v1::{AsyncRepo, ErrorKind, NodePath, zarr};
use serde_json::{Map, Value, json};

use super::Migration;
use super::apply::icechunk_path;
use super::plan::Step;
use crate::error::Result;

/// Chunks that are looked at together, at most.
pub(super) const BATCH: usize = 512;

/// Paths that a step has changed.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) documents: BTreeSet<String>,
    pub(super) chunks: BTreeSet<String>,
    /// Nodes that a service tells by themselves: they were moved, and what lies in them is not told again.
    pub(super) moved: BTreeSet<NodePath>,
}

impl Changes {
    pub(super) async fn of(source: &AsyncRepo, step: &Step) -> Result<Self> {
        let metastore = source.metastore();
        let mut changes = Self::default();
        for (collection, paths) in
            [(Collection::Metadata, &mut changes.documents), (Collection::Chunks, &mut changes.chunks)]
        {
            if step.parent.is_none() {
                let view = View::of_commit(Some(step.commit.id.clone()));
                let all = metastore.list(&collection, &view, &Listing::of_prefix("")).await;
                paths.extend(all.map_err(Migration::v1)?);
                continue;
            }
            for commit in &step.changes {
                let touched = metastore.get_all_paths_for_commit(&collection, commit, 0).await;
                paths.extend(touched.map_err(Migration::v1)?.into_iter().map(|touched| touched.path));
            }
        }
        if step.parent.is_some() {
            changes.add_moved(source, step).await?;
        }
        Ok(changes)
    }

    /// Adds what a service tells of its own index of nodes. One that tells everything with documents and chunks may
    /// have no such list.
    async fn add_moved(&mut self, source: &AsyncRepo, step: &Step) -> Result<()> {
        for commit in &step.changes {
            let touched = source.metastore().get_all_paths_for_commit(&Collection::Nodes, commit, 0).await;
            let touched = match touched {
                Ok(touched) => touched,
                Err(error) if is_refusal(&error) => return Ok(()),
                Err(error) => return Err(Migration::v1(error)),
            };
            for path in touched.into_iter().map(|touched| touched.path) {
                if path.starts_with("data/") {
                    self.chunks.insert(path);
                } else if let Some(node) = NodePath::of_document(&path)
                    && self.documents.insert(path)
                {
                    self.moved.insert(node);
                }
            }
        }
        Ok(())
    }

    /// Whether a node lies in one that was moved.
    pub(super) fn has_moved(&self, node: &NodePath) -> bool {
        let mut at = Some(node.clone());
        while let Some(node) = at.filter(|_| !self.moved.is_empty()) {
            if self.moved.contains(&node) {
                return true;
            }
            at = node.parent();
        }
        false
    }
}

/// Whether a service has no answer to a question, rather than being out of reach.
fn is_refusal(error: &arraylake_v1::Error) -> bool {
    match error.kind() {
        ErrorKind::Invalid => true,
        ErrorKind::Refused { status } => matches!(status.as_u16(), 400 | 404 | 405 | 422),
        _ => false,
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Group,
    /// A group without a document, because something is in it.
    Implied,
}

/// The nodes of a state.
pub(super) type Nodes = BTreeMap<NodePath, Kind>;

/// All nodes of a state, with the groups that are there only because something is in them.
pub(super) async fn nodes(at: &AsyncRepo) -> Result<Nodes> {
    let documents = at.list_prefix(&Collection::Metadata, "meta/").await.map_err(Migration::v1)?;
    let mut nodes = BTreeMap::new();
    for path in &documents {
        let Some(node) = NodePath::of_document(path) else { continue };
        let is_array = path.ends_with(".array.json");
        let mut group = node.clone();
        while let Some(above) = group.parent() {
            nodes.entry(above.clone()).or_insert(Kind::Implied);
            group = above;
        }
        let known = nodes.entry(node).or_insert(Kind::Implied);
        // An array wins over a group of the same name, as it does for readers.
        *known = if is_array || *known == Kind::Array { Kind::Array } else { Kind::Group };
    }
    Ok(nodes)
}

/// Nodes with their documents as they are stored; empty ones for groups that have none.
pub(super) async fn with_documents<'n>(
    at: &AsyncRepo,
    nodes: Vec<(&'n NodePath, Kind)>,
) -> Result<Vec<(&'n NodePath, Kind, Map<String, Value>)>> {
    let path = |(node, kind): &(&NodePath, Kind)| match kind {
        Kind::Array => Some(node.array_document()),
        Kind::Group => Some(node.group_document()),
        Kind::Implied => None,
    };
    let mut stored: BTreeMap<String, Map<String, Value>> =
        at.get_docs(nodes.iter().filter_map(path)).await.map_err(Migration::v1)?;
    let with_document = |node: (&'n NodePath, Kind)| {
        let document = path(&node).and_then(|path| stored.remove(&path)).unwrap_or_default();
        (node.0, node.1, document)
    };
    Ok(nodes.into_iter().map(with_document).collect())
}

/// The key of the document of a node in Zarr v3.
pub(super) fn zarr_key(node: &NodePath) -> String {
    if node.is_root() { "zarr.json".to_owned() } else { format!("{}/zarr.json", node.as_str()) }
}

/// The document of a node for Zarr v3; an error if it has none.
pub(super) fn translate(kind: Kind, stored: &Map<String, Value>) -> Result<Value, arraylake_v1::Error> {
    if kind != Kind::Array {
        return Ok(zarr::group_to_v3(stored));
    }
    let mut document = zarr::array_for_others(stored)?;
    // Icechunk knows chunks by their numbers, and answers to this encoding alone.
    document["chunk_key_encoding"] = json!({"name": "default", "configuration": {"separator": "/"}});
    Ok(document)
}

/// The shape of an array and of its chunks, and how these are named.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    shape: Vec<u64>,
    chunk: Vec<u64>,
    separator: String,
}

impl Grid {
    fn of(stored: &Map<String, Value>) -> Option<Self> {
        let array = ArrayDoc(stored.clone());
        let separator =
            stored.get("chunk_grid").and_then(|grid| grid.get("separator")?.as_str()).unwrap_or("/");
        let grid =
            Self { shape: array.shape()?, chunk: array.chunk_shape()?, separator: separator.to_owned() };
        (grid.shape.len() == grid.chunk.len() && grid.chunk.iter().all(|length| *length > 0)).then_some(grid)
    }

    /// Whether chunks have the same extent and names, and so the same place, as in another grid.
    pub(super) fn is_cut_as(&self, other: &Self) -> bool {
        self.chunk == other.chunk && self.separator == other.separator
    }

    /// What follows the path of the array in that of a chunk.
    fn name(&self, numbers: &[u64]) -> String {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        format!("/c{}", numbers.join(&self.separator))
    }

    /// Whether it has chunks that another grid, cut in the same way, has not.
    pub(super) fn reaches_beyond(&self, other: &Self) -> bool {
        let count = |grid: &Self, index: usize| grid.shape[index].div_ceil(grid.chunk[index]);
        (0..self.shape.len()).any(|index| count(self, index) > count(other, index))
    }

    /// The numbers of a chunk, if it lies within the array.
    pub(super) fn place(&self, numbers: &[u64]) -> Option<Vec<u32>> {
        if self.shape.is_empty() {
            return (numbers == [0]).then(Vec::new);
        }
        if numbers.len() != self.shape.len() {
            return None;
        }
        let inside = |index: usize| numbers[index] < self.shape[index].div_ceil(self.chunk[index]);
        let number = |index: usize| u32::try_from(numbers[index]).ok().filter(|_| inside(index));
        (0..numbers.len()).map(number).collect()
    }
}

/// Arrays of a state, as far as they have been asked for; none where there is no array that has a place in Zarr v3.
#[derive(Default)]
pub(super) struct Arrays(HashMap<NodePath, Option<Grid>>);

impl Arrays {
    /// Asks for those of these chunks that are not known yet.
    pub(super) async fn learn(
        &mut self,
        at: &AsyncRepo,
        chunks: impl IntoIterator<Item = &String>,
    ) -> Result<()> {
        self.learn_nodes(at, chunks.into_iter().filter_map(|path| Some(NodePath::of_chunk(path)?.0))).await
    }

    /// Asks for those of these nodes that are not known yet.
    pub(super) async fn learn_nodes(
        &mut self,
        at: &AsyncRepo,
        nodes: impl IntoIterator<Item = NodePath>,
    ) -> Result<()> {
        let unknown: BTreeSet<NodePath> =
            nodes.into_iter().filter(|node| !self.0.contains_key(node)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let documents: BTreeMap<String, Map<String, Value>> =
            at.get_docs(unknown.iter().map(NodePath::array_document)).await.map_err(Migration::v1)?;
        for node in unknown {
            let stored = documents.get(&node.array_document());
            let stored = stored.filter(|stored| translate(Kind::Array, stored).is_ok());
            self.0.insert(node, stored.and_then(Grid::of));
        }
        Ok(())
    }

    /// Where a chunk goes; nowhere if no array holds it.
    pub(super) fn place(&self, path: &str) -> Result<Option<(Path, ChunkIndices)>> {
        let Some((node, numbers)) = NodePath::of_chunk(path) else { return Ok(None) };
        // What is left of an array whose chunks had other names is none of its chunks.
        let grid = self.get(&node).filter(|grid| path.ends_with(&grid.name(&numbers)));
        let numbers = grid.and_then(|grid| grid.place(&numbers));
        numbers.map(|numbers| Ok((icechunk_path(&node)?, ChunkIndices(numbers)))).transpose()
    }

    pub(super) fn get(&self, node: &NodePath) -> Option<&Grid> {
        self.0.get(node)?.as_ref()
    }
}

/// What a chunk is in the Icechunk repo.
#[derive(Debug)]
pub(super) enum Meaning {
    /// Nothing: no such chunk.
    Absent,
    /// Nothing, though the V1 repo has something, and why.
    LeftOut(&'static str),
    /// A part of somebody's file.
    Virtual(VirtualChunkRef),
    /// Bytes that are behind the reference.
    Bytes,
}

/// What a chunk means that an array may hold.
pub(super) fn meaning(reference: Option<&ReferenceData>) -> Result<Meaning> {
    let Some(reference) = reference else { return Ok(Meaning::Absent) };
    let found = ObjectRange::of(reference).map_err(Migration::v1)?;
    if found.length == 0 {
        return Ok(Meaning::LeftOut("it has no bytes"));
    }
    let is_virtual = reference.hash.is_none() && !matches!(found.place, Place::Inline(_));
    if !is_virtual {
        return Ok(Meaning::Bytes);
    }
    let uri = reference.uri.as_deref().unwrap_or_default();
    match VirtualChunkLocation::from_url(uri) {
        Ok(location) => Ok(Meaning::Virtual(VirtualChunkRef {
            location,
            offset: found.offset,
            length: found.length,
            checksum: None,
        })),
        Err(_) => Ok(Meaning::LeftOut("Icechunk cannot refer to its place")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(shape: &[u64], chunk: &[u64]) -> Grid {
        let stored = json!({"shape": shape, "chunk_grid": {"chunk_shape": chunk}});
        Grid::of(stored.as_object().unwrap()).unwrap()
    }

    #[test]
    fn chunks_are_placed_within_their_array_and_those_outside_are_known() {
        let flat = grid(&[5, 4], &[2, 4]);
        assert_eq!(flat.place(&[2, 0]), Some(vec![2, 0]));
        for outside in [&[3, 0][..], &[0, 1], &[0], &[0, 0, 0]] {
            assert_eq!(flat.place(outside), None);
        }
        assert_eq!(grid(&[], &[]).place(&[0]), Some(Vec::new()), "without dimensions there is one chunk");
        assert_eq!(grid(&[0], &[2]).place(&[0]), None);
    }

    #[test]
    fn grids_know_whether_their_chunks_are_those_of_another() {
        let (flat, long) = (grid(&[5, 4], &[2, 4]), grid(&[7, 2], &[2, 4]));
        assert!(flat.is_cut_as(&long) && long.reaches_beyond(&flat) && !flat.reaches_beyond(&long));
        assert!(!grid(&[6, 4], &[2, 4]).reaches_beyond(&flat), "the last chunk was not full");
        assert!(!flat.is_cut_as(&grid(&[5, 4], &[4, 2])) && !flat.is_cut_as(&grid(&[5], &[2])));
        let dots = json!({"shape": [5, 4], "chunk_grid": {"chunk_shape": [2, 4], "separator": "."}});
        assert!(!flat.is_cut_as(&Grid::of(dots.as_object().unwrap()).unwrap()));
    }

    #[test]
    fn a_chunk_with_a_name_that_its_array_does_not_give_is_none_of_its_chunks() {
        let mut arrays = Arrays::default();
        arrays.0.insert("a".parse().unwrap(), Some(grid(&[5, 4], &[2, 4])));
        assert!(arrays.place("data/root/a/c1/0").unwrap().is_some());
        for stray in ["data/root/a/c1.0", "data/root/a/c01/0", "data/root/b/c1/0", "data/root/a/c3/0"] {
            assert!(arrays.place(stray).unwrap().is_none(), "{stray}");
        }
    }

    #[test]
    fn what_lies_in_a_moved_group_has_moved() {
        let mut changes = Changes::default();
        changes.moved.insert("b".parse().unwrap());
        let has_moved = |path: &str| changes.has_moved(&path.parse().unwrap());
        assert!(has_moved("b") && has_moved("b/c/d") && !has_moved("bb") && !has_moved("a/b"));
        assert!(!Changes::default().has_moved(&"b".parse().unwrap()));
    }

    #[test]
    fn references_keep_their_kind() {
        let read = |text: &str| meaning(Some(&serde_json::from_str(text).unwrap())).unwrap();
        let own = r#"{"uri":null,"offset":0,"length":8,"hash":{"method":"m","token":"8c"},"v":1,"sid":"b7"}"#;
        assert!(matches!(read(own), Meaning::Bytes));
        let named = r#"{"uri":"s3://other/file.nc","offset":100,"length":20,"hash":null,"v":1,"sid":"49"}"#;
        let Meaning::Virtual(named) = read(named) else { panic!("it is virtual") };
        assert_eq!((named.location.url(), named.offset, named.length), ("s3://other/file.nc", 100, 20));
        let empty = r#"{"uri":"inline://","offset":0,"length":0,"hash":{"method":"m","token":"8c"},"v":1,"sid":"49"}"#;
        assert!(matches!(read(empty), Meaning::LeftOut(_)));
        assert!(matches!(meaning(None).unwrap(), Meaning::Absent));
    }
}
