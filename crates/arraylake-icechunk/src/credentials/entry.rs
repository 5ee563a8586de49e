//! One entry of the cache: when credentials are fresh, when they are due, and what failed last.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arraylake_types::StorageCredentials;
use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::CredentialError;

/// Icechunk asks again when less than 180 s are left; refreshing earlier keeps its questions rare.
const MARGIN: Duration = Duration::from_secs(240);
/// Credentials are not handed out this close to their end, unless there was no time to replace them.
const LAST_CALL: Duration = Duration::from_secs(30);
/// How often credentials are looked at again that never expire.
const CONSTANT: Duration = Duration::from_secs(15 * 60);
/// The least time between two fetches while credentials are there that work.
const CALM: Duration = Duration::from_secs(5);
/// How long a refusal is remembered.
const REFUSED: Duration = Duration::from_secs(30);
/// How long a transient failure is remembered, unless the service names a time.
const FAILED: Duration = Duration::from_secs(1);
/// The longest time that a service may name.
const FAILED_MOST: Duration = Duration::from_secs(60);

pub(super) type Outcome = Result<StorageCredentials, CredentialError>;
pub(super) type Flight = watch::Receiver<Option<Outcome>>;

/// Now, on both clocks: expiry is told by the wall clock, pauses by the steady one.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: DateTime<Utc>,
    pub(super) steady: Instant,
}

struct Held {
    credentials: StorageCredentials,
    fetched: Instant,
    refresh_at: DateTime<Utc>,
    dead_at: Option<DateTime<Utc>>,
}

/// What to do with a question.
pub(super) enum Verdict {
    /// Answer with these.
    Fresh(StorageCredentials),
    /// Fetch; these still work, should that fail.
    Due(StorageCredentials),
    /// Answer with a failure that is remembered.
    Failed(CredentialError),
    /// Fetch; there is nothing else.
    Missing,
}

/// One entry.
#[derive(Default)]
pub(super) struct Entry {
    held: Option<Held>,
    failure: Option<(CredentialError, Instant)>,
    attempted: Option<Instant>,
    /// When credentials were last dropped, and the number of that refusal.
    invalidated: Option<(Instant, u64)>,
    pub(super) flight: Option<Flight>,
}

impl Entry {
    pub(super) fn judge(&self, now: Now) -> Verdict {
        let failure = self.failure.as_ref().filter(|(_, until)| now.steady < *until).map(|(error, _)| error);
        let Some(held) = &self.held else {
            return failure.cloned().map_or(Verdict::Missing, Verdict::Failed);
        };
        let recent = |moment: Instant| now.steady < moment + CALM;
        let alive = held.dead_at.is_none_or(|dead_at| now.wall < dead_at);
        if now.wall < held.refresh_at || recent(held.fetched) {
            Verdict::Fresh(held.credentials.clone())
        } else if !alive {
            failure.cloned().map_or(Verdict::Missing, Verdict::Failed)
        } else if failure.is_some() || (self.flight.is_none() && self.attempted.is_some_and(recent)) {
            Verdict::Fresh(held.credentials.clone())
        } else {
            Verdict::Due(held.credentials.clone())
        }
    }

    pub(super) fn attempt(&mut self, now: Now, flight: Flight) {
        self.attempted = Some(now.steady);
        self.flight = Some(flight);
    }

    pub(super) fn land(&mut self, outcome: &Outcome, now: Now) {
        self.flight = None;
        match outcome {
            Ok(credentials) => self.hold(credentials.clone(), now),
            Err(error) => {
                let pause = if error.is_transient() {
                    error.retry_after().unwrap_or(FAILED).clamp(FAILED, FAILED_MOST)
                } else {
                    REFUSED
                };
                self.failure = Some((error.clone(), now.steady + pause));
            }
        }
    }

    pub(super) fn hold(&mut self, credentials: StorageCredentials, now: Now) {
        let expiration = credentials.expiration().map(|moment| moment.to_chrono());
        let dead_at = expiration.map(|end| end - LAST_CALL);
        let refresh_at = match (expiration, dead_at) {
            (Some(end), Some(dead_at)) => {
                (end - margin((end - now.wall).to_std().unwrap_or_default())).min(dead_at)
            }
            _ => now.wall + CONSTANT,
        };
        self.held = Some(Held { credentials, fetched: now.steady, refresh_at, dead_at });
        self.failure = None;
    }

    /// Drops credentials that a bucket refused, unless that was done a moment ago. Returns whether it did.
    pub(super) fn invalidate(&mut self, now: Now, refusals: &AtomicU64) -> bool {
        if self.invalidated.is_some_and(|(moment, _)| now.steady < moment + CALM) {
            return false;
        }
        let dropped = self.held.take().is_some();
        if dropped {
            self.invalidated = Some((now.steady, refusals.fetch_add(1, Ordering::SeqCst) + 1));
        }
        dropped
    }

    /// Whether what is here, or comes next, is newer than what was here when there had been so many refusals.
    pub(super) fn is_newer_than(&self, refusals: u64) -> bool {
        self.held.is_none() || self.invalidated.is_some_and(|(_, number)| refusals < number)
    }

    /// The last failure, if nothing succeeded since.
    pub(super) fn last_failure(&self) -> Option<&(CredentialError, Instant)> {
        self.failure.as_ref()
    }

    /// Whether forgetting it loses nothing that works.
    pub(super) fn is_spent(&self, now: Now) -> bool {
        let dead = |held: &Held| held.dead_at.is_some_and(|dead_at| dead_at <= now.wall);
        self.flight.is_none() && self.held.as_ref().is_none_or(dead)
    }

    /// When it was last of use, roughly.
    pub(super) fn age_key(&self) -> Option<Instant> {
        self.held.as_ref().map(|held| held.fetched).max(self.attempted)
    }
}

/// How long before the end to refresh; a little different each time, so that many entries do not ask at once.
fn margin(life: Duration) -> Duration {
    MARGIN.min(life / 4).mul_f64(1.0 - 0.1 * fastrand::f64())
}
