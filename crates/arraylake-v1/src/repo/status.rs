//! [`Status`]: what the session has changed.

use std::collections::BTreeSet;

use arraylake_types::v1::Collection;

use super::AsyncRepo;
use crate::error::Result;

/// A path that the session has changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Change {
    /// The path of the document.
    pub path: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// What the session has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The changes, by path.
    pub changes: BTreeSet<Change>,
    /// Whether there are more.
    pub is_cut: bool,
}

impl AsyncRepo {
    /// What the session has changed, at most `limit` paths unless that is 0.
    ///
    /// `GET /repos/{org}/{repo}/modified_paths/{collection}` for nodes, metadata and chunks
    ///
    /// # Errors
    /// If nothing is checked out.
    pub async fn status(&self, limit: usize) -> Result<Status> {
        let view = self.session()?.view();
        let mut status = Status::default();
        for collection in [Collection::Nodes, Collection::Metadata, Collection::Chunks] {
            if limit > 0 && status.changes.len() >= limit {
                status.is_cut = true;
                break;
            }
            // One more than is wanted tells whether there are more.
            let wanted = if limit == 0 { 0 } else { limit + 1 };
            let paths = self.metastore().get_all_paths_for_session(&collection, &view, wanted).await?;
            for found in paths {
                let change = Change { path: found.path, deleted: found.deleted };
                if limit > 0 && status.changes.len() >= limit && !status.changes.contains(&change) {
                    status.is_cut = true;
                    break;
                }
                status.changes.insert(change);
            }
        }
        Ok(status)
    }
}
