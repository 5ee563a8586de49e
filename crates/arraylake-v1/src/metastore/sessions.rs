//! Sessions, as the service knows them.

use arraylake_types::v1::{
    Collection, CommitId, DocSession, NewSession, SessionExpirationUpdate, SessionId, SessionInfo,
    SessionPath,
};

use super::call::Call;
use super::{Metastore, View, text};
use crate::error::Result;

impl Metastore {
    /// The sessions that are active, the oldest first. `GET .../sessions`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn list_active_sessions(&self) -> Result<Vec<SessionInfo>> {
        self.call(Call::get("list active sessions", self, &["sessions"])).await?.read()
    }

    /// Makes a session. `POST .../sessions`
    ///
    /// # Errors
    /// If it is to live for more than seven days.
    pub async fn create_session(&self, session: &NewSession) -> Result<SessionInfo> {
        let call = Call::post("create session", self, &["sessions"]).json(session)?;
        self.call(call).await?.read()
    }

    /// A session that is active. `GET .../sessions/{session_id}`
    ///
    /// # Errors
    /// [`SessionExpired`](crate::ErrorKind::SessionExpired) if it is over or unknown.
    pub async fn get_session(&self, session: &SessionId) -> Result<SessionInfo> {
        self.call(Call::get("get session", self, &["sessions", session.as_str()])).await?.read()
    }

    /// Sets how long a session lives from now. `PUT .../sessions/{session_id}`
    ///
    /// # Errors
    /// If it is over, or is to live for more than seven days.
    pub async fn update_session_expiration(&self, update: &SessionExpirationUpdate) -> Result<SessionInfo> {
        let segments = ["sessions", update.session_id.as_str()];
        self.call(Call::put("update session expiration", self, &segments).json(update)?).await?.read()
    }

    /// Ends a session; what was written in it is gone. `DELETE .../sessions/{session_id}`
    ///
    /// # Errors
    /// If it is over or unknown.
    pub async fn expire_session(&self, session: &SessionId) -> Result<SessionInfo> {
        self.call(Call::delete("expire session", self, &["sessions", session.as_str()])).await?.read()
    }

    /// The sessions that touched a path. `GET .../sessions/{collection}/{path}`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_all_sessions_for_path(
        &self,
        collection: &Collection,
        path: &str,
    ) -> Result<Vec<DocSession>> {
        let segments = ["sessions", collection.as_str()];
        self.call(Call::get("get sessions of path", self, &segments).with_tail(path)).await?.read()
    }

    /// The paths that a session touched, at most `limit` unless that is 0.
    /// `GET .../modified_paths/{collection}`
    ///
    /// # Errors
    /// If the service does not answer.
    pub async fn get_all_paths_for_session(
        &self,
        collection: &Collection,
        view: &View,
        limit: usize,
    ) -> Result<Vec<SessionPath>> {
        let limit = limit.to_string();
        let [session, base] = view.query();
        let call = Call::get("get paths of session", self, &["modified_paths", collection.as_str()]);
        self.call(call.query(&[("limit", &limit), session, base])).await?.read()
    }

    /// The paths that the sessions of a commit touched, at most `limit` unless that is 0.
    /// `GET .../modified_paths_commit/{collection}`
    ///
    /// # Errors
    /// If there is no such commit.
    pub async fn get_all_paths_for_commit(
        &self,
        collection: &Collection,
        commit: &CommitId,
        limit: usize,
    ) -> Result<Vec<SessionPath>> {
        let limit = limit.to_string();
        let call = Call::get("get paths of commit", self, &["modified_paths_commit", collection.as_str()]);
        self.call(call.query(&[("limit", &limit), ("commit_id", text(Some(commit)))])).await?.read()
    }
}
