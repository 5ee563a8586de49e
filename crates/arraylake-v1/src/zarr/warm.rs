//! [`ZarrStore::prefetch`]: what opening a group will ask for, asked for at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arraylake_types::v1::{Collection, ReferenceData};
use serde_json::{Map, Value};

use super::ZarrStore;
use super::read::Stored;
use crate::error::Result;
use crate::metastore::{Listing, View};
use crate::path::NodePath;

/// Coordinates with more chunks than this are not fetched ahead.
const MANY_CHUNKS: u64 = 10_000;

/// Documents and references as they were when they were fetched.
pub(super) struct Warm {
    view: View,
    documents: HashMap<NodePath, Option<Stored>>,
    references: HashMap<String, Option<ReferenceData>>,
    is_cold: AtomicBool,
}

impl Warm {
    fn serves(&self, view: &View) -> bool {
        self.view == *view && !self.is_cold.load(Ordering::Acquire)
    }

    /// The document of a node, as far as it is known: whether there is one.
    pub(super) fn document(&self, view: &View, node: &NodePath) -> Option<Option<Stored>> {
        if self.serves(view) { self.documents.get(node).cloned() } else { None }
    }

    /// The reference of a chunk, as far as it is known: whether there is one.
    pub(super) fn reference(&self, view: &View, path: &str) -> Option<Option<ReferenceData>> {
        if self.serves(view) { self.references.get(path).cloned() } else { None }
    }
}

impl ZarrStore {
    /// A store that has fetched ahead what opening a group asks for: the documents of the group and of what is in it,
    /// and the references of coordinates, which are arrays of one dimension named after themselves.
    ///
    /// It remembers them for as long as it lives, or until it writes or the repo looks at something else; it does not
    /// see what others write into the same session meanwhile. So use it to open one group, and drop it. This store
    /// itself stays as it is.
    ///
    /// # Errors
    /// If nothing is checked out, or the service does not answer.
    pub async fn prefetch(&self, group: &NodePath) -> Result<Self> {
        let repo = &self.inner.repo;
        let view = repo.session()?.view();
        let listing = Listing::of_directory(group.metadata_directory());
        let listed = repo.metastore().list(&Collection::Metadata, &view, &listing).await?;
        let mut paths: BTreeSet<String> =
            listed.into_iter().filter(|path| NodePath::of_document(path).is_some()).collect();
        paths.extend([group.array_document(), group.group_document()]);
        let found: BTreeMap<String, Map<String, Value>> =
            repo.fetch_at(&Collection::Metadata, &view, paths).await?;
        let mut documents: HashMap<NodePath, Option<Stored>> = HashMap::from([(group.clone(), None)]);
        for (path, document) in found {
            let Some(node) = NodePath::of_document(&path) else { continue };
            // Of both kinds the array is shown; its path comes first.
            let known = matches!(documents.get(&node), Some(Some(_)));
            let is_array = path.ends_with(".array.json");
            if !known {
                let stored = if is_array { Stored::Array(document) } else { Stored::Group(document) };
                documents.insert(node, Some(stored));
            }
        }
        let wanted: Vec<String> =
            documents.iter().flat_map(|(node, stored)| coordinate(node, stored)).collect();
        let mut found = repo.fetch_at(&Collection::Chunks, &view, wanted.iter().cloned()).await?;
        let references = wanted.into_iter().map(|path| {
            let reference = found.remove(&path);
            (path, reference)
        });
        let references = references.collect();
        let warm = Warm { view, documents, references, is_cold: AtomicBool::new(false) };
        Ok(Self { inner: Arc::clone(&self.inner), warm: Some(Arc::new(warm)) })
    }

    /// Forgets what was fetched ahead.
    pub(super) fn cool(&self) {
        if let Some(warm) = &self.warm {
            warm.is_cold.store(true, Ordering::Release);
        }
    }
}

/// The paths of all chunks of a coordinate; none of other nodes.
fn coordinate(node: &NodePath, stored: &Option<Stored>) -> Vec<String> {
    let Some(Stored::Array(array)) = stored else { return Vec::new() };
    let chunks = chunks_of_coordinate(node, array).unwrap_or_default();
    (0..chunks).map(|index| format!("{}/c{index}", node.chunk_directory())).collect()
}

fn chunks_of_coordinate(node: &NodePath, array: &Map<String, Value>) -> Option<u64> {
    let [dimension] = array.get("attributes")?.get("_ARRAY_DIMENSIONS")?.as_array()?.as_slice() else {
        return None;
    };
    let [length] = array.get("shape")?.as_array()?.as_slice() else { return None };
    let [chunk] = array.get("chunk_grid")?.get("chunk_shape")?.as_array()?.as_slice() else { return None };
    if dimension.as_str() != node.name() {
        return None;
    }
    let count = length.as_u64()?.div_ceil(chunk.as_u64().filter(|chunk| *chunk > 0)?);
    (count <= MANY_CHUNKS).then_some(count)
}
