//! What tests of the metastore have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_types::v1::{CommitId, NewCommit, SessionId};
use rusqlite::{Connection, Transaction};
use serde_json::json;

use super::super::schema;
use super::{Kept, Meta, Point, StoredSession};

/// A file with one repo.
pub(super) fn file() -> Connection {
    let connection = schema::of_this_version();
    add_repo(&connection);
    connection
}

pub(super) fn add_repo(connection: &Connection) {
    let rows = "INSERT INTO org VALUES ('1', 'acme', 'ACME', 0);
        INSERT INTO repo (seq, id, org, name, updated, ghost, model) VALUES (1, '65f0', 'acme', 'old', 0, 0, '{}')";
    connection.execute_batch(rows).unwrap();
}

pub(super) fn meta<'d>(db: &'d Transaction<'d>) -> Meta<'d> {
    Meta { db, repo: 1 }
}

/// Counts the steps of SQLite: what it does for a query, however fast the machine.
pub(super) struct Steps(Arc<AtomicUsize>);

impl Steps {
    pub(super) fn of(file: &mut Connection) -> Self {
        let steps = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&steps);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            false
        };
        file.progress_handler(1, Some(count)).unwrap();
        Self(steps)
    }

    /// Those since it was last asked.
    pub(super) fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Meta<'_> {
    pub(super) fn at(&self, commit: &CommitId) -> Point {
        self.point(commit).unwrap().unwrap()
    }

    pub(super) fn count(&self, of: &str) -> i64 {
        self.db.query_row(&format!("SELECT count(*) FROM {of}"), [], |row| row.get(0)).unwrap()
    }

    pub(super) fn stored(&self, id: &SessionId) -> StoredSession {
        self.session(id).unwrap().unwrap()
    }

    pub(super) fn new_session(&self) -> SessionId {
        let id = format!("s{}", self.count("v1_session")).parse().unwrap();
        self.insert_own_session(&id).unwrap();
        id
    }

    /// Writes a document of metadata, or deletes it.
    pub(super) fn put(&self, session: &SessionId, path: &str, content: Option<&str>) {
        let session = self.stored(session);
        let published = self.is_published(&session).unwrap();
        self.write((&session, published), (Kept::Metadata, path), content, None).unwrap();
    }

    pub(super) fn touch(&self, session: &SessionId, path: &str) {
        self.put(session, path, Some("{}"));
    }

    /// A commit of what a session has written.
    pub(super) fn commit_of(&self, session: &SessionId, parent: Option<&CommitId>) -> CommitId {
        let request: NewCommit =
            serde_json::from_value(json!({"session_id": session, "parent_commit": parent,
            "session_start_time": "2026-11-22T09:55:02", "commit_time": "2026-11-22T09:55:03",
            "author_email": "ada@example.com", "message": "m"}))
            .unwrap();
        let parent = parent.map(|parent| self.at(parent));
        self.insert_commit(&self.stored(session), parent.as_ref(), request, 1 << 64).unwrap()
    }

    /// A commit of a session that has written one document.
    pub(super) fn commit_path(&self, parent: Option<&CommitId>, path: &str) -> CommitId {
        let session = self.new_session();
        self.touch(&session, path);
        self.commit_of(&session, parent)
    }

    pub(super) fn move_to(&self, branch: &str, tip: &CommitId) {
        self.set_tip(branch, tip, &self.at(tip)).unwrap();
    }
}
