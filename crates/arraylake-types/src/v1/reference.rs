//! [`ReferenceData`]: where the bytes of a chunk are.

use serde::{Deserialize, Serialize};

use super::SessionId;

/// Which rules a reference follows. Both kinds may occur in one repo.
///
/// On the wire a number, where null and a missing key mean 0, and 0 is written as null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Option<u64>", into = "Option<u64>")]
#[non_exhaustive]
pub enum SchemaVersion {
    /// The URI names the object.
    #[default]
    V0,
    /// Hash and session name the object, below the prefix of the repo.
    V1,
}

impl TryFrom<Option<u64>> for SchemaVersion {
    type Error = String;

    fn try_from(number: Option<u64>) -> Result<Self, String> {
        match number {
            None | Some(0) => Ok(Self::V0),
            Some(1) => Ok(Self::V1),
            Some(odd) => Err(format!("a chunk reference of the unknown version {odd}")),
        }
    }
}

impl From<SchemaVersion> for Option<u64> {
    fn from(version: SchemaVersion) -> Self {
        match version {
            SchemaVersion::V0 => None,
            SchemaVersion::V1 => Some(1),
        }
    }
}

/// Digest of the bytes of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChunkHash {
    /// How it was made, by the name of a Python function: `hashlib.sha256`.
    pub method: String,
    /// The digest in hexadecimal digits.
    pub token: String,
}

impl ChunkHash {
    /// A digest and how it was made.
    #[must_use]
    pub fn new(method: impl Into<String>, token: impl Into<String>) -> Self {
        Self { method: method.into(), token: token.into() }
    }
}

/// Where the bytes of a chunk are: in an object of the repo, in the reference itself, or in somebody's file.
///
/// Content of a document in the collection `chunks`. This is the bare form; what may stand together is checked by
/// whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReferenceData {
    /// URI of the object, or the data themselves behind `inline://`, or nothing.
    #[serde(default)]
    pub uri: Option<String>,
    /// First byte within the object.
    pub offset: u64,
    /// Bytes of the chunk as it is stored by Zarr, decoded from any inline form.
    pub length: u64,
    /// Digest of these bytes; none for virtual references.
    #[serde(default)]
    pub hash: Option<ChunkHash>,
    /// Which rules it follows.
    #[serde(default)]
    pub v: SchemaVersion,
    /// The session that uploaded the object.
    #[serde(default)]
    pub sid: Option<SessionId>,
}

impl ReferenceData {
    /// An object of the repo, named by hash and session.
    #[must_use]
    pub fn materialized(length: u64, hash: ChunkHash, sid: SessionId) -> Self {
        Self { uri: None, offset: 0, length, hash: Some(hash), v: SchemaVersion::V1, sid: Some(sid) }
    }

    /// An object of the repo, named by its URI.
    #[must_use]
    pub fn materialized_v0(uri: impl Into<String>, length: u64, hash: ChunkHash) -> Self {
        let uri = Some(uri.into());
        Self { uri, offset: 0, length, hash: Some(hash), v: SchemaVersion::V0, sid: None }
    }

    /// Data in the reference itself: `uri` begins with `inline://`. Version 1 where there is a session, else 0.
    #[must_use]
    pub fn inline(uri: impl Into<String>, length: u64, hash: ChunkHash, sid: Option<SessionId>) -> Self {
        let uri = Some(uri.into());
        Self { uri, offset: 0, length, hash: Some(hash), v: version(sid.as_ref()), sid }
    }

    /// A part of somebody's file. Version 1 where there is a session, else 0.
    #[must_use]
    pub fn virtual_reference(
        uri: impl Into<String>,
        offset: u64,
        length: u64,
        sid: Option<SessionId>,
    ) -> Self {
        let uri = Some(uri.into());
        Self { uri, offset, length, hash: None, v: version(sid.as_ref()), sid }
    }
}

fn version(sid: Option<&SessionId>) -> SchemaVersion {
    if sid.is_some() { SchemaVersion::V1 } else { SchemaVersion::V0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_go_back_as_they_came() {
        for text in [
            r#"{"uri":null,"offset":0,"length":8000,"hash":{"method":"hashlib.sha256","token":"8c65"},"v":1,"sid":"b709"}"#,
            r#"{"uri":"s3://other/file.nc","offset":100,"length":20,"hash":null,"v":1,"sid":"4983"}"#,
            r#"{"uri":"inline://\u0001\u0000","offset":0,"length":2,"hash":{"method":"hashlib.sha256","token":"64ed"},"v":null,"sid":null}"#,
        ] {
            let reference: ReferenceData = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&reference).unwrap(), text);
        }
    }

    #[test]
    fn null_zero_and_nothing_are_the_same_version_and_others_are_refused() {
        for v in ["", r#","v":null"#, r#","v":0"#] {
            let text = format!(r#"{{"uri":"s3://b/k","offset":0,"length":1{v}}}"#);
            assert_eq!(serde_json::from_str::<ReferenceData>(&text).unwrap().v, SchemaVersion::V0);
        }
        assert!(serde_json::from_str::<ReferenceData>(r#"{"offset":0,"length":1,"v":2}"#).is_err());
    }
}
