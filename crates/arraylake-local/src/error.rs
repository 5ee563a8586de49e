//! [`LocalError`]: why a lake cannot be opened or served.

use std::io;

/// Why a lake cannot be opened or served.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct LocalError {
    kind: LocalErrorKind,
    message: String,
    #[source]
    source: Option<io::Error>,
}

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalErrorKind {
    /// Another service, in this process or another, works on the directory.
    InUse,
    /// A port that was asked for is taken.
    PortTaken,
    /// The directory holds something that this version cannot use.
    Unusable,
    /// The seed is not understood, or breaks a rule.
    Seed,
    /// The file system or the network refuses.
    Io,
}

impl LocalError {
    /// What kind of problem it is.
    #[must_use]
    pub fn kind(&self) -> LocalErrorKind {
        self.kind
    }

    pub(crate) fn new(kind: LocalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Self {
        let message = format!("{}: {source}", what.into());
        Self { kind: LocalErrorKind::Io, message, source: Some(source) }
    }

    pub(crate) fn seed(message: impl std::fmt::Display) -> Self {
        Self::new(LocalErrorKind::Seed, format!("the seed: {message}"))
    }

    pub(crate) fn seed_file(path: &std::path::Path, message: &dyn std::fmt::Display) -> Self {
        Self::new(LocalErrorKind::Seed, format!("the seed {}: {message}", path.display()))
    }
}

impl From<rusqlite::Error> for LocalError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(LocalErrorKind::Unusable, format!("the catalog file: {error}"))
    }
}
