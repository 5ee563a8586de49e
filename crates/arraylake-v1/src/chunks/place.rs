//! [`Place`]: what a reference means, and the rules that references follow.

use arraylake_types::v1::{ChunkHash, ReferenceData, SchemaVersion, SessionId};
use bytes::Bytes;

use super::{BucketUri, inline};
use crate::error::{Error, ErrorKind, Result};

/// Where the bytes of a chunk are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// In the reference itself; these are all of them.
    Inline(Bytes),
    /// In an object of the repo, whose key the layout knows.
    Own {
        /// The digest, part of the key.
        hash: ChunkHash,
        /// The session that uploaded it, part of the key.
        session: SessionId,
    },
    /// In an object of the repo, or of somebody else, that is named by its URI.
    Named {
        /// Its bucket.
        bucket: BucketUri,
        /// Its key.
        key: String,
    },
}

/// Bytes within a place: of an object, or of what is inline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectRange {
    /// Where.
    pub place: Place,
    /// First byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

/// The three kinds of references.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Materialized,
    Virtual,
    Inline,
}

impl ObjectRange {
    /// Reads a reference.
    ///
    /// # Errors
    /// [`InvalidReference`](ErrorKind::InvalidReference) with the rule that it breaks. Rules are checked in the order
    /// of the Python client, and the first that is broken is named.
    pub fn of(reference: &ReferenceData) -> Result<Self> {
        let kind = kind(reference).ok_or_else(|| invalid("must be materialized, inline or virtual"))?;
        check(reference, kind)?;
        let ReferenceData { offset, length, .. } = *reference;
        if offset.checked_add(length).is_none() {
            return Err(invalid("offset and length must not be above 2^64 together"));
        }
        match place(reference, kind)? {
            Place::Inline(bytes) => {
                let length = bytes.len() as u64;
                Ok(Self { place: Place::Inline(bytes), offset: 0, length })
            }
            place => Ok(Self { place, offset, length }),
        }
    }
}

fn kind(reference: &ReferenceData) -> Option<Kind> {
    let uri = reference.uri.as_deref().unwrap_or_default();
    let hashed = reference.hash.is_some();
    let named = match reference.v {
        SchemaVersion::V0 => hashed && !uri.is_empty() && !uri.starts_with(inline::SCHEME),
        _ => uri.is_empty(),
    };
    let kinds = [
        (Kind::Materialized, named),
        (Kind::Virtual, !hashed && !uri.is_empty()),
        (Kind::Inline, hashed && uri.starts_with(inline::SCHEME)),
    ];
    let mut holding = kinds.into_iter().filter(|(_, holds)| *holds);
    let first = holding.next()?.0;
    holding.next().is_none().then_some(first)
}

fn check(reference: &ReferenceData, kind: Kind) -> Result<()> {
    let uri = reference.uri.as_deref().unwrap_or_default();
    let of_bucket = uri.starts_with("s3://") || uri.starts_with("gs://");
    let broken = match reference.v {
        SchemaVersion::V0 if kind == Kind::Materialized && !of_bucket => {
            "V0 chunk manifests must have an uri"
        }
        SchemaVersion::V0 if reference.sid.is_some() => "V0 chunk manifests cannot include an sid",
        SchemaVersion::V1 if kind == Kind::Materialized && reference.hash.is_none() => {
            "V1 chunk manifests must have a hash"
        }
        SchemaVersion::V1 if reference.sid.is_none() => "V1 chunk manifests must have an sid",
        _ if kind == Kind::Virtual && !of_bucket => "the uri of a virtual one must begin with s3:// or gs://",
        _ => return Ok(()),
    };
    Err(invalid(broken))
}

fn place(reference: &ReferenceData, kind: Kind) -> Result<Place> {
    let uri = reference.uri.as_deref().unwrap_or_default();
    if kind == Kind::Inline {
        return inline::decode_as(uri, reference.length)
            .map(Place::Inline)
            .map_err(|reason| invalid(&reason));
    }
    if let (SchemaVersion::V1, Kind::Materialized, Some(hash), Some(session)) =
        (reference.v, kind, &reference.hash, &reference.sid)
    {
        return Ok(Place::Own { hash: hash.clone(), session: session.clone() });
    }
    let (bucket, key) = BucketUri::split(uri).map_err(|fault| invalid(&fault.to_string()))?;
    Ok(Place::Named { bucket, key: key.to_owned() })
}

fn invalid(rule: &str) -> Error {
    Error::new(ErrorKind::InvalidReference, format!("Invalid ReferenceData: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ObjectRange> {
        ObjectRange::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn each_kind_is_read() {
        let own =
            read(r#"{"uri":null,"offset":0,"length":8,"hash":{"method":"m","token":"8c"},"v":1,"sid":"b7"}"#);
        let hash = ChunkHash::new("m", "8c");
        assert_eq!(own.unwrap().place, Place::Own { hash, session: "b7".parse().unwrap() });
        let inline = read(
            r#"{"uri":"inline://base64:/w==","offset":0,"length":1,"hash":{"method":"m","token":"8c"},"v":1,"sid":"b7"}"#,
        );
        assert_eq!(inline.unwrap().place, Place::Inline(Bytes::from_static(&[0xff])));
        let named =
            read(r#"{"uri":"s3://other/a/file.nc","offset":100,"length":20,"hash":null,"v":1,"sid":"49"}"#)
                .unwrap();
        let bucket = "s3://other".parse().unwrap();
        assert_eq!((named.offset, named.length), (100, 20));
        assert_eq!(named.place, Place::Named { bucket, key: "a/file.nc".to_owned() });
        let old =
            read(r#"{"uri":"gs://old/pre/fb","offset":0,"length":4,"hash":{"method":"m","token":"fb"}}"#);
        let bucket = "gs://old".parse().unwrap();
        assert_eq!(old.unwrap().place, Place::Named { bucket, key: "pre/fb".to_owned() });
    }

    #[test]
    fn a_reference_that_breaks_a_rule_is_refused_with_the_rule() {
        let hash = r#""hash":{"method":"m","token":"8c"}"#;
        for (fields, rule) in [
            (format!(r#""uri":"s3://b/k",{hash},"v":1,"sid":"b7""#), "materialized, inline or virtual"),
            (r#""uri":null"#.to_owned(), "materialized, inline or virtual"),
            (format!(r#""uri":"file:///k",{hash}"#), "V0 chunk manifests must have an uri"),
            (format!(r#""uri":"s3://b/k",{hash},"sid":"b7""#), "cannot include an sid"),
            (r#""uri":null,"v":1,"sid":"b7""#.to_owned(), "must have a hash"),
            (format!(r#""uri":null,{hash},"v":1"#), "must have an sid"),
            (r#""uri":"https://b/k","v":1,"sid":"b7""#.to_owned(), "s3:// or gs://"),
            (format!(r#""uri":"inline://base64:$",{hash},"v":1,"sid":"b7""#), "Invalid ReferenceData"),
            (r#""uri":"s3://","v":1,"sid":"b7""#.to_owned(), "Invalid ReferenceData"),
        ] {
            let error = read(&format!(r#"{{"offset":0,"length":1,{fields}}}"#)).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::InvalidReference);
            assert!(error.to_string().contains(rule), "{error} of {fields}");
        }
        let far = format!(r#"{{"uri":"s3://b/k","offset":{},"length":1,"v":1,"sid":"b7"}}"#, u64::MAX);
        assert!(read(&far).is_err());
    }
}
