//! Documents, listings, sizes and trees, as the service knows them.

use arraylake_types::v1::{Collection, Doc, NewDoc, PathSize, Tree};
use serde::Serialize;
use serde_json::value::RawValue;

use super::call::Call;
use super::{Metastore, View};
use crate::error::Result;

/// Which paths of a collection are wanted; see [`Metastore::list`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// A directory; or, for all below it, a plain text that paths begin with.
    pub prefix: String,
    /// Whether all that lies below is wanted, or what lies in the directory itself.
    pub all_subdirs: bool,
    /// A filter on attributes, in JMESPath. Makes the listing go all the way down.
    pub filter: Option<String>,
}

impl Listing {
    /// What lies in a directory: documents, and directories without a slash behind them.
    #[must_use]
    pub fn of_directory(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), all_subdirs: false, filter: None }
    }

    /// All paths that begin with a plain text.
    #[must_use]
    pub fn of_prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), all_subdirs: true, filter: None }
    }

    /// Only documents whose attributes pass a JMESPath filter.
    #[must_use]
    pub fn with_filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }
}

fn flag(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

impl Metastore {
    /// Stores documents, in one piece. `PUT .../contents/{collection}/_bulk_set`
    ///
    /// # Errors
    /// [`SessionExpired`](crate::ErrorKind::SessionExpired).
    pub async fn add_docs<T: Serialize>(
        &self,
        collection: &Collection,
        view: &View,
        docs: &[NewDoc<T>],
    ) -> Result<()> {
        let segments = ["contents", collection.as_str(), "_bulk_set"];
        let call = Call::put("store documents", self, &segments).query(&view.query());
        self.call(call.json(docs)?).await.map(drop)
    }

    /// Reads documents; those that are not there are left out. All chunks of one request must be of one array.
    /// `POST .../contents/{collection}/_bulk_get`
    ///
    /// # Errors
    /// If there is no such commit.
    pub async fn get_docs(
        &self,
        collection: &Collection,
        view: &View,
        paths: &[&str],
    ) -> Result<Vec<Doc<Box<RawValue>>>> {
        let segments = ["contents", collection.as_str(), "_bulk_get"];
        let call = Call::post("read documents", self, &segments).query(&view.query());
        self.call(call.json(paths)?).await?.read()
    }

    /// Deletes documents; those that are not there are no error.
    /// `PUT .../contents/{collection}/_bulk_delete`
    ///
    /// # Errors
    /// [`SessionExpired`](crate::ErrorKind::SessionExpired).
    pub async fn del_docs(&self, collection: &Collection, view: &View, paths: &[&str]) -> Result<()> {
        let segments = ["contents", collection.as_str(), "_bulk_delete"];
        let call = Call::put("delete documents", self, &segments).query(&view.query());
        self.call(call.json(paths)?).await.map(drop)
    }

    /// Paths of documents. `GET .../contents/{collection}/`
    ///
    /// # Errors
    /// If there is no such commit, or the filter is not one.
    pub async fn list(&self, collection: &Collection, view: &View, listing: &Listing) -> Result<Vec<String>> {
        let [session, base] = view.query();
        let call = Call::get("list documents", self, &["contents", collection.as_str()]).with_slash();
        let call = call.query(&[
            ("prefix", &listing.prefix),
            session,
            base,
            ("all_subdirs", flag(listing.all_subdirs)),
            ("filter", listing.filter.as_deref().unwrap_or_default()),
        ]);
        self.call(call).await?.read()
    }

    /// Deletes a node and all that lies below it; with a slash at the end, what lies below it alone; with an empty
    /// prefix the whole collection. `DELETE .../contents/{collection}/{prefix}`
    ///
    /// # Errors
    /// [`SessionExpired`](crate::ErrorKind::SessionExpired).
    pub async fn del_prefix(&self, collection: &Collection, view: &View, prefix: &str) -> Result<()> {
        let call = Call::delete("delete prefix", self, &["contents", collection.as_str()]);
        self.call(call.with_tail(prefix).query(&view.query())).await.map(drop)
    }

    /// Moves a node and all that lies below it. Both paths are relative to the root group.
    /// `PUT .../contents/nodes/rename`
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is nothing at `source`.
    pub async fn rename(&self, view: &View, source: &str, destination: &str) -> Result<()> {
        let [session, base] = view.query();
        let call = Call::put("rename", self, &["contents", "nodes", "rename"]);
        let pairs = [("src_path", source), ("dst_path", destination), session, base];
        self.call_removal(call.query(&pairs)).await
    }

    /// How much lies under a path of the collection of chunks. `GET .../size/`
    ///
    /// # Errors
    /// If there is no such commit.
    pub async fn getsize(&self, view: &View, prefix: &str) -> Result<PathSize> {
        let [session, base] = view.query();
        let call = Call::get("get size", self, &["size"]).with_slash();
        self.call(call.query(&[("prefix", prefix), session, base])).await?.read()
    }

    /// Groups and arrays below a path of the collection of metadata, at most `depth` groups deep. `GET .../tree`
    ///
    /// # Errors
    /// If there is no such commit, or the filter is not one.
    pub async fn tree(&self, view: &View, prefix: &str, depth: u32, filter: Option<&str>) -> Result<Tree> {
        let [session, base] = view.query();
        let depth = depth.to_string();
        let filter = ("filter", filter.unwrap_or_default());
        let call = Call::get("get tree", self, &["tree"]);
        self.call(call.query(&[("prefix", prefix), session, base, ("depth", &depth), filter])).await?.read()
    }
}
