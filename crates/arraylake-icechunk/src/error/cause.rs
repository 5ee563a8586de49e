//! [`Cause`]: what lies behind an [`Error`](super::Error), without the span trace that icechunk adds to its errors.

use std::error::Error as StdError;

use icechunk::format::IcechunkFormatErrorKind;
use icechunk::format::manifest::{VirtualReferenceError, VirtualReferenceErrorKind};
use icechunk::ops::GCError;
use icechunk::refs::RefErrorKind;
use icechunk::repository::{RepositoryError, RepositoryErrorKind};
use icechunk::session::{SessionError, SessionErrorKind};
use icechunk::storage::StorageErrorKind;
use icechunk::store::{StoreError, StoreErrorKind};

use super::ErrorKind;
use crate::CredentialError;

/// What lies behind an [`Error`](super::Error); made `From` errors of icechunk.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// There are no credentials.
    Credentials(CredentialError),
    /// The repository.
    Repository(Box<RepositoryErrorKind>),
    /// A session.
    Session(Box<SessionErrorKind>),
    /// A storage that cannot be set up.
    Storage(Box<StorageErrorKind>),
    /// A Zarr store.
    Store(Box<StoreErrorKind>),
}

impl Cause {
    pub(super) fn as_error(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Credentials(error) => error,
            Self::Repository(kind) => kind.as_ref(),
            Self::Session(kind) => kind.as_ref(),
            Self::Storage(kind) => kind.as_ref(),
            Self::Store(kind) => kind.as_ref(),
        }
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Credentials(_) => ErrorKind::Credentials,
            Self::Repository(kind) => of_repository(kind),
            Self::Session(kind) => of_session(kind),
            Self::Storage(_) => ErrorKind::Storage,
            Self::Store(kind) => match kind.as_ref() {
                StoreErrorKind::ReadOnly => ErrorKind::ReadOnly,
                StoreErrorKind::NotFound(_) => ErrorKind::NotFound,
                _ => ErrorKind::Icechunk,
            },
        }
    }
}

impl From<RepositoryError> for Cause {
    fn from(error: RepositoryError) -> Self {
        Self::Repository(Box::new(error.kind))
    }
}

impl From<SessionError> for Cause {
    fn from(error: SessionError) -> Self {
        match error.kind {
            SessionErrorKind::RepositoryError(kind) => Self::Repository(Box::new(kind)),
            kind => Self::Session(Box::new(kind)),
        }
    }
}

impl From<VirtualReferenceError> for Cause {
    fn from(error: VirtualReferenceError) -> Self {
        Self::Session(Box::new(SessionErrorKind::VirtualReferenceError(error.kind)))
    }
}

impl From<StoreError> for Cause {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::SessionError(kind) => Self::Session(Box::new(kind)),
            StoreErrorKind::RepositoryError(kind) => Self::Repository(Box::new(kind)),
            kind => Self::Store(Box::new(kind)),
        }
    }
}

impl From<GCError> for Cause {
    fn from(error: GCError) -> Self {
        let kind = match error {
            GCError::Repository(error) => error.kind,
            GCError::Ref(error) => RepositoryErrorKind::Ref(error.kind),
            GCError::FormatError(error) => RepositoryErrorKind::FormatError(error.kind),
            GCError::StorageError(error) => RepositoryErrorKind::StorageError(error.kind),
            GCError::DeletesFailing { .. } => {
                RepositoryErrorKind::StorageError(StorageErrorKind::Other(error.to_string()))
            }
        };
        Self::Repository(Box::new(kind))
    }
}

fn of_repository(kind: &RepositoryErrorKind) -> ErrorKind {
    use RepositoryErrorKind as Icechunk;
    match kind {
        Icechunk::RepositoryDoesntExist => ErrorKind::NoRepository,
        Icechunk::ParentDirectoryNotClean => ErrorKind::NotClean,
        Icechunk::EmptyPrefixCreation | Icechunk::CannotDeleteMain => ErrorKind::Config,
        Icechunk::ReadonlyStorage(_) | Icechunk::ReadonlyRepository(_) => ErrorKind::ReadOnly,
        Icechunk::SnapshotNotFound { .. }
        | Icechunk::InvalidAsOfSpec { .. }
        | Icechunk::InvalidSnapshotId(_) => ErrorKind::NotFound,
        Icechunk::Conflict { .. }
        | Icechunk::ConfigWasUpdated
        | Icechunk::RepoInfoUpdated
        | Icechunk::RepoUpdateAttemptsLimit(_) => ErrorKind::Conflict,
        Icechunk::StorageError(_) => ErrorKind::Storage,
        Icechunk::Ref(kind) => of_ref(kind),
        Icechunk::FormatError(kind) => of_format(kind),
        _ => ErrorKind::Icechunk,
    }
}

/// In the second format branches and tags are part of one object, so that its errors tell of them.
fn of_format(kind: &IcechunkFormatErrorKind) -> ErrorKind {
    use IcechunkFormatErrorKind as Icechunk;
    match kind {
        Icechunk::BranchAlreadyExists { .. }
        | Icechunk::TagAlreadyExists { .. }
        | Icechunk::TagPreviouslyDeleted { .. } => ErrorKind::Conflict,
        Icechunk::BranchNotFound { .. }
        | Icechunk::TagNotFound { .. }
        | Icechunk::SnapshotIdNotFound { .. } => ErrorKind::NotFound,
        _ => ErrorKind::Icechunk,
    }
}

fn of_ref(kind: &RefErrorKind) -> ErrorKind {
    match kind {
        RefErrorKind::RefNotFound(_) => ErrorKind::NotFound,
        RefErrorKind::Conflict { .. } | RefErrorKind::TagAlreadyExists(_) => ErrorKind::Conflict,
        RefErrorKind::Storage(_) => ErrorKind::Storage,
        _ => ErrorKind::Icechunk,
    }
}

fn of_session(kind: &SessionErrorKind) -> ErrorKind {
    use SessionErrorKind as Icechunk;
    match kind {
        Icechunk::RepositoryError(kind) => of_repository(kind),
        Icechunk::RefError(kind) => of_ref(kind),
        Icechunk::StorageError(_) => ErrorKind::Storage,
        Icechunk::VirtualReferenceError(VirtualReferenceErrorKind::UnauthorizedVirtualChunkContainer {
            url_prefix,
            ..
        }) => ErrorKind::UnauthorizedContainers { prefixes: vec![url_prefix.clone()] },
        Icechunk::VirtualReferenceError(VirtualReferenceErrorKind::FetchError(_)) => ErrorKind::Storage,
        Icechunk::ReadOnlySession | Icechunk::CommitNotAllowed => ErrorKind::ReadOnly,
        Icechunk::SnapshotNotFound { .. } | Icechunk::NodeNotFound { .. } => ErrorKind::NotFound,
        Icechunk::Conflict { .. } | Icechunk::RebaseFailed { .. } => ErrorKind::Conflict,
        Icechunk::NoChangesToCommit => ErrorKind::NothingToCommit,
        Icechunk::InvalidSnapshotTimestamp { .. } | Icechunk::InvalidSnapshotTimestampOrdering { .. } => {
            ErrorKind::ClockSkew
        }
        _ => ErrorKind::Icechunk,
    }
}
