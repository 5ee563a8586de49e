//! [`CommitOptions`] and [`CommitOutcome`]: how a commit is made, and what became of it.

use arraylake_types::v1::CommitId;

use crate::error::Error;

/// How a commit is made. The default goes on writing afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitOptions {
    /// Whether the checkout that follows is for writing.
    pub checkout_for_writing: bool,
}

impl Default for CommitOptions {
    fn default() -> Self {
        Self { checkout_for_writing: true }
    }
}

impl CommitOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the checkout that follows is for writing.
    #[must_use]
    pub fn with_checkout_for_writing(mut self, for_writing: bool) -> Self {
        self.checkout_for_writing = for_writing;
        self
    }
}

/// What became of a commit.
#[derive(Debug)]
#[non_exhaustive]
pub struct CommitOutcome {
    pub(super) id: Option<CommitId>,
    pub(super) changed: bool,
    pub(super) attempts: u32,
    pub(super) checkout_error: Option<Error>,
}

impl CommitOutcome {
    /// The new commit; or, where nothing had changed, the one that was there, and none on an empty repo.
    #[must_use]
    pub fn id(&self) -> Option<&CommitId> {
        self.id.as_ref()
    }

    /// As [`id`](Self::id).
    #[must_use]
    pub fn into_id(self) -> Option<CommitId> {
        self.id
    }

    /// Whether a commit was made. If not, the session had changed nothing and goes on.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.changed
    }

    /// How many attempts it took.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Why there is no new session for writing, if that failed after the commit was made. The repo then reads the new
    /// commit.
    #[must_use]
    pub fn checkout_error(&self) -> Option<&Error> {
        self.checkout_error.as_ref()
    }
}
