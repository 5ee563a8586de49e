//! [`Ref`]: what is checked out, and how it is found.

use std::fmt;

use arraylake_types::v1::CommitId;
use futures_util::future;

use super::AsyncRepo;
use crate::error::{Error, ErrorKind, Result};

/// The branch that every repo has, even before its first commit.
pub(super) const MAIN: &str = "main";

/// A place in the history: a branch, a tag or a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ref {
    /// Where the session is now.
    Current,
    /// The name of a branch or a tag, or the id of a commit as text; looked for in this order.
    Named(String),
    /// A commit.
    Commit(CommitId),
}

impl From<&str> for Ref {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for Ref {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<CommitId> for Ref {
    fn from(commit: CommitId) -> Self {
        Self::Commit(commit)
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("the current commit"),
            Self::Named(name) => f.write_str(name),
            Self::Commit(commit) => write!(f, "{commit}"),
        }
    }
}

/// What a ref stands for. A branch without a commit is `main` of an empty repo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) branch: Option<String>,
    pub(super) commit: Option<CommitId>,
}

impl AsyncRepo {
    pub(super) async fn resolve(&self, wanted: &Ref) -> Result<Resolved> {
        match wanted {
            Ref::Current => {
                let session = self.session()?;
                Ok(Resolved { branch: session.branch.clone(), commit: session.base_commit.clone() })
            }
            Ref::Named(name) => self.resolve_name(name).await,
            Ref::Commit(commit) => self.resolve_commit(commit).await,
        }
    }

    async fn resolve_name(&self, name: &str) -> Result<Resolved> {
        let names = [name];
        let metastore = self.metastore();
        let (branches, tags) =
            future::try_join(metastore.get_branches(&names), metastore.get_tags(&names)).await?;
        if let Some(branch) = branches.into_iter().find(|branch| branch.id == name) {
            return Ok(Resolved { branch: Some(branch.id), commit: Some(branch.commit_id) });
        }
        if name == MAIN {
            return Ok(Resolved { branch: Some(MAIN.to_owned()), commit: None });
        }
        if let Some(tag) = tags.into_iter().find(|tag| tag.label == name) {
            return Ok(Resolved { branch: None, commit: Some(tag.commit.id) });
        }
        match name.parse() {
            Ok(commit) => self.resolve_commit(&commit).await,
            Err(_) => {
                let message = format!("ref {name:?} was not found in branches, tags or commits");
                Err(Error::new(ErrorKind::RefNotFound, message))
            }
        }
    }

    /// A commit that the last look at the history did not show may have been made since.
    async fn resolve_commit(&self, commit: &CommitId) -> Result<Resolved> {
        let known = match self.cached_commit_data() {
            Some(data) if data.commits().contains_key(commit) => true,
            _ => self.commit_data(true).await?.commits().contains_key(commit),
        };
        if known {
            return Ok(Resolved { branch: None, commit: Some(commit.clone()) });
        }
        let message = format!("commit {commit} was not found in the commit history");
        Err(Error::new(ErrorKind::RefNotFound, message))
    }
}
