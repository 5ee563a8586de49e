//! Checkouts and sessions.

use std::sync::Arc;
use std::time::Duration;

use arraylake_types::InvalidInput;
use arraylake_types::v1::{
    CommitId, NewSession, SessionExpirationUpdate, SessionId, SessionInfo, SessionType, TimeSpan,
};

use super::refs::Resolved;
use super::{AsyncRepo, Checkout, Ref, Session};
use crate::error::{Error, ErrorKind, Result};

impl AsyncRepo {
    /// Checks out a branch, a tag or a commit, and makes that the session. The commit it stands at is returned; none
    /// on an empty repo.
    ///
    /// `GET /repos/{org}/{repo}/branches` and `.../tags`, then `POST .../sessions` if it is for writing; or
    /// `GET .../sessions/{session_id}` to join a session.
    ///
    /// # Errors
    /// [`RefNotFound`](ErrorKind::RefNotFound), [`ReadOnly`](ErrorKind::ReadOnly) if the repo was opened to be read,
    /// [`Invalid`](ErrorKind::Invalid) if the session is to live for more than seven days.
    pub async fn checkout(&self, at: impl Into<Ref>, options: Checkout) -> Result<Option<CommitId>> {
        let session = match &options.session_token {
            Some(token) => self.join_session(token).await?,
            None => self.create_session(at, options).await?,
        };
        Ok(session.base_commit.clone())
    }

    /// As [`checkout`](Self::checkout), but returns the session.
    ///
    /// # Errors
    /// As [`checkout`](Self::checkout).
    pub async fn create_session(&self, at: impl Into<Ref>, options: Checkout) -> Result<Arc<Session>> {
        let at = at.into();
        self.check_checkout(&options)?;
        let _turn = self.turn().await;
        let resolved = self.resolve(&at).await?;
        if options.for_writing && resolved.branch.is_none() {
            tracing::warn!(repo = %self.name(), "{at} is no branch; make one with `new_branch` before writing");
        }
        let session = self.open_session(resolved, &options).await?;
        Ok(self.set_session(session))
    }

    fn check_checkout(&self, options: &Checkout) -> Result<()> {
        if options.for_writing && self.is_read_only() {
            return Err(self.read_only("cannot be checked out for writing"));
        }
        let span = TimeSpan::from(options.expires_in);
        if options.for_writing && (span > TimeSpan::MAX_SESSION || options.expires_in.is_zero()) {
            let rule = "must be more than nothing and at most seven days";
            return Err(InvalidInput::new("session length", span.to_string(), rule).into());
        }
        Ok(())
    }

    /// Refuses what changes the repo, if it was opened to be read.
    pub(super) fn require_changeable(&self, what: &str) -> Result<()> {
        if self.is_read_only() { Err(self.read_only(what)) } else { Ok(()) }
    }

    /// Why nothing may be written, and so what cannot be done.
    pub(super) fn read_only(&self, what: &str) -> Error {
        let why = match self.repo_status().is_maintenance() {
            true => format!("is under maintenance{}", self.repo_status().explanation()),
            false => "was opened to be read".to_owned(),
        };
        Error::new(ErrorKind::ReadOnly, format!("{} {why}: {what}", self.name()))
    }

    /// A session for what a ref stands for.
    pub(super) async fn open_session(&self, resolved: Resolved, options: &Checkout) -> Result<Session> {
        let Resolved { branch, commit } = resolved;
        if !options.for_writing {
            return Ok(Session::reading(commit, branch, self.author()));
        }
        let mut request = NewSession::new(branch.clone(), commit.clone(), self.author())?;
        request = request.with_expires_in(options.expires_in);
        if let Some(message) = &options.message {
            request = request.with_message(message);
        }
        if !self.metastore().has_managed_sessions() {
            return Ok(Session {
                message: request.message,
                ..self.own_session(commit, branch, options.expires_in)
            });
        }
        let info = self.metastore().create_session(&request).await?;
        // What was asked for counts, not what the service makes of it.
        Ok(Session { branch, base_commit: commit, ..Session::writing(info) })
    }

