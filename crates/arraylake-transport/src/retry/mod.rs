//! When a request is sent again, and after how long: the policy, without the machinery.

mod after;
mod state;
mod verdict;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::after::retry_after;
pub(crate) use self::state::RetryState;
pub use self::state::RetryStats;
pub use self::verdict::{Attempt, Outcome, Verdict};

type Classifier = Arc<dyn Fn(&Attempt<'_>) -> Verdict + Send + Sync>;
type Jitter = Arc<dyn Fn(Duration) -> Duration + Send + Sync>;

/// When a request is sent again, and after how long.
///
/// | | sent again after |
/// | --- | --- |
/// | any method | 429, or no connection |
/// | GET, HEAD, OPTIONS, PUT, DELETE, and requests marked [`Idempotent`](crate::Idempotent) | 502, 503, 504, an attempt that took too long, a broken connection |
/// | GET, HEAD | 500 |
/// | POST, PATCH | 503 with `Retry-After` |
///
/// Never after an untrusted certificate, a refusal by the proxy, a failed token source, or an answer that is too large
/// or cannot be unpacked. The Python client also repeats POST and PATCH after 502, 503, 504 and broken connections, where
/// the first one may have done its work: [`RetryPolicy::python_compatible`].
///
/// The pause before the n-th repetition is random between zero and `base_delay` · 2ⁿ⁻¹, at most `max_delay`. A
/// `Retry-After` header takes its place. When a pause does not fit into the deadline, the answer is returned as it is.
#[derive(Clone)]
pub struct RetryPolicy {
    pub(crate) max_retries: u32,
    base_delay: Duration,
    max_delay: Duration,
    pub(crate) budget: Option<Budget>,
    classifier: Classifier,
    jitter: Jitter,
}

/// How many retries all calls of a transport may make together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Budget {
    pub(crate) per_second: u32,
    pub(crate) ratio: f32,
}

impl RetryPolicy {
    /// 5 retries, 100 ms doubled up to 10 s, and a budget of 10 retries a second plus one for every five good answers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_retries: 5,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            budget: Some(Budget { per_second: 10, ratio: 0.2 }),
            classifier: Arc::new(|attempt| attempt.verdict()),
            jitter: Arc::new(|ceiling| ceiling.mul_f64(fastrand::f64())),
        }
    }

    /// Every request is sent once.
    #[must_use]
    pub fn never() -> Self {
        Self::new().with_max_retries(0)
    }

    /// What the Python client does: 15 retries, every method alike, no budget, and no more jitter than ten per cent.
    ///
    /// A POST that did its work before its connection broke is repeated.
    #[must_use]
    pub fn python_compatible() -> Self {
        let coin = |ceiling: Duration| ceiling.mul_f64(if fastrand::bool() { 0.9 } else { 1.1 });
        Self::new()
            .with_max_retries(15)
            .without_budget()
            .with_jitter(coin)
            .with_classifier(|attempt| attempt.python_verdict())
    }

    /// How many times a request is sent again at most.
    #[must_use]
    pub fn with_max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The upper bound of the first pause.
    #[must_use]
    pub fn with_base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The upper bound of every pause that the service does not ask for.
    #[must_use]
    pub fn with_max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How many retries all clones of a transport make together: `per_second`, and `ratio` for every good answer.
    /// Both count over ten seconds.
    #[must_use]
    pub fn with_budget(mut self, per_second: u32, ratio: f32) -> Self {
        // The token bucket refuses what is outside.
        let ratio = if ratio.is_nan() { 0.0 } else { ratio.clamp(0.0, 1000.0) };
        self.budget = Some(Budget { per_second: per_second.min(1_000_000), ratio });
        self
    }

    /// Lets every call use all its retries, however many fail at the same time.
    #[must_use]
    pub fn without_budget(mut self) -> Self {
        self.budget = None;
        self
    }

    /// Decides with a function of yours; [`Attempt::verdict`] is the default to build upon.
    #[must_use]
    pub fn with_classifier(
        mut self,
        classify: impl Fn(&Attempt<'_>) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        self.classifier = Arc::new(classify);
        self
    }

    /// Makes a pause out of its upper bound; the default picks any duration up to it.
    #[must_use]
    pub fn with_jitter(mut self, jitter: impl Fn(Duration) -> Duration + Send + Sync + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }

    pub(crate) fn classify(&self, attempt: &Attempt<'_>) -> Verdict {
        (self.classifier)(attempt)
    }

    /// The pause before the `retry`-th repetition, which counts from 1.
    pub(crate) fn pause(&self, retry: u32) -> Duration {
        let factor = 1_u32.checked_shl(retry.saturating_sub(1)).unwrap_or(u32::MAX);
        let ceiling = self.base_delay.saturating_mul(factor).min(self.max_delay);
        (self.jitter)(ceiling).min(self.max_delay)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_retries", &self.max_retries)
            .field("base_delay", &self.base_delay)
            .field("max_delay", &self.max_delay)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_do_not_overflow() {
        let policy = RetryPolicy::new().with_jitter(|ceiling| ceiling);
        let millis: Vec<u128> = (1..=9).map(|retry| policy.pause(retry).as_millis()).collect();
        assert_eq!(millis, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(policy.pause(u32::MAX), Duration::from_secs(10));
    }

    #[test]
    fn pauses_are_spread_over_the_whole_range() {
        let policy = RetryPolicy::new();
        let pauses: Vec<Duration> = (0..200).map(|_| policy.pause(1)).collect();
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(100)));
        assert!(pauses.iter().any(|pause| *pause < Duration::from_millis(30)));
        assert!(pauses.iter().any(|pause| *pause > Duration::from_millis(70)));
    }

    #[test]
    fn the_python_pauses_never_exceed_the_limit() {
        let policy = RetryPolicy::python_compatible();
        assert_eq!(policy.max_retries, 15);
        let first = policy.pause(1).as_millis();
        assert!(first == 90 || first == 110, "{first}");
        assert!((0..50).all(|_| policy.pause(12) <= Duration::from_secs(10)));
    }
}
