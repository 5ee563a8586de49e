//! Sessions of V1 repos: private overlays of documents on top of a commit.

use serde::{Deserialize, Serialize};

use super::{CommitId, SessionId, TimeSpan, WireTime};
use crate::{Author, InvalidInput, Other};

open_enum! {
    /// What a session may do.
    pub enum SessionType {
        /// Read only.
        Read = "read",
        /// Read and write.
        Write = "write",
    }
}

/// A session to be made. Body of `POST /repos/{org}/{repo}/sessions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewSession {
    /// The branch it writes to; none where a commit or a tag was checked out.
    #[serde(default)]
    pub branch: Option<String>,
    /// The commit it begins at; none on an empty repo.
    #[serde(default)]
    pub base_commit: Option<CommitId>,
    /// Name of the author.
    #[serde(default)]
    pub author_name: Option<String>,
    /// E-mail address of the author.
    pub author_email: String,
    /// Free text.
    #[serde(default)]
    pub message: Option<String>,
    /// What it may do.
    pub session_type: SessionType,
    /// How long it lives.
    pub expires_in: TimeSpan,
}

impl NewSession {
    /// A session for writing that lives for a day.
    ///
    /// # Errors
    /// If there is neither branch nor commit, or the author has no address.
    pub fn new(
        branch: Option<String>,
        base_commit: Option<CommitId>,
        author: &Author,
    ) -> Result<Self, InvalidInput> {
        let branch = branch.filter(|branch| !branch.is_empty());
        if branch.is_none() && base_commit.is_none() {
            return Err(InvalidInput::new("session", "", "must have a branch or a base commit"));
        }
        Ok(Self {
            branch,
            base_commit,
            author_name: author.name.clone(),
            author_email: author_email(author)?,
            message: None,
            session_type: SessionType::Write,
            expires_in: TimeSpan::DAY,
        })
    }

    /// How long it lives.
    #[must_use]
    pub fn with_expires_in(mut self, expires_in: impl Into<TimeSpan>) -> Self {
        self.expires_in = expires_in.into();
        self
    }

    /// Free text.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// The address that every message about an author must carry.
pub(super) fn author_email(author: &Author) -> Result<String, InvalidInput> {
    let email = author.email.clone().filter(|email| !email.is_empty());
    email.ok_or_else(|| InvalidInput::new("author", "", "must have an e-mail address"))
}

wire_struct! {
    /// A session, as the service knows it.
    ///
    /// Answer of `POST`, `PUT`, `GET` and `DELETE` of `/repos/{org}/{repo}/sessions`.
    pub struct SessionInfo {
        /// Id.
        pub id: SessionId = required("_id" | "id"),
        /// When it began.
        pub start_time: WireTime = required("start_time"),
        /// When it ends.
        pub expiration: WireTime = required("expiration"),
        /// The branch it was made for. Clients may go on with another.
        pub branch: Option<String> = lenient("branch"),
        /// The commit it began at. Clients may go on with another.
        pub base_commit: Option<CommitId> = lenient("base_commit"),
        /// Name of the author.
        pub author_name: Option<String> = lenient("author_name"),
        /// E-mail address of the author.
        pub author_email: String = required("author_email"),
        /// Free text.
        pub message: Option<String> = lenient("message"),
        /// What it may do.
        pub session_type: SessionType = required("session_type"),
    }
}

impl SessionInfo {
    /// A session that was asked for, from now until a moment.
    #[must_use]
    pub fn new(id: SessionId, request: NewSession, start_time: WireTime, expiration: WireTime) -> Self {
        Self {
            id,
            start_time,
            expiration,
            branch: request.branch,
            base_commit: request.base_commit,
            author_name: request.author_name,
            author_email: request.author_email,
            message: request.message,
            session_type: request.session_type,
            other: Other::new(),
        }
    }
}

/// A new end for a session. Body of `PUT /repos/{org}/{repo}/sessions/{session_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionExpirationUpdate {
    /// The session.
    pub session_id: SessionId,
    /// How long it lives, counted from when the service receives this. May be negative.
    pub expires_in: TimeSpan,
}

impl SessionExpirationUpdate {
    /// A new end for a session, counted from now.
    #[must_use]
    pub fn new(session_id: SessionId, expires_in: impl Into<TimeSpan>) -> Self {
        Self { session_id, expires_in: expires_in.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_asked_for_in_the_words_of_the_python_client() {
        let author = Author::new(Some("Ada L".into()), "ada@example.com");
        let request = NewSession::new(Some("main".into()), None, &author).unwrap();
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"branch":"main","base_commit":null,"author_name":"Ada L","author_email":"ada@example.com","message":null,"session_type":"write","expires_in":"P1D"}"#
        );
        assert!(NewSession::new(None, None, &author).is_err());
        assert!(NewSession::new(Some("main".into()), None, &Author::new(None, "")).is_err());
    }

    #[test]
    fn both_spellings_of_an_id_are_read_and_the_first_is_written() {
        let text = r#"{"id":"b7","start_time":"2026-11-22T09:55:02.123000","expiration":"2026-11-23T09:55:02.123000",
            "branch":"main","author_email":"a@example.com","session_type":"write","summary":1}"#;
        let session: SessionInfo = serde_json::from_str(text).unwrap();
        let back = serde_json::to_value(&session).unwrap();
        assert_eq!((back["_id"].as_str(), back["summary"].as_u64()), (Some("b7"), Some(1)));
    }
}
