//! [`Error`]: what went wrong with a call, with predicates for what callers want to know.

mod answers;

use std::time::Duration;

use arraylake_transport as transport;
use arraylake_types::InvalidInput;
use http::StatusCode;

pub use self::answers::{ApiError, DecodeError};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong with a call.
///
/// The text is one line that names the operation and, where there is one, the request id under which the service
/// logged it. It never holds a secret, a query or a body.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service refused.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// No complete answer arrived.
    #[error("{operation} failed{}", at(service.as_deref()))]
    #[non_exhaustive]
    Transport {
        /// The call.
        operation: &'static str,
        /// Where the service was looked for, if that may be the reason.
        service: Option<Box<str>>,
        /// Why.
        source: transport::Error,
    },
    /// An answer arrived that is not what it should be: HTML instead of JSON, a field missing.
    #[error("{0}")]
    Decode(Box<DecodeError>),
    /// A value breaks a rule; nothing was sent.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// The org has no bucket config of that nickname.
    #[error("org {org} has no bucket config {nickname:?}")]
    #[non_exhaustive]
    BucketNotFound {
        /// The org.
        org: String,
        /// The nickname that was looked for.
        nickname: String,
    },
    /// A repo that exists is not what the caller asked for.
    #[error("{repo} exists, but {what}")]
    #[non_exhaustive]
    Mismatch {
        /// The repo.
        repo: String,
        /// What is different.
        what: String,
    },
    /// A configuration file is malformed.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The transport cannot be built from what it was given.
    #[error(transparent)]
    Build(#[from] transport::BuildError),
    /// There is no token.
    #[error(
        "no API token: give one with `with_token`, set ARRAYLAKE_TOKEN, or put `token` into the configuration"
    )]
    NoToken,
    /// There is no login, or none that works.
    #[cfg(feature = "login")]
    #[error("{}{source}", crate::login::failed(*operation))]
    #[non_exhaustive]
    Login {
        /// The call, if it was another one than logging in or out.
        operation: Option<&'static str>,
        /// Why.
        source: Box<crate::login::LoginError>,
    },
    /// This build or this version cannot do it.
    #[error("{0}")]
    Unsupported(String),
    /// The repository in the bucket could not be opened or created.
    #[cfg(feature = "icechunk")]
    #[error("{operation} failed: {source}")]
    #[non_exhaustive]
    Storage {
        /// The call.
        operation: &'static str,
        /// Why.
        source: Box<arraylake_icechunk::Error>,
    },
    /// The V1 repo could not be opened, or its metastore refused.
    #[cfg(feature = "v1")]
    #[error("{operation} failed: {source}")]
    #[non_exhaustive]
    V1 {
        /// The call.
        operation: &'static str,
        /// Why.
        source: Box<arraylake_v1::Error>,
    },
    /// A new repo could not be completed, and its entry could not be taken back either.
    #[error("{repo} could not be created ({cause}), and its entry is still in the catalog ({rollback})")]
    #[non_exhaustive]
    RollbackFailed {
        /// The repo whose entry is left.
        repo: String,
        /// Why it could not be completed.
        cause: Box<Error>,
        /// Why the entry could not be taken back.
        rollback: Box<Error>,
    },
    /// Whether the service did what was asked is not known: the answer was lost.
    #[error("{operation} may or may not have happened; look before trying again")]
    #[non_exhaustive]
    Unknown {
        /// The call.
        operation: &'static str,
        /// Why the answer was lost.
        source: transport::Error,
    },
}

fn at(service: Option<&str>) -> String {
    service.map(|uri| format!(" at {uri}")).unwrap_or_default()
}

impl Error {
    pub(crate) fn transport(operation: &'static str, source: transport::Error) -> Self {
        #[cfg(feature = "login")]
        if let Some(source) = crate::login::LoginError::of(&source) {
            return Self::Login { operation: Some(operation), source: Box::new(source) };
        }
        Self::Transport { operation, service: None, source }
    }

    /// The same, with the address where there may be no service.
    pub(crate) fn looked_for_at(self, uri: &crate::uri::ServiceUri) -> Self {
        match self {
            Self::Transport { operation, source, .. } if source.is_connect() => {
                Self::Transport { operation, service: Some(uri.to_string().into()), source }
            }
            other => other,
        }
    }

    #[cfg(feature = "icechunk")]
    pub(crate) fn storage(operation: &'static str, source: arraylake_icechunk::Error) -> Self {
        Self::Storage { operation, source: Box::new(source) }
    }

    #[cfg(feature = "v1")]
    pub(crate) fn v1(operation: &'static str, source: arraylake_v1::Error) -> Self {
        Self::V1 { operation, source: Box::new(source) }
    }

    /// What the login provider or the service answered or did not, where a login failed for that.
    fn behind_login(&self) -> Option<&Self> {
        match self {
            #[cfg(feature = "login")]
            Self::Login { source, .. } => source.cause(),
            _ => None,
        }
    }

    fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            #[cfg(feature = "login")]
            Self::Login { .. } => self.behind_login()?.api(),
            _ => None,
        }
    }

    fn sent(&self) -> Option<&transport::Error> {
        match self {
            Self::Transport { source, .. } | Self::Unknown { source, .. } => Some(source),
            _ => self.behind_login()?.sent(),
        }
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.status() == Some(status)
    }

    fn has_kind(&self, kind: transport::ErrorKind) -> bool {
        self.sent().is_some_and(|error| error.kind() == kind)
    }

    /// The call that failed.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self {
            Self::Api(error) => Some(error.operation),
            Self::Decode(error) => Some(error.operation),
            Self::Transport { operation, .. } | Self::Unknown { operation, .. } => Some(operation),
            #[cfg(feature = "icechunk")]
            Self::Storage { operation, .. } => Some(operation),
            #[cfg(feature = "v1")]
            Self::V1 { operation, .. } => Some(operation),
            Self::RollbackFailed { cause, .. } => cause.operation(),
            #[cfg(feature = "login")]
            Self::Login { operation, .. } => *operation,
            _ => None,
        }
    }

    /// The HTTP status, if the service answered with a refusal.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.api().map(|error| error.status)
    }

    /// The explanation of the service, if it gave one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.api()?.detail.as_deref()
    }

    /// The id under which the service logged the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::Decode(error) => error.request_id.as_deref(),
            #[cfg(feature = "v1")]
            Self::V1 { source, .. } => source.request_id(),
            Self::RollbackFailed { cause, .. } => cause.request_id(),
            _ => self.behind_login()?.request_id(),
        }
    }

    /// How long to wait before trying again, if the service said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.api()?.retry_after
    }

    /// Whether there is no such org, repo or bucket config (404).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND) || self.is_bucket_not_found()
    }

    /// Whether the org has no bucket config of that nickname.
    #[must_use]
    pub fn is_bucket_not_found(&self) -> bool {
        matches!(self, Self::BucketNotFound { .. })
    }

    /// Whether something of that name exists already, or is in use (409).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// Whether the token is missing, wrong or too old (401), or could not be had.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
            || self.has_kind(transport::ErrorKind::Auth)
            || self.is_login()
            || matches!(self, Self::NoToken)
    }

    /// Whether a login is missing, makes no sense, or is not renewed any longer, so that logging in would help.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        match self {
            #[cfg(feature = "login")]
            Self::Login { source, .. } => source.needs_login(),
            _ => false,
        }
    }

    /// Whether the login is at fault, rather than the network.
    fn is_login(&self) -> bool {
        match self {
            #[cfg(feature = "login")]
            Self::Login { source, .. } => source.cause().is_none(),
            _ => false,
        }
    }

    /// Whether the token does not allow it (403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Whether the service found fault with the request (422).
    #[must_use]
    pub fn is_validation(&self) -> bool {
        self.has_status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Whether the service asks for a pause (429); see [`Error::retry_after`].
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the service itself failed (500 and above).
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// Whether a value broke a rule, so that nothing was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        match self {
            Self::Invalid(_) => true,
            #[cfg(feature = "v1")]
            Self::V1 { source, .. } => source.is_invalid_input(),
            _ => false,
        }
    }

    /// Whether the service could not be reached.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.sent().is_some_and(transport::Error::is_connect)
    }

    /// Whether it took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.sent().is_some_and(transport::Error::is_timeout)
    }

    /// Whether the connection broke in the middle of the answer.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.has_kind(transport::ErrorKind::Interrupted)
    }

    /// Whether the service redirects, which means that the service URI is wrong.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.has_kind(transport::ErrorKind::Redirect)
    }

    /// Whether the answer could not be read: HTML instead of JSON, a field missing.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self, Self::Decode(_)) || self.has_kind(transport::ErrorKind::Decode)
    }

    /// Whether it is not known if the service did what was asked.
    #[must_use]
    pub fn is_unknown_outcome(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether the repo is offline.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        match self {
            #[cfg(feature = "icechunk")]
            Self::Storage { source, .. } => {
                matches!(source.kind(), arraylake_icechunk::ErrorKind::Offline { .. })
            }
            #[cfg(feature = "v1")]
            Self::V1 { source, .. } => source.is_offline(),
            _ => false,
        }
    }

    /// Whether a repository was to be created where something lies already.
    #[must_use]
    pub fn prefix_was_occupied(&self) -> bool {
        match self {
            #[cfg(feature = "icechunk")]
            Self::Storage { source, .. } => source.prefix_was_occupied(),
            _ => false,
        }
    }

    /// Whether the same call may well succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_rate_limited()
            || self.status().is_some_and(|status| matches!(status.as_u16(), 500 | 502 | 503 | 504))
            || self.sent().is_some_and(transport::Error::is_transient)
    }
}

const _: () = {
    const fn send_sync_static<T: Send + Sync + 'static>() {}
    send_sync_static::<Error>();
    assert!(size_of::<Error>() <= 80, "every result carries it");
};

#[cfg(test)]
mod tests;
