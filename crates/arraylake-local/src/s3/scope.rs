//! [`Scope`]: what a key may do, down to a prefix of one bucket.

use serde::{Deserialize, Serialize};

/// Whether a grant lets its holder write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Access {
    /// Reading and listing.
    Read,
    /// Reading, listing, writing and deleting.
    ReadWrite,
}

/// Access to the objects of one bucket below one prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grant {
    /// The bucket.
    pub bucket: String,
    /// The prefix, without slashes around it; empty for the whole bucket.
    pub prefix: String,
    /// What may be done there.
    pub access: Access,
}

impl Grant {
    /// Access to `prefix` in `bucket`. Slashes around the prefix do not matter.
    pub fn new(bucket: impl Into<String>, prefix: impl AsRef<str>, access: Access) -> Self {
        let prefix = prefix.as_ref().trim_matches('/').to_owned();
        Self { bucket: bucket.into(), prefix, access }
    }

    fn covers(&self, bucket: &str, key: &str) -> bool {
        self.bucket == bucket
            && (self.prefix.is_empty()
                || key.strip_prefix(&self.prefix).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// What a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Everything, buckets included.
    Admin,
    /// The grants and nothing else.
    Grants(Vec<Grant>),
}

impl Scope {
    /// Whether everything is allowed.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::Admin)
    }

    /// Whether the object may be read.
    #[must_use]
    pub fn may_read(&self, bucket: &str, key: &str) -> bool {
        self.any(|grant| grant.covers(bucket, key))
    }

    /// Whether the object may be written or deleted.
    #[must_use]
    pub fn may_write(&self, bucket: &str, key: &str) -> bool {
        self.any(|grant| grant.access == Access::ReadWrite && grant.covers(bucket, key))
    }

    /// Whether keys that start with `prefix` may be listed. A list of the granted prefix itself, without its slash, is
    /// allowed; keys beside the grant are left out of it ([`may_read`](Self::may_read) decides on each).
    #[must_use]
    pub fn may_list(&self, bucket: &str, prefix: &str) -> bool {
        self.any(|grant| grant.covers(bucket, prefix) || (grant.bucket == bucket && grant.prefix == prefix))
    }

    /// Whether the bucket is known to this key at all.
    #[must_use]
    pub fn sees_bucket(&self, bucket: &str) -> bool {
        self.any(|grant| grant.bucket == bucket)
    }

    fn any(&self, test: impl Fn(&Grant) -> bool) -> bool {
        match self {
            Self::Admin => true,
            Self::Grants(grants) => grants.iter().any(test),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::Grants(vec![
            Grant::new("data", "org/repo/", Access::Read),
            Grant::new("own", "", Access::ReadWrite),
        ])
    }

    #[test]
    fn a_grant_ends_at_its_prefix() {
        assert!(scope().may_read("data", "org/repo/x"));
        assert!(!scope().may_read("data", "org/repo2/x"));
        assert!(!scope().may_read("data", "org/repo"));
        assert!(!scope().may_read("other", "org/repo/x"));
    }

    #[test]
    fn a_read_grant_does_not_write() {
        assert!(!scope().may_write("data", "org/repo/x"));
        assert!(scope().may_write("own", "anything"));
        assert!(Scope::Admin.may_write("data", "x"));
    }

    #[test]
    fn lists_stay_within_the_prefix() {
        assert!(scope().may_list("data", "org/repo"));
        assert!(scope().may_list("data", "org/repo/chunks/"));
        assert!(!scope().may_list("data", "org/"));
        assert!(!scope().may_list("data", ""));
        assert!(scope().may_list("own", ""));
    }
}
