//! Sessions in other processes: bytes without secrets, which come alive where a client of the same service is.
//!
//! A writable session is forked, its fork travels to a worker as bytes, comes back with what was written, and is merged
//! into the session it came from, which commits.
//!
//! ```no_run
//! # async fn example(
//! #     repo: arraylake_icechunk::IcechunkRepo,
//! #     workers: arraylake_icechunk::Opener,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let mut session = repo.writable_session("main").await?;
//! let bytes = repo.session_to_bytes(&session.fork().await?)?;
//!
//! // Elsewhere, with a client of its own.
//! let fork = workers.session_from_bytes(&bytes)?;
//! // ... it writes ...
//! let bytes = repo.session_to_bytes(&fork)?;
//!
//! let fork = workers.session_from_bytes(&bytes)?;
//! session.merge(fork).await?;
//! session.commit("Written by many").execute().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The bytes name the API of the service and the repo, and hold what was written but not committed. Credentials are
//! had anew, through the client that reads the bytes; a client of another API is refused. Read bytes only from those
//! you trust: they say which object store the credentials are sent to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arraylake_types::RepoName;
use icechunk::format::format_constants::ICECHUNK_LIB_VERSION;
use icechunk::session::Session;
use serde::{Deserialize, Serialize};

use crate::credentials::Link;
use crate::{Error, ErrorKind, IcechunkRepo, Opener};

/// Begins all bytes that are made here.
const MAGIC: &[u8] = b"arraylake session";
/// Grows when what follows changes.
const FORMAT: u8 = 3;

thread_local! {
    /// Whose bytes are being read on this thread.
    static CURRENT: RefCell<Option<Link>> = const { RefCell::new(None) };
}

/// Clients by the URL of their API, for sessions that are deserialised by icechunk alone.
static REGISTERED: Mutex<Option<HashMap<String, Link>>> = Mutex::new(None);

/// What goes before icechunk's own bytes, so that a mismatch is told before they are read.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    icechunk: String,
    client: String,
    api_url: String,
    repo: RepoName,
}

/// The client that reads bytes on this thread, for a fetcher among those bytes.
pub(crate) fn current() -> Option<Link> {
    CURRENT.with_borrow(Clone::clone)
}

/// The client that was registered for an API.
pub(crate) fn registered(api_url: &str) -> Option<Link> {
    registry().as_ref()?.get(api_url).cloned()
}

fn registry() -> MutexGuard<'static, Option<HashMap<String, Link>>> {
    REGISTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl IcechunkRepo {
    /// A session of this repository, or a fork of one, as bytes for another process. Holds no secret.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the repository was opened with the caller's own fixed credentials for virtual chunks,
    /// which would be in the bytes.
    pub fn session_to_bytes(&self, session: &Session) -> Result<Vec<u8>, Error> {
        if self.holds_secrets() {
            let text =
                format!("{} was opened with fixed credentials, which no session may carry", self.name());
            return Err(Error::config(text));
        }
        let header = Header {
            icechunk: ICECHUNK_LIB_VERSION.to_owned(),
            client: env!("CARGO_PKG_VERSION").to_owned(),
            api_url: self.api_url().to_owned(),
            repo: self.name().clone(),
        };
        let header = serde_json::to_vec(&header).map_err(|error| Error::config(error.to_string()))?;
        let session = session.as_bytes().map_err(|error| self.explain(error))?;
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        for part in [header, session, self.chunks_to_bytes()?] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

impl IcechunkRepo {
    /// What a store of the session needs on the other side beside the session.
    #[cfg(feature = "zarrs")]
    fn chunks_to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.chunks().to_bytes().map_err(|error| Error::config(error.to_string()))
    }

    #[cfg(not(feature = "zarrs"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "as its twin")]
    fn chunks_to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(Vec::new())
    }
}

impl Opener {
    /// A session from the bytes of [`IcechunkRepo::session_to_bytes`]. Its credentials come from this client.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if the bytes are of something else, of another version of icechunk, or of another
    /// service than that of this client.
    pub fn session_from_bytes(&self, bytes: &[u8]) -> Result<Session, Error> {
        self.read(bytes).map(|read| read.session)
    }

