//! [`FileStream`]: part of a file as the body of an answer.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use s3s::StdError;
use s3s::stream::{ByteStream, RemainingLength};
use tokio::task::{JoinHandle, spawn_blocking};

use super::buffers::{self, Buffers};

/// How many pieces are read at once where the disk is waited for: going to another thread takes its time, too.
const AT_ONCE: usize = 8;

/// The file comes back with the pieces, since only one read at a time may use its position.
type Pieces = io::Result<(File, VecDeque<Bytes>)>;

/// A piece of a file, streamed. What the system has in memory is read when it can be sent; only the disk is waited for
/// on another thread.
#[derive(Debug)]
pub(super) struct FileStream {
    state: State,
    /// What was read and is to be sent.
    ready: VecDeque<Bytes>,
    buffers: Buffers,
    /// Where the next piece to be sent begins.
    offset: u64,
    /// How much is to be sent.
    remaining: u64,
}

#[derive(Debug)]
enum State {
    Idle(File),
    Waiting(JoinHandle<Pieces>),
    Ended,
}

impl FileStream {
    /// The `length` bytes of `file` from `offset` on.
    pub(super) fn new(file: File, offset: u64, length: u64, buffers: Buffers) -> Self {
        Self { state: State::Idle(file), ready: VecDeque::new(), buffers, offset, remaining: length }
    }

    /// The next piece, if it is in memory; otherwise it will be waited for.
    fn read_on(&mut self, file: File) -> io::Result<Option<Bytes>> {
        let (buffers, start, remaining) = (self.buffers.clone(), self.offset, self.remaining);
        let length = move |offset: u64| {
            let left = remaining.saturating_sub(offset - start);
            usize::try_from(left).unwrap_or(usize::MAX).min(buffers::SIZE)
        };
        if remaining == 0 {
            return Ok(None);
        }
        if let Some(piece) = buffers.read_now(&file, start, length(start))? {
            self.state = State::Idle(file);
            return Ok(Some(piece));
        }
        self.state = State::Waiting(spawn_blocking(move || {
            let offsets = (start..start + remaining).step_by(buffers::SIZE).take(AT_ONCE);
            let pieces = offsets.map(|offset| buffers.read(&file, offset, length(offset)));
            pieces.collect::<io::Result<_>>().map(|pieces| (file, pieces))
        }));
        Ok(None)
    }

    fn passed(&mut self, piece: Bytes) -> Bytes {
        self.offset += piece.len() as u64;
        self.remaining -= piece.len() as u64;
        piece
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(piece) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(self.passed(piece))));
        }
        if let State::Idle(_) = self.state
            && let State::Idle(file) = std::mem::replace(&mut self.state, State::Ended)
            && let Some(piece) = self.read_on(file).transpose()
        {
            let piece = piece.map(|piece| self.passed(piece));
            return Poll::Ready(Some(piece.map_err(StdError::from)));
        }
        let State::Waiting(next) = &mut self.state else { return Poll::Ready(None) };
        let read = ready!(next.poll_unpin(cx)).map_err(StdError::from).and_then(|read| Ok(read?));
        self.state = State::Ended;
        let (file, pieces) = match read {
            Ok(read) => read,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        self.state = State::Idle(file);
        self.ready = pieces;
        let first = self.ready.pop_front();
        Poll::Ready(first.map(|piece| Ok(self.passed(piece))))
    }
}

impl ByteStream for FileStream {
    fn remaining_length(&self) -> RemainingLength {
        usize::try_from(self.remaining)
            .map_or_else(|_| RemainingLength::unknown(), RemainingLength::new_exact)
    }
}

/// A body that is in memory already.
#[derive(Debug)]
pub(super) struct Whole(pub(super) Option<Bytes>);

impl Stream for Whole {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

impl ByteStream for Whole {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.0.as_ref().map_or(0, Bytes::len))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use futures_util::TryStreamExt as _;

    use super::*;

    const LENGTH: usize = 3 * buffers::SIZE + 5;

    fn file() -> (File, Vec<u8>) {
        let content: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        (file, content)
    }

    async fn read(stream: FileStream) -> Result<Vec<u8>, StdError> {
        stream.try_fold(Vec::new(), async |all, piece| Ok([&all, &piece[..]].concat())).await
    }

    #[tokio::test]
    async fn a_part_of_a_file_is_streamed_in_order_and_tells_what_is_left() {
        let (file, content) = file();
        let length = LENGTH as u64 - 9;
        let mut stream = FileStream::new(file, 7, length, Buffers::default());
        assert_eq!(stream.remaining_length().exact(), Some(LENGTH - 9));
        let first = stream.try_next().await.unwrap().unwrap();
        assert_eq!(stream.remaining_length().exact(), Some(LENGTH - 9 - first.len()));
        assert_eq!([&first, &read(stream).await.unwrap()[..]].concat(), content[7..LENGTH - 2]);
    }

    #[tokio::test]
    async fn pieces_that_the_disk_was_asked_for_come_before_the_next_ones() {
        let (file, content) = file();
        let buffers = Buffers::default();
        let mut stream = FileStream::new(file.try_clone().unwrap(), 0, LENGTH as u64, buffers.clone());
        let slow = move || {
            let pieces: io::Result<_> =
                [(0, 1000), (1000, 500)].iter().map(|(at, long)| buffers.read(&file, *at, *long)).collect();
            pieces.map(|pieces| (file, pieces))
        };
        stream.state = State::Waiting(spawn_blocking(slow));
        assert_eq!(read(stream).await.unwrap(), content);
    }

    #[tokio::test]
    async fn a_file_that_has_become_shorter_ends_in_an_error() {
        let (file, _) = file();
        file.set_len(2 * buffers::SIZE as u64 - 1).unwrap();
        let mut stream = FileStream::new(file, 0, LENGTH as u64, Buffers::default());
        assert_eq!(stream.try_next().await.unwrap().unwrap().len(), buffers::SIZE);
        assert!(stream.try_next().await.is_err());
        assert!(stream.try_next().await.unwrap().is_none());
    }
}
