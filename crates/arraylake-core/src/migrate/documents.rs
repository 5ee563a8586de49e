//! Documents of a commit: nodes that are gone, and those that have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arraylake_icechunk::icechunk::Store;
use arraylake_icechunk::icechunk::format::Path;
use arraylake_icechunk::icechunk::format::snapshot::NodeType;
use arraylake_icechunk::icechunk::session::{SessionError, SessionErrorKind};
use arraylake_types::v1::Collection;
use arraylake_v1::NodePath;
use arraylake_v1::metastore::View;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Migration;
use super::apply::{Applier, Work, icechunk_path};
use super::changes::{Changes, Kind, translate, with_documents, zarr_key};
use super::reshape::Reshaped;
use crate::error::{Error, Result};

impl Applier<'_> {
    /// Removes nodes that are gone, and writes documents that have changed.
    pub(super) async fn documents(
        &mut self,
        work: &Work<'_>,
        changes: &Changes,
        reshaped: &Reshaped,
    ) -> Result<()> {
        if changes.documents.is_empty() {
            return Ok(());
        }
        let wanted = self.nodes.at(&self.migration.source, &work.step.commit.id).await?;
        let there = self.remove(work, &wanted).await?;
        self.make_room(work, reshaped).await?;
        let changed: BTreeSet<NodePath> =
            changes.documents.iter().filter_map(|path| NodePath::of_document(path)).collect();
        let to_write = wanted.iter().filter(|(node, _)| {
            let is_missing = !there.contains(node) && !self.skipped.contains(node);
            is_missing || changed.contains(node) || reshaped.is_anew(node)
        });
        let to_write = to_write.map(|(node, kind)| (node, *kind)).collect();
        for (node, kind, stored) in with_documents(&work.at, to_write).await? {
            self.document(work, node, kind, &stored).await?;
        }
        self.report_strays(work, changes).await
    }

    /// Says which documents are none of a group or an array, and so stay.
    async fn report_strays(&mut self, work: &Work<'_>, changes: &Changes) -> Result<()> {
        let strays = changes.documents.iter().map(String::as_str);
        let strays: Vec<&str> = strays.filter(|path| NodePath::of_document(path).is_none()).collect();
        if strays.is_empty() {
            return Ok(());
        }
        let view = View::of_commit(Some(work.step.commit.id.clone()));
        let metastore = self.migration.source.metastore();
        let found = metastore.get_docs(&Collection::Metadata, &view, &strays).await;
        for stray in found.map_err(Migration::v1)?.into_iter().filter(|stray| stray.content.is_some()) {
            self.left_out(work, &stray.path, "it is no document of a group or an array");
        }
        Ok(())
    }

    async fn document(
        &mut self,
        work: &Work<'_>,
        node: &NodePath,
        kind: Kind,
        stored: &Map<String, Value>,
    ) -> Result<()> {
        let document = match translate(kind, stored) {
            Ok(document) => document,
            Err(error) if self.migration.skip_unsupported => {
                self.left_out(work, &node.to_string(), &error.to_string());
                self.skipped.insert(node.clone());
                return self.remove_node(work, &icechunk_path(node)?).await;
            }
            Err(error) => {
                let message = format!("{node} at commit {} cannot be moved: {error}", work.step.commit.id);
                return Err(Error::Unsupported(message));
            }
        };
        self.skipped.remove(node);
        let store = Store::from_session(Arc::clone(&work.session)).await;
        let written = store.set(&zarr_key(node), Bytes::from(document.to_string())).await;
        written.map_err(|error| self.migration.icechunk(error))?;
        self.report.documents += 1;
        Ok(())
    }

    /// Removes what is not wanted, and returns what is left.
    async fn remove(&self, work: &Work<'_>, wanted: &BTreeMap<NodePath, Kind>) -> Result<BTreeSet<NodePath>> {
        let mut there = BTreeSet::new();
        let mut unwanted = Vec::new();
        {
            let session = work.session.read().await;
            let found = session.list_nodes(&Path::root()).await;
            for node in found.map_err(|error| self.migration.icechunk(error))? {
                let node = node.map_err(|error| self.migration.icechunk(error))?;
                let Ok(path) = node.path.to_string().parse::<NodePath>() else { continue };
                let is_array = node.node_type() == NodeType::Array;
                match wanted.get(&path) {
                    Some(kind) if (*kind == Kind::Array) == is_array => drop(there.insert(path)),
                    _ => unwanted.push(node.path),
                }
            }
        }
        for path in unwanted {
            self.remove_node(work, &path).await?;
        }
        Ok(there)
    }

    /// Removes a node, if it has not gone with the group that it was in.
    pub(super) async fn remove_node(&self, work: &Work<'_>, path: &Path) -> Result<()> {
        let mut session = work.session.write().await;
        let node = match session.get_node(path).await {
            Ok(node) => node,
            Err(SessionError {
                kind: SessionErrorKind::NodeNotFound { .. } | SessionErrorKind::AncestorNodeNotFound { .. },
                ..
            }) => return Ok(()),
            Err(error) => return Err(self.migration.icechunk(error)),
        };
        session.delete_node(node).await.map_err(|error| self.migration.icechunk(error))
    }
}