    /// The same as a store for `zarrs`.
    ///
    /// # Errors
    /// As [`session_from_bytes`](Self::session_from_bytes); [`ErrorKind::Config`] if the bytes were made by a build
    /// without the feature `zarrs`.
    #[cfg(feature = "zarrs")]
    pub fn store_from_bytes(&self, bytes: &[u8]) -> Result<crate::ZarrStore, Error> {
        let read = self.read(bytes)?;
        if read.chunks.is_empty() {
            return Err(refused("it was made by a build that knows no stores"));
        }
        let reading = Reading::begin(self.link.clone());
        let chunks = crate::chunks::Chunks::from_bytes(read.chunks, self.link.clone(), read.repo.clone())
            .map_err(|_| refused("what goes with it cannot be read"))?;
        drop(reading);
        Ok(crate::ZarrStore::new(read.session, chunks.into(), read.repo, self.link.cache.clone()))
    }

    /// Lets sessions and repositories of this client's service come alive wherever in this process icechunk reads
    /// them from bytes by itself. A later registration for the same service takes its place.
    pub fn register(&self) {
        let api_url = self.link.source.api_url().to_owned();
        registry().get_or_insert_default().insert(api_url, self.link.clone());
    }

    /// Takes back [`register`](Self::register).
    pub fn unregister(&self) {
        if let Some(clients) = registry().as_mut() {
            clients.remove(self.link.source.api_url());
        }
    }

    fn read<'a>(&self, bytes: &'a [u8]) -> Result<Read<'a>, Error> {
        let (header, body, chunks) = open(bytes)?;
        let ours = self.link.source.api_url();
        if header.api_url != ours {
            let theirs = &header.api_url;
            return Err(refused(&format!("it is of the service {theirs}, and this client is of {ours}")));
        }
        if minor(&header.icechunk) != minor(ICECHUNK_LIB_VERSION) {
            let theirs = &header.icechunk;
            return Err(refused(&format!(
                "it was made by icechunk {theirs}, and this is {ICECHUNK_LIB_VERSION}"
            )));
        }
        let _reading = Reading::begin(self.link.clone());
        let session = Session::from_bytes(body)
            .map_err(|error| Error::explain(error, &header.repo, &self.link.cache))?;
        Ok(Read { repo: header.repo, session, chunks })
    }
}

/// What bytes hold.
#[cfg_attr(not(feature = "zarrs"), expect(dead_code, reason = "stores alone need the rest"))]
struct Read<'a> {
    repo: RepoName,
    session: Session,
    chunks: &'a [u8],
}

/// The client of this thread, until it is dropped.
pub(crate) struct Reading(Option<Link>);

impl Reading {
    pub(crate) fn begin(link: Link) -> Self {
        Self(CURRENT.replace(Some(link)))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

/// `2.3` of `2.3.1`: what has to be the same on both sides.
fn minor(version: &str) -> &str {
    version.rsplit_once('.').map_or(version, |(minor, _)| minor)
}

fn open(bytes: &[u8]) -> Result<(Header, &[u8], &[u8]), Error> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| refused("it was not made by this library"))?;
    let (version, rest) = rest.split_first().ok_or_else(|| refused("it ends early"))?;
    if *version != FORMAT {
        return Err(refused("it was made by another version of this library"));
    }
    let (header, rest) = part(rest)?;
    let (body, rest) = part(rest)?;
    let (chunks, rest) = part(rest)?;
    if !rest.is_empty() {
        return Err(refused("there is more than was written"));
    }
    let header = serde_json::from_slice(header).map_err(|_| refused("its header cannot be read"))?;
    Ok((header, body, chunks))
}

fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let parted = bytes.split_first_chunk::<8>().and_then(|(length, rest)| {
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        rest.split_at_checked(length)
    });
    parted.ok_or_else(|| refused("it ends early"))
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("this is no session to read: {why}"))
}

#[cfg(test)]
mod tests;
