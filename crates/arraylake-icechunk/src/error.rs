//! [`Error`]: why a repository could not be opened, created or used, in one line.

use std::error::Error as StdError;
use std::fmt;

use arraylake_types::{RepoName, Timestamp};
use icechunk::repository::RepositoryErrorKind;
use icechunk::session::SessionErrorKind;
use icechunk::storage::StorageError;

pub use self::cause::Cause;
pub(crate) use self::refusal::{refuses_keys, refuses_keys_without_words};
use crate::credentials::MARKER;
use crate::{CredentialCache, CredentialError};

mod cause;
mod refusal;

/// Why a repository could not be opened, created or used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This version cannot use the bucket: of its platform, its method, or of both together.
    Unsupported {
        /// The platform, as the service names it.
        platform: String,
        /// The method of the auth config; none if there is no auth config.
        method: Option<String>,
    },
    /// The bucket config, or an option of the caller, makes no sense.
    Config,
    /// The repo is offline.
    Offline {
        /// When that is expected to end.
        until: Option<Timestamp>,
        /// Why, in words.
        message: Option<String>,
    },
    /// Writing was asked of a repo that may only be read.
    ReadOnly,
    /// There is no Icechunk repository at the place.
    NoRepository,
    /// A repository was to be created where something is already.
    NotClean,
    /// A branch, tag or snapshot does not exist.
    NotFound,
    /// Somebody else changed the same thing first.
    Conflict,
    /// A commit of nothing.
    NothingToCommit,
    /// A commit that took too long, and may have been made.
    UnknownOutcome,
    /// A commit by a clock that is wrong: ten minutes off that of the object store, or behind the last commit. Nothing was
    /// committed, and the session can be committed again once the clocks agree.
    ClockSkew,
    /// Virtual chunks lie where neither the service nor the caller gives access.
    UnauthorizedContainers {
        /// Their URL prefixes.
        prefixes: Vec<String>,
    },
    /// There are no credentials; see [`Error::credential_error`].
    Credentials,
    /// The object store failed or refused.
    Storage,
    /// Icechunk failed otherwise.
    Icechunk,
}

/// Why a repository could not be opened, created or used.
///
/// `Display` is one line. The error of icechunk is the [`source`](StdError::source), without its span trace.
#[derive(Debug)]
pub struct Error(Box<Repr>);

#[derive(Debug)]
struct Repr {
    kind: ErrorKind,
    message: String,
    source: Option<Cause>,
}

