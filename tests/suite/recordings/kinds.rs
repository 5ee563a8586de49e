//! What came of a call, in words that are the same for both: a value, or an error of a kind.

use arraylake_core::Error;
use arraylake_core::icechunk::ErrorKind;
use arraylake_core::login::LoginError;
use arraylake_core::v1;

use super::play_command;
use super::record::Record;

/// What came of a call: a value, or an error of a kind.
pub(crate) type Outcome = Result<(), String>;

/// The kind of an error of ours.
pub(crate) fn kind_of(error: &Error) -> String {
    if let Error::Login { source, .. } = error {
        return kind_of_login(source).to_owned();
    }
    if let Some(status) = error.status() {
        return format!("status {}", status.as_u16());
    }
    if let Error::V1 { source, .. } = error {
        return kind_of_v1(source);
    }
    if let Error::Storage { source, .. } = error {
        return kind_of_storage(source.kind()).to_owned();
    }
    let kind = match error {
        Error::Unsupported(_) => "invalid input",
        Error::Mismatch { .. } => "another repo than asked for",
        Error::RollbackFailed { rollback, .. } => return kind_of(rollback),
        _ if error.is_bucket_not_found() => "bucket not found",
        _ if error.is_invalid_input() => "invalid input",
        _ if error.is_redirect() => "redirect",
        _ if error.is_decode() => "unreadable answer",
        _ if error.is_connect() || error.is_timeout() || error.is_interrupted() => "no answer",
        _ => return format!("other: {error}"),
    };
    kind.to_owned()
}

/// Why a repository was not opened or made.
fn kind_of_storage(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Offline { .. } => "offline",
        ErrorKind::Unsupported { .. } | ErrorKind::Config | ErrorKind::Credentials => "invalid input",
        ErrorKind::ReadOnly | ErrorKind::UnauthorizedContainers { .. } => "invalid input",
        _ => "the store failed",
    }
}

/// The same out of what Python raised, if everything that was asked of the service was answered well.
fn recorded_storage(record: &Record, message: &str) -> Option<&'static str> {
    let failed = record.storage.iter().any(|call| call.get("raised").is_some());
    let answered =
        record.exchanges.last().is_some_and(|last| last.status().is_some_and(|status| status < 300));
    match () {
        () if !answered => None,
        () if failed => Some("the store failed"),
        () if message.contains(" is offline") => Some("offline"),
        () if message.starts_with("This repo exists, but") => Some("another repo than asked for"),
        () => None,
    }
}

/// The kind of an error of a V1 repo.
pub(crate) fn kind_of_v1(error: &v1::Error) -> String {
    use v1::ErrorKind as Kind;
    let kind = match error.kind() {
        Kind::Refused { status } => return format!("status {}", status.as_u16()),
        // Refusals that say what is the matter.
        Kind::Conflict { .. } | Kind::LostRace | Kind::SessionExpired => "status 422",
        Kind::Invalid | Kind::ReadOnly | Kind::Detached | Kind::Unsupported => "invalid input",
        Kind::RefNotFound | Kind::CommitNotFound | Kind::Exists => "invalid input",
        Kind::NotFound => "not found",
        Kind::CommitFailed { .. } => "commit failed",
        Kind::Offline { .. } => "offline",
        Kind::Decode => "unreadable answer",
        Kind::Transport => "no answer",
        _ => return format!("other: {error}"),
    };
    kind.to_owned()
}

/// Why there is no login, or none that works.
fn kind_of_login(error: &LoginError) -> &'static str {
    match error {
        LoginError::NotLoggedIn { .. } => "not logged in",
        LoginError::Malformed { .. } => "malformed tokens",
        LoginError::Denied => "login denied",
        LoginError::Expired => "login expired",
        LoginError::Refused { .. } => "login not renewed",
        _ => "login failed",
    }
}

/// The same out of what Python raised, if it is about a login: in its own words, or by the last request.
fn recorded_login(record: &Record, class: &str, message: &str) -> Option<&'static str> {
    let words = [
        ("ot logged in", "not logged in"),
        ("Must be logged in", "not logged in"),
        ("malformed auth tokens", "malformed tokens"),
        ("access_denied", "login denied"),
        ("expired_token", "login expired"),
        ("link expired", "login expired"),
        ("invalid_grant", "login not renewed"),
        ("Could not refresh", "login not renewed"),
    ];
    let last = record.exchanges.last();
    let at_provider =
        last.is_some_and(|last| matches!(last.sent.path.get(1).map(String::as_str), Some("oauth" | "v2")));
    if record.auth != "login" || !(class == "AuthException" || at_provider || last.is_none()) {
        return None;
    }
    words
        .iter()
        .find(|(text, _)| message.contains(text))
        .map_or(Some("login failed"), |(_, kind)| Some(*kind))
}

/// Models of requests: a fault in one of them was found before anything was sent.
const REQUESTS: [&str; 6] = [
    "NewBucket",
    "RepoCreateBody",
    "RepoImportBody",
    "RepoModifyRequest",
    "BucketModifyRequest",
    "ServiceConfig",
];

/// What came of a recorded call.
pub(crate) fn recorded_outcome(record: &Record) -> Outcome {
    let Some((class, message)) = &record.raised else {
        return play_command::recorded(record).unwrap_or(Ok(()));
    };
    if let Some(kind) = recorded_login(record, class, message) {
        return Err(kind.to_owned());
    }
    if let Some(kind) = recorded_storage(record, message) {
        return Err(kind.to_owned());
    }
    let kind = match record.exchanges.last() {
        _ if class == "BucketNotFoundError" => "bucket not found".to_owned(),
        _ if class == "DocumentNotFoundError" => "not found".to_owned(),
        _ if class == "CommitFailedError" => "commit failed".to_owned(),
        None => "invalid input".to_owned(),
        Some(last) => match last.status() {
            None => "no answer".to_owned(),
            Some(301 | 302 | 303 | 307 | 308) => "redirect".to_owned(),
            Some(status @ 300..) => format!("status {status}"),
            Some(_)
                if class == "ValidationError"
                    && !REQUESTS.iter().any(|name| message.contains(&format!("for {name}"))) =>
            {
                "unreadable answer".to_owned()
            }
            Some(_) if class == "JSONDecodeError" => "unreadable answer".to_owned(),
            Some(_) => "invalid input".to_owned(),
        },
    };
    Err(kind)
}
