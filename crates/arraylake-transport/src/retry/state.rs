//! What the clones of a transport share about retries: the budget and the counters.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use super::Budget;

/// Over which time the budget counts.
const WINDOW: Duration = Duration::from_secs(10);

/// How often a transport, with all its clones, has sent requests again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryStats {
    /// Requests sent again.
    pub retries: u64,
    /// Retries not made because the shared budget was used up.
    pub denied_by_budget: u64,
    /// Retries not made because the pause did not fit into the deadline.
    pub denied_by_deadline: u64,
}

/// The budget and the counters.
#[derive(Default)]
pub(crate) struct RetryState {
    budget: Option<TpsBudget>,
    retries: AtomicU64,
    denied_by_budget: AtomicU64,
    denied_by_deadline: AtomicU64,
}

impl RetryState {
    pub(crate) fn new(budget: Option<Budget>) -> Self {
        let budget = budget.map(|Budget { per_second, ratio }| TpsBudget::new(WINDOW, per_second, ratio));
        Self { budget, ..Self::default() }
    }

    /// An attempt ended well.
    pub(crate) fn deposit(&self) {
        if let Some(budget) = &self.budget {
            budget.deposit();
        }
    }

    /// Asks for one more attempt, and counts the answer.
    pub(crate) fn withdraw(&self) -> bool {
        let granted = self.budget.as_ref().is_none_or(TpsBudget::withdraw);
        let counter = if granted { &self.retries } else { &self.denied_by_budget };
        counter.fetch_add(1, Ordering::Relaxed);
        granted
    }

    pub(crate) fn too_late(&self) {
        self.denied_by_deadline.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> RetryStats {
        RetryStats {
            retries: self.retries.load(Ordering::Relaxed),
            denied_by_budget: self.denied_by_budget.load(Ordering::Relaxed),
            denied_by_deadline: self.denied_by_deadline.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for RetryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stats().fmt(f)
    }
}
