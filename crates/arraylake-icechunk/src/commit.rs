//! [`CommitOptions`]: what a commit says, and what it does where somebody else was faster.

use std::time::Duration;

use icechunk::conflicts::ConflictSolver;
use icechunk::conflicts::basic_solver::BasicConflictSolver;
use icechunk::conflicts::detector::ConflictDetector;
use icechunk::format::SnapshotId;
use icechunk::format::snapshot::SnapshotProperties;
use icechunk::session::{Session, SessionError};
use serde_json::Value;

use crate::error::Cause;
use crate::{Error, ErrorKind};

/// What a commit says, and what it does where somebody else was faster. A text alone is the message.
#[derive(Clone, Debug)]
#[must_use = "nothing is committed yet"]
pub struct CommitOptions {
    message: String,
    metadata: SnapshotProperties,
    allow_empty: bool,
    amend: bool,
    rebase: Option<(Rebase, u16)>,
    timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
enum Rebase {
    Unless,
    By(BasicConflictSolver),
}

impl CommitOptions {
    /// A message, which everybody who reads the repository can read.
    pub fn new(message: impl Into<String>) -> Self {
        let (message, metadata) = (message.into(), SnapshotProperties::new());
        Self { message, metadata, allow_empty: false, amend: false, rebase: None, timeout: None }
    }

    /// One more property, beside the author's name and address.
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Whether a commit of nothing is made, too.
    pub fn with_allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// Takes the place of the last commit of the branch. Not for repositories of the first format.
    pub fn with_amend(mut self) -> Self {
        self.amend = true;
        self
    }

    /// Where somebody else has committed to the branch meanwhile, goes on from there, so often at most; unless both
    /// changed the same.
    pub fn with_rebase(mut self, attempts: u16) -> Self {
        self.rebase = Some((Rebase::Unless, attempts));
        self
    }

    /// The same, and a rule for what both changed.
    pub fn with_rebase_by(mut self, rule: BasicConflictSolver, attempts: u16) -> Self {
        self.rebase = Some((Rebase::By(rule), attempts));
        self
    }

    /// For how long a repository or a store tries to commit. Icechunk tries up to a hundred times, for many minutes,
    /// where others keep changing the same repository.
    ///
    /// When that time is over, the commit may have been made or not: [`ErrorKind::UnknownOutcome`]. Look at the tip of the
    /// branch before you go on. Committing the same session again is safe unless it rebases: it is a conflict if the first
    /// commit was made.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Commits within the time that was set, and explains what went wrong.
    pub(crate) async fn run(
        self,
        session: &mut Session,
        explain: impl Fn(Cause) -> Error,
    ) -> Result<SnapshotId, Error> {
        let timeout = self.timeout.unwrap_or(Duration::MAX);
        let (tip, branch) = (session.snapshot_id().clone(), session.branch().unwrap_or_default().to_owned());
        match tokio::time::timeout(timeout, self.execute(session)).await {
            Ok(outcome) => outcome.map_err(|error| explain(error.into())),
            Err(_) => {
                let text = format!(
                    "the commit took longer than {timeout:?}; it was made if the branch {branch} points elsewhere than at \
                     {tip} now, or somebody else was faster"
                );
                Err(Error::new(ErrorKind::UnknownOutcome, text))
            }
        }
    }

    /// Commits a session, however long that takes. It can only be read afterwards.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if somebody else changed the branch since the session
    /// began, [`ErrorKind::NothingToCommit`](crate::ErrorKind::NothingToCommit) if nothing was written,
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly) if the session does not write; once they are
    /// [explained](crate::IcechunkRepo::explain).
    pub async fn execute(self, session: &mut Session) -> Result<SnapshotId, SessionError> {
        let detector = ConflictDetector;
        let mut commit = session.commit(self.message).properties(self.metadata).allow_empty(self.allow_empty);
        if self.amend {
            commit = commit.amend();
        }
        if let Some((rebase, attempts)) = &self.rebase {
            let solver: &(dyn ConflictSolver + Send + Sync) = match rebase {
                Rebase::Unless => &detector,
                Rebase::By(rule) => rule,
            };
            commit = commit.rebase(solver, *attempts);
        }
        commit.execute().await
    }
}

impl From<&str> for CommitOptions {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for CommitOptions {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

#[cfg(test)]
mod tests;
