//! Commits of V1 repos.

use serde::{Deserialize, Serialize};

use super::session::author_email;
use super::{CommitId, SessionId, WireTime};
use crate::{Author, InvalidInput, Other};

/// A commit to be made. Body of `PUT /repos/{org}/{repo}/commits`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewCommit {
    /// The session whose documents it publishes.
    pub session_id: SessionId,
    /// When that session began.
    pub session_start_time: WireTime,
    /// The commit before it; none for the first one.
    #[serde(default)]
    pub parent_commit: Option<CommitId>,
    /// When it is made, by the clock of the client.
    pub commit_time: WireTime,
    /// Name of the author.
    #[serde(default)]
    pub author_name: Option<String>,
    /// E-mail address of the author.
    pub author_email: String,
    /// What was done.
    pub message: String,
}

impl NewCommit {
    /// A commit of a session, made now.
    ///
    /// # Errors
    /// If the author has no address.
    pub fn new(
        session_id: SessionId,
        session_start_time: WireTime,
        parent_commit: Option<CommitId>,
        author: &Author,
        message: impl Into<String>,
    ) -> Result<Self, InvalidInput> {
        Ok(Self {
            session_id,
            session_start_time,
            parent_commit,
            commit_time: WireTime::now(),
            author_name: author.name.clone(),
            author_email: author_email(author)?,
            message: message.into(),
        })
    }
}

wire_struct! {
    /// Answer of `PUT /repos/{org}/{repo}/commits`.
    pub struct NewCommitReply {
        /// The id of the new commit.
        pub id: CommitId = required("_id" | "id"),
    }
}

impl NewCommitReply {
    /// The id of the new commit.
    #[must_use]
    pub fn new(id: CommitId) -> Self {
        Self { id, other: Other::new() }
    }
}

wire_struct! {
    /// A commit.
    ///
    /// Row of `GET /repos/{org}/{repo}/commits`, part of a tag.
    pub struct Commit {
        /// Id.
        pub id: CommitId = required("_id" | "id"),
        /// When its session began.
        pub session_start_time: WireTime = required("session_start_time"),
        /// The commit before it; none for the first one.
        pub parent_commit: Option<CommitId> = lenient("parent_commit"),
        /// When it was made, by the clock of its author.
        pub commit_time: WireTime = required("commit_time"),
        /// Name of the author.
        pub author_name: Option<String> = lenient("author_name"),
        /// E-mail address of the author.
        pub author_email: String = required("author_email"),
        /// What was done.
        pub message: String = required("message"),
    }
}

impl Commit {
    /// A commit that was asked for, under its id.
    #[must_use]
    pub fn new(id: CommitId, request: NewCommit) -> Self {
        Self {
            id,
            session_start_time: request.session_start_time,
            parent_commit: request.parent_commit,
            commit_time: request.commit_time,
            author_name: request.author_name,
            author_email: request.author_email,
            message: request.message,
            other: Other::new(),
        }
    }

    /// The author as people write it: `Name <address>`, or `<address>`.
    #[must_use]
    pub fn author(&self) -> String {
        match &self.author_name {
            Some(name) => format!("{name} <{}>", self.author_email),
            None => format!("<{}>", self.author_email),
        }
    }
}

wire_struct! {
    /// Answer of `POST /repos/{org}/{repo}/rebase`.
    pub struct RebaseReply {
        /// The tip of the branch, on which the session may go on.
        pub commit_id: CommitId = required("commit_id"),
    }
}

impl RebaseReply {
    /// The tip of the branch.
    #[must_use]
    pub fn new(commit_id: CommitId) -> Self {
        Self { commit_id, other: Other::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_goes_back_as_it_came() {
        let text = r#"{"_id":"6b02","session_start_time":"2026-11-22T09:55:02.123000","parent_commit":null,"commit_time":"2026-11-22T09:55:03.353028","author_name":"Ada L","author_email":"ada@example.com","message":"first","session_id":"ef89"}"#;
        let commit: Commit = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&commit).unwrap(), text);
        assert_eq!(commit.author(), "Ada L <ada@example.com>");
    }
}
