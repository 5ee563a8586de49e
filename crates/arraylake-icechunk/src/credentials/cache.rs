//! [`CredentialCache`]: what a client was given, kept fresh.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arraylake_types::{OpenRepo, RepoName, StorageCredentials, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::entry::{Entry, Flight, Now, Outcome, Verdict};
use super::share::Openings;
use super::{Scope, Want, bucket_keys, fetch};
use crate::{CredentialError, CredentialSource};

/// How many entries are kept.
const CAPACITY: usize = 1024;
/// How long a caller waits for newer credentials while there are some that work.
const PATIENCE: Duration = Duration::from_secs(10);

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Credentials of one client, by repo and scope. Cheap to clone; clones share everything. One per client: entries
/// do not know for whom they were fetched.
///
/// Credentials are replaced 216 to 240 seconds before their end, or at a quarter of their life if that is less; one
/// fetch at a time and scope, which outlives the callers that wait for it; failures are remembered for a moment.
#[derive(Clone)]
pub struct CredentialCache {
    entries: Arc<Mutex<HashMap<Want, Entry>>>,
    clock: Clock,
    /// How many entries were dropped because a bucket refused them.
    refusals: Arc<AtomicU64>,
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
        let (entries, refusals) = (Arc::default(), Arc::default());
        Self { entries, clock: Arc::new(clock), refusals, openings: Openings::default() }
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
        self.serve(source, &Want::Repo(repo.clone(), scope.clone())).await
    }

    /// The same for whatever is wanted.
    pub(crate) async fn serve(
        &self,
        source: &Arc<dyn CredentialSource>,
        want: &Want,
    ) -> Result<StorageCredentials, CredentialError> {
        // A second round, because the runtime of whoever began a fetch may end before the fetch does.
        for _ in 0..2 {
            match self.look(source, want) {
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
        Err(CredentialError::transient(format!("the fetch of credentials for {want} was abandoned")))
    }

    /// Puts in what an answer of `/open` brought: credentials of the bucket, and of every container.
    pub fn seed(&self, repo: &RepoName, answer: &OpenRepo) {
        let now = self.now();
        let mut entries = self.lock();
        if let Some(keys) = bucket_keys(answer) {
            let want = Want::Repo(repo.clone(), Scope::of_bucket(answer));
            room(&mut entries, want, now).hold(keys, now);
        }
        for (prefix, container) in &answer.virtual_chunk_credentials {
            if let Some(keys) = &container.credentials {
                let scope = Scope::Container(prefix.clone());
                room(&mut entries, Want::Repo(repo.clone(), scope), now).hold(keys.clone(), now);
            }
        }
    }

    /// Puts in constant keys that a bucket config holds itself.
    pub(crate) fn put(&self, want: Want, keys: StorageCredentials) {
        let now = self.now();
        room(&mut self.lock(), want, now).hold(keys, now);
    }

    /// Drops credentials that a bucket refused, so that the next question fetches, and returns whether there were any.
    /// What took the place of some that were dropped within the last seconds stays: it would fare no better.
    pub fn invalidate(&self, repo: &RepoName) -> bool {
        let (now, mut dropped) = (self.now(), false);
        self.of(repo, |entry| dropped |= entry.invalidate(now, &self.refusals));
        dropped
    }

    /// How many refusals there were. Whoever takes credentials notes it, to tell later which were refused.
    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::SeqCst)
    }

    /// Drops credentials that a bucket refused, as [`invalidate`](Self::invalidate) does. Returns whether asking the
    /// bucket again may help: whether there are, or will be, others than those taken when there had been so many refusals.
    pub(crate) fn refused(&self, which: impl Fn(&Want) -> bool, taken: u64) -> bool {
        let now = self.now();
        let mut entries = self.lock();
        let mut known = entries.iter_mut().filter(|(want, _)| which(want)).peekable();
        // Of what is not here, newer ones will be fetched.
        let mut helps = known.peek().is_none();
        for (_, entry) in known {
            helps |= entry.invalidate(now, &self.refusals) || entry.is_newer_than(taken);
        }
        helps
    }

    /// Forgets all about a repo, which was deleted or renamed.
    pub fn forget(&self, repo: &RepoName) {
        self.lock().retain(|want, _| want.repo() != Some(repo));
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

    fn look(&self, source: &Arc<dyn CredentialSource>, want: &Want) -> Step {
        let now = self.now();
        let mut entries = self.lock();
        let entry = room(&mut entries, want.clone(), now);
        let held = match entry.judge(now) {
            Verdict::Fresh(credentials) => return Step::Answer(Ok(credentials)),
            Verdict::Failed(error) => return Step::Answer(Err(error)),
            Verdict::Due(credentials) => Some(credentials),
            Verdict::Missing => None,
        };
        // A flight whose sender is gone without landing never will.
        let flight = entry.flight.clone().filter(|flight| flight.has_changed().is_ok());
        let flight = flight.unwrap_or_else(|| {
            let flight = self.start(source, want);
            entry.attempt(now, flight.clone());
            flight
        });
        held.map_or_else(|| Step::Wait(flight.clone()), |held| Step::Renew(held, flight.clone()))
    }

    /// Fetches in a task of its own, so that a caller who goes away takes nothing from the others.
    fn start(&self, source: &Arc<dyn CredentialSource>, want: &Want) -> Flight {
        let (sender, flight) = watch::channel(None);
        let (cache, source) = (self.clone(), Arc::clone(source));
        let want = want.clone();
        tokio::spawn(async move {
            let fetched = fetch::fetch(source.as_ref(), &want).await;
            let outcome = fetched.map(|fetched| {
                if let (Some(answer), Some(repo)) = (&fetched.answer, want.repo()) {
                    cache.seed(repo, answer);
                }
                fetched.credentials
            });
            cache.land(want, &outcome);
            sender.send_replace(Some(outcome));
        });
        flight
    }

    fn land(&self, want: Want, outcome: &Outcome) {
        if let Err(error) = outcome {
            tracing::warn!(%want, %error, "no credentials");
        }
        let now = self.now();
        room(&mut self.lock(), want, now).land(outcome, now);
    }

    fn of(&self, repo: &RepoName, mut act: impl FnMut(&mut Entry)) {
        let mut entries = self.lock();
        entries.iter_mut().filter(|(want, _)| want.repo() == Some(repo)).for_each(|(_, entry)| act(entry));
    }

    fn now(&self) -> Now {
        Now { wall: (self.clock)().to_chrono(), steady: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Want, Entry>> {
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

/// The entry of what is wanted. A full cache first loses what is spent, else what was fetched longest ago.
fn room(entries: &mut HashMap<Want, Entry>, want: Want, now: Now) -> &mut Entry {
    if entries.len() >= CAPACITY && !entries.contains_key(&want) {
        entries.retain(|_, entry| !entry.is_spent(now));
        if entries.len() >= CAPACITY {
            let oldest = entries.iter().filter(|(_, entry)| entry.flight.is_none());
            let oldest = oldest.min_by_key(|(_, entry)| entry.age_key()).map(|(want, _)| want.clone());
            oldest.and_then(|want| entries.remove(&want));
        }
    }
    entries.entry(want).or_default()
}
