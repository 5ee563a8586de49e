//! The comparison of an Icechunk repo with the V1 repo that it was made of.

use std::collections::{BTreeMap, BTreeSet};

use arraylake_icechunk::icechunk::Store;
use arraylake_icechunk::icechunk::format::manifest::ChunkPayload;
use arraylake_icechunk::icechunk::format::snapshot::NodeType;
use arraylake_icechunk::icechunk::format::{ByteRange, ChunkIndices, Path, SnapshotId};
use arraylake_icechunk::icechunk::repository::VersionInfo;
use arraylake_icechunk::icechunk::session::{Session, SessionErrorKind, get_chunk};
use arraylake_icechunk::icechunk::store::{StoreError, StoreErrorKind};
use arraylake_types::error::describe_json_error;
use arraylake_types::v1::{Collection, ReferenceData};
use arraylake_v1::{AsyncRepo, NodePath};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::changes::{
    Arrays, BATCH, Changes, Kind, Meaning, meaning, nodes, translate, with_documents, zarr_key,
};
use super::plan::{Plan, Step};
use super::reshape::{States, reshaped};
use super::target::Target;
use super::{Migration, OPERATION, Progress, Verification};
use crate::error::{Error, Result};

/// Chunks that are read at once.
const READS: usize = 16;

/// A commit on both sides.
struct Pair<'m> {
    migration: &'m Migration,
    at: AsyncRepo,
    session: Session,
    /// What differences begin with.
    name: String,
}

pub(super) async fn verify(migration: &Migration) -> Result<Verification> {
    let target = Target::read(migration).await?;
    let plan = Plan::all(migration).await?;
    let tips: BTreeSet<_> = plan.branches.values().chain(plan.tags.values()).cloned().collect();
    let mut found = Verification::default();
    let mut progress = Progress { commits_in_all: plan.steps.len(), ..Progress::default() };
    let mut states = States::default();
    for (number, step) in plan.steps.iter().enumerate() {
        progress = Progress { commits: number, chunks: 0, chunks_in_commit: 0, ..progress };
        let id = &step.commit.id;
        let Some(snapshot) = target.snapshot(id) else {
            found.differences.push(format!("commit {id} has not been moved"));
            continue;
        };
        let pair = Pair::new(migration, step, snapshot.clone()).await?;
        let mut changes = Changes::of(&migration.source, step).await?;
        reshaped(&migration.source, &mut states, step, &mut changes).await?;
        pair.documents(&changes.documents, tips.contains(id), &mut found).await?;
        progress.chunks_in_commit = changes.chunks.len();
        migration.tell(&progress);
        pair.chunks(&changes.chunks, &mut progress, &mut found).await?;
        if tips.contains(id) {
            pair.nothing_besides(&changes.chunks, &mut found).await?;
        }
        found.commits += 1;
    }
    target.compare_refs(&plan, &mut found).await?;
    Ok(found)
}

impl<'m> Pair<'m> {
    async fn new(migration: &'m Migration, step: &Step, snapshot: SnapshotId) -> Result<Self> {
        let version = VersionInfo::SnapshotId(snapshot);
        let session = migration.target.readonly_session_at(&version).await;
        let session = session.map_err(|error| Error::storage(OPERATION, error))?;
        let id = &step.commit.id;
        Ok(Self { migration, at: migration.source.at(id), session, name: format!("commit {id}") })
    }

    fn differs(&self, found: &mut Verification, path: &str, how: &str) {
        found.differences.push(format!("{}, {path}: {how}", self.name));
    }

