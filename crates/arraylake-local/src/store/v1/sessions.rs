//! Sessions: who writes, and until when.

use arraylake_types::Timestamp;
use arraylake_types::v1::{SessionId, SessionInfo, WireTime};
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::{from_json, to_json};
use super::Meta;

/// A session as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct StoredSession {
    /// Its number.
    pub(crate) seq: i64,
    /// When it ends; never, if the client made it by itself.
    expires: Option<i64>,
    /// Whether a branch has moved to a commit of it.
    committed: bool,
    /// Whether its owner has given it up; of sessions of older programs that is not known.
    abandoned: bool,
    /// What was asked for; nothing, if the client made it by itself.
    pub(crate) info: Option<SessionInfo>,
}

/// Why nothing can be written in a session any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A branch has moved to a commit of it.
    Committed,
    /// Its owner has given it up.
    Abandoned,
    /// Its time is up.
    Late,
}

impl StoredSession {
    /// Whether its time is up, be it because it was given up.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= micros(now))
    }

    /// Why nothing can be written in it any more; none if something can.
    pub(crate) fn end(&self, now: Timestamp) -> Option<End> {
        match self {
            Self { committed: true, .. } => Some(End::Committed),
            Self { abandoned: true, .. } => Some(End::Abandoned),
            _ => self.is_over(now).then_some(End::Late),
        }
    }
}

fn micros(at: Timestamp) -> i64 {
    at.to_chrono().timestamp_micros()
}

const SELECT: &str = "SELECT seq, expires, committed, abandoned, model FROM v1_session";

/// The sessions that go on. Those that clients make by themselves have no end, and are nobody else's to see.
fn active() -> String {
    format!("{SELECT} WHERE repo = ?1 AND committed = 0 AND expires > ?2 ORDER BY seq")
}

impl Meta<'_> {
    /// A session by its id.
    pub(crate) fn session(&self, id: &SessionId) -> rusqlite::Result<Option<StoredSession>> {
        let mut query = self.db.prepare_cached(&format!("{SELECT} WHERE repo = ?1 AND id = ?2"))?;
        query.query_row(params![self.repo, id.as_str()], session).optional()
    }

    /// The sessions that go on and have not been committed, in the order in which they were made.
    pub(crate) fn active_sessions(&self, now: Timestamp) -> rusqlite::Result<Vec<SessionInfo>> {
        let mut query = self.db.prepare_cached(&active())?;
        let rows = query.query_map(params![self.repo, micros(now)], session)?;
        rows.filter_map(|row| row.map(|session| session.info).transpose()).collect()
    }

    /// Adds a session.
    pub(crate) fn insert_session(&self, info: &SessionInfo) -> rusqlite::Result<()> {
        let expires = micros(info.expiration.timestamp());
        let values = params![self.repo, info.id.as_str(), expires, to_json(info)?];
        let change =
            "INSERT INTO v1_session (repo, id, expires, committed, model) VALUES (?1, ?2, ?3, 0, ?4)";
        self.db.prepare_cached(change)?.execute(values)?;
        Ok(())
    }

    /// Adds a session that a client made by itself; it never ends.
    pub(crate) fn insert_own_session(&self, id: &SessionId) -> rusqlite::Result<StoredSession> {
        let change = "INSERT INTO v1_session (repo, id, committed) VALUES (?1, ?2, 0)";
        self.db.prepare_cached(change)?.execute(params![self.repo, id.as_str()])?;
        let seq = self.db.last_insert_rowid();
        Ok(StoredSession { seq, expires: None, committed: false, abandoned: false, info: None })
    }

    /// Sets when a session ends.
    pub(crate) fn set_expiration(
        &self,
        session: &StoredSession,
        mut info: SessionInfo,
        at: WireTime,
    ) -> rusqlite::Result<SessionInfo> {
        info.expiration = at;
        let values = params![session.seq, micros(at.timestamp()), to_json(&info)?];
        let change = "UPDATE v1_session SET expires = ?2, model = ?3 WHERE seq = ?1";
        self.db.prepare_cached(change)?.execute(values)?;
        Ok(info)
    }

    /// Ends a session for good, and throws away what was written in it unless a commit shows it.
    pub(crate) fn abandon(
        &self,
        session: &StoredSession,
        info: SessionInfo,
        at: WireTime,
    ) -> rusqlite::Result<SessionInfo> {
        let change = "DELETE FROM v1_doc WHERE session = ?1
             AND NOT EXISTS (SELECT 1 FROM v1_commit WHERE session = ?1)";
        self.db.execute(change, [session.seq])?;
        self.db.execute("UPDATE v1_session SET abandoned = 1 WHERE seq = ?1", [session.seq])?;
        if !self.has_changes(session)? {
            self.set_loose(session.seq, false)?;
        }
        self.set_expiration(session, info, at)
    }

    /// Notes that a branch has moved to a commit of a session.
    pub(super) fn close_session(&self, seq: i64) -> rusqlite::Result<()> {
        self.db.prepare_cached("UPDATE v1_session SET committed = 1 WHERE seq = ?1")?.execute([seq])?;
        Ok(())
    }
}

fn session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    let model: Option<String> = row.get(4)?;
    let info = model.map(|text| from_json(4, &text)).transpose()?;
    let (seq, expires) = (row.get(0)?, row.get(1)?);
    Ok(StoredSession { seq, expires, committed: row.get(2)?, abandoned: row.get(3)?, info })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;
    use crate::store::v1::testing::{add_repo, meta};

    #[test]
    fn sessions_that_are_over_or_committed_are_not_looked_at_for_those_that_go_on() {
        let steps = schema::plan(&schema::of_this_version(), &active(), &["", ""]);
        let steps: Vec<String> = steps.into_iter().filter(|step| step.contains("v1_session")).collect();
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert!(steps[0].contains("USING INDEX v1_session_active (repo=? AND expires>?)"), "{steps:?}");
    }

    #[test]
    fn what_ended_a_session_of_an_older_program_is_its_time_or_its_commit() {
        let mut file = schema::of_version(10);
        add_repo(&file);
        let rows = "INSERT INTO v1_session VALUES (1, 1, 'gone', 5, 0, NULL), (2, 1, 'done', 5, 1, NULL), (3, 1, 'own', NULL, 0, NULL)";
        file.execute_batch(rows).unwrap();
        schema::migrate(&mut file).unwrap();
        let db = file.transaction().unwrap();
        let meta = meta(&db);
        for (id, end) in [("gone", Some(End::Late)), ("done", Some(End::Committed)), ("own", None)] {
            let session = meta.session(&id.parse().unwrap()).unwrap().unwrap();
            assert_eq!(session.end(std::time::SystemTime::now().into()), end, "{id}");
        }
    }
}
