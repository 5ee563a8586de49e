//! The tables, one step for each version of the file.

use rusqlite::Connection;

use crate::error::{LocalError, LocalErrorKind};

/// Each step brings a file from the version of its index to the next.
const STEPS: &[&str] = &["
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE org (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, created INTEGER NOT NULL);
    CREATE TABLE principal (
        id TEXT PRIMARY KEY, client_id TEXT, email TEXT NOT NULL UNIQUE, first_name TEXT, family_name TEXT,
        created INTEGER NOT NULL);
    CREATE TABLE token (
        hash BLOB PRIMARY KEY, principal TEXT NOT NULL REFERENCES principal (id), created INTEGER NOT NULL,
        expires INTEGER NOT NULL, last_used INTEGER);
    CREATE TABLE org_grant (
        org TEXT NOT NULL REFERENCES org (name), principal TEXT NOT NULL REFERENCES principal (id),
        actions TEXT NOT NULL, PRIMARY KEY (principal, org)) WITHOUT ROWID;
    CREATE TABLE bucket (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org (name),
        nickname TEXT NOT NULL, platform TEXT NOT NULL, name TEXT NOT NULL, prefix TEXT NOT NULL,
        endpoint TEXT NOT NULL, is_default INTEGER NOT NULL, model TEXT NOT NULL,
        UNIQUE (org, nickname), UNIQUE (org, platform, name, prefix, endpoint));
    CREATE INDEX bucket_place ON bucket (name, endpoint);
    CREATE TABLE repo (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org (name),
        name TEXT NOT NULL, bucket TEXT REFERENCES bucket (id), prefix TEXT, updated INTEGER NOT NULL,
        ghost INTEGER NOT NULL, metadata TEXT, model TEXT NOT NULL, UNIQUE (org, name));
    CREATE INDEX repo_order ON repo (org, updated, seq, ghost);
    CREATE INDEX repo_place ON repo (bucket, prefix);
    CREATE TABLE repo_grant (
        principal TEXT NOT NULL, repo TEXT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
        PRIMARY KEY (principal, repo)) WITHOUT ROWID;
    CREATE INDEX repo_grant_repo ON repo_grant (repo);
    CREATE TABLE s3_key (id TEXT PRIMARY KEY, secret TEXT NOT NULL, scope TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE s3_public (bucket TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE spared (
        principal TEXT NOT NULL, session TEXT NOT NULL, repo TEXT NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (repo, principal, session)) WITHOUT ROWID;
", "
    CREATE TABLE maintenance_result (
        seq INTEGER PRIMARY KEY, repo TEXT NOT NULL REFERENCES repo (id) ON DELETE CASCADE, kind TEXT NOT NULL,
        stored INTEGER NOT NULL, stored_by TEXT NOT NULL, result TEXT NOT NULL);
    CREATE INDEX maintenance_result_repo ON maintenance_result (repo);
", "
    CREATE TABLE chunk_policy (
        seq INTEGER PRIMARY KEY, org TEXT NOT NULL REFERENCES org (name), bucket TEXT NOT NULL,
        subprefix TEXT NOT NULL, public INTEGER NOT NULL, url_prefix TEXT NOT NULL, created INTEGER NOT NULL,
        created_by TEXT NOT NULL, UNIQUE (org, bucket, subprefix, public));
    CREATE TABLE chunk_container (
        repo TEXT NOT NULL REFERENCES repo (id) ON DELETE CASCADE, prefix TEXT NOT NULL, org TEXT NOT NULL,
        bucket TEXT NOT NULL, PRIMARY KEY (repo, prefix)) WITHOUT ROWID;
", "
    CREATE TABLE namespace (
        id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org (name), name TEXT NOT NULL, bucket TEXT NOT NULL,
        model TEXT NOT NULL, UNIQUE (org, name));
    CREATE INDEX namespace_bucket ON namespace (bucket);
", "
    CREATE TABLE deployment (
        seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org (name),
        service TEXT NOT NULL, label TEXT NOT NULL, created INTEGER NOT NULL, config TEXT NOT NULL,
        UNIQUE (org, service, label));
", "
    CREATE TABLE listing (
        id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org (name), repo TEXT NOT NULL, model TEXT NOT NULL);
    CREATE TABLE subscription (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        subscriber TEXT NOT NULL UNIQUE REFERENCES repo (id) ON DELETE CASCADE, parent TEXT NOT NULL,
        parent_org TEXT NOT NULL, listing TEXT NOT NULL, since INTEGER NOT NULL);
    CREATE INDEX subscription_parent ON subscription (parent);
", "
    CREATE TABLE v1_session (
        seq INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, id TEXT NOT NULL,
        expires INTEGER, committed INTEGER NOT NULL, model TEXT, UNIQUE (repo, id));
    CREATE TABLE v1_line (
        seq INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE,
        fork_line INTEGER, fork_depth INTEGER, tip_depth INTEGER NOT NULL);
    CREATE INDEX v1_line_repo ON v1_line (repo);
    CREATE TABLE v1_commit (
        seq INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, id TEXT NOT NULL,
        session INTEGER NOT NULL REFERENCES v1_session (seq), line INTEGER NOT NULL, depth INTEGER NOT NULL,
        model TEXT NOT NULL, UNIQUE (repo, id));
    CREATE INDEX v1_commit_session ON v1_commit (session);
    CREATE TABLE v1_branch (
        repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, name TEXT NOT NULL, tip TEXT NOT NULL,
        PRIMARY KEY (repo, name)) WITHOUT ROWID;
    CREATE TABLE v1_tag (
        seq INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, name TEXT NOT NULL,
        model TEXT NOT NULL, UNIQUE (repo, name));
    CREATE TABLE v1_doc (
        seq INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES v1_session (seq) ON DELETE CASCADE,
        collection INTEGER NOT NULL, path TEXT NOT NULL, old INTEGER NOT NULL, made INTEGER, content TEXT,
        UNIQUE (session, collection, path, old));
    CREATE TABLE v1_version (
        repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, collection INTEGER NOT NULL,
        path TEXT NOT NULL, point INTEGER NOT NULL, doc INTEGER NOT NULL,
        PRIMARY KEY (repo, collection, path, point)) WITHOUT ROWID;
", "
    DROP TABLE chunk_container;
    ALTER TABLE spared ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;
", "
    CREATE TABLE login_code (
        device BLOB PRIMARY KEY, code TEXT NOT NULL UNIQUE, expires INTEGER NOT NULL, asked INTEGER,
        state TEXT NOT NULL, principal TEXT) WITHOUT ROWID;
    CREATE TABLE login (
        id TEXT PRIMARY KEY, principal TEXT NOT NULL REFERENCES principal (id), begun INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE login_refresh (
        hash BLOB PRIMARY KEY, login TEXT NOT NULL REFERENCES login (id) ON DELETE CASCADE, replaced INTEGER)
        WITHOUT ROWID;
    CREATE INDEX login_refresh_login ON login_refresh (login);
    CREATE TABLE login_token (
        hash BLOB PRIMARY KEY, principal TEXT NOT NULL REFERENCES principal (id), expires INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX login_token_expires ON login_token (expires);
", "
    ALTER TABLE v1_line ADD COLUMN branch TEXT;
    CREATE INDEX v1_line_fork ON v1_line (fork_line, fork_depth);
    CREATE INDEX v1_commit_line ON v1_commit (line, depth);
    CREATE INDEX v1_session_active ON v1_session (repo, expires) WHERE committed = 0;
", "
    ALTER TABLE v1_session ADD COLUMN abandoned INTEGER NOT NULL DEFAULT 0;
", "
    ALTER TABLE v1_session ADD COLUMN loose INTEGER NOT NULL DEFAULT 0;
    UPDATE v1_session SET loose = 1 WHERE seq IN (
        SELECT session FROM v1_doc WHERE old = 0 AND seq NOT IN (SELECT doc FROM v1_version));
    CREATE INDEX v1_session_loose ON v1_session (repo) WHERE loose = 1;
", "
    ALTER TABLE v1_line ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE v1_commit ADD COLUMN last_doc INTEGER NOT NULL DEFAULT 0;
    UPDATE v1_commit SET last_doc = newest.doc
        FROM (SELECT point, max(doc) AS doc FROM v1_version GROUP BY point) AS newest
        WHERE newest.point = v1_commit.seq;
    CREATE TABLE v1_version_by_line (
        repo INTEGER NOT NULL REFERENCES repo (seq) ON DELETE CASCADE, collection INTEGER NOT NULL,
        path TEXT NOT NULL, line INTEGER NOT NULL, depth INTEGER NOT NULL, doc INTEGER NOT NULL,
        PRIMARY KEY (repo, collection, path, line, depth)) WITHOUT ROWID;
    INSERT INTO v1_version_by_line
        SELECT v.repo, v.collection, v.path, c.line, c.depth, v.doc
        FROM v1_version v JOIN v1_commit c ON c.seq = v.point ORDER BY 1, 2, 3, 4, 5;
    DROP TABLE v1_version;
    ALTER TABLE v1_version_by_line RENAME TO v1_version;
"];

/// Brings the file to the newest version, or refuses one from the future.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LocalError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found as usize > STEPS.len() {
        let message = format!("the catalog file has version {found}, this program knows {}", STEPS.len());
        return Err(LocalError::new(LocalErrorKind::Unusable, message));
    }
    for (step, version) in STEPS.iter().zip(1_u32..).skip(found as usize) {
        let change = connection.transaction()?;
        change.execute_batch(step)?;
        change.pragma_update(None, "user_version", version)?;
        change.commit()?;
    }
    Ok(())
}

/// A file that this program made.
#[cfg(test)]
pub(super) fn of_this_version() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection).unwrap();
    connection
}

/// The steps of a query, without what it is asked for.
#[cfg(test)]
pub(super) fn plan(file: &Connection, query: &str, values: &[&str]) -> Vec<String> {
    let mut plan = file.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let steps = plan.query_map(rusqlite::params_from_iter(values), |row| row.get("detail")).unwrap();
    steps.map(Result::unwrap).collect()
}

/// A file as an older program made it.
#[cfg(test)]
pub(super) fn of_version(version: u32) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for step in &STEPS[..version as usize] {
        connection.execute_batch(step).unwrap();
    }
    connection.pragma_update(None, "user_version", version).unwrap();
    connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_migrated_once_and_one_from_the_future_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 1000).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().kind(), LocalErrorKind::Unusable);
    }

    #[test]
    fn a_file_of_the_first_version_keeps_what_it_holds() {
        let mut connection = of_version(1);
        connection.execute("INSERT INTO org VALUES ('1', 'acme', 'ACME', 0)", []).unwrap();
        migrate(&mut connection).unwrap();
        let version =
            connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!(version as usize, STEPS.len());
        let count = |table: &str| {
            let count = format!("SELECT count(*) FROM {table}");
            connection.query_row(&count, [], |row| row.get::<_, u32>(0)).unwrap()
        };
        assert_eq!(count("org"), 1);
        for table in [
            "maintenance_result",
            "chunk_policy",
            "namespace",
            "deployment",
            "listing",
            "v1_version",
            "login",
        ] {
            assert_eq!(count(table), 0, "{table}");
        }
    }
}
