//! [`Want`]: whose credentials are meant, which is what the cache keeps them by, and what travels with sessions.

use std::fmt;

use arraylake_types::{BucketId, CredentialAccess, OrgName, RepoName};
use serde::{Deserialize, Serialize};

use super::Scope;
use crate::containers::with_slash;

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
}

impl Want {
    /// Whether they are for virtual chunks.
    pub(super) fn is_virtual(&self) -> bool {
        matches!(self, Self::Repo(_, Scope::Container(_)) | Self::Bucket { .. })
    }

    /// Whether they are those of the bucket that a repo is in.
    pub(crate) fn is_of_bucket(&self, repo: &RepoName) -> bool {
        matches!(self, Self::Repo(name, Scope::Bucket | Scope::Open) if name == repo)
    }

    /// Whether they are those of the container of virtual chunks that has this URL prefix, which ends in a slash.
    #[cfg_attr(not(feature = "zarrs"), expect(dead_code, reason = "asked by Zarr stores alone"))]
    pub(crate) fn is_of_container(&self, repo: &RepoName, url_prefix: &str) -> bool {
        let Self::Repo(name, Scope::Container(prefix)) = self else { return false };
        name == repo && with_slash(prefix) == url_prefix
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
