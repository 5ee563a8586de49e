//! [`Want`]: whose credentials are meant, which is what the cache keeps them by.

use std::fmt;

use arraylake_types::{BucketId, CredentialAccess, OrgName, RepoName};

use super::Scope;

/// Whose credentials are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Want {
    /// Those of a repo.
    Repo(RepoName, Scope),
    /// Those of all that lies in a bucket config.
    #[cfg_attr(not(feature = "object-store"), expect(dead_code, reason = "made by bucket stores alone"))]
    Bucket { org: OrgName, id: BucketId, access: CredentialAccess },
}

impl Want {
    /// The repo, unless they are those of a bucket config.
    pub(super) fn repo(&self) -> Option<&RepoName> {
        match self {
            Self::Repo(repo, _) => Some(repo),
            Self::Bucket { .. } => None,
        }
    }
}

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repo(repo, _) => repo.fmt(f),
            Self::Bucket { org, id, .. } => write!(f, "bucket config {id} of {org}"),
        }
    }
}
