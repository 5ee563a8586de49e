//! [`Renewed`]: the storage below, and what takes its place once a bucket refused its keys.
//!
//! Icechunk's storages keep the credentials they were given until these end by the clock of this machine. A bucket that
//! refuses them earlier, because its clock runs ahead or somebody took them back, goes on refusing. So they are fetched
//! anew, and a new storage asks with them: once, since what is refused twice will be refused again.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arraylake_types::RepoName;
use icechunk::Storage;
use icechunk::storage::{StorageError, StorageErrorKind};
use serde::{Deserialize, Serialize};

use crate::credentials::{Link, MARKER, Want};
use crate::error::{one_line, refuses_keys, refuses_keys_without_words};
use crate::sessions;

type Inner = Arc<dyn Storage + Send + Sync>;

/// Whose credentials a storage uses.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    pub(crate) link: Link,
    pub(crate) repo: RepoName,
}

/// A storage and those that took its place. The old ones stay, because listings borrow them.
#[derive(Serialize, Deserialize)]
#[serde(from = "Plain", into = "Plain")]
pub(super) struct Renewed {
    storage: Inner,
    next: OnceLock<Box<Renewed>>,
    /// Held while the next one is made, so that all who were refused at once get it.
    making: Mutex<()>,
    keeper: Option<Arc<Keeper>>,
    /// How many refusals there were before it.
    taken: u64,
}

/// What travels: the newest storage, and whose it is.
#[derive(Serialize, Deserialize)]
struct Plain {
    storage: Inner,
    repo: Option<RepoName>,
}

impl From<Plain> for Renewed {
    fn from(Plain { storage, repo }: Plain) -> Self {
        let keeper = sessions::current().zip(repo).map(|(link, repo)| Keeper { link, repo });
        Self::new(storage, keeper)
    }
}

impl From<Renewed> for Plain {
    fn from(renewed: Renewed) -> Self {
        let repo = renewed.keeper.as_ref().map(|keeper| keeper.repo.clone());
        Self { storage: Arc::clone(&renewed.last().storage), repo }
    }
}

impl Clone for Renewed {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.last().storage), self.keeper.clone())
    }
}

impl Renewed {
    pub(super) fn new(storage: Inner, keeper: Option<Keeper>) -> Self {
        Self::of(storage, keeper.map(Arc::new))
    }

    fn of(storage: Inner, keeper: Option<Arc<Keeper>>) -> Self {
        let taken = keeper.as_ref().map_or(0, |keeper| keeper.link.cache.refusals());
        Self { storage, next: OnceLock::new(), making: Mutex::default(), keeper, taken }
    }

    /// The newest.
    pub(super) fn last(&self) -> &Self {
        let mut last = self;
        while let Some(next) = last.next.get() {
            last = next;
        }
        last
    }

    pub(super) fn storage(&self) -> &(dyn Storage + Send + Sync) {
        self.storage.as_ref()
    }

    /// What to ask instead after an error; the error itself, if asking again would not help.
    pub(super) fn after(&self, error: StorageError) -> Result<&Self, StorageError> {
        let refused = refuses_keys(&error.kind);
        self.after_refusal(refused, error)
    }

    /// The same for a request whose answer has no body.
    pub(super) fn after_no_words(&self, error: StorageError) -> Result<&Self, StorageError> {
        let refused = refuses_keys_without_words(&error.kind);
        self.after_refusal(refused, error)
    }

    fn after_refusal(&self, refused: bool, error: StorageError) -> Result<&Self, StorageError> {
        let Some(keeper) = &self.keeper else { return Err(error) };
        if !refused {
            let text = one_line(&error.kind);
            return Err(plain(error, &text, keeper));
        }
        match self.make_next(keeper) {
            true => Ok(self.last()),
            false => Err(error),
        }
    }

    /// Whether there is a next one, now.
    fn make_next(&self, keeper: &Arc<Keeper>) -> bool {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if self.next.get().is_some() {
            return true;
        }
        // Those of the bucket alone: containers of virtual chunks are refused by themselves.
        let own = |want: &Want| want.is_of_bucket(&keeper.repo);
        if !keeper.link.cache.refused(own, self.taken) {
            return false;
        }
        let storage = match again(&self.storage, &keeper.link) {
            Ok(storage) => storage,
            Err(error) => {
                tracing::warn!(repo = %keeper.repo, %error, "no new storage can be made of the old one");
                return false;
            }
        };
        tracing::debug!(repo = %keeper.repo, "the bucket refused its keys, they are fetched anew");
        self.next.set(Box::new(Self::of(storage, Some(Arc::clone(keeper))))).is_ok()
    }

    /// The error of the second attempt.
    pub(super) fn plain(&self, error: StorageError) -> StorageError {
        match &self.keeper {
            Some(keeper) => {
                let text = one_line(&error.kind);
                plain(error, &text, keeper)
            }
            None => error,
        }
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.last().storage.fmt(f)
    }
}

impl fmt::Display for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.last().storage, f)
    }
}

/// The same storage as it was before its first request: it has no credentials yet. It goes the way that sessions travel.
fn again(storage: &Inner, link: &Link) -> Result<Inner, Box<dyn std::error::Error>> {
    let bytes = rmp_serde::to_vec(storage)?;
    let _reading = sessions::Reading::begin(link.clone());
    Ok(rmp_serde::from_slice(&bytes)?)
}

/// Icechunk repeats reads of chunks for more than a minute after what looks like a broken connection, and so does the
/// failure to get credentials. One that lasts is said in words that it does not repeat.
fn plain(error: StorageError, text: &str, keeper: &Keeper) -> StorageError {
    let credentials = text.contains(MARKER) || text.contains("credential provider");
    match keeper.link.cache.last_error(&keeper.repo) {
        Some(last) if credentials && !last.is_transient() => {
            StorageError::capture(StorageErrorKind::Other(format!("{MARKER} {last}")))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests;
