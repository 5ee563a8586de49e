//! Groups and arrays: trees, listings, sizes, moves and removals.

use arraylake_types::InvalidInput;
use arraylake_types::v1::{Collection, PathSize, Tree};

use super::AsyncRepo;
use crate::error::Result;
use crate::metastore::Listing;
use crate::path::NodePath;

impl AsyncRepo {
    /// Groups and arrays below a group, at most `depth` groups deep (10 is usual), in the order in which they were
    /// made; with a JMESPath filter only those whose attributes pass it, and the groups that lead to them.
    ///
    /// `GET /repos/{org}/{repo}/tree`
    ///
    /// # Errors
    /// If the filter is not one.
    pub async fn tree(&self, group: &NodePath, depth: u32, filter: Option<&str>) -> Result<Tree> {
        let view = self.session()?.view();
        let prefix = if group.is_root() { "meta/".to_owned() } else { group.metadata_directory() };
        self.metastore().tree(&view, &prefix, depth, filter).await
    }

    /// The nodes whose attributes pass a JMESPath filter; never the root group.
    ///
    /// `GET /repos/{org}/{repo}/contents/metadata/`
    ///
    /// # Errors
    /// If the filter is not one.
    pub async fn filter_metadata(&self, filter: &str) -> Result<Vec<NodePath>> {
        let view = self.session()?.view();
        let listing = Listing::of_prefix("meta/root/").with_filter(filter);
        let paths = self.metastore().list(&Collection::Metadata, &view, &listing).await?;
        Ok(paths.iter().filter_map(|path| NodePath::of_document(path)).collect())
    }

    /// Moves a node and all that lies below it. Chunks stay where they are in the bucket.
    ///
    /// `PUT /repos/{org}/{repo}/contents/nodes/rename`
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is nothing at `source`, [`Invalid`](crate::ErrorKind::Invalid)
    /// if `destination` is inside of it, [`ReadOnly`](crate::ErrorKind::ReadOnly).
    pub async fn rename(&self, source: &NodePath, destination: &NodePath) -> Result<()> {
        let _writing = self.writing().await;
        let view = self.writable()?.view();
        let inside = destination.as_str().strip_prefix(source.as_str());
        if source.is_root()
            || destination.is_root()
            || inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            let rule = "must not be the root group, nor the node that is moved, nor inside of it";
            return Err(InvalidInput::new("destination", destination.to_string(), rule).into());
        }
        self.metastore().rename(&view, source.as_str(), destination.as_str()).await
    }

    /// Chunks at and below a node. Those of one array that are the same object count once; metadata do not count.
    ///
    /// `GET /repos/{org}/{repo}/size/`
    ///
    /// # Errors
    /// If nothing is checked out.
    pub async fn getsize(&self, node: &NodePath) -> Result<PathSize> {
        let view = self.session()?.view();
        self.metastore().getsize(&view, &node.chunk_directory()).await
    }

    /// Deletes a node and all that lies below it. Its chunks stay in the bucket, for older commits.
    ///
    /// `DELETE /repos/{org}/{repo}/contents/{collection}/{prefix}` for metadata and chunks
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly), [`SessionExpired`](crate::ErrorKind::SessionExpired).
    pub async fn delete_node(&self, node: &NodePath) -> Result<()> {
        let _writing = self.writing().await;
        let view = self.writable()?.view();
        // Metadata go last: what is left by a failure in between is still found, and can be deleted again.
        self.metastore().del_prefix(&Collection::Chunks, &view, &node.chunk_directory()).await?;
        if node.is_root() {
            // The directory alone does not name the document of the root group.
            return self.metastore().del_prefix(&Collection::Metadata, &view, "").await;
        }
        self.metastore().del_prefix(&Collection::Metadata, &view, &node.metadata_directory()).await
    }

    /// Paths of documents below a prefix, which is a plain text: `meta/root/aa` also finds `meta/root/aab.group.json`.
    ///
    /// `GET /repos/{org}/{repo}/contents/{collection}/`
    ///
    /// # Errors
    /// If nothing is checked out.
    pub async fn list_prefix(&self, collection: &Collection, prefix: &str) -> Result<Vec<String>> {
        let view = self.session()?.view();
        crate::path::check_place(collection, prefix)?;
        self.metastore().list(collection, &view, &Listing::of_prefix(prefix)).await
    }

    /// Documents and directories in a directory, as whole paths; directories have no slash at the end.
    ///
    /// `GET /repos/{org}/{repo}/contents/{collection}/`
    ///
    /// # Errors
    /// If nothing is checked out.
    pub async fn list_dir(&self, collection: &Collection, directory: &str) -> Result<Vec<String>> {
        let view = self.session()?.view();
        crate::path::check_place(collection, directory)?;
        self.metastore().list(collection, &view, &Listing::of_directory(directory)).await
    }

    /// Deletes by prefix, as [`Metastore::del_prefix`](crate::Metastore::del_prefix) says.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly), [`SessionExpired`](crate::ErrorKind::SessionExpired).
    pub async fn del_prefix(&self, collection: &Collection, prefix: &str) -> Result<()> {
        let _writing = self.writing().await;
        let view = self.writable()?.view();
        if !prefix.is_empty() {
            crate::path::check(collection, prefix.trim_end_matches('/'))?;
        }
        self.metastore().del_prefix(collection, &view, prefix).await
    }
}
