//! [`Buffers`]: memory for the bodies of answers, used again and again.
//!
//! A fresh megabyte costs more time than reading a file into it: the system gives it page by page, each one cleared.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::object_file::read_at;

/// The size of a buffer, in bytes, and the most that is read into one: what is sent right after it was read should be
/// in the processor's cache still.
pub(super) const SIZE: usize = 128 << 10;
/// Less than that, in bytes, is not worth a whole buffer.
const SMALL: usize = 64 << 10;
/// How many buffers are kept while nobody needs them.
const SPARE: usize = 128;

/// Buffers that come back when the answers that are made of them have been sent. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// Reads `length` bytes of a file from `offset` on; at most [`SIZE`].
    pub(super) fn read(&self, mut file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
        if length < SMALL {
            return read_at(file, offset, length as u64).map(Bytes::from);
        }
        let mut lent = self.lend(length);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(lent.room()?)?;
        Ok(Bytes::from_owner(lent))
    }

    /// Reads as [`read`](Self::read) does, if nobody has to wait for the disk; None if somebody has to, or if the system
    /// does not tell.
    pub(super) fn read_now(&self, file: &File, offset: u64, length: usize) -> io::Result<Option<Bytes>> {
        let mut lent = self.lend(length);
        let is_whole = cached(file, lent.room()?, offset) == Some(length);
        Ok(is_whole.then(|| Bytes::from_owner(lent)))
    }

    fn lend(&self, length: usize) -> Lent {
        let spare = self.spare().pop();
        Lent { buffer: spare.unwrap_or_else(|| vec![0; SIZE]), length, home: self.clone() }
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what the system has in memory already; how much that was.
#[cfg(target_os = "linux")]
fn cached(file: &File, room: &mut [u8], offset: u64) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    preadv2(file, &mut [io::IoSliceMut::new(room)], offset, ReadWriteFlags::NOWAIT).ok()
}

#[cfg(not(target_os = "linux"))]
fn cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

/// A buffer on its way.
struct Lent {
    buffer: Vec<u8>,
    length: usize,
    home: Buffers,
}

impl Lent {
    fn room(&mut self) -> io::Result<&mut [u8]> {
        self.buffer.get_mut(..self.length).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut spare = self.home.spare();
        if spare.len() < SPARE {
            spare.push(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn a_buffer_comes_back_with_the_last_part_of_its_answer_and_shows_nothing_of_the_one_before() {
        let buffers = Buffers::default();
        let long = buffers.read(&file(&[7; SIZE]), 0, SIZE).unwrap();
        let part = long.slice(SIZE - 1..);
        drop(long);
        assert_eq!(buffers.spare().len(), 0);
        assert_eq!(part[..], [7]);
        drop(part);
        assert_eq!(buffers.spare().len(), 1);
        let short = buffers.read(&file(&[8; 2 * SMALL]), SMALL as u64, SMALL).unwrap();
        assert_eq!(short[..], [8; SMALL]);
        assert_eq!(buffers.spare().len(), 0);
    }

    #[test]
    fn no_more_buffers_are_kept_than_a_few() {
        let (buffers, file) = (Buffers::default(), file(&[7; SMALL]));
        let answers: Vec<Bytes> = (0..2 * SPARE).map(|_| buffers.read(&file, 0, SMALL).unwrap()).collect();
        drop(answers);
        assert_eq!(buffers.spare().len(), SPARE);
    }

    #[test]
    fn a_file_that_is_too_short_is_an_error_and_costs_no_buffer() {
        let buffers = Buffers::default();
        assert!(buffers.read(&file(&[7; SMALL]), 1, SMALL).is_err());
        assert_eq!(buffers.spare().len(), 1);
        assert!(buffers.read(&file(b""), 0, 1).is_err());
        assert!(buffers.read(&file(&[7; 2 * SIZE]), 0, SIZE + 1).is_err());
        assert!(buffers.read(&file(b""), 0, 0).unwrap().is_empty());
    }
}
