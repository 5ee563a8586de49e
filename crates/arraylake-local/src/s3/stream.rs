//! [`FileStream`]: part of a file as the body of an answer, read a piece ahead.

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

/// A piece of a file, streamed.
#[derive(Debug)]
pub(super) struct FileStream {
    next: Option<JoinHandle<Piece>>,
    buffers: Buffers,
    /// Where the piece under way begins.
    offset: u64,
    /// What the reads under way and to come deliver.
    remaining: u64,
}

impl FileStream {
    /// The `length` bytes of `file` from `offset` on.
    pub(super) fn new(file: File, offset: u64, length: u64, buffers: Buffers) -> Self {
        let mut stream = Self { next: None, buffers, offset, remaining: length };
        stream.read_on(file);
        stream
    }

    fn read_on(&mut self, file: File) {
        let (buffers, offset) = (self.buffers.clone(), self.offset);
        let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffers::SIZE);
        let read = move || buffers.read(&file, offset, length).map(|piece| (file, piece));
        self.next = (length > 0).then(|| spawn_blocking(read));
    }
}

impl Stream for FileStream {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let piece = ready!(next.poll_unpin(cx))
            .map_err(StdError::from)
            .and_then(|piece| piece.map_err(StdError::from));
        Poll::Ready(Some(match piece {
            Ok((file, bytes)) => {
                self.offset += bytes.len() as u64;
                self.remaining -= bytes.len() as u64;
                self.read_on(file);
                Ok(bytes)
            }
            Err(error) => {
                self.next = None;
                Err(error)
            }
        }))
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
