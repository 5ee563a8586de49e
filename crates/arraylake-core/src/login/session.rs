//! [`Session`]: the tokens of one file, shared by every client of this process that uses the file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use arraylake_types::{OauthTokens, Secret};
use tokio::time::Instant;

use super::file;
use super::jwt::{self, Times};
use super::place::Place;

/// How long before its end a token is renewed; less for one that does not live long.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a renewal ahead of time is not tried again after it failed.
const PAUSE: Duration = Duration::from_secs(30);

/// The tokens of one file.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) place: Place,
    /// Held while the login is renewed: of all who need it, one asks.
    pub(super) gate: tokio::sync::Mutex<()>,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    tokens: Option<Arc<OauthTokens>>,
    /// Which token lay in the file when these could not be written over it.
    unsaved_over: Option<Secret>,
    /// By how many seconds the clock of this machine is ahead of the provider's.
    ahead: i64,
    /// Until when no renewal is tried ahead of time.
    paused: Option<Instant>,
}

impl Session {
    /// The session of a token file; the same for all who ask while one of them holds it.
    pub(super) fn of(place: Place) -> Arc<Self> {
        static ALL: OnceLock<Mutex<HashMap<PathBuf, Weak<Session>>>> = OnceLock::new();
        let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&place.path).and_then(Weak::upgrade) {
            return known;
        }
        all.retain(|_, session| session.strong_count() > 0);
        let path = place.path.clone();
        let session = Self { place, gate: tokio::sync::Mutex::default(), memory: Mutex::default() };
        let session = Arc::new(session);
        all.insert(path, Arc::downgrade(&session));
        session
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens that are in use, without a look at the file.
    pub(super) fn remembered(&self) -> Option<Arc<OauthTokens>> {
        self.memory().tokens.clone()
    }

    /// The tokens in use, else those of the file.
    pub(super) async fn current(&self) -> Result<Option<Arc<OauthTokens>>, super::LoginError> {
        match self.remembered() {
            Some(tokens) => Ok(Some(tokens)),
            None => self.reread().await,
        }
    }

    /// The tokens of the file, which are in use from now on. Those that could not be written outlive those that
    /// they were to replace.
    pub(super) async fn reread(&self) -> Result<Option<Arc<OauthTokens>>, super::LoginError> {
        let found = file::read(self.place.current().to_owned()).await?;
        let mut memory = self.memory();
        let replaced = memory.unsaved_over.as_ref();
        if replaced.is_some() && found.as_ref().map(|tokens| &tokens.id_token) == replaced {
            return Ok(memory.tokens.clone());
        }
        memory.unsaved_over = None;
        memory.tokens = found.map(Arc::new);
        Ok(memory.tokens.clone())
    }

    /// Takes new tokens of the provider into use and into the file. They are in use even if the file cannot be written.
    pub(super) async fn keep(
        &self,
        tokens: OauthTokens,
        old: Option<&OauthTokens>,
    ) -> (Arc<OauthTokens>, Result<(), super::LoginError>) {
        let path = self.place.current().to_owned();
        let kept = Arc::new(tokens.clone());
        {
            let mut memory = self.memory();
            if let Some(issued) = Times::of(&tokens.id_token).issued {
                memory.ahead = jwt::now().saturating_sub(issued);
            }
            memory.paused = None;
            memory.tokens = Some(Arc::clone(&kept));
        }
        let written = file::write(path, tokens).await;
        let mut memory = self.memory();
        memory.unsaved_over = match (&written, old) {
            (Err(_), Some(old)) => memory.unsaved_over.take().or_else(|| Some(old.id_token.clone())),
            _ => None,
        };
        (kept, written)
    }

    /// Forgets the tokens in use.
    pub(super) fn forget(&self) {
        let mut memory = self.memory();
        memory.tokens = None;
        memory.unsaved_over = None;
    }

    /// Whether a token should be renewed before it is sent. A clock that is known to be wrong is allowed for.
    pub(super) fn is_old(&self, token: &Secret) -> bool {
        let times = Times::of(token);
        let memory = self.memory();
        if memory.paused.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        let life = times.expires.zip(times.issued).map(|(end, start)| end.saturating_sub(start));
        let quarter = life.and_then(|life| u64::try_from(life / 4).ok()).map(Duration::from_secs);
        let margin = quarter.map_or(MARGIN, |quarter| quarter.min(MARGIN));
        times.ends_within(margin, jwt::now().saturating_sub(memory.ahead))
    }

    /// Whether a token has ended, or will while a request is on its way. Clocks of whole seconds may be one off.
    pub(super) fn has_ended(&self, token: &Secret) -> bool {
        let ahead = self.memory().ahead;
        Times::of(token).ends_within(Duration::from_secs(2), jwt::now().saturating_sub(ahead))
    }

    /// Does without renewals ahead of time for a moment.
    pub(super) fn pause(&self) {
        self.memory().paused = Some(Instant::now() + PAUSE);
    }
}
