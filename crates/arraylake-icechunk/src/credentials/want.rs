//! [`Want`]: whose credentials are meant, which is what the cache keeps them by, and what travels with sessions.

use std::fmt;

use arraylake_types::{BucketId, CredentialAccess, OrgName, RepoName};
use serde::{Deserialize, Serialize};

use super::Scope;

/// Whose credentials are meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Want {
    /// Those of a repo.
    Repo(RepoName, Scope),
    /// Those of all that lies in a bucket config.
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

    /// Whether they are for virtual chunks.
    pub(super) fn is_virtual(&self) -> bool {
        matches!(self, Self::Repo(_, Scope::Container(_)) | Self::Bucket { .. })
    }

    /// Whether they are those of the bucket that a repo is in.
    pub(crate) fn is_of_bucket(&self, repo: &RepoName) -> bool {
        matches!(self, Self::Repo(name, Scope::Bucket | Scope::Open) if name == repo)
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