    /// A session that the service does not manage: this side makes up its id.
    fn own_session(&self, base: Option<CommitId>, branch: Option<String>, life: Duration) -> Session {
        let reading = Session::reading(base, branch, self.author());
        let random = format!("{:032x}", fastrand::u128(..));
        let end = reading.start_time.to_chrono() + chrono::Duration::from_std(life).unwrap_or_default();
        Session {
            // A text of digits is always an id.
            id: random.parse().unwrap_or_else(|_| reading.id.clone()),
            session_type: SessionType::Write,
            expiration: Some(end.into()),
            ..reading
        }
    }

    /// Makes a session of the service this one: somebody else's, too. All who joined it write into the same, and one
    /// of them commits.
    ///
    /// `GET /repos/{org}/{repo}/sessions/{session_id}`
    ///
    /// # Errors
    /// [`SessionExpired`](ErrorKind::SessionExpired) if it is over or unknown, [`ReadOnly`](ErrorKind::ReadOnly) if
    /// the repo was opened to be read.
    pub async fn join_session(&self, session: &SessionId) -> Result<Arc<Session>> {
        if !self.metastore().has_managed_sessions() {
            let message = "a session cannot be joined: the service does not manage sessions";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if self.is_read_only() {
            return Err(self.read_only("its sessions, which write, cannot be joined"));
        }
        let _turn = self.turn().await;
        let info = self.metastore().get_session(session).await?;
        if info.branch.is_none() && info.base_commit.is_none() {
            let message = format!("session {session} has neither a branch nor a base commit");
            return Err(Error::new(ErrorKind::Decode, message));
        }
        Ok(self.set_session(Session::writing(info)))
    }

    /// The sessions that are active, the oldest first. `GET /repos/{org}/{repo}/sessions`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn list_active_sessions(&self) -> Result<Vec<SessionInfo>> {
        self.metastore().list_active_sessions().await
    }

    /// Sets how long the session lives from now, and returns it. `PUT /repos/{org}/{repo}/sessions/{session_id}`
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) if that is more than seven days, [`ReadOnly`](ErrorKind::ReadOnly) if it only
    /// reads, [`SessionExpired`](ErrorKind::SessionExpired) if it is over.
    pub async fn update_session_expiration(&self, expires_in: Duration) -> Result<Arc<Session>> {
        let span = TimeSpan::from(expires_in);
        if span > TimeSpan::MAX_SESSION {
            return Err(
                InvalidInput::new("session length", span.to_string(), "must be at most seven days").into()
            );
        }
        let session = self.session_of_service("extended")?;
        let update = SessionExpirationUpdate::new(session.id.clone(), span);
        let info = self.metastore().update_session_expiration(&update).await?;
        Ok(self.expires(&session, &info))
    }

    /// Ends the session; what was written in it is gone. `DELETE /repos/{org}/{repo}/sessions/{session_id}`
    ///
    /// # Errors
    /// [`ReadOnly`](ErrorKind::ReadOnly) if it only reads.
    pub async fn abandon_session(&self) -> Result<Arc<Session>> {
        let session = self.session_of_service("abandoned")?;
        let info = self.metastore().expire_session(&session.id).await?;
        Ok(self.expires(&session, &info))
    }

    fn session_of_service(&self, what: &str) -> Result<Arc<Session>> {
        let session = self.session()?;
        if session.session_type != SessionType::Write {
            let message = format!("a session that only reads cannot be {what}");
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        Ok(session)
    }

    /// Takes over the new end, unless the session was replaced meanwhile.
    fn expires(&self, session: &Arc<Session>, info: &SessionInfo) -> Arc<Session> {
        let mut slot = self.session_slot();
        let current = slot.as_ref().filter(|current| current.id == session.id).unwrap_or(session);
        let changed = Arc::new(Session { expiration: Some(info.expiration), ..current.as_ref().clone() });
        if slot.as_ref().is_some_and(|current| current.id == session.id) {
            *slot = Some(Arc::clone(&changed));
        }
        changed
    }
}
