//! The records: one SQLite file, one connection. Each call of the catalog is one transaction.

mod buckets;
mod deployments;
mod exchange;
mod keys;
mod logins;
mod namespaces;
mod orders;
mod orgs;
mod principals;
mod repos;
mod results;
mod schema;
pub(crate) mod v1;
mod virtual_chunks;

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arraylake_types::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

pub(crate) use self::buckets::{LOCAL_ENDPOINT, LOCAL_HOST, StoredBucket};
pub(crate) use self::deployments::Deployment;
pub(crate) use self::exchange::Subscription;
pub(crate) use self::logins::{CodeState, LoginCode};
pub(crate) use self::namespaces::Namespace;
use self::orders::Orders;
pub(crate) use self::orders::Window;
pub(crate) use self::principals::TokenRecord;
pub(crate) use self::repos::{ListQuery, StoredRepo, passes};
pub(crate) use self::virtual_chunks::ChunkPolicy;
use crate::error::LocalError;
use crate::files;
use crate::refusal::Refusal;

/// The file with the records. Clones share the connection.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Records>>);

struct Records {
    connection: Connection,
    orders: RefCell<Orders>,
}

/// One transaction on the records, and what is remembered about them between transactions.
pub(crate) struct Db<'c>(Transaction<'c>, &'c RefCell<Orders>);

impl Store {
    /// Opens the file, made if it is missing, for its owner alone. Unless it is lasting, nothing waits for the disk.
    pub(crate) fn open(path: &Path, lasting: bool) -> Result<Self, LocalError> {
        files::touch_private(path).map_err(|error| LocalError::io("the catalog file", error))?;
        let mut connection = Connection::open(path)?;
        // With a write-ahead log NORMAL loses nothing when the process is killed. When the power goes, the last moments
        // may be missing, but the file is whole: a fair price for not waiting on the disk at every call.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", if lasting { "NORMAL" } else { "OFF" })?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection)?;
        let orders = RefCell::default();
        Ok(Self(Arc::new(Mutex::new(Records { connection, orders }))))
    }

    /// Runs `job` as one transaction: kept if it succeeds, undone if it refuses. Blocks.
    pub(crate) fn run_now<T, E: From<rusqlite::Error>>(
        &self,
        job: impl FnOnce(&Db<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Records { connection, orders } = &mut *records;
        let db = Db(connection.transaction_with_behavior(TransactionBehavior::Immediate)?, orders);
        let done = job(&db)?;
        db.0.commit()?;
        Ok(done)
    }

    /// The same, away from the threads that drive futures.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Db<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.run_now(job))
            .await
            .map_err(|error| Refusal::internal("a call of the catalog", &error))?
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}

impl Db<'_> {
    /// A setting by its name.
    pub(crate) fn setting(&self, key: &str) -> rusqlite::Result<Option<String>> {
        let mut query = self.0.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
        query.query_row([key], |row| row.get(0)).optional()
    }

    /// Changes a setting.
    pub(crate) fn set_setting(&self, key: &str, value: &str) -> rusqlite::Result<()> {
        self.0.execute("INSERT OR REPLACE INTO setting VALUES (?1, ?2)", params![key, value])?;
        Ok(())
    }
}

/// A column that holds JSON which this program wrote.
fn from_json<T: serde::de::DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// A column that holds a time in seconds.
fn moment(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let seconds = row.get(column)?;
    Ok(Timestamp::from_unix(seconds, 0).unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.into()))
}

/// JSON for a column.
fn to_json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A column that holds an id which this program wrote.
fn parsed<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    column: usize,
    text: &str,
) -> rusqlite::Result<T> {
    text.parse().map_err(|error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
