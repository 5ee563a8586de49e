//! [`ReferenceSet`]: references in the way of kerchunk, as documents and chunks of a V1 repo. Pure: nothing is asked
//! and nothing is sent.
//!
//! A reference set is a Zarr v2 hierarchy in one JSON object: metadata under `.zgroup`, `.zarray` and `.zattrs`, chunks
//! as `[uri, offset, length]` or as text. Files of other kinds (netCDF, GRIB, TIFF) are turned into such sets by
//! kerchunk or VirtualiZarr, which run elsewhere.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::zarr2::{array_document, chunk_of_array, group_document, invalid, join, place, place_of_array};
use super::{BucketUri, inline};
use crate::error::{Error, ErrorKind, Result};
use crate::path::NodePath;

/// A chunk of a reference set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetChunk {
    /// A part of somebody's file.
    Virtual {
        /// Begins with `s3://` or `gs://`.
        uri: String,
        /// First byte.
        offset: u64,
        /// Bytes; none for the whole object, whose size is not known yet.
        length: Option<u64>,
    },
    /// The bytes themselves, to be written like any other chunk.
    Data(Bytes),
}

/// What a set of references comes to in a V1 repo. Documents are to be written before chunks.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ReferenceSet {
    /// Documents of groups and arrays by their paths.
    pub documents: BTreeMap<String, Value>,
    /// Chunks by the paths of their references.
    pub chunks: BTreeMap<String, SetChunk>,
    /// Keys that mean nothing, which were left out.
    pub skipped: Vec<String>,
}

impl ReferenceSet {
    /// Reads a reference set as JSON text and puts it below a node. Bare `NaN`, which Python writes, is read as the text
    /// `NaN`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if it is no JSON, a reference is malformed, or its root is an array and `below` is
    /// the root group; [`Unsupported`](ErrorKind::Unsupported) if it has templates or generators.
    ///
    /// ```
    /// use arraylake_v1::chunks::kerchunk::ReferenceSet;
    /// use serde_json::json;
    /// let array = json!({"zarr_format": 2, "shape": [4], "chunks": [4], "dtype": "<f4", "compressor": null,
    ///     "filters": null, "fill_value": null, "order": "C"});
    /// let refs = json!({".zgroup": r#"{"zarr_format": 2}"#, "x/.zarray": array.to_string(),
    ///     "x/0": ["s3://files/a.nc", 100, 16]});
    /// let text = json!({"version": 1, "refs": refs}).to_string();
    /// let set = ReferenceSet::from_json(text.as_bytes(), &"model".parse().unwrap()).unwrap();
    /// assert!(set.documents.contains_key("meta/root/model/x.array.json"));
    /// assert!(set.chunks.contains_key("data/root/model/x/c0"));
    /// ```
    pub fn from_json(text: &[u8], below: &NodePath) -> Result<Self> {
        let set = crate::json::parse_object(text);
        Self::from_map(set.map_err(|reason| invalid(&format!("the reference set {reason}")))?, below)
    }

    /// As [`from_json`](Self::from_json), from what was read already: with `version` and `refs`, or the references alone.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn from_map(mut set: Map<String, Value>, below: &NodePath) -> Result<Self> {
        for unknown in ["templates", "gen"] {
            let value = set.get(unknown).unwrap_or(&Value::Null);
            let is_empty = value.is_null()
                || value.as_object().is_some_and(Map::is_empty)
                || value.as_array().is_some_and(Vec::is_empty);
            if !is_empty {
                let message = format!("a reference set with `{unknown}` cannot be read");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
        let refs = match set.remove("refs") {
            Some(Value::Object(refs)) => refs,
            Some(_) => return Err(invalid("`refs` of the reference set is no JSON object")),
            None => set,
        };
        Reader { refs: &refs, below }.read()
    }
}

/// Reads the references of a set.
struct Reader<'s> {
    refs: &'s Map<String, Value>,
    below: &'s NodePath,
}

impl Reader<'_> {
    fn read(&self) -> Result<ReferenceSet> {
        let mut set = ReferenceSet::default();
        for (key, value) in self.refs {
            let (node, name) = key.rsplit_once('/').unwrap_or(("", key));
            match name {
                ".zgroup" => {
                    let document = group_document(&self.metadata(node, ".zattrs")?);
                    set.documents.insert(place(self.below, node)?.group_document(), document);
                }
                ".zarray" => {
                    let array = self.metadata(node, ".zarray")?;
                    let document = array_document(node, &array, &self.metadata(node, ".zattrs")?)?;
                    set.documents.insert(place_of_array(self.below, node)?.array_document(), document);
                }
                ".zattrs" | ".zmetadata" => {}
                _ => match chunk_of_array(key, |node| self.refs.contains_key(&join(node, ".zarray"))) {
                    Some((array, chunk)) => {
                        let path =
                            format!("{}/{chunk}", place_of_array(self.below, array)?.chunk_directory());
                        set.chunks.insert(path, chunk_of(key, value)?);
                    }
                    None => set.skipped.push(key.clone()),
                },
            }
        }
        Ok(set)
    }

    /// A document of Zarr v2, as text or as an object; empty if there is none.
    fn metadata(&self, node: &str, name: &str) -> Result<Map<String, Value>> {
        let key = join(node, name);
        let bad = |reason: String| invalid(&format!("{key:?} in the reference set {reason}"));
        match self.refs.get(&key) {
            None => Ok(Map::new()),
            Some(Value::Object(fields)) => Ok(fields.clone()),
            Some(Value::String(text)) => {
                let bytes = inline::decode(text).map_err(|reason| bad(format!("is no base64: {reason}")))?;
                crate::json::parse_object(&bytes).map_err(bad)
            }
            Some(_) => Err(bad("is neither text nor an object".to_owned())),
        }
    }
}

fn chunk_of(key: &str, value: &Value) -> Result<SetChunk> {
    let bad = |reason: &str| invalid(&format!("the reference {key:?} {reason}"));
    match value {
        Value::String(text) => match inline::decode(text) {
            Ok(bytes) => Ok(SetChunk::Data(bytes)),
            Err(reason) => Err(bad(&format!("is no base64: {reason}"))),
        },
        Value::Array(parts) => {
            let uri = parts.first().and_then(Value::as_str).ok_or_else(|| bad("has no URI"))?;
            let (_, object) = BucketUri::split(uri).map_err(|fault| bad(&fault.to_string()))?;
            if object.is_empty() {
                return Err(bad("names a bucket, but no object"));
            }
            let uri = uri.to_owned();
            match (parts.len(), parts.get(1).and_then(Value::as_u64), parts.get(2).and_then(Value::as_u64)) {
                (1, ..) => Ok(SetChunk::Virtual { uri, offset: 0, length: None }),
                (3, Some(offset), Some(length)) => {
                    Ok(SetChunk::Virtual { uri, offset, length: Some(length) })
                }
                _ => Err(bad("must be `[uri, offset, length]`")),
            }
        }
        _ => Err(bad("is neither `[uri, offset, length]` nor text")),
    }
}

#[cfg(test)]
mod tests;
