//! [`FileStream`]: part of a file as the body of an answer, read a piece ahead.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use s3s::StdError;
use s3s::stream::{ByteStream, RemainingLength};
use tokio::task::{JoinHandle, spawn_blocking};

/// How much one read takes from the file.
const PIECE: u64 = 1 << 20;

/// The file comes back with each piece, since only one read at a time may use its position.
type Piece = io::Result<(File, Bytes)>;

/// A piece of a file, streamed.
#[derive(Debug)]
pub(super) struct FileStream {
    next: Option<JoinHandle<Piece>>,
    /// What the reads under way and to come deliver.
    remaining: u64,
}

impl FileStream {
    /// The `length` bytes of `file` from `offset` on.
    pub(super) fn new(mut file: File, offset: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        let mut stream = Self { next: None, remaining: length };
        stream.read_on(file, length);
        Ok(stream)
    }

    fn read_on(&mut self, file: File, left: u64) {
        self.next = (left > 0).then(|| spawn_blocking(move || read_piece(file, left.min(PIECE))));
    }
}

fn read_piece(mut file: File, length: u64) -> Piece {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    (&mut file).take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok((file, bytes.into()))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
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
                self.remaining -= bytes.len() as u64;
                let left = self.remaining;
                self.read_on(file, left);
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
