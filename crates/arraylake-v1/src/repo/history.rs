//! Commits, branches and tags.

use std::sync::{Arc, MutexGuard, PoisonError};

use arraylake_types::v1::{Branch, Commit, NewTag, Tag};
use futures_util::future;

use super::{AsyncRepo, CommitData, CommitLog, Ref, Session};
use crate::error::{Error, ErrorKind, Result};

impl AsyncRepo {
    /// All commits of the repo, the newest first: also those that no branch reaches.
    /// `GET /repos/{org}/{repo}/commits`, page by page
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_commits(&self) -> Result<Vec<Commit>> {
        let limit = self.options().commits_page.get();
        let mut all: Vec<Commit> = Vec::new();
        loop {
            let last = all.last().map(|commit| commit.id.clone());
            let page = self.metastore().get_commits(limit, last.as_ref()).await?;
            let got = page.len();
            // What does not go on from where it was would never end.
            if let (Some(first), Some(last)) = (page.first(), &last)
                && first.id >= *last
            {
                let message = "get commits brought commits that do not follow those before";
                return Err(Error::new(ErrorKind::Decode, message));
            }
            all.extend(page);
            if got < limit {
                return Ok(all);
            }
        }
    }

    /// All commits, branches and tags: as they were found the last time, or anew.
    ///
    /// `GET /repos/{org}/{repo}/commits`, `.../tags` and `.../branches`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn commit_data(&self, refresh: bool) -> Result<Arc<CommitData>> {
        if let Some(data) = self.cached_commit_data().filter(|_| !refresh) {
            return Ok(data);
        }
        let (commits, tags, branches) =
            future::try_join3(self.get_commits(), self.tags(), self.branches()).await?;
        let data = Arc::new(CommitData::new(
            commits,
            tags.into_iter().map(|tag| (tag.label, tag.commit.id)),
            branches.into_iter().map(|branch| (branch.id, branch.commit_id)),
        ));
        *self.commit_data_slot() = Some(Arc::clone(&data));
        Ok(data)
    }

    pub(super) fn cached_commit_data(&self) -> Option<Arc<CommitData>> {
        self.commit_data_slot().clone()
    }

    fn commit_data_slot(&self) -> MutexGuard<'_, Option<Arc<CommitData>>> {
        self.inner.commit_data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The history of what is checked out, the newest commit first. Always asked anew.
    ///
    /// # Errors
    /// If nothing is checked out, or a commit of the history is missing.
    pub async fn commit_log(&self) -> Result<CommitLog> {
        let session = self.session()?;
        self.commit_data(true).await?.history(session.base_commit.as_ref())
    }

    /// All tags. `GET /repos/{org}/{repo}/tags`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn tags(&self) -> Result<Vec<Tag>> {
        self.metastore().get_tags(&[]).await
    }

    /// All branches. `GET /repos/{org}/{repo}/branches`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn branches(&self) -> Result<Vec<Branch>> {
        self.metastore().get_branches(&[]).await
    }

    /// Makes a tag at a commit, the current one if none is named. `PUT /repos/{org}/{repo}/tags`
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if the current branch is of that name, and [`Invalid`](ErrorKind::Invalid) if
    /// there is no commit yet, before anything is made; or if there is a tag or branch of that name;
    /// [`ReadOnly`](ErrorKind::ReadOnly) if the repo was opened to be read.
    pub async fn tag(&self, name: &str, at: impl Into<Ref>, message: Option<&str>) -> Result<Tag> {
        self.require_changeable("cannot be tagged")?;
        let branch = self.session().ok().and_then(|session| session.branch.clone());
        if branch.as_deref() == Some(name) {
            let message = format!("tag {name:?} cannot be made: a branch of that name exists already");
            return Err(Error::new(ErrorKind::Exists, message));
        }
        let Some(commit) = self.resolve(&at.into()).await?.commit else {
            let message = format!("tag {name:?} cannot be made: there is no commit yet");
            return Err(Error::new(ErrorKind::Invalid, message));
        };
        let mut tag = NewTag::new(name, commit, self.author())?;
        if let Some(message) = message {
            tag = tag.with_message(message);
        }
        self.metastore().new_tag(&tag).await
    }

    /// Deletes a tag. `DELETE /repos/{org}/{repo}/tags`
    ///
    /// # Errors
    /// [`RefNotFound`](ErrorKind::RefNotFound) if there is none of that name, [`ReadOnly`](ErrorKind::ReadOnly) if the
    /// repo was opened to be read.
    pub async fn delete_tag(&self, name: &str) -> Result<()> {
        self.require_changeable("its tags cannot be deleted")?;
        self.metastore().delete_tag(name).await
    }

    /// Deletes a branch; its commits stay. `DELETE /repos/{org}/{repo}/branches`
    ///
    /// # Errors
    /// [`RefNotFound`](ErrorKind::RefNotFound) if there is none of that name, or if it is `main`;
    /// [`ReadOnly`](ErrorKind::ReadOnly) if the repo was opened to be read.
    pub async fn delete_branch(&self, name: &str) -> Result<()> {
        self.require_changeable("its branches cannot be deleted")?;
        self.metastore().delete_branch(name).await
    }

    /// Puts the session on a new branch. The service hears of it with the first commit. This is also how a session
    /// that began at a commit or a tag becomes one that writes.
    ///
    /// `GET /repos/{org}/{repo}/branches` and `.../tags`
    ///
    /// # Errors
    /// [`Exists`](ErrorKind::Exists) if a branch or a tag is of that name.
    pub async fn new_branch(&self, name: &str) -> Result<()> {
        let _turn = self.turn().await;
        let session = self.session()?;
        let names = [name];
        let (branches, tags) =
            future::try_join(self.metastore().get_branches(&names), self.metastore().get_tags(&names))
                .await?;
        if !branches.is_empty() || !tags.is_empty() || session.branch.as_deref() == Some(name) {
            let what = if tags.is_empty() { "branch" } else { "tag" };
            return Err(Error::new(ErrorKind::Exists, format!("{what} {name:?} exists already")));
        }
        self.set_session(Session { branch: Some(name.to_owned()), ..session.as_ref().clone() });
        Ok(())
    }
}
