//! [`Failure`]: why a run failed, in one line with what to do next; [`Status`]: its exit code.

use std::error::Error as _;
use std::fmt;
use std::io;

use arraylake_core::types::InvalidInput;
use arraylake_core::{ConfigError, Error, LoginError};

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
    hint: Option<String>,
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
        self.hint = Some(hint.into());
        self
    }

    /// The same, where it leads to the service URI with the one that was used.
    #[must_use]
    pub(crate) fn with_service_uri(mut self, uri: &str) -> Self {
        if !self.message.contains(uri) {
            self.hint = self.hint.map(|hint| hint.replace("service URI", &format!("service URI {uri}")));
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
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
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
        let hint = hint_of(&error, status);
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
        Self { hint: storage_hint(&error), ..Self::new(status_of_storage(&error), error.to_string()) }
    }
}

/// What to do where something is missing in a bucket.
#[cfg(feature = "icechunk")]
fn storage_hint(error: &arraylake_core::icechunk::Error) -> Option<String> {
    use arraylake_core::icechunk::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::NoRepository => {
            "`arraylake repo get` shows where a repo is, `arraylake bucket get` a bucket"
        }
        ErrorKind::NotFound => WHERE_REFS_ARE,
        ErrorKind::Storage => "`arraylake bucket get` shows where the object store is looked for, and how",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do where whoever answers is no Arraylake, or one at another address.
const WRONG_PLACE: &str = "is the service URI right? see --service-uri and `arraylake diagnostics`";

/// Whether a refusal is without a word, as no Arraylake refuses, or a path is not known at all.
fn is_speechless(error: &Error) -> bool {
    error.status().is_some() && matches!(error.detail(), None | Some("Not Found"))
}

/// What to do next; none where the message says it all.
fn hint_of(error: &Error, status: Status) -> Option<String> {
    #[cfg(feature = "icechunk")]
    if let Error::Storage { source, .. } = error
        && let Some(hint) = storage_hint(source)
    {
        return Some(hint);
    }
    let hint = match status {
        Status::NotLoggedIn if matches!(error, Error::NoToken) => {
            "log in with `arraylake auth login`, or set ARRAYLAKE_TOKEN"
        }
        // It says so itself.
        Status::NotLoggedIn if matches!(error, Error::Login { .. }) => return None,
        Status::NotLoggedIn => "check ARRAYLAKE_TOKEN: the token is wrong or too old",
        Status::NotFound => return not_found_hint(error),
        Status::Refused if is_speechless(error) => WRONG_PLACE,
        Status::Refused if error.is_forbidden() => {
            "ask who manages the org for the permission; `arraylake org list` shows yours"
        }
        Status::Refused if error.is_conflict() && is_about_use(error) => {
            "`arraylake bucket repos` shows which repos use it"
        }
        Status::Refused if error.is_conflict() && is_about_a_name(error) => {
            "choose another name, or look at what is there"
        }
        Status::Server if error.is_redirect() || error.is_decode() => WRONG_PLACE,
        Status::Server => "try again later",
        Status::Network if error.is_unknown_outcome() => return None,
        Status::Network if error.is_timeout() => {
            "try again, or allow more time: --config http.timeout=SECONDS"
        }
        Status::Network => "check the network and the service URI: `arraylake diagnostics`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Whether a bucket config was to be changed or deleted, which repos may prevent; so may a taken nickname or place.
fn is_about_use(error: &Error) -> bool {
    let taken = error.detail().is_some_and(|detail| detail.contains("already exists"));
    matches!(error.operation(), Some("modify bucket config" | "delete bucket config")) && !taken
}

/// Whether something was to get a name, which may be taken.
fn is_about_a_name(error: &Error) -> bool {
    let operation = error.operation().unwrap_or_default();
    ["create", "import", "modify"].iter().any(|verb| operation.starts_with(verb))
}

fn not_found_hint(error: &Error) -> Option<String> {
    if is_speechless(error) {
        return Some(WRONG_PLACE.to_owned());
    }
    let operation = error.operation().unwrap_or_default();
    let named = error.detail().unwrap_or_default().to_lowercase();
    // What is to be made is not there yet; what is missing is where it would be.
    let making = ["create", "enable", "import", "subscribe"].iter().any(|verb| operation.starts_with(verb));
    let list = if error.is_bucket_not_found() || named.contains("bucket") {
        "bucket list"
    } else if making || operation.starts_with("list") || operation.contains("org") {
        "org list"
    } else if operation.contains("bucket") {
        "bucket list"
    } else if operation.contains("service") {
        "compute list"
    } else if operation == "migrate" {
        "repo branches"
    } else {
        "repo list"
    };
    Some(format!("`arraylake {list}` shows what there is"))
}