impl Error {
    pub(crate) fn with_source(kind: ErrorKind, message: impl Into<String>, source: Option<Cause>) -> Self {
        Self(Box::new(Repr { kind, message: message.into(), source }))
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with_source(kind, message, None)
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    pub(crate) fn from_storage(error: StorageError) -> Self {
        let message = format!("the storage cannot be set up: {}", one_line(&error.kind));
        Self::with_source(ErrorKind::Config, message, Some(Cause::Storage(Box::new(error.kind))))
    }

    /// Turns an error of icechunk into one of this crate, with what the cache knows about it. Keys that the bucket
    /// refused are dropped from the cache.
    pub(crate) fn explain(error: impl Into<Cause>, repo: &RepoName, cache: &CredentialCache) -> Self {
        let cause = error.into();
        if refuses_keys(cause.as_error()) {
            cache.invalidate(repo);
        }
        Self::from_cause(cause, repo, cache.last_error(repo))
    }

    /// `last` is the failure the credential cache remembers, which icechunk's error may hide.
    fn from_cause(cause: Cause, repo: &RepoName, last: Option<CredentialError>) -> Self {
        let text = one_line(cause.as_error());
        // The second text is how the SDK words any failure of a fetcher.
        if text.contains(MARKER) || text.contains("credential provider") {
            let reason = last.as_ref().map_or(text, ToString::to_string);
            let message = format!("no credentials for {repo}: {reason}");
            let source = Some(last.map_or(cause, Cause::Credentials));
            return Self::with_source(ErrorKind::Credentials, message, source);
        }
        let kind = cause.kind();
        let message = explain(&kind, repo, &text);
        Self::with_source(kind, message, Some(cause))
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Whether creating failed because something was at the place already. The data there is somebody's: whoever
    /// takes the catalog entry back must keep it.
    #[must_use]
    pub fn prefix_was_occupied(&self) -> bool {
        self.0.kind == ErrorKind::NotClean
    }

    /// What the source of credentials said, if that is the reason.
    #[must_use]
    pub fn credential_error(&self) -> Option<&CredentialError> {
        match &self.0.source {
            Some(Cause::Credentials(error)) => Some(error),
            _ => None,
        }
    }

    /// What icechunk said, if that is the reason.
    #[must_use]
    pub fn repository_error(&self) -> Option<&RepositoryErrorKind> {
        match &self.0.source {
            Some(Cause::Repository(kind)) => Some(kind),
            _ => None,
        }
    }

    /// What icechunk said about a session, if that is the reason.
    #[must_use]
    pub fn session_error(&self) -> Option<&SessionErrorKind> {
        match &self.0.source {
            Some(Cause::Session(kind)) => Some(kind),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(Cause::as_error)
    }
}

fn explain(kind: &ErrorKind, repo: &RepoName, text: &str) -> String {
    match kind {
        ErrorKind::NoRepository => {
            format!(
                "{repo}: there is no Icechunk repository at its place in the bucket, or the bucket is wrong"
            )
        }
        ErrorKind::NotClean => format!(
            "{repo}: something is already at its place in the bucket; if it is an Icechunk repository, \
             use import_repo"
        ),
        ErrorKind::UnauthorizedContainers { prefixes } => {
            format!("{repo}: no access to the virtual chunks under {}", prefixes.join(", "))
        }
        // Opening probes keys that mostly do not exist, and S3 admits that only to those who may list.
        ErrorKind::Storage if text.contains("AccessDenied") || text.contains("Forbidden") => {
            format!("{repo}: {text} (credentials that may not list the bucket cause this too)")
        }
        _ => format!("{repo}: {text}"),
    }
}

/// An error and its sources in one line, without what a wrapper merely repeats.
pub(crate) fn one_line(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let all = error.to_string();
        let line = all.lines().next().unwrap_or_default().trim();
        if !line.is_empty() && !text.contains(line) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(line);
        }
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use icechunk::repository::RepositoryError;
    use icechunk::storage::StorageErrorKind;

    use super::*;

    fn repo() -> RepoName {
        "acme/era5".parse().unwrap()
    }

    #[test]
    fn a_message_is_one_line_without_the_span_trace() {
        let kind = RepositoryErrorKind::StorageError(StorageErrorKind::Other("it broke\nhere".into()));
        let error = Error::from_cause(RepositoryError::capture(kind).into(), &repo(), None);
        assert_eq!(error.to_string(), "acme/era5: storage error: it broke");
        assert_eq!(error.kind(), &ErrorKind::Storage);
        assert!(!one_line(&error).contains("context"));
    }

    #[test]
    fn an_occupied_place_suggests_import() {
        let error = RepositoryError::capture(RepositoryErrorKind::ParentDirectoryNotClean);
        let error = Error::from_cause(error.into(), &repo(), None);
        assert!(error.prefix_was_occupied());
        assert!(error.to_string().contains("import_repo"), "{error}");
        let other = RepositoryError::capture(RepositoryErrorKind::RepositoryDoesntExist);
        assert!(!Error::from_cause(other.into(), &repo(), None).prefix_was_occupied());
    }

    #[test]
    fn a_hidden_credential_failure_comes_back_typed() {
        let hidden = StorageErrorKind::Other(format!("dispatch failure: {MARKER} token expired"));
        let error = RepositoryError::capture(RepositoryErrorKind::StorageError(hidden));
        let last = CredentialError::refused("the token has expired");
        let error = Error::from_cause(error.into(), &repo(), Some(last));
        assert_eq!(error.kind(), &ErrorKind::Credentials);
        assert_eq!(error.to_string(), "no credentials for acme/era5: the token has expired");
        assert!(!error.credential_error().unwrap().is_transient());
    }
}
