//! [`FileStream`]: part of a file as the body of an answer.

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

/// The file comes back with each piece, since only one read at a time may use its position.
type Piece = io::Result<(File, Bytes)>;

/// A piece of a file, streamed. What the system has in memory is read when it can be sent; only the disk is waited for
/// on another thread.
#[derive(Debug)]
pub(super) struct FileStream {
    state: State,
    buffers: Buffers,
    /// Where the next piece begins.
    offset: u64,
    /// What the reads under way and to come deliver.
    remaining: u64,
}

#[derive(Debug)]
enum State {
    Idle(File),
    Waiting(JoinHandle<Piece>),
    Ended,
}

impl FileStream {
    /// The `length` bytes of `file` from `offset` on.
    pub(super) fn new(file: File, offset: u64, length: u64, buffers: Buffers) -> Self {
        Self { state: State::Idle(file), buffers, offset, remaining: length }
    }

    /// The next piece, if it is in memory; otherwise it will be waited for.
    fn read_on(&mut self, file: File) -> io::Result<Option<Bytes>> {
        let (buffers, offset) = (self.buffers.clone(), self.offset);
        let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffers::SIZE);
        if length == 0 {
            return Ok(None);
        }
        if let Some(piece) = buffers.read_now(&file, offset, length)? {
            self.state = State::Idle(file);
            return Ok(Some(self.passed(piece)));
        }
        let read = move || buffers.read(&file, offset, length).map(|piece| (file, piece));
        self.state = State::Waiting(spawn_blocking(read));
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
        if let State::Idle(_) = self.state
            && let State::Idle(file) = std::mem::replace(&mut self.state, State::Ended)
            && let Some(piece) = self.read_on(file).transpose()
        {
            return Poll::Ready(Some(piece.map_err(StdError::from)));
        }
        let State::Waiting(next) = &mut self.state else { return Poll::Ready(None) };
        let piece = ready!(next.poll_unpin(cx)).map_err(StdError::from).and_then(|piece| Ok(piece?));
        self.state = State::Ended;
        Poll::Ready(Some(piece.map(|(file, piece)| {
            self.state = State::Idle(file);
            self.passed(piece)
        })))
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
    async fn a_piece_that_the_disk_was_asked_for_comes_before_the_next_one() {
        let (file, content) = file();
        let buffers = Buffers::default();
        let mut stream = FileStream::new(file.try_clone().unwrap(), 0, LENGTH as u64, buffers.clone());
        let slow = move || buffers.read(&file, 0, 1000).map(|piece| (file, piece));
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
