//! The one error of the transport: no complete answer arrived, and why.

use std::error::Error as StdError;
use std::fmt;

type Source = Box<dyn StdError + Send + Sync>;

/// Why no complete answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No connection could be made; the request was never sent.
    Connect,
    /// The TLS handshake failed, mostly because the certificate is not trusted.
    Tls,
    /// The proxy refused.
    Proxy,
    /// An attempt or the whole call took too long; see [`Error::is_deadline`].
    Timeout,
    /// The connection broke before the answer was complete.
    Interrupted,
    /// The token source failed.
    Auth,
    /// The answer is larger than the limit.
    TooLarge,
    /// The service answered with a redirect; the base URI is probably wrong.
    Redirect,
    /// The answer could not be unpacked.
    Decode,
    /// The request cannot be sent as it is.
    Request,
    /// Anything else.
    Other,
}

impl ErrorKind {
    fn text(self) -> &'static str {
        match self {
            Self::Connect => "could not connect",
            Self::Tls => "the TLS handshake failed",
            Self::Proxy => "the proxy refused the connection",
            Self::Timeout => "no answer in time",
            Self::Interrupted => "the connection broke before the answer was complete",
            Self::Auth => "no token could be had",
            Self::TooLarge => "the answer is larger than the limit",
            Self::Redirect => "the service redirects",
            Self::Decode => "the answer could not be unpacked",
            Self::Request => "the request cannot be sent",
            Self::Other => "the exchange failed",
        }
    }
}

/// No complete answer arrived.
///
/// The text names the operation, the kind and the number of attempts. It never holds a URL, a header or a body.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    deadline: bool,
    attempts: u32,
    operation: Option<&'static str>,
    target: Option<String>,
    source: Option<Source>,
}

impl Error {
    /// An error with a cause. Leaves of your own make theirs with this.
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::with_source(kind, Some(source.into()))
    }

    /// An error whose kind says it all.
    #[must_use]
    pub fn bare(kind: ErrorKind) -> Self {
        Self::with_source(kind, None)
    }

    fn with_source(kind: ErrorKind, source: Option<Source>) -> Self {
        Self(Box::new(Inner { kind, deadline: false, attempts: 1, operation: None, target: None, source }))
    }

    pub(crate) fn deadline(attempts: u32) -> Self {
        let mut error = Self::bare(ErrorKind::Timeout);
        error.0.deadline = true;
        error.0.attempts = attempts;
        error
    }

    pub(crate) fn redirect(host: &str) -> Self {
        let mut error = Self::bare(ErrorKind::Redirect);
        error.0.target = Some(host.to_owned());
        error
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_operation(mut self, operation: Option<&'static str>) -> Self {
        self.0.operation = self.0.operation.or(operation);
        self
    }

    /// Why no complete answer arrived.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// How many times the request was sent, or tried to be. 0: it never came to that.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The name of the operation, where the request carried an [`Operation`](crate::Operation).
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The host a redirect points to.
    #[must_use]
    pub fn redirect_host(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// Whether the deadline of the whole call passed, rather than the limit of one attempt.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        self.0.deadline
    }

    /// Whether an attempt or the whole call took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether no connection could be made, so that the service has not seen the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.kind(), ErrorKind::Connect | ErrorKind::Tls | ErrorKind::Proxy)
    }

    /// Whether the token source failed.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.kind() == ErrorKind::Auth
    }

    /// Whether the same call may well succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        match (self.0.deadline, &self.0.target) {
            (true, _) => f.write_str("the deadline of the call passed")?,
            (_, Some(host)) => write!(f, "{} to {host}", self.0.kind.text())?,
            _ => f.write_str(self.0.kind.text())?,
        }
        if self.0.attempts > 1 {
            write!(f, " (after {} attempts)", self.0.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("attempts", &self.0.attempts)
            .field("operation", &self.0.operation)
            .field("redirect_host", &self.0.target)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

const _: () = {
    const fn send_sync_static<T: Send + Sync + 'static>() {}
    send_sync_static::<Error>();
    assert!(size_of::<Error>() <= 32, "every future of the stack carries it");
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_operation_kind_and_attempts() {
        let error =
            Error::new(ErrorKind::Connect, "refused").with_attempts(3).with_operation(Some("get repo"));
        assert_eq!(error.to_string(), "get repo: could not connect (after 3 attempts)");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("refused"));
        assert!(error.is_connect() && error.is_transient() && !error.is_timeout());
    }

    #[test]
    fn a_passed_deadline_is_a_timeout_of_its_own() {
        let error = Error::deadline(2);
        assert!(error.is_timeout() && error.is_deadline());
        assert_eq!(error.to_string(), "the deadline of the call passed (after 2 attempts)");
        assert!(!Error::bare(ErrorKind::Timeout).is_deadline());
    }
}
