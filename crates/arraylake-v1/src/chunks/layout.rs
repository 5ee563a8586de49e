//! [`Layout`]: the keys of objects, old and new.

use arraylake_types::InvalidInput;
use arraylake_types::v1::{ChunkHash, ReferenceData, SessionId};

use super::BucketUri;
use crate::error::Result;

/// Where new objects go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// Repos without a bucket config: `{prefix}/{token}`; references hold the whole URI.
    V0 {
        /// The bucket.
        bucket: BucketUri,
        /// Without slashes around it; may be empty.
        prefix: String,
    },
    /// Repos with a bucket config: `{prefix}/chunks/{token}.{session}`; references hold hash and session.
    V1 {
        /// Without slashes around it; never empty.
        prefix: String,
    },
}

impl Layout {
    /// The older layout, below a URI such as `s3://bucket/some/prefix`.
    ///
    /// # Errors
    /// If it is no such URI.
    pub fn v0(uri: &str) -> Result<Self> {
        let (bucket, prefix) = BucketUri::split(uri)?;
        Ok(Self::V0 { bucket, prefix: prefix.to_owned() })
    }

    /// The newer layout, below a prefix: that of the bucket config, `/`, and the id of the repo.
    ///
    /// # Errors
    /// If the prefix is empty.
    pub fn v1(prefix: impl Into<String>) -> Result<Self> {
        let prefix = prefix.into();
        let bare = prefix.trim_matches('/');
        if bare.is_empty() {
            return Err(InvalidInput::new("prefix of chunks", prefix, "must not be empty").into());
        }
        Ok(Self::V1 { prefix: bare.to_owned() })
    }

    /// The newer layout of a repo in a bucket config.
    ///
    /// # Errors
    /// If the id of the repo is empty.
    pub fn of_repo(bucket_prefix: &str, repo_id: &str) -> Result<Self> {
        match bucket_prefix.trim_matches('/') {
            "" => Self::v1(repo_id),
            prefix if repo_id.is_empty() => {
                Err(InvalidInput::new("id of a repo", prefix, "must not be empty").into())
            }
            prefix => Self::v1(format!("{prefix}/{repo_id}")),
        }
    }

    /// The key under which a session puts an object with this digest.
    #[must_use]
    pub fn key(&self, hash: &ChunkHash, session: &SessionId) -> String {
        let token = &hash.token;
        match self {
            Self::V0 { prefix, .. } if prefix.is_empty() => token.clone(),
            Self::V0 { prefix, .. } => format!("{prefix}/{token}"),
            Self::V1 { prefix } => format!("{prefix}/chunks/{token}.{session}"),
        }
    }

    /// The reference to an object under [`key`](Self::key).
    #[must_use]
    pub fn reference(&self, hash: ChunkHash, session: &SessionId, length: u64) -> ReferenceData {
        match self {
            Self::V0 { bucket, .. } => {
                let uri = format!("{bucket}/{}", self.key(&hash, session));
                ReferenceData::materialized_v0(uri, length, hash)
            }
            Self::V1 { .. } => ReferenceData::materialized(length, hash, session.clone()),
        }
    }

    /// The session that references of this layout name: none in the older one.
    #[must_use]
    pub fn session<'s>(&self, session: &'s SessionId) -> Option<&'s SessionId> {
        matches!(self, Self::V1 { .. }).then_some(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_references_are_those_of_the_contract() {
        let hash = || ChunkHash::new("hashlib.sha256", "fb94");
        let session: SessionId = "b709".parse().unwrap();
        let key = |layout: &Layout| layout.key(&hash(), &session);
        let v1 = Layout::of_repo("/pre/", "5f3a").unwrap();
        assert_eq!(key(&v1), "pre/5f3a/chunks/fb94.b709");
        assert_eq!(key(&Layout::of_repo("", "5f3a").unwrap()), "5f3a/chunks/fb94.b709");
        let v0 = Layout::v0("s3://oldbucket/oldprefix/").unwrap();
        assert_eq!(key(&v0), "oldprefix/fb94");
        assert_eq!(key(&Layout::v0("gs://oldbucket").unwrap()), "fb94");
        let text = r#"{"uri":"s3://oldbucket/oldprefix/fb94","offset":0,"length":4000,"hash":{"method":"hashlib.sha256","token":"fb94"},"v":null,"sid":null}"#;
        assert_eq!(serde_json::to_string(&v0.reference(hash(), &session, 4000)).unwrap(), text);
        let text = r#"{"uri":null,"offset":0,"length":8000,"hash":{"method":"hashlib.sha256","token":"fb94"},"v":1,"sid":"b709"}"#;
        assert_eq!(serde_json::to_string(&v1.reference(hash(), &session, 8000)).unwrap(), text);
        for bad in ["/", ""] {
            assert!(Layout::v1(bad).unwrap_err().is_invalid_input());
        }
        for bad in ["bucket", "https://bucket/key", "s3://", "s3:///key", "s3:/bucket/key"] {
            let error = Layout::v0(bad).unwrap_err();
            assert!(error.is_invalid_input() && error.to_string().contains("s3://"), "{error}");
        }
    }
}
