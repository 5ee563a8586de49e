//! [`KnownKeys`]: the keys of objects that were written here, so that equal chunks are uploaded once.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A set that forgets: when the younger half is full, the older half goes.
pub(super) struct KnownKeys {
    half: usize,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashSet<Box<str>>,
    old: HashSet<Box<str>>,
}

impl KnownKeys {
    /// Room for so many keys; with 0 nothing is known.
    pub(super) fn new(room: usize) -> Self {
        Self { half: room.div_ceil(2), halves: Mutex::default() }
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        let halves = self.halves();
        halves.young.contains(key) || halves.old.contains(key)
    }

    pub(super) fn insert(&self, key: &str) {
        if self.half == 0 {
            return;
        }
        let mut halves = self.halves();
        if halves.young.len() >= self.half {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(key.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_keys_are_forgotten_first() {
        let known = KnownKeys::new(4);
        for key in ["a", "b", "c", "d"] {
            known.insert(key);
            assert!(known.contains(key));
        }
        assert!(known.contains("a"));
        known.insert("e");
        assert!(!known.contains("a") && known.contains("c") && known.contains("e"));
        let none = KnownKeys::new(0);
        none.insert("a");
        assert!(!none.contains("a"));
    }
}
