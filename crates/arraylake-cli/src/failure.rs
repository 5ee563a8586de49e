//! [`Failure`]: why a run failed, in one line with what to do next; [`Status`]: its exit code.

mod hint;

use std::error::Error as _;
use std::fmt;
use std::io;

use arraylake_core::types::InvalidInput;
use arraylake_core::{ConfigError, Error, LoginError, ServiceUri};

use self::hint::Hint;

/// The exit code of a run.
///
/// | code | meaning |
/// | --- | --- |
/// | 0 | done |
/// | 1 | not done for another reason: a file could not be written, a question was answered with no |
/// | 2 | the command line or the configuration is wrong; nothing was sent |
/// | 3 | not logged in, or the token is not valid |
/// | 4 | no such org, repo, bucket config, service, branch or key |
/// | 5 | refused: no permission, a name that is taken, a rule of the service, a repo that is offline |
/// | 6 | the service or an object store failed, or answered what cannot be understood |
/// | 7 | the network failed: no connection, a timeout, an answer that broke off |
/// | 130 | interrupted by Ctrl-C or SIGTERM |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// Not done, for a reason that no other code stands for.
    Other = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Not logged in.
    NotLoggedIn = 3,
    /// There is no such thing.
    NotFound = 4,
    /// The service does not allow it.
    Refused = 5,
    /// The service failed.
    Server = 6,
    /// The service could not be reached.
    Network = 7,
    /// Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl Status {
    /// The number for the shell.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// A word for scripts that read errors as JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Other => "other",
            Self::Usage => "usage",
            Self::NotLoggedIn => "not_logged_in",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Server => "server",
            Self::Network => "network",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What to do where a branch, a tag or a commit is missing.
#[cfg(any(feature = "icechunk", feature = "v1"))]
pub(crate) const WHERE_REFS_ARE: &str = "`arraylake repo branches`, `tags` and `log` show what there is";

/// What a command comes to.
pub type Outcome = Result<(), Failure>;

/// Why a run failed.
#[derive(Debug)]
pub struct Failure {
    status: Status,
    message: String,
    hint: Option<Hint>,
    request_id: Option<String>,
    quiet: bool,
}

impl Failure {
    /// A failure with its exit code.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), hint: None, request_id: None, quiet: false }
    }

    /// Something is wrong with the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    /// Ctrl-C: there is nothing to explain.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { quiet: true, ..Self::new(Status::Interrupted, "interrupted") }
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(Hint::Text(hint.into()));
        self
    }

    /// The same of a service that was asked at this address: a hint that doubts it names it, unless the message does.
    #[must_use]
    pub(crate) fn asked_at(mut self, service: &ServiceUri) -> Self {
        let uri = service.to_string();
        if let Some(Hint::Address { asked, .. }) = &mut self.hint
            && !self.message.contains(&uri)
        {
            *asked = Some(uri);
        }
        self
    }

    /// The exit code.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// What happened, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.hint.as_ref().map(ToString::to_string)
    }

    /// Under which id the service logged the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Whether nothing is to be printed: the reader of our output has gone away, or the user interrupted us.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.quiet
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for Failure {}

impl From<InvalidInput> for Failure {
    fn from(fault: InvalidInput) -> Self {
        Self::usage(fault.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string()).with_hint("correct the file or move it away")
    }
}

impl From<io::Error> for Failure {
    /// Of writing to stdout: a reader who has seen enough, such as `head`, is no failure.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { quiet: true, ..Self::new(Status::Ok, "nobody reads on") };
        }
        Self::new(Status::Other, format!("the output cannot be written: {error}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = status_of(&error);
        let message = match &error {
            Error::NoToken => "not logged in".to_owned(),
            // Whatever was to be done: one thing is to be done first.
            Error::Login { source, .. } if source.needs_login() => source.to_string(),
            error => chain(error),
        };
        let hint = Hint::of(&error, status);
        let request_id = error.request_id().map(str::to_owned);
        Self { status, message, hint, request_id, quiet: false }
    }
}

