//! [`RepoOptions`] and [`CommitPolicy`]: what a caller may say about working with a V1 repo.

use std::num::NonZeroUsize;
use std::time::Duration;

/// What a caller may say about working with a V1 repo. The defaults are those of the Python client.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RepoOptions {
    /// Whether writing is refused, whatever the token allows. Checkouts then read.
    pub read_only: bool,
    /// Documents in one request; 20 unless set.
    pub batch_size: NonZeroUsize,
    /// Requests under way at once, for one call; 4 unless set.
    pub concurrency: NonZeroUsize,
    /// Commits in one request; 500 unless set.
    pub commits_page: NonZeroUsize,
    /// When and how often a commit that lost a race is tried again.
    pub commit: CommitPolicy,
}

impl Default for RepoOptions {
    fn default() -> Self {
        let count = |count| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        Self {
            read_only: false,
            batch_size: count(20),
            concurrency: count(4),
            commits_page: count(500),
            commit: CommitPolicy::default(),
        }
    }
}

impl RepoOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether writing is refused, whatever the token allows.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Documents in one request.
    #[must_use]
    pub fn with_batch_size(mut self, documents: NonZeroUsize) -> Self {
        self.batch_size = documents;
        self
    }

    /// Requests under way at once, for one call.
    #[must_use]
    pub fn with_concurrency(mut self, requests: NonZeroUsize) -> Self {
        self.concurrency = requests;
        self
    }

    /// Commits in one request.
    #[must_use]
    pub fn with_commits_page(mut self, commits: NonZeroUsize) -> Self {
        self.commits_page = commits;
        self
    }

    /// When and how often a commit that lost a race is tried again.
    #[must_use]
    pub fn with_commit_policy(mut self, policy: CommitPolicy) -> Self {
        self.commit = policy;
        self
    }
}

/// When and how often a commit that lost a race is tried again.
///
/// The second attempt comes at once, the third after a second, the fourth after two. From the fifth on the pauses
/// grow by a step each and are spread at random around their mean, so that writers who met once do not meet again.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CommitPolicy {
    /// Attempts in all; 30 unless set. With 0 every commit fails.
    pub max_attempts: u32,
    /// Mean pause before the fifth attempt; 3 s unless set.
    pub start_mean: Duration,
    /// What is added to the mean with each further attempt; 5 s unless set.
    pub increase: Duration,
    /// The longest mean pause; 30 s unless set.
    pub max_mean: Duration,
    /// How far a pause may be from its mean, as a part of it, above 0 and at most 1; 0.5 unless set.
    pub jitter: f64,
}

impl Default for CommitPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 30,
            start_mean: Duration::from_secs(3),
            increase: Duration::from_secs(5),
            max_mean: Duration::from_secs(30),
            jitter: 0.5,
        }
    }
}

impl CommitPolicy {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Attempts in all.
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The first mean, what is added each time, and the longest mean.
    #[must_use]
    pub fn with_pauses(mut self, start_mean: Duration, increase: Duration, max_mean: Duration) -> Self {
        self.start_mean = start_mean;
        self.increase = increase;
        self.max_mean = max_mean;
        self
    }

    /// How far a pause may be from its mean; values outside of (0, 1] count as 0.5.
    #[must_use]
    pub fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// The pause before an attempt, counted from 1. `random` is between 0 and 1.
    pub(crate) fn pause(&self, attempt: u32, random: f64) -> Duration {
        let short = self.start_mean.min(Duration::from_secs(1));
        match attempt {
            0..=2 => Duration::ZERO,
            3 => short,
            4 => short + short.min(Duration::from_secs(1)),
            later => {
                let steps = self.increase.saturating_mul(later - 5);
                let mean = self.start_mean.saturating_add(steps).min(self.max_mean);
                let jitter = if self.jitter > 0.0 && self.jitter <= 1.0 { self.jitter } else { 0.5 };
                mean.mul_f64(1.0 + jitter * (2.0 * random.clamp(0.0, 1.0) - 1.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_those_of_the_contract() {
        let policy = CommitPolicy::new();
        let seconds = |attempt, random| policy.pause(attempt, random).as_secs_f64();
        assert_eq!([1, 2, 3, 4].map(|attempt| seconds(attempt, 0.9)), [0.0, 0.0, 1.0, 2.0]);
        let means: Vec<f64> = (5..14).map(|attempt| seconds(attempt, 0.5)).collect();
        assert_eq!(means, [3.0, 8.0, 13.0, 18.0, 23.0, 28.0, 30.0, 30.0, 30.0]);
        assert_eq!((seconds(5, 0.0), seconds(5, 1.0)), (1.5, 4.5));
        assert_eq!(policy.clone().with_jitter(7.0).pause(5, 0.0).as_secs_f64(), 1.5);
        let none = policy.with_pauses(Duration::ZERO, Duration::ZERO, Duration::ZERO);
        assert!((1..40).all(|attempt| none.pause(attempt, 1.0).is_zero()));
    }
}
