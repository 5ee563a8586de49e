//! [`LoginError`]: why there is no login, or none that works.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;

/// Why there is no login, or none that works. Says what to do about it, and never holds a token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// Nobody is logged in at the service.
    #[error(
        "not logged in at {service}: log in with `arraylake auth login`, or give an API token in ARRAYLAKE_TOKEN"
    )]
    #[non_exhaustive]
    NotLoggedIn {
        /// The service.
        service: String,
        /// Where the tokens would be.
        token_file: PathBuf,
    },
    /// What stands in the token file are no tokens.
    #[error("the token file {} is malformed ({reason}): log in again with `arraylake auth login`", path.display())]
    #[non_exhaustive]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; nothing of it is quoted.
        reason: String,
    },
    /// The token file could not be read, written, locked or removed.
    #[error("{operation} the token file {} failed: {source}", path.display())]
    #[non_exhaustive]
    File {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: Arc<io::Error>,
    },
    /// Nobody knows where token files are: there is no home directory, and `service.token_path` is not set.
    #[error("there is no place for a login: set HOME or `service.token_path`")]
    NoPlace,
    /// Another process has been renewing the login for a long time.
    #[error("another process holds {} and does not let go of it", path.display())]
    #[non_exhaustive]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// The login provider refused to renew the login.
    #[error(
        "the login provider refused to renew the login ({reason}): log in again with `arraylake auth login`"
    )]
    #[non_exhaustive]
    Refused {
        /// Why, in its words.
        reason: String,
    },
    /// The person said no.
    #[error("the login was denied")]
    Denied,
    /// Nobody confirmed the login in time.
    #[error("the login was not confirmed in time; try again")]
    Expired,
    /// The login provider cannot be made use of: it answered with something else than it should.
    #[error("the login provider does not do its part: {reason}")]
    #[non_exhaustive]
    Provider {
        /// What is wrong.
        reason: String,
    },
    /// The service or its login provider could not be reached, or failed.
    #[error("{}", chain(source))]
    #[non_exhaustive]
    Unavailable {
        /// Why.
        source: Arc<Error>,
    },
}

impl LoginError {
    pub(super) fn file(operation: &'static str, path: &Path, error: io::Error) -> Self {
        Self::File { operation, path: path.to_owned(), source: Arc::new(error) }
    }

    pub(super) fn provider(reason: impl Into<String>) -> Self {
        Self::Provider { reason: reason.into() }
    }

    /// Why a login could give no token to a call, if that is why the call failed.
    pub(crate) fn of(error: &arraylake_transport::Error) -> Option<Self> {
        let source = std::error::Error::source(error).filter(|_| error.is_auth())?;
        source.downcast_ref::<arraylake_transport::TokenError>()?.downcast_ref().cloned()
    }

    /// Whether logging in would help: there is no login, or it cannot be used any longer.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        matches!(self, Self::NotLoggedIn { .. } | Self::Malformed { .. } | Self::Refused { .. })
    }

    /// Why the service or the provider was not to be had, if that is the reason.
    pub(crate) fn cause(&self) -> Option<&Error> {
        match self {
            Self::Unavailable { source } => Some(source),
            _ => None,
        }
    }
}

/// The beginning of the text of an error that a login caused in another call.
pub(crate) fn failed(operation: Option<&str>) -> String {
    operation.map(|operation| format!("{operation} failed: ")).unwrap_or_default()
}

impl From<LoginError> for Error {
    fn from(source: LoginError) -> Self {
        Self::Login { operation: None, source: Box::new(source) }
    }
}

impl From<Error> for LoginError {
    fn from(error: Error) -> Self {
        match error {
            Error::Login { source, .. } => *source,
            error => Self::Unavailable { source: Arc::new(error) },
        }
    }
}

/// An error and what is behind it, in one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}
