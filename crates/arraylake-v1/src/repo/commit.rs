//! Commits: one attempt, and the races between writers.

use std::sync::Arc;
use std::time::Duration;

use arraylake_types::v1::{Branch, CommitId, NewCommit, UpdateBranch};

use super::refs::Resolved;
use super::{AsyncRepo, Checkout, CommitOptions, CommitOutcome, Ref, Session, Turn};
use crate::error::{Error, ErrorKind, Result};
use crate::metastore::View;

/// One attempt.
enum Attempt {
    Made(CommitOutcome),
    /// Somebody else was first. The turn comes back for the next one.
    Lost(Turn),
}

impl AsyncRepo {
    /// Publishes what the session has changed as a commit on its branch, and checks that branch out anew.
    ///
    /// When somebody else has moved the branch meanwhile and changed none of the same documents, the session is put on
    /// top of what they did and it is tried again, as [`CommitPolicy`](crate::CommitPolicy) says. A future that is
    /// dropped leaves either a commit with its new session, or the session as it was.
    ///
    /// What clones of this handle write meanwhile waits for the commit, and either belongs to it or to the session
    /// after it, or is refused.
    ///
    /// `GET /repos/{org}/{repo}/branches`, `PUT .../commits`, `PUT .../branches`, and `POST .../rebase` after a lost
    /// race; then as [`checkout`](Self::checkout).
    ///
    /// # Errors
    /// [`Detached`](ErrorKind::Detached) on no branch, [`ReadOnly`](ErrorKind::ReadOnly) for a session that only
    /// reads; [`Conflict`](ErrorKind::Conflict) if others changed the same documents,
    /// [`CommitFailed`](ErrorKind::CommitFailed) if every attempt lost its race,
    /// [`UnknownOutcome`](ErrorKind::UnknownOutcome) if the service fell silent while it moved the branch,
    /// [`SessionExpired`](ErrorKind::SessionExpired). Of the session nothing is lost by these, but by the last.
    pub async fn commit(&self, message: &str, options: CommitOptions) -> Result<CommitOutcome> {
        let mut turn = self.turn().await;
        let session = self.session()?;
        let branch = committable(&session)?;
        let policy = &self.options().commit;
        let mut base = session.base_commit.clone();
        for attempt in 1..=policy.max_attempts {
            let pause = policy.pause(attempt, fastrand::f64());
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            if attempt > 1 {
                base = self.rebased(&session, base, &branch).await?;
            }
            let work =
                Work { session: Arc::clone(&session), branch: branch.clone(), base: base.clone(), attempt };
            match self.attempt(work, message, &options, turn).await? {
                Attempt::Made(outcome) => return Ok(outcome),
                Attempt::Lost(back) => turn = back,
            }
            tracing::debug!(repo = %self.name(), branch, attempt, "somebody else moved the branch first");
        }
        let kind = ErrorKind::CommitFailed { attempts: policy.max_attempts };
        let tries = policy.max_attempts;
        Err(Error::new(kind, format!("branch {branch:?} could not be moved in {tries} attempts")))
    }

    /// The commit on which the session may go on. Where the branch is gone it stays where it is.
    async fn rebased(
        &self,
        session: &Session,
        base: Option<CommitId>,
        branch: &str,
    ) -> Result<Option<CommitId>> {
        let view = View::new(session.id.clone(), base.clone());
        match self.metastore().rebase(&view, branch).await {
            Ok(tip) => Ok(Some(tip)),
            Err(error) if *error.kind() == ErrorKind::RefNotFound => Ok(base),
            Err(error) => Err(error),
        }
    }

