//! [`Error`]: why a V1 repo could not do what was asked, in one line.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use arraylake_transport as transport;
use arraylake_types::{InvalidInput, Timestamp};
use http::StatusCode;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why it could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value breaks a rule; nothing was sent.
    Invalid,
    /// Writing was asked of a session that only reads, or that is on no branch.
    ReadOnly,
    /// A commit was asked of a session that is on no branch.
    Detached,
    /// No branch, tag or commit of that name.
    RefNotFound,
    /// A commit that the history needs does not exist.
    CommitNotFound,
    /// A branch or tag of that name exists already.
    Exists,
    /// No document, node or chunk at that path.
    NotFound,
    /// The session is over: its time has passed, it was abandoned or it was committed.
    SessionExpired,
    /// The session has changed nothing.
    NothingToCommit,
    /// Somebody else moved the branch first; a rebase and another attempt may succeed.
    LostRace,
    /// Somebody else changed the same documents first.
    Conflict {
        /// The paths, where they are known.
        paths: Vec<String>,
    },
    /// Every attempt to commit lost its race.
    CommitFailed {
        /// How many there were.
        attempts: u32,
    },
    /// The metastore refused.
    Refused {
        /// The HTTP status.
        status: StatusCode,
    },
    /// No complete answer of the metastore arrived.
    Transport,
    /// It is not known whether the metastore did what was asked.
    UnknownOutcome,
    /// The metastore answered what cannot be read.
    Decode,
    /// A chunk reference breaks the rules of references.
    InvalidReference,
    /// A chunk reference leads to an object that is not there.
    ChunkMissing,
    /// The bytes of a chunk are not those that were written.
    HashMismatch,
    /// There are no credentials for the bucket.
    Credentials,
    /// The object store failed or refused.
    Storage,
    /// The repo is offline.
    #[non_exhaustive]
    Offline {
        /// When that is expected to end.
        until: Option<Timestamp>,
        /// Why, in words.
        message: Option<String>,
    },
    /// This version cannot do it.
    Unsupported,
}

/// Why a V1 repo could not do what was asked.
///
/// `Display` is one line that names the operation and, where there is one, the request id under which the service
/// logged it. It holds no secret.
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    message: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with one line that says what happened.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        let (request_id, retry_after, source) = (None, None, None);
        Self(Box::new(Repr { kind, message, request_id, retry_after, attempts: 1, source }))
    }

    /// Keeps what lies behind it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.0.retry_after = pause;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// How many times the request was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    pub(crate) fn transport(operation: &str, error: transport::Error) -> Self {
        Self::new(ErrorKind::Transport, format!("{operation} failed: {error}")).with_source(error)
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Under which id the service logged it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before trying again, if the service said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The paths that somebody else changed first, if that is why.
    #[must_use]
    pub fn conflicting_paths(&self) -> Option<&[String]> {
        match &self.0.kind {
            ErrorKind::Conflict { paths } => Some(paths),
            _ => None,
        }
    }

    /// Whether somebody else changed the same first, once or in every attempt.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Conflict { .. } | ErrorKind::CommitFailed { .. } | ErrorKind::LostRace
        )
    }

    /// Whether there is no such ref, commit, document or node.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.kind, ErrorKind::RefNotFound | ErrorKind::CommitNotFound | ErrorKind::NotFound)
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_session_expired(&self) -> bool {
        self.0.kind == ErrorKind::SessionExpired
    }

    /// Whether the repo is offline.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Offline { .. })
    }

    /// Whether a value broke a rule, so that nothing was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        self.0.kind == ErrorKind::Invalid
    }

    /// Whether writing was asked where only reading is possible.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self.0.kind, ErrorKind::ReadOnly | ErrorKind::Detached)
    }

    /// Whether it is not known if the metastore did what was asked.
    #[must_use]
    pub fn is_unknown_outcome(&self) -> bool {
        self.0.kind == ErrorKind::UnknownOutcome
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.request_id {
            Some(id) => write!(f, " [request-id: {id}]"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<InvalidInput> for Error {
    fn from(fault: InvalidInput) -> Self {
        Self::new(ErrorKind::Invalid, fault.to_string()).with_source(fault)
    }
}

const _: () = {
    const fn send_sync_static<T: Send + Sync + 'static>() {}
    send_sync_static::<Error>();
    assert!(size_of::<Error>() <= 16, "every result carries it");
};