    /// Compares documents that have changed; at a tip all of them.
    async fn documents(&self, changed: &BTreeSet<String>, all: bool, found: &mut Verification) -> Result<()> {
        let wanted = nodes(&self.at).await?;
        let changed: BTreeSet<NodePath> =
            changed.iter().filter_map(|path| NodePath::of_document(path)).collect();
        let to_compare =
            wanted.iter().filter(|(node, _)| all || changed.contains(node)).map(|(node, kind)| (node, *kind));
        let store =
            Store::from_session(std::sync::Arc::new(tokio::sync::RwLock::new(self.session.clone()))).await;
        for (node, kind, stored) in with_documents(&self.at, to_compare.collect()).await? {
            let Ok(expected) = translate(kind, &stored) else { continue };
            let key = zarr_key(node);
            found.documents += 1;
            let there = match store.get(&key, &ByteRange::ALL).await {
                Ok(there) => there,
                Err(StoreError {
                    kind:
                        StoreErrorKind::NotFound(_)
                        | StoreErrorKind::SessionError(SessionErrorKind::AncestorNodeNotFound { .. }),
                    ..
                }) => {
                    self.differs(found, &key, "it is missing");
                    continue;
                }
                Err(error) => return Err(self.migration.icechunk(error)),
            };
            if let Some(how) = document_differs(&there, &expected) {
                self.differs(found, &key, &how);
            }
        }
        Ok(())
    }

    async fn chunks(
        &self,
        all: &BTreeSet<String>,
        progress: &mut Progress,
        found: &mut Verification,
    ) -> Result<()> {
        let all: Vec<&String> = all.iter().collect();
        let mut arrays = Arrays::default();
        for paths in all.chunks(BATCH) {
            arrays.learn(&self.at, paths.iter().copied()).await?;
            let wanted = paths.iter().map(|path| path.as_str());
            let references = self.at.get_chunk_refs(wanted).await.map_err(Migration::v1)?;
            let mut seen = Vec::new();
            for path in paths.iter().copied() {
                let Some((at, numbers)) = arrays.place(path)? else { continue };
                let reference = references.get(path);
                seen.push((path, at, numbers, meaning(reference)?, reference));
            }
            let compared = seen.into_iter().map(|(path, at, numbers, expected, reference)| async move {
                let how = self.chunk(&at, &numbers, &expected, reference).await?;
                Ok::<_, Error>((path, expected, how))
            });
            let compared: Vec<_> = stream::iter(compared).buffer_unordered(READS).try_collect().await?;
            for (path, expected, how) in compared {
                match expected {
                    Meaning::Virtual(_) => found.virtual_references += 1,
                    Meaning::Bytes => found.chunks += 1,
                    _ => {}
                }
                if let Some(how) = how {
                    self.differs(found, path, &how);
                }
            }
            progress.chunks += paths.len();
            self.migration.tell(progress);
        }
        Ok(())
    }

    /// How a chunk differs.
    async fn chunk(
        &self,
        at: &Path,
        numbers: &ChunkIndices,
        expected: &Meaning,
        reference: Option<&ReferenceData>,
    ) -> Result<Option<String>> {
        let payload = self.session.get_chunk_ref(at, numbers).await;
        let payload = payload.map_err(|error| self.migration.icechunk(error))?;
        let how = match (expected, payload, reference) {
            (Meaning::Absent | Meaning::LeftOut(_), None, _) => return Ok(None),
            (Meaning::Virtual(expected), Some(ChunkPayload::Virtual(payload)), _)
                if (&expected.location, expected.offset, expected.length)
                    == (&payload.location, payload.offset, payload.length) =>
            {
                return Ok(None);
            }
            (Meaning::Virtual(_), Some(_), _) => "it refers to another place".to_owned(),
            (Meaning::Bytes, Some(ChunkPayload::Virtual(_)), _) => {
                "it refers to a place in a file".to_owned()
            }
            (Meaning::Bytes, Some(_), Some(reference)) => return self.digest(at, numbers, reference).await,
            (Meaning::Bytes | Meaning::Virtual(_), None, _) => "it is missing".to_owned(),
            (_, Some(_), _) => "it is there, and the V1 repo has none".to_owned(),
        };
        Ok(Some(how))
    }