    async fn attempt(
        &self,
        work: Work,
        message: &str,
        options: &CommitOptions,
        turn: Turn,
    ) -> Result<Attempt> {
        let tip = self.tip(&work.branch).await?;
        if tip.as_ref().is_some_and(|tip| Some(tip) != work.base.as_ref()) {
            return Ok(Attempt::Lost(turn));
        }
        let Session { id, start_time, .. } = work.session.as_ref();
        let commit = NewCommit::new(id.clone(), *start_time, work.base.clone(), self.author(), message)?;
        // A task of its own: once the branch has moved the session must be replaced, whoever still waits for it.
        let (repo, options, has_tip) = (self.clone(), options.clone(), tip.is_some());
        let task = tokio::spawn(async move {
            let made = repo.publish(&work, &commit, has_tip, &options).await?;
            Ok(made.map_or_else(|| Attempt::Lost(turn), Attempt::Made))
        });
        task.await.unwrap_or_else(|_| {
            let message = "the runtime is shutting down; whether the commit was made is not known";
            Err(Error::new(ErrorKind::UnknownOutcome, message))
        })
    }

    /// Makes the commit, moves the branch to it and replaces the session; nothing if somebody else moved it first.
    async fn publish(
        &self,
        work: &Work,
        commit: &NewCommit,
        has_tip: bool,
        options: &CommitOptions,
    ) -> Result<Option<CommitOutcome>> {
        let _alone = self.inner.writes.write().await;
        let id = match self.metastore().new_commit(commit).await {
            Ok(id) => id,
            Err(error) if *error.kind() == ErrorKind::NothingToCommit => {
                tracing::warn!(repo = %self.name(), "{error}");
                return Ok(Some(work.outcome(work.base.clone(), false)));
            }
            Err(error) => return Err(error),
        };
        let update = match &work.base {
            Some(base) if has_tip => UpdateBranch::advance(&work.branch, base.clone(), id.clone()),
            base => UpdateBranch::create(&work.branch, id.clone()).with_base_commit(base.clone()),
        };
        match self.metastore().update_branch(&update.with_session(work.session.id.clone())).await {
            Ok(()) => {}
            Err(error) if *error.kind() == ErrorKind::LostRace => return Ok(None),
            Err(error) => return Err(error),
        }
        let mut outcome = work.outcome(Some(id.clone()), true);
        outcome.checkout_error = self.go_on(work, id, options).await.err();
        Ok(Some(outcome))
    }

    /// Checks out the branch after a commit. Whatever comes of that, the old session is not gone on with.
    async fn go_on(&self, work: &Work, id: CommitId, options: &CommitOptions) -> Result<()> {
        let reading = Session::reading(Some(id.clone()), Some(work.branch.clone()), self.author());
        self.set_session(reading);
        let resolved = self.resolve(&Ref::Named(work.branch.clone())).await?;
        if resolved.commit.as_ref() != Some(&id) {
            tracing::warn!(repo = %self.name(), branch = work.branch, "others have committed since");
        }
        let Resolved { commit, .. } = resolved;
        let resolved = Resolved { branch: Some(work.branch.clone()), commit };
        let life = u64::try_from(work.session.length().as_micros()).unwrap_or_default();
        let checkout = Checkout::new()
            .with_for_writing(options.checkout_for_writing)
            .with_expires_in(Duration::from_micros(life));
        let session = self.open_session(resolved, &checkout).await?;
        self.set_session(session);
        Ok(())
    }

    pub(super) async fn tip(&self, branch: &str) -> Result<Option<CommitId>> {
        let found = self.metastore().get_branches(&[branch]).await?;
        Ok(found.into_iter().find(|found: &Branch| found.id == branch).map(|found| found.commit_id))
    }
}

/// What an attempt goes by.
struct Work {
    session: Arc<Session>,
    branch: String,
    base: Option<CommitId>,
    attempt: u32,
}

impl Work {
    fn outcome(&self, id: Option<CommitId>, changed: bool) -> CommitOutcome {
        CommitOutcome { id, changed, attempts: self.attempt, checkout_error: None }
    }
}

pub(super) fn detached() -> Error {
    let message = "you are not on the tip of a branch; make one with `new_branch` first";
    Error::new(ErrorKind::Detached, message)
}

/// The branch that a session may commit to.
fn committable(session: &Session) -> Result<String> {
    let branch = session.branch.clone().ok_or_else(detached)?;
    session.require_writable()?;
    Ok(branch)
}
