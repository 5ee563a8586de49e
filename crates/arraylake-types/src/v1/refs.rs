//! Branches and tags of V1 repos.

use serde::{Deserialize, Serialize};

use super::session::author_email;
use super::{Commit, CommitId, SessionId, WireTime};
use crate::{Author, InvalidInput, Other};

wire_struct! {
    /// A branch: a name that moves from commit to commit.
    ///
    /// Row of `GET /repos/{org}/{repo}/branches`.
    pub struct Branch {
        /// Name: any text.
        pub id: String = required("_id" | "id"),
        /// Its tip.
        pub commit_id: CommitId = required("commit_id"),
    }
}

impl Branch {
    /// A branch and its tip.
    #[must_use]
    pub fn new(name: impl Into<String>, commit_id: CommitId) -> Self {
        Self { id: name.into(), commit_id, other: Other::new() }
    }
}

/// A branch to be made or moved. Body of `PUT /repos/{org}/{repo}/branches`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UpdateBranch {
    /// Name.
    pub branch: String,
    /// The new tip.
    pub new_commit: CommitId,
    /// Whether it is to be made; else it must be at `base_commit`.
    pub new_branch: bool,
    /// Where it must be.
    #[serde(default)]
    pub base_commit: Option<CommitId>,
    /// The session whose commit this is.
    #[serde(default)]
    pub session_id: Option<SessionId>,
}

impl UpdateBranch {
    /// Makes a branch.
    #[must_use]
    pub fn create(branch: impl Into<String>, new_commit: CommitId) -> Self {
        let branch = branch.into();
        Self { branch, new_commit, new_branch: true, base_commit: None, session_id: None }
    }

    /// Moves a branch that is at `base_commit`.
    #[must_use]
    pub fn advance(branch: impl Into<String>, base_commit: CommitId, new_commit: CommitId) -> Self {
        Self { new_branch: false, ..Self::create(branch, new_commit) }.with_base_commit(Some(base_commit))
    }

    /// The commit on which the new tip was made.
    #[must_use]
    pub fn with_base_commit(mut self, base_commit: Option<CommitId>) -> Self {
        self.base_commit = base_commit;
        self
    }

    /// The session whose commit this is.
    #[must_use]
    pub fn with_session(mut self, session_id: SessionId) -> Self {
        self.session_id = Some(session_id);
        self
    }
}

wire_struct! {
    /// A tag: a name that stays at its commit.
    ///
    /// Row of `GET /repos/{org}/{repo}/tags`, answer of `PUT` there.
    pub struct Tag {
        /// Name: any text.
        pub label: String = required("label"),
        /// When it was made.
        pub created_at: WireTime = required("created_at"),
        /// Its commit.
        pub commit: Commit = required("commit"),
        /// Free text. Written as null if there is none: the key itself must be there.
        pub message: Option<String> = lenient("message"),
        /// Name of the author.
        pub author_name: Option<String> = lenient("author_name"),
        /// E-mail address of the author.
        pub author_email: String = required("author_email"),
    }
}

impl Tag {
    /// A tag that was asked for, made at a moment.
    #[must_use]
    pub fn new(request: NewTag, commit: Commit, created_at: WireTime) -> Self {
        Self {
            label: request.label,
            created_at,
            commit,
            message: request.message,
            author_name: request.author_name,
            author_email: request.author_email,
            other: Other::new(),
        }
    }
}

/// A tag to be made. Body of `PUT /repos/{org}/{repo}/tags`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewTag {
    /// Name.
    pub label: String,
    /// Its commit.
    pub commit_id: CommitId,
    /// Free text.
    #[serde(default)]
    pub message: Option<String>,
    /// Name of the author.
    #[serde(default)]
    pub author_name: Option<String>,
    /// E-mail address of the author.
    pub author_email: String,
}

impl NewTag {
    /// A tag at a commit.
    ///
    /// # Errors
    /// If the author has no address.
    pub fn new(label: impl Into<String>, commit_id: CommitId, author: &Author) -> Result<Self, InvalidInput> {
        Ok(Self {
            label: label.into(),
            commit_id,
            message: None,
            author_name: author.name.clone(),
            author_email: author_email(author)?,
        })
    }

    /// Free text.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// Answer of `DELETE /repos/{org}/{repo}/branches` and `.../tags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acknowledged {
    /// Always true.
    pub acknowledged: bool,
}

impl Acknowledged {
    /// The one there is.
    #[must_use]
    pub fn new() -> Self {
        Self { acknowledged: true }
    }
}

impl Default for Acknowledged {
    fn default() -> Self {
        Self::new()
    }
}
