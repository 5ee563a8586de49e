//! [`CommitData`] and [`CommitLog`]: the history, as it was found.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arraylake_types::v1::{Commit, CommitId};

use crate::error::{Error, ErrorKind, Result};

/// All commits of a repo, and what branches and tags point at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommitData {
    commits: HashMap<CommitId, Arc<Commit>>,
    tags: BTreeMap<String, CommitId>,
    branches: BTreeMap<String, CommitId>,
}

impl CommitData {
    /// Of commits, and of what tags and branches point at.
    #[must_use]
    pub fn new(
        commits: impl IntoIterator<Item = Commit>,
        tags: impl IntoIterator<Item = (String, CommitId)>,
        branches: impl IntoIterator<Item = (String, CommitId)>,
    ) -> Self {
        let commits = commits.into_iter().map(|commit| (commit.id.clone(), Arc::new(commit)));
        Self {
            commits: commits.collect(),
            tags: tags.into_iter().collect(),
            branches: branches.into_iter().collect(),
        }
    }

    /// Commits by their ids: also those that no branch reaches.
    #[must_use]
    pub fn commits(&self) -> &HashMap<CommitId, Arc<Commit>> {
        &self.commits
    }

    /// The commits of tags.
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, CommitId> {
        &self.tags
    }

    /// The tips of branches.
    #[must_use]
    pub fn branches(&self) -> &BTreeMap<String, CommitId> {
        &self.branches
    }

    /// The history of a commit, itself first.
    ///
    /// # Errors
    /// [`CommitNotFound`](ErrorKind::CommitNotFound) if a parent is missing, or the parents run in a circle.
    pub fn history(&self, from: Option<&CommitId>) -> Result<CommitLog> {
        let mut commits = Vec::new();
        let mut seen = HashSet::new();
        let mut next = from;
        while let Some(id) = next {
            let Some(commit) = self.commits.get(id).filter(|_| seen.insert(id)) else {
                let message = format!("commit {id} of the history does not exist, or is its own parent");
                return Err(Error::new(ErrorKind::CommitNotFound, message));
            };
            commits.push(Arc::clone(commit));
            next = commit.parent_commit.as_ref();
        }
        Ok(CommitLog { commits })
    }
}

/// A line of commits, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommitLog {
    commits: Vec<Arc<Commit>>,
}

impl CommitLog {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// The commits, the newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Commit> + ExactSizeIterator {
        self.commits.iter().map(AsRef::as_ref)
    }
}

impl IntoIterator for CommitLog {
    type Item = Arc<Commit>;
    type IntoIter = std::vec::IntoIter<Arc<Commit>>;

    fn into_iter(self) -> Self::IntoIter {
        self.commits.into_iter()
    }
}
