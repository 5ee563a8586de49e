//! [`AsyncRepo`]: a V1 repo with a session, which reads, writes and commits.
//!
//! ```no_run
//! use arraylake_v1::{AsyncRepo, Checkout, CommitOptions};
//!
//! # async fn example(repo: AsyncRepo) -> arraylake_v1::Result<()> {
//! repo.checkout("main", Checkout::new()).await?;
//! repo.set_doc("meta/root.group.json", &serde_json::json!({"attributes": {"title": "Sea ice"}})).await?;
//! let commit = repo.commit("Begin", CommitOptions::new()).await?;
//! println!("{:?} after {} attempts", commit.id(), commit.attempts());
//! # Ok(())
//! # }
//! ```

mod checkout;
mod checkout_options;
mod chunks;
mod commit;
mod documents;
mod forward;
mod history;
mod ingest;
mod log;
mod nodes;
mod options;
mod outcome;
mod refs;
mod session;
mod sharing;
mod status;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arraylake_types::v1::CommitId;
use arraylake_types::{Author, RepoName, RepoStatus};
use futures_util::stream::{self, StreamExt, TryStreamExt};

pub use self::checkout_options::Checkout;
#[cfg(feature = "zarrs")]
pub(crate) use self::documents::read as read_doc;
pub use self::log::{CommitData, CommitLog};
pub use self::options::{CommitPolicy, RepoOptions};
pub use self::outcome::{CommitOptions, CommitOutcome};
pub use self::refs::Ref;
pub use self::session::Session;
pub use self::sharing::SharedRepo;
pub use self::status::{Change, Status};
use crate::chunks::ChunkStore;
use crate::error::{Error, ErrorKind, Result};
use crate::metastore::Metastore;

/// A V1 repo with a session, which reads, writes and commits. Cheap to clone; clones share the session, so a checkout
/// or a commit of one changes what all of them look at.
///
/// Nothing is checked out in the beginning. Methods are named after those of the Python client.
#[derive(Clone)]
pub struct AsyncRepo {
    inner: Arc<Inner>,
}

struct Inner {
    metastore: Metastore,
    author: Author,
    options: RepoOptions,
    status: RepoStatus,
    chunks: Option<ChunkStore>,
    session: Mutex<Option<Arc<Session>>>,
    commit_data: Mutex<Option<Arc<CommitData>>>,
    /// Held while a commit or a checkout replaces the session.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Shared by what writes documents; a commit that is being published has it alone. What would be written between
    /// the commit and the session after it would be in neither.
    writes: tokio::sync::RwLock<()>,
}

/// The right to replace the session. It goes with the work: whoever comes next waits for the end of that, also when
/// nobody else does any more.
type Turn = tokio::sync::OwnedMutexGuard<()>;

impl AsyncRepo {
    /// A repo over its metastore. Commits carry the author's name and address.
    #[must_use]
    pub fn new(metastore: Metastore, author: Author, options: RepoOptions) -> Self {
        Self::with_inner(Inner {
            metastore,
            author,
            options,
            status: RepoStatus::default(),
            chunks: None,
            session: Mutex::new(None),
            commit_data: Mutex::new(None),
            turn: Arc::default(),
            writes: tokio::sync::RwLock::default(),
        })
    }

    fn with_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// What another handle begins with: the same session, and a life of its own.
    fn copy(&self) -> Inner {
        let Inner { metastore, author, options, status, chunks, .. } = self.inner.as_ref();
        Inner {
            metastore: metastore.clone(),
            author: author.clone(),
            options: options.clone(),
            status: status.clone(),
            chunks: chunks.clone(),
            session: Mutex::new(self.session_slot().clone()),
            commit_data: Mutex::new(None),
            turn: Arc::default(),
            writes: tokio::sync::RwLock::default(),
        }
    }

    /// Another handle on the same repo, with a session of its own.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::with_inner(self.copy())
    }

    /// Another handle, which reads a commit. Nobody is asked whether there is such a commit.
    #[must_use]
    pub fn at(&self, commit: &CommitId) -> Self {
        let session = Session::reading(Some(commit.clone()), None, self.author());
        Self::with_inner(Inner { session: Mutex::new(Some(Arc::new(session))), ..self.copy() })
    }

    /// Another handle, with other options and a session of its own.
    #[must_use]
    pub fn with_options(&self, options: RepoOptions) -> Self {
        Self::with_inner(Inner { options, ..self.copy() })
    }

    /// The catalog's status at the time of opening. Under maintenance the repo can only be read. For new handles,
    /// before anything is checked out.
    #[must_use]
    pub fn with_status(&self, status: RepoStatus) -> Self {
        Self::with_inner(Inner { status, ..self.copy() })
    }

    /// The store that holds the bytes of chunks. For new handles, before anything is checked out.
    #[must_use]
    pub fn with_chunkstore(&self, store: ChunkStore) -> Self {
        Self::with_inner(Inner { chunks: Some(store), ..self.copy() })
    }

    /// Full name.
    #[must_use]
    pub fn name(&self) -> &RepoName {
        self.inner.metastore.repo()
    }

    /// Who commits.
    #[must_use]
    pub fn author(&self) -> &Author {
        &self.inner.author
    }

    /// What the caller said about working with it.
    #[must_use]
    pub fn options(&self) -> &RepoOptions {
        &self.inner.options
    }

    /// The catalog's status at the time of opening.
    #[must_use]
    pub fn repo_status(&self) -> &RepoStatus {
        &self.inner.status
    }

    /// Whether writing is refused, whatever is checked out: the caller wanted that, or the repo is under maintenance.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.inner.options.read_only || self.inner.status.is_maintenance()
    }

    /// The service, for what this handle does not offer.
    #[must_use]
    pub fn metastore(&self) -> &Metastore {
        &self.inner.metastore
    }

    /// The session, as it is now.
    ///
    /// # Errors
    /// If nothing has been checked out.
    pub fn session(&self) -> Result<Arc<Session>> {
        self.session_slot().clone().ok_or_else(|| {
            let message = "there is no session active; check something out first";
            Error::new(ErrorKind::Invalid, message)
        })
    }

    /// The session, if it may write.
    pub(crate) fn writable(&self) -> Result<Arc<Session>> {
        let session = self.session()?;
        session.require_writable()?;
        Ok(session)
    }

    fn session_slot(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.inner.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_session(&self, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        *self.session_slot() = Some(Arc::clone(&session));
        session
    }

    async fn turn(&self) -> Turn {
        Arc::clone(&self.inner.turn).lock_owned().await
    }

    /// Waits for a commit that is being published, and keeps the next one from it for as long as this is held.
    pub(crate) async fn writing(&self) -> tokio::sync::RwLockReadGuard<'_, ()> {
        self.inner.writes.read().await
    }

    /// Makes calls for many pieces, so many at once as the options say. The first failure ends them all.
    pub(crate) async fn at_once<T, R, F>(
        &self,
        pieces: impl IntoIterator<Item = T>,
        call: impl Fn(T) -> F,
    ) -> Result<Vec<R>>
    where
        F: Future<Output = Result<R>>,
    {
        let limit = self.inner.options.concurrency.get();
        stream::iter(pieces).map(call).buffer_unordered(limit).try_collect().await
    }
}

impl fmt::Debug for AsyncRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncRepo")
            .field("name", &self.name().as_str())
            .field("read_only", &self.is_read_only())
            .field("session", &*self.session_slot())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_sync_static<T: Clone + Send + Sync + 'static>() {}
    send_sync_static::<AsyncRepo>();
};

#[cfg(test)]
mod tests;
