//! Documents of V1 repos: JSON objects under paths, in collections.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SessionId;
use crate::Other;

open_enum! {
    /// A namespace of documents.
    pub enum Collection {
        /// Zarr metadata: `meta/root.group.json`, `meta/root/a/b.array.json`.
        Metadata = "metadata",
        /// Where chunks are: `data/root/a/b/c0/1`.
        Chunks = "chunks",
        /// The service's own index of nodes.
        Nodes = "nodes",
    }
}

/// A document to be stored. Entry of the body of `PUT /repos/{org}/{repo}/contents/{collection}/_bulk_set`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewDoc<T = Value> {
    /// The session it is written in; the same as in the query.
    pub session_id: SessionId,
    /// A JSON object.
    pub content: T,
    /// Where.
    pub path: String,
}

impl<T> NewDoc<T> {
    /// A document for a path.
    #[must_use]
    pub fn new(session_id: SessionId, path: impl Into<String>, content: T) -> Self {
        Self { session_id, content, path: path.into() }
    }
}

/// A document. Row of `POST /repos/{org}/{repo}/contents/{collection}/_bulk_get`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Doc<T = Value> {
    /// Id of this version of the document: any text.
    pub id: String,
    /// The session that wrote this version.
    pub session_id: SessionId,
    /// Where.
    pub path: String,
    /// The JSON object; null entries count as missing.
    #[serde(default = "none")]
    pub content: Option<T>,
    /// Whether it is deleted.
    #[serde(default, deserialize_with = "flag")]
    pub deleted: bool,
}

impl<T> Doc<T> {
    /// A document that is there.
    #[must_use]
    pub fn new(id: impl Into<String>, session_id: SessionId, path: impl Into<String>, content: T) -> Self {
        Self { id: id.into(), session_id, path: path.into(), content: Some(content), deleted: false }
    }
}

fn none<T>() -> Option<T> {
    None
}

/// Null is false.
fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

wire_struct! {
    /// A path that a session touched. Row of `GET /repos/{org}/{repo}/modified_paths/{collection}` and of
    /// `.../modified_paths_commit/{collection}`.
    pub struct SessionPath {
        /// Id: any text.
        pub id: String = required("_id"),
        /// The path.
        pub path: String = required("path"),
        /// Whether the document was deleted.
        pub deleted: bool = lenient("deleted"),
    }
}

impl SessionPath {
    /// A path, and whether it was deleted.
    #[must_use]
    pub fn new(id: impl Into<String>, path: impl Into<String>, deleted: bool) -> Self {
        Self { id: id.into(), path: path.into(), deleted, other: Other::new() }
    }
}

wire_struct! {
    /// A session that touched a path. Row of `GET /repos/{org}/{repo}/sessions/{collection}/{path}`.
    pub struct DocSession {
        /// Id of the version: pairs of hexadecimal digits.
        pub id: String = required("_id" | "id"),
        /// The session.
        pub session_id: SessionId = required("session_id"),
        /// Whether it deleted the document.
        pub deleted: bool = lenient("deleted"),
        /// Bytes of the chunk, for chunks.
        pub chunksize: u64 = lenient("chunksize"),
    }
}

impl DocSession {
    /// A session that wrote a version of a document.
    #[must_use]
    pub fn new(id: impl Into<String>, session_id: SessionId, deleted: bool, chunksize: u64) -> Self {
        Self { id: id.into(), session_id, deleted, chunksize, other: Other::new() }
    }
}

wire_struct! {
    /// How much lies under a path. Answer of `GET /repos/{org}/{repo}/size/`.
    pub struct PathSize {
        /// The path that was asked for.
        pub path: String = required("path"),
        /// Chunks; those of one array that are the same object count once.
        pub number_of_chunks: u64 = required("number_of_chunks"),
        /// Their bytes.
        pub total_chunk_bytes: u64 = required("total_chunk_bytes"),
    }
}

impl PathSize {
    /// Chunks and bytes under a path.
    #[must_use]
    pub fn new(path: impl Into<String>, number_of_chunks: u64, total_chunk_bytes: u64) -> Self {
        Self { path: path.into(), number_of_chunks, total_chunk_bytes, other: Other::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_content_is_read_as_one() {
        for text in [
            r#"{"id":"1","session_id":"s","path":"p"}"#,
            r#"{"id":"1","session_id":"s","path":"p","content":null,"deleted":null,"more":1}"#,
        ] {
            let doc: Doc = serde_json::from_str(text).unwrap();
            assert!(doc.content.is_none() && !doc.deleted);
        }
        assert!(serde_json::from_str::<Doc>(r#"{"_id":"1","session_id":"s","path":"p"}"#).is_err());
    }

    #[test]
    fn a_new_document_has_its_keys_in_the_order_of_the_python_client() {
        let doc =
            NewDoc::new("ef".parse().unwrap(), "meta/root.group.json", serde_json::json!({"attributes": {}}));
        let text = r#"{"session_id":"ef","content":{"attributes":{}},"path":"meta/root.group.json"}"#;
        assert_eq!(serde_json::to_string(&doc).unwrap(), text);
    }
}
