//! Commits, branches and tags, as the service knows them.

use arraylake_types::v1::{
    Branch, Commit, CommitId, NewCommit, NewCommitReply, NewTag, RebaseReply, Tag, UpdateBranch,
};

use super::call::Call;
use super::{Metastore, View, text};
use crate::error::{Error, ErrorKind, Result};

impl Metastore {
    /// Commits of the repo, the newest first, at most `limit` of them unless that is 0: from the newest on, or those
    /// older than one seen before. `GET .../commits`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_commits(&self, limit: usize, last_seen: Option<&CommitId>) -> Result<Vec<Commit>> {
        let limit = limit.to_string();
        let mut pairs = vec![("limit", limit.as_str())];
        if last_seen.is_some() {
            pairs.push(("last_seen_commit", text(last_seen)));
        }
        self.call(Call::get("get commits", self, &["commits"]).query(&pairs)).await?.read()
    }

    /// A commit. `GET .../commits/{commit_id}`
    ///
    /// # Errors
    /// If there is no such commit.
    pub async fn get_commit_by_id(&self, commit: &CommitId) -> Result<Commit> {
        self.call(Call::get("get commit", self, &["commits", commit.as_str()])).await?.read()
    }

    /// Makes a commit of a session; no branch moves. `PUT .../commits`
    ///
    /// # Errors
    /// [`NothingToCommit`](ErrorKind::NothingToCommit), [`SessionExpired`](ErrorKind::SessionExpired), or if the
    /// message is too long.
    pub async fn new_commit(&self, commit: &NewCommit) -> Result<CommitId> {
        let call = Call::put("make commit", self, &["commits"]).json(commit)?;
        Ok(self.call(call).await?.read::<NewCommitReply>()?.id)
    }

    /// Tags: all, or those of these names. `GET .../tags`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_tags(&self, names: &[&str]) -> Result<Vec<Tag>> {
        let names: Vec<_> = names.iter().map(|name| ("names", *name)).collect();
        self.call(Call::get("get tags", self, &["tags"]).query(&names)).await?.read()
    }

    /// Makes a tag. `PUT .../tags`
    ///
    /// # Errors
    /// If there is a tag or a branch of that name, or no such commit.
    pub async fn new_tag(&self, tag: &NewTag) -> Result<Tag> {
        self.call(Call::put("make tag", self, &["tags"]).json(tag)?).await?.read()
    }

    /// Deletes a tag. `DELETE .../tags`
    ///
    /// # Errors
    /// [`RefNotFound`](ErrorKind::RefNotFound).
    pub async fn delete_tag(&self, name: &str) -> Result<()> {
        self.call_removal(Call::delete("delete tag", self, &["tags"]).query(&[("name", name)])).await
    }

    /// Branches: all, or those of these names. `GET .../branches`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_branches(&self, names: &[&str]) -> Result<Vec<Branch>> {
        let names: Vec<_> = names.iter().map(|name| ("names", *name)).collect();
        self.call(Call::get("get branches", self, &["branches"]).query(&names)).await?.read()
    }

    /// Makes or moves a branch, by compare-and-swap. `PUT .../branches`
    ///
    /// When the answer is lost, the branch is looked at: it may be where it was to go.
    ///
    /// # Errors
    /// [`LostRace`](ErrorKind::LostRace) if it is not where it was thought to be,
    /// [`UnknownOutcome`](ErrorKind::UnknownOutcome) if the service cannot be asked what became of it.
    pub async fn update_branch(&self, update: &UpdateBranch) -> Result<()> {
        let call = Call::put("update branch", self, &["branches"]).json(update)?;
        let error = match self.call(call).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if !is_doubtful(&error) {
            return Err(error);
        }
        match self.holds(update).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(error),
            Err(_) => Err(unknown(update, error)),
        }
    }

    /// Whether a branch has the commit that it was to be moved to. Others may have gone on from it already.
    async fn holds(&self, update: &UpdateBranch) -> Result<bool> {
        let found = self.get_branches(&[&update.branch]).await?;
        let mut at = found.into_iter().find(|found| found.id == update.branch).map(|found| found.commit_id);
        // Ids grow with time.
        while let Some(commit) = at.filter(|at| *at >= update.new_commit) {
            if commit == update.new_commit {
                return Ok(true);
            }
            at = self.get_commit_by_id(&commit).await?.parent_commit.filter(|parent| *parent < commit);
        }
        Ok(false)
    }

    /// Deletes a branch; its commits stay. `DELETE .../branches`
    ///
    /// # Errors
    /// [`RefNotFound`](ErrorKind::RefNotFound), or if it is `main`.
    pub async fn delete_branch(&self, name: &str) -> Result<()> {
        self.call_removal(Call::delete("delete branch", self, &["branches"]).query(&[("name", name)])).await
    }

    /// Asks whether a session may go on at the tip of a branch, and which commit that is. Changes nothing.
    /// `POST .../rebase`
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict), [`RefNotFound`](ErrorKind::RefNotFound) if there is no such branch, or if
    /// the base is not in its history.
    pub async fn rebase(&self, view: &View, branch: &str) -> Result<CommitId> {
        let [session, base] = view.query();
        let mut pairs = vec![session, ("branch_name", branch)];
        if view.base.is_some() {
            pairs.push(base);
        }
        let answer = self.call(Call::post("rebase", self, &["rebase"]).query(&pairs)).await?;
        Ok(answer.read::<RebaseReply>()?.commit_id)
    }

    /// As [`rebase`](Self::rebase), for the session and the parent of a commit, as older clients asked.
    /// `POST .../rebase`
    ///
    /// # Errors
    /// As [`rebase`](Self::rebase).
    pub async fn old_style_rebase(&self, commit: Option<&CommitId>, branch: &str) -> Result<CommitId> {
        let pairs = [("commit_id", text(commit)), ("branch_name", branch)];
        let answer = self.call(Call::post("rebase", self, &["rebase"]).query(&pairs)).await?;
        Ok(answer.read::<RebaseReply>()?.commit_id)
    }
}

/// Whether the branch may have moved all the same.
fn is_doubtful(error: &Error) -> bool {
    match error.kind() {
        // A request that was sent twice may have lost against itself.
        ErrorKind::LostRace => error.attempts() > 1,
        ErrorKind::Transport => true,
        ErrorKind::Refused { status } => status.is_server_error(),
        _ => false,
    }
}

fn unknown(update: &UpdateBranch, error: Error) -> Error {
    let message = format!(
        "branch {:?} may or may not have moved to {}; look at it before committing again",
        update.branch, update.new_commit
    );
    Error::new(ErrorKind::UnknownOutcome, message).with_source(error)
}