/// The error and what caused it, in one line, nothing said twice.
fn chain(error: &Error) -> String {
    let operation = error.operation();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Both may begin with what was to be done.
        let again = operation.map(|operation| format!("{operation}: ")).unwrap_or_default();
        let more = more.strip_prefix(&again).unwrap_or(&more);
        if !text.contains(more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

fn status_of(error: &Error) -> Status {
    if let Error::Login { source, .. } = error
        && error.status().is_none()
    {
        return status_of_login(source, error);
    }
    if matches!(error, Error::NoToken) || error.is_unauthenticated() {
        return Status::NotLoggedIn;
    }
    if error.is_not_found() {
        return Status::NotFound;
    }
    match error {
        Error::Invalid(_) | Error::Config(_) | Error::Build(_) => Status::Usage,
        Error::RollbackFailed { cause, .. } => status_of(cause),
        Error::Mismatch { .. } | Error::Unsupported(_) => Status::Refused,
        #[cfg(feature = "icechunk")]
        Error::Storage { source, .. } => status_of_storage(source),
        #[cfg(feature = "v1")]
        Error::V1 { source, .. } => crate::command::repo::v1::status(source),
        _ if error.is_redirect() || error.is_decode() => Status::Server,
        _ if error.is_rate_limited() || error.is_server_error() => Status::Server,
        _ if error.status().is_some() => Status::Refused,
        Error::Transport { .. } | Error::Unknown { .. } => Status::Network,
        _ => Status::Other,
    }
}

/// Of a login that fails, whatever the reason.
fn status_of_login(login: &LoginError, error: &Error) -> Status {
    match login {
        _ if login.needs_login() => Status::NotLoggedIn,
        LoginError::NoPlace => Status::Usage,
        LoginError::Denied | LoginError::Expired => Status::Refused,
        LoginError::Provider { .. } => Status::Server,
        LoginError::Unavailable { .. } if error.is_decode() || error.is_redirect() => Status::Server,
        LoginError::Unavailable { .. } => Status::Network,
        _ => Status::Other,
    }
}

#[cfg(feature = "icechunk")]
pub(crate) fn status_of_storage(error: &arraylake_core::icechunk::Error) -> Status {
    use arraylake_core::icechunk::ErrorKind;
    if let Some(error) = error.credential_error() {
        let source = error.source().and_then(|source| source.downcast_ref::<Error>());
        return source.map_or(Status::Server, status_of);
    }
    match error.kind() {
        ErrorKind::NoRepository | ErrorKind::NotFound => Status::NotFound,
        ErrorKind::Storage | ErrorKind::Icechunk | ErrorKind::Credentials => Status::Server,
        _ => Status::Refused,
    }
}

#[cfg(feature = "icechunk")]
impl From<arraylake_core::icechunk::Error> for Failure {
    fn from(error: arraylake_core::icechunk::Error) -> Self {
        Self { hint: Hint::of_storage(&error), ..Self::new(status_of_storage(&error), error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBT: Hint = Hint::address("is the service URI", " right?");

    fn failure(message: &str, hint: Hint) -> Failure {
        Failure { hint: Some(hint), ..Failure::new(Status::Server, message) }
    }

    #[test]
    fn only_a_hint_that_doubts_the_address_names_it_and_not_what_the_message_says_already() {
        let service = "http://127.0.0.1:8000".parse().unwrap();
        let hint = |failure: Failure| failure.asked_at(&service).hint().unwrap();
        assert_eq!(hint(failure("no JSON", DOUBT)), "is the service URI http://127.0.0.1:8000 right?");
        assert_eq!(hint(failure("no JSON from http://127.0.0.1:8000", DOUBT)), "is the service URI right?");
        assert_eq!(failure("no JSON", DOUBT).to_string(), "no JSON; is the service URI right?");
        let told = Failure::usage("no JSON").with_hint("the service URI is not at fault");
        assert_eq!(hint(told), "the service URI is not at fault");
    }
}
