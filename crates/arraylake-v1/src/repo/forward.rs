//! Going on from what others have committed.

use arraylake_types::v1::{CommitId, SessionType};

use super::commit::detached;
use super::{AsyncRepo, Session};
use crate::error::Result;

impl AsyncRepo {
    /// Puts the session on top of what others have committed to its branch meanwhile, if nobody has changed what it
    /// has. Where the branch does not exist yet it stays where it is.
    ///
    /// `GET /repos/{org}/{repo}/branches`, `POST .../rebase`
    ///
    /// # Errors
    /// [`Detached`](crate::ErrorKind::Detached) on no branch, [`Conflict`](crate::ErrorKind::Conflict) if others changed
    /// the same documents.
    pub async fn fast_forward(&self) -> Result<Option<CommitId>> {
        let _turn = self.turn().await;
        let session = self.session()?;
        let Some(branch) = session.branch.clone() else { return Err(detached()) };
        let Some(tip) = self.tip(&branch).await? else { return Ok(session.base_commit.clone()) };
        if session.base_commit.as_ref() == Some(&tip) {
            return Ok(Some(tip));
        }
        let tip = match session.session_type {
            SessionType::Read => tip,
            _ => self.metastore().rebase(&session.view(), &branch).await?,
        };
        let mut moved = Session { base_commit: Some(tip.clone()), ..session.as_ref().clone() };
        if moved.session_type == SessionType::Read {
            moved.id = Session::reading(Some(tip.clone()), None, self.author()).id;
        }
        self.set_session(moved);
        Ok(Some(tip))
    }
}
