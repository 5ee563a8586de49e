//! [`Checkout`]: how a ref is checked out.

use std::time::Duration;

use arraylake_types::v1::SessionId;

/// How a ref is checked out. The default writes, for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkout {
    /// Whether to write.
    pub for_writing: bool,
    /// How long a session for writing lives: at most seven days.
    pub expires_in: Duration,
    /// Free text about the session.
    pub message: Option<String>,
    /// A session of the service to join, instead of making one. It may be somebody else's.
    pub session_token: Option<SessionId>,
}

impl Default for Checkout {
    fn default() -> Self {
        let expires_in = Duration::from_secs(24 * 60 * 60);
        Self { for_writing: true, expires_in, message: None, session_token: None }
    }
}

impl Checkout {
    /// For writing, for a day.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For reading.
    #[must_use]
    pub fn read_only() -> Self {
        Self::default().with_for_writing(false)
    }

    /// Whether to write.
    #[must_use]
    pub fn with_for_writing(mut self, for_writing: bool) -> Self {
        self.for_writing = for_writing;
        self
    }

    /// How long a session for writing lives.
    #[must_use]
    pub fn with_expires_in(mut self, expires_in: Duration) -> Self {
        self.expires_in = expires_in;
        self
    }

    /// Free text about the session.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Joins a session instead of making one.
    #[must_use]
    pub fn with_session_token(mut self, session: SessionId) -> Self {
        self.session_token = Some(session);
        self
    }
}
