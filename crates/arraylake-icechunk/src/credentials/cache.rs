//! [`CredentialCache`]: what a client was given, kept fresh.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arraylake_types::{OpenRepo, RepoName, StorageCredentials, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::entry::{Entry, Flight, Now, Outcome, Verdict};
use super::share::Openings;
use super::{Scope, bucket_keys, fetch};
use crate::{CredentialError, CredentialSource};

/// How many entries are kept.
const CAPACITY: usize = 1024;
/// How long a caller waits for newer credentials while there are some that work.
const PATIENCE: Duration = Duration::from_secs(10);

type Key = (RepoName, Scope);
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Credentials of one client, by repo and scope. Cheap to clone; clones share everything. One per client: entries
/// do not know for whom they were fetched.
///
/// Credentials are replaced 216 to 240 seconds before their end, or at a quarter of their life if that is less; one
/// fetch at a time and scope, which outlives the callers that wait for it; failures are remembered for a moment.
#[derive(Clone)]
pub struct CredentialCache {
    entries: Arc<Mutex<HashMap<Key, Entry>>>,
    clock: Clock,
    pub(super) openings: Openings,
}

impl CredentialCache {
    /// Nothing in it, by the clock of the system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(|| SystemTime::now().into())
    }

    /// Nothing in it, by another clock; for tests under paused time.
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { entries: Arc::default(), clock: Arc::new(clock), openings: Openings::default() }
    }

    /// Credentials that work, from here or from `source`.
    ///
    /// # Errors
    /// If there are none that work and the source gives none, or gave none a moment ago.
    pub async fn get(
        &self,
        source: &Arc<dyn CredentialSource>,
        repo: &RepoName,
        scope: &Scope,
    ) -> Result<StorageCredentials, CredentialError> {
        // A second round, because the runtime of whoever began a fetch may end before the fetch does.
        for _ in 0..2 {
            match self.look(source, repo, scope) {
                Step::Answer(outcome) => return outcome,
                Step::Renew(held, flight) => {
                    let newer = timeout(PATIENCE, landed(flight)).await;
                    return Ok(newer.ok().flatten().and_then(Result::ok).unwrap_or(held));
                }
                Step::Wait(flight) => {
                    if let Some(outcome) = landed(flight).await {
                        return outcome;
                    }
                }
            }
        }
        Err(CredentialError::transient(format!("the fetch of credentials for {repo} was abandoned")))
    }

    /// Puts in what an answer of `/open` brought: credentials of the bucket, and of every container.
    pub fn seed(&self, repo: &RepoName, answer: &OpenRepo) {
        let now = self.now();
        let mut entries = self.lock();
        if let Some(keys) = bucket_keys(answer) {
            room(&mut entries, (repo.clone(), Scope::of_bucket(answer)), now).hold(keys, now);
        }
        for (prefix, container) in &answer.virtual_chunk_credentials {
            if let Some(keys) = &container.credentials {
                let scope = Scope::Container(prefix.clone());
                room(&mut entries, (repo.clone(), scope), now).hold(keys.clone(), now);
            }
        }
    }

    /// Drops credentials that a bucket refused, so that the next question fetches. Those fetched within the last
    /// seconds stay.
    pub fn invalidate(&self, repo: &RepoName) {
        let now = self.now();
        self.of(repo, |entry| entry.invalidate(now));
    }

    /// Forgets all about a repo, which was deleted or renamed.
    pub fn forget(&self, repo: &RepoName) {
        self.lock().retain(|(name, _), _| name != repo);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The last failure for a repo, if no fetch of the same scope has succeeded since.
    #[must_use]
    pub fn last_error(&self, repo: &RepoName) -> Option<CredentialError> {
        let mut last: Option<(CredentialError, Instant)> = None;
        self.of(repo, |entry| {
            if let Some((error, moment)) = entry.last_failure()
                && last.as_ref().is_none_or(|(_, before)| before < moment)
            {
                last = Some((error.clone(), *moment));
            }
        });
        last.map(|(error, _)| error)
    }

    fn look(&self, source: &Arc<dyn CredentialSource>, repo: &RepoName, scope: &Scope) -> Step {
        let now = self.now();
        let mut entries = self.lock();
        let entry = room(&mut entries, (repo.clone(), scope.clone()), now);
        let held = match entry.judge(now) {
            Verdict::Fresh(credentials) => return Step::Answer(Ok(credentials)),
            Verdict::Failed(error) => return Step::Answer(Err(error)),
            Verdict::Due(credentials) => Some(credentials),
            Verdict::Missing => None,
        };
        // A flight whose sender is gone without landing never will.
        let flight = entry.flight.clone().filter(|flight| flight.has_changed().is_ok());
        let flight = flight.unwrap_or_else(|| {
            let flight = self.start(source, repo, scope);
            entry.attempt(now, flight.clone());
            flight
        });
        held.map_or_else(|| Step::Wait(flight.clone()), |held| Step::Renew(held, flight.clone()))
    }

    /// Fetches in a task of its own, so that a caller who goes away takes nothing from the others.
    fn start(&self, source: &Arc<dyn CredentialSource>, repo: &RepoName, scope: &Scope) -> Flight {
        let (sender, flight) = watch::channel(None);
        let (cache, source) = (self.clone(), Arc::clone(source));
        let key = (repo.clone(), scope.clone());
        tokio::spawn(async move {
            let fetched = fetch::fetch(source.as_ref(), &key.0, &key.1).await;
            let outcome = fetched.map(|fetched| {
                if let Some(answer) = &fetched.answer {
                    cache.seed(&key.0, answer);
                }
                fetched.credentials
            });
            cache.land(key, &outcome);
            sender.send_replace(Some(outcome));
        });
        flight
    }

    fn land(&self, key: Key, outcome: &Outcome) {
        if let Err(error) = outcome {
            tracing::warn!(repo = %key.0, %error, "no credentials");
        }
        let now = self.now();
        room(&mut self.lock(), key, now).land(outcome, now);
    }

    fn of(&self, repo: &RepoName, mut act: impl FnMut(&mut Entry)) {
        self.lock().iter_mut().filter(|((name, _), _)| name == repo).for_each(|(_, entry)| act(entry));
    }

    fn now(&self) -> Now {
        Now { wall: (self.clock)().to_chrono(), steady: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for CredentialCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialCache").field("entries", &self.lock().len()).finish_non_exhaustive()
    }
}

/// What a caller does next.
enum Step {
    Answer(Outcome),
    Renew(StorageCredentials, Flight),
    Wait(Flight),
}

async fn landed(mut flight: Flight) -> Option<Outcome> {
    flight.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone())
}

/// The entry of a key. A full cache first loses what is spent, else what was fetched longest ago.
fn room(entries: &mut HashMap<Key, Entry>, key: Key, now: Now) -> &mut Entry {
    if entries.len() >= CAPACITY && !entries.contains_key(&key) {
        entries.retain(|_, entry| !entry.is_spent(now));
        if entries.len() >= CAPACITY {
            let oldest = entries.iter().filter(|(_, entry)| entry.flight.is_none());
            let oldest = oldest.min_by_key(|(_, entry)| entry.age_key()).map(|(key, _)| key.clone());
            oldest.and_then(|key| entries.remove(&key));
        }
    }
    entries.entry(key).or_default()
}
