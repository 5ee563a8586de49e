//! Open repositories: what the catalog says and what lies in the bucket, brought together.

mod entry;
#[cfg(feature = "icechunk")]
mod icechunk;
mod make;
mod options;
#[cfg(feature = "icechunk")]
mod upkeep;
#[cfg(feature = "v1")]
mod v1;

#[cfg(feature = "icechunk")]
use arraylake_icechunk::IcechunkRepo;
use arraylake_types::{RepoKind, RepoName};
#[cfg(feature = "v1")]
use arraylake_v1::AsyncRepo;

use crate::error::{Error, Result};

pub(crate) use self::entry::NewEntry;
#[cfg(feature = "icechunk")]
pub(crate) use self::icechunk::{container_credentials, get, import, locate, open, storage};
pub(crate) use self::make::{create, get_or_create};
pub use self::options::OpenOptions;
#[cfg(feature = "icechunk")]
pub(crate) use self::upkeep::maintain;
#[cfg(feature = "icechunk")]
pub use self::upkeep::{Upkeep, UpkeepReport, UpkeepStep};
#[cfg(feature = "v1")]
pub(crate) use self::v1::V1Settings;
#[cfg(not(feature = "icechunk"))]
pub(crate) use self::v1::get;

/// An open repository, of either kind. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Repo {
    /// An Icechunk repository.
    #[cfg(feature = "icechunk")]
    Icechunk(IcechunkRepo),
    /// A V1 repo: the older kind, whose metadata live in the service.
    #[cfg(feature = "v1")]
    V1(AsyncRepo),
}

impl Repo {
    /// Full name.
    #[must_use]
    pub fn name(&self) -> &RepoName {
        match self {
            #[cfg(feature = "icechunk")]
            Self::Icechunk(repo) => repo.name(),
            #[cfg(feature = "v1")]
            Self::V1(repo) => repo.name(),
        }
    }

    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> RepoKind {
        match self {
            #[cfg(feature = "icechunk")]
            Self::Icechunk(_) => RepoKind::Icechunk,
            #[cfg(feature = "v1")]
            Self::V1(_) => RepoKind::V1,
        }
    }

    /// The Icechunk repository, if it is one.
    #[cfg(feature = "icechunk")]
    #[must_use]
    pub fn as_icechunk(&self) -> Option<&IcechunkRepo> {
        match self {
            Self::Icechunk(repo) => Some(repo),
            #[cfg(feature = "v1")]
            Self::V1(_) => None,
        }
    }

    /// The Icechunk repository.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it is of another kind.
    #[cfg(feature = "icechunk")]
    pub fn into_icechunk(self) -> Result<IcechunkRepo> {
        match self {
            Self::Icechunk(repo) => Ok(repo),
            #[cfg(feature = "v1")]
            Self::V1(repo) => Err(of_another_kind(repo.name(), &RepoKind::V1, &RepoKind::Icechunk)),
        }
    }

    /// The V1 repo, if it is one.
    #[cfg(feature = "v1")]
    #[must_use]
    pub fn as_v1(&self) -> Option<&AsyncRepo> {
        match self {
            Self::V1(repo) => Some(repo),
            #[cfg(feature = "icechunk")]
            Self::Icechunk(_) => None,
        }
    }

    /// The V1 repo.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it is of another kind.
    #[cfg(feature = "v1")]
    pub fn into_v1(self) -> Result<AsyncRepo> {
        match self {
            Self::V1(repo) => Ok(repo),
            #[cfg(feature = "icechunk")]
            Self::Icechunk(repo) => Err(of_another_kind(repo.name(), &RepoKind::Icechunk, &RepoKind::V1)),
        }
    }
}

/// A repo is there, but is not what was asked for.
pub(crate) fn of_another_kind(repo: &RepoName, found: &RepoKind, wanted: &RepoKind) -> Error {
    let what = format!("it is of the kind {}, not {}", found.as_str(), wanted.as_str());
    Error::Mismatch { repo: repo.to_string(), what }
}

/// Refuses what this build cannot open.
pub(crate) fn refuse_unknown_kinds(repo: &RepoName, kind: &RepoKind) -> Result<()> {
    match kind {
        RepoKind::Icechunk if cfg!(feature = "icechunk") => Ok(()),
        RepoKind::V1 if cfg!(feature = "v1") => Ok(()),
        kind => Err(unknown_kind(repo, kind)),
    }
}

fn unknown_kind(repo: &RepoName, kind: &RepoKind) -> Error {
    let lacks = |what: &str, feature: &str| {
        format!("{repo} is {what}, for which this build lacks the feature `{feature}`")
    };
    Error::Unsupported(match kind {
        RepoKind::Icechunk => lacks("an Icechunk repo", "icechunk"),
        RepoKind::V1 => lacks("a V1 repo", "v1"),
        kind => format!("{repo} is of the kind {kind:?}, which this version does not know"),
    })
}
