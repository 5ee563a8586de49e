//! Whether a repo may be used: [`RepoStatus`] and the request that changes it.

use serde::Serialize;

use crate::{InvalidInput, Other, StatusInitiator, Timestamp};

open_enum! {
    /// Operation mode of a repo.
    #[derive(Default)]
    pub enum RepoOperationMode {
        /// In normal use.
        #[default]
        Online = "online",
        /// May be read; writing is discouraged.
        Maintenance = "maintenance",
        /// May not be opened.
        Offline = "offline",
    }
}

wire_struct! {
    /// Operation status of a repo, as answered.
    pub struct RepoStatus {
        /// The mode.
        pub mode: RepoOperationMode = lenient("mode"),
        /// Why, in words.
        pub message: Option<String> = lenient("message"),
        /// Who set it.
        pub initiated_by: StatusInitiator = lenient("initiated_by"),
        /// Whether users may change it.
        pub is_user_modifiable: bool = or(true, "is_user_modifiable"),
        /// When the mode is expected to end.
        pub estimated_end_time: Option<Timestamp> = lenient("estimated_end_time"),
    }
}

impl RepoStatus {
    /// A status of a mode, without a message.
    #[must_use]
    pub fn new(mode: RepoOperationMode) -> Self {
        Self {
            mode,
            message: None,
            initiated_by: StatusInitiator::default(),
            is_user_modifiable: true,
            estimated_end_time: None,
            other: Other::new(),
        }
    }

    /// Whether the repo may be opened at all.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.mode == RepoOperationMode::Offline
    }

    /// Whether the repo is under maintenance: readable, not to be written.
    #[must_use]
    pub fn is_maintenance(&self) -> bool {
        self.mode == RepoOperationMode::Maintenance
    }

    /// ` until {time}. {message}`, as far as known; for messages.
    #[must_use]
    pub fn explanation(&self) -> String {
        let until = self.estimated_end_time.map(|end| format!(" until {end}")).unwrap_or_default();
        match self.message.as_deref() {
            Some(message) if !message.is_empty() => format!("{until}. {message}"),
            _ => until,
        }
    }
}

impl Default for RepoStatus {
    fn default() -> Self {
        Self::new(RepoOperationMode::Online)
    }
}

/// Request: `PUT /orgs/{org}/{repo}/status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewRepoStatus {
    /// The mode wanted.
    pub mode: RepoOperationMode,
    /// Why, in words.
    pub message: Option<String>,
}

impl NewRepoStatus {
    /// A mode, without a message.
    #[must_use]
    pub fn new(mode: RepoOperationMode) -> Self {
        Self { mode, message: None }
    }

    /// Says why.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Checks that the mode is a known one.
    ///
    /// # Errors
    /// Names an unknown one.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        match &self.mode {
            RepoOperationMode::Other(text) => {
                Err(InvalidInput::new("operation mode", text, "must be online, maintenance or offline"))
            }
            _ => Ok(()),
        }
    }
}
