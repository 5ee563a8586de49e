//! [`Spare`]: memory of chunks that nobody holds any more, for those that are read next.
//!
//! A fresh megabyte costs as much time as copying three into it: the system gives it page by page, each one cleared,
//! and takes it back when the chunk is dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;

/// Shorter chunks, in bytes, are allocated as ever: their memory is near at hand.
const SMALL: usize = 64 << 10;

/// The most that is kept while nobody needs it, in bytes, for all stores of the process.
const LIMIT: usize = 64 << 20;

/// Those who share it keep it alive.
static SHARED: Mutex<Weak<Pool>> = Mutex::new(Weak::new());

/// Memory to be used again, if any is. Clones share it.
#[derive(Clone)]
pub(super) struct Spare(Option<Arc<Pool>>);

/// Memory that is kept up to a limit; the oldest has to go first.
struct Pool {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    buffers: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Spare {
    /// That of the process, which is gone with the last store.
    pub(super) fn shared() -> Self {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = shared.upgrade().unwrap_or_else(|| Pool::new(LIMIT));
        *shared = Arc::downgrade(&pool);
        Self(Some(pool))
    }

    /// None: every chunk has memory of its own.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Empty, with room for so many bytes.
    pub(super) fn lend(&self, length: usize) -> Lent {
        let pool = self.0.as_ref().filter(|pool| (SMALL..=pool.limit).contains(&length));
        let again = pool.and_then(|pool| pool.kept().take(length));
        let buffer = again.unwrap_or_else(|| Vec::with_capacity(length));
        Lent { buffer, home: pool.map(Arc::downgrade).unwrap_or_default() }
    }
}

impl Pool {
    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, kept: Mutex::default() })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// What was given back last, if it is not more than twice too large.
    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        let fits = |buffer: &Vec<u8>| (length..=2 * length).contains(&buffer.capacity());
        let buffer = self.buffers.remove(self.buffers.iter().rposition(fits)?)?;
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    fn give_back(&mut self, mut buffer: Vec<u8>, limit: usize) {
        buffer.clear();
        self.bytes += buffer.capacity();
        self.buffers.push_back(buffer);
        while self.bytes > limit {
            self.bytes -= self.buffers.pop_front().map_or(self.bytes, |oldest| oldest.capacity());
        }
    }
}

/// The memory of a chunk, which is given back when the chunk is dropped, or its reading given up.
pub(super) struct Lent {
    buffer: Vec<u8>,
    home: Weak<Pool>,
}

impl Lent {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    pub(super) fn into_bytes(mut self) -> Bytes {
        match self.home.strong_count() {
            0 => std::mem::take(&mut self.buffer).into(),
            _ => Bytes::from_owner(self),
        }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(pool) = self.home.upgrade() {
            pool.kept().give_back(std::mem::take(&mut self.buffer), pool.limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Spare {
        fn of(limit: usize) -> Self {
            Self(Some(Pool::new(limit)))
        }

        fn bytes(&self) -> usize {
            self.0.as_ref().unwrap().kept().bytes
        }
    }

    fn chunk(spare: &Spare, byte: u8, length: usize) -> Bytes {
        let mut lent = spare.lend(length);
        lent.push(&vec![byte; length]);
        lent.into_bytes()
    }

    #[test]
    fn memory_comes_back_with_the_last_part_of_a_chunk_and_shows_nothing_of_it() {
        let spare = Spare::of(4 * SMALL);
        let first = chunk(&spare, 1, 2 * SMALL);
        let (part, place) = (first.slice(5..), first.as_ptr());
        drop(first);
        assert_eq!((spare.bytes(), part[0]), (0, 1));
        drop(part);
        assert_eq!(spare.bytes(), 2 * SMALL);
        let second = chunk(&spare, 2, SMALL);
        assert_eq!((second.as_ptr(), &second[..]), (place, &[2; SMALL][..]));
        assert_eq!(spare.bytes(), 0);
    }

    #[test]
    fn no_more_is_kept_than_the_limit_and_the_oldest_goes_first() {
        let spare = Spare::of(2 * SMALL);
        let chunks = [1, 2, 3].map(|byte| chunk(&spare, byte, SMALL));
        let places = chunks.each_ref().map(|chunk| chunk.as_ptr());
        drop(chunks);
        assert_eq!(spare.bytes(), 2 * SMALL);
        let again = [4, 5].map(|byte| chunk(&spare, byte, SMALL)).map(|chunk| chunk.as_ptr());
        assert!(!again.contains(&places[0]));
        drop(chunk(&spare, 6, 3 * SMALL));
        drop(chunk(&Spare::none(), 7, SMALL));
        assert!(spare.bytes() <= 2 * SMALL);
    }

    #[test]
    fn small_chunks_and_those_of_other_sizes_get_memory_of_their_own() {
        let spare = Spare::of(8 * SMALL);
        drop(chunk(&spare, 1, SMALL - 1));
        assert_eq!(spare.bytes(), 0);
        drop(chunk(&spare, 1, 4 * SMALL));
        drop(chunk(&spare, 2, SMALL));
        assert_eq!(spare.bytes(), 5 * SMALL);
    }

    #[test]
    fn all_stores_share_what_is_gone_with_the_last_one() {
        let (one, other) = (Spare::shared(), Spare::shared());
        let (one, other) = (one.0.unwrap(), other.0.unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.limit, LIMIT);
    }

    #[test]
    fn a_chunk_outlives_the_store_that_it_came_from() {
        let spare = Spare::of(SMALL);
        let chunk = chunk(&spare, 1, SMALL);
        drop(spare);
        assert_eq!(chunk, vec![1; SMALL]);
    }
}