    /// Compares bytes with the digest of when they were written.
    async fn digest(
        &self,
        at: &Path,
        numbers: &ChunkIndices,
        reference: &ReferenceData,
    ) -> Result<Option<String>> {
        let reader = self.session.get_chunk_reader(at, numbers, &ByteRange::ALL).await;
        let reader = reader.map_err(|error| self.migration.icechunk(error))?;
        let bytes = get_chunk(reader).await.map_err(|error| self.migration.icechunk(error))?;
        let bytes = bytes.unwrap_or_default();
        if bytes.len() as u64 != reference.length {
            return Ok(Some(format!("it has {} bytes, not {}", bytes.len(), reference.length)));
        }
        Ok(arraylake_v1::chunks::verify(reference, &bytes).err().map(|error| error.to_string()))
    }

    /// Looks for nodes and chunks that the V1 repo does not have, and for chunks that only it has.
    async fn nothing_besides(&self, compared: &BTreeSet<String>, found: &mut Verification) -> Result<()> {
        let wanted = nodes(&self.at).await?;
        let chunks = self.at.list_prefix(&Collection::Chunks, "data/").await.map_err(Migration::v1)?;
        let mut arrays = Arrays::default();
        arrays.learn(&self.at, &chunks).await?;
        let mut known: BTreeMap<Path, BTreeMap<Vec<u32>, &String>> = BTreeMap::new();
        for path in &chunks {
            if let Some((at, numbers)) = arrays.place(path)? {
                known.entry(at).or_default().insert(numbers.0, path);
            }
        }
        let there = self.session.list_nodes(&Path::root()).await;
        for node in there.map_err(|error| self.migration.icechunk(error))? {
            let node = node.map_err(|error| self.migration.icechunk(error))?;
            let is_array = node.node_type() == NodeType::Array;
            let kind =
                node.path.to_string().parse().ok().and_then(|path: NodePath| wanted.get(&path).copied());
            if kind.is_none_or(|kind| (kind == Kind::Array) != is_array) {
                self.differs(found, &node.path.to_string(), "the V1 repo has no such node");
            }
            if !is_array {
                continue;
            }
            let coordinates = self.session.chunk_coordinates(&node.path).await;
            let mut coordinates = Box::pin(coordinates.map_err(|error| self.migration.icechunk(error))?);
            while let Some(at) =
                coordinates.try_next().await.map_err(|error| self.migration.icechunk(error))?
            {
                if known.get_mut(&node.path).and_then(|known| known.remove(&at.0)).is_none() {
                    let path = format!("{} {:?}", node.path, at.0);
                    self.differs(found, &path, "the V1 repo has no such chunk");
                }
            }
        }
        let not_found = known.into_values().flat_map(BTreeMap::into_values);
        self.nothing_missing(not_found.filter(|path| !compared.contains(*path)), found).await
    }

    /// Says which chunks are missing, of those that were not found, whenever they were written.
    async fn nothing_missing(
        &self,
        not_found: impl Iterator<Item = &String>,
        found: &mut Verification,
    ) -> Result<()> {
        let paths: Vec<&String> = not_found.collect();
        for paths in paths.chunks(BATCH) {
            let paths = paths.iter().map(|path| path.as_str());
            for (path, reference) in self.at.get_chunk_refs(paths).await.map_err(Migration::v1)? {
                if !matches!(meaning(Some(&reference))?, Meaning::LeftOut(_)) {
                    self.differs(found, &path, "it is missing");
                }
            }
        }
        Ok(())
    }
}

/// How a document differs from what it should be.
fn document_differs(there: &[u8], expected: &Value) -> Option<String> {
    match serde_json::from_slice::<Value>(there) {
        Ok(there) => (there != *expected).then(|| "another document than the V1 repo has".to_owned()),
        Err(error) => Some(format!("it cannot be read: {}", describe_json_error(&error))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_that_cannot_be_read_is_not_said_to_be_another_one() {
        let expected = json!({"node_type": "group"});
        assert_eq!(document_differs(br#" {"node_type": "group"}"#, &expected), None);
        let other = document_differs(br#"{"node_type": "array"}"#, &expected).unwrap();
        assert!(other.contains("another document"), "{other}");
        for bad in [&b"{"[..], b"", b"\xff{}"] {
            let unreadable = document_differs(bad, &expected).unwrap();
            assert!(unreadable.starts_with("it cannot be read"), "{unreadable}");
        }
    }
}
