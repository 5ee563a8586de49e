//! [`Session`]: what a repo is looking at, and may write to.

use arraylake_types::Author;
use arraylake_types::v1::{CommitId, SessionId, SessionInfo, SessionType, TimeSpan, WireTime};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::metastore::View;

/// What a repo is looking at, and may write to: a commit, and the changes that a session has made to it.
///
/// Branch and base are known here alone; what the service recorded when the session was made may be out of date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// The branch that a commit would move; none where a commit or a tag was checked out.
    pub branch: Option<String>,
    /// The commit below the changes; none on an empty repo.
    pub base_commit: Option<CommitId>,
    /// Whether it may write.
    pub session_type: SessionType,
    /// When it began.
    pub start_time: WireTime,
    /// When it ends; none for those that only read.
    pub expiration: Option<WireTime>,
    /// Name of the author.
    pub author_name: Option<String>,
    /// E-mail address of the author.
    pub author_email: Option<String>,
    /// Free text.
    pub message: Option<String>,
}

impl Session {
    /// A session that reads. The service does not hear of it.
    pub(crate) fn reading(base: Option<CommitId>, branch: Option<String>, author: &Author) -> Self {
        Self {
            id: SessionId::reading(base.as_ref()),
            branch,
            base_commit: base,
            session_type: SessionType::Read,
            start_time: WireTime::now(),
            expiration: None,
            author_name: author.name.clone(),
            author_email: author.email.clone(),
            message: None,
        }
    }

    /// A session of the service, for writing.
    pub(crate) fn writing(info: SessionInfo) -> Self {
        Self {
            id: info.id,
            branch: info.branch,
            base_commit: info.base_commit,
            session_type: SessionType::Write,
            start_time: info.start_time,
            expiration: Some(info.expiration),
            author_name: info.author_name,
            author_email: Some(info.author_email),
            message: info.message,
        }
    }

    /// Whether documents may be written in it: it is made for that, and is on a branch.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.session_type == SessionType::Write && self.branch.is_some()
    }

    /// What calls look at.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.id.clone(), self.base_commit.clone())
    }

    /// Its whole length, from beginning to end, as far as a new session may have it.
    pub(crate) fn length(&self) -> TimeSpan {
        let end = self.expiration.unwrap_or(self.start_time).to_chrono();
        let length = (end - self.start_time.to_chrono()).num_microseconds().unwrap_or(i64::MAX);
        match TimeSpan::from_micros(length) {
            length if length.as_micros() <= 0 => TimeSpan::DAY,
            length => length.min(TimeSpan::MAX_SESSION),
        }
    }

    /// Refuses to write where that is not possible.
    pub(crate) fn require_writable(&self) -> Result<()> {
        let why = match (&self.session_type, &self.branch) {
            (SessionType::Write, Some(_)) => return Ok(()),
            (SessionType::Write, None) => "it is on no branch; make one with `new_branch` first",
            _ => "it was checked out to be read; check it out for writing first",
        };
        Err(Error::new(ErrorKind::ReadOnly, format!("the repo is not writable: {why}")))
    }
}
