//! The body of an answer: whole, or a stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};

use crate::{Error, ErrorKind};

type Stream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = Error> + Send>>;

/// The body of an answer: the whole of it, or a stream (only where the request asked with [`Streaming`]).
///
/// [`Streaming`]: crate::Streaming
#[derive(Default)]
pub struct Body(Inner);

enum Inner {
    Whole(Bytes),
    // The mutex makes the body `Sync` for the price of nothing: it is only ever reached through `&mut`.
    Stream { stream: Mutex<Stream>, limit: usize },
}

impl Default for Inner {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that arrives piece by piece.
    pub fn from_stream(stream: impl http_body::Body<Data = Bytes, Error = Error> + Send + 'static) -> Self {
        Self::limited(stream, usize::MAX)
    }

    /// A stream of which [`Body::bytes`] collects at most `limit` bytes.
    pub(crate) fn limited(
        stream: impl http_body::Body<Data = Bytes, Error = Error> + Send + 'static,
        limit: usize,
    ) -> Self {
        Self(Inner::Stream { stream: Mutex::new(Box::pin(stream)), limit })
    }

    /// The bytes, where they are all here.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Whole(bytes) => Some(bytes),
            Inner::Stream { .. } => None,
        }
    }

    /// All the bytes; waits for the end of a stream.
    ///
    /// # Errors
    /// The stream breaks, or is longer than the transport's limit.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        match self.0 {
            Inner::Whole(bytes) => Ok(bytes),
            Inner::Stream { stream, limit } => {
                let stream = stream.into_inner().unwrap_or_else(PoisonError::into_inner);
                collect(stream, limit).await
            }
        }
    }

    /// The next piece, `None` after the last one.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            match poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut *self), cx)).await? {
                Ok(frame) => match frame.into_data() {
                    Ok(data) => return Some(Ok(data)),
                    Err(_trailers) => {}
                },
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Reads `body` to its end. A body of one frame is not copied, any other once.
///
/// The pieces are joined at the end: a buffer of the announced size per call would trust the announcement, and costs more
/// page faults when many large bodies arrive at once.
pub(crate) async fn collect<B>(mut body: Pin<Box<B>>, limit: usize) -> Result<Bytes, Error>
where
    B: http_body::Body<Data = Bytes, Error = Error> + ?Sized,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(Error::bare(ErrorKind::TooLarge));
    }
    let (mut first, mut rest, mut size) = (Bytes::new(), Vec::new(), 0_usize);
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        size = size.saturating_add(data.len());
        if size > limit {
            return Err(Error::bare(ErrorKind::TooLarge));
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.push(data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(size);
    whole.extend_from_slice(&first);
    for piece in rest {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Whole(bytes))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Inner::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Stream { stream, .. } => {
                stream.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_frame(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_empty(),
            // Unknown without locking; the next frame tells.
            Inner::Stream { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream { .. } => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Stream { .. } => f.write_str("Body(stream)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    /// So many frames of three bytes.
    struct Frames(usize);

    impl http_body::Body for Frames {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let left = self.0.checked_sub(1);
            self.0 = left.unwrap_or_default();
            Poll::Ready(left.map(|_| Ok(Frame::data(Bytes::from_static(b"abc")))))
        }
    }

    #[tokio::test]
    async fn a_stream_is_read_piece_by_piece_or_as_a_whole() {
        let mut body = Body::from_stream(Frames(2));
        assert!(body.as_bytes().is_none());
        assert_eq!(body.chunk().await.unwrap().unwrap(), "abc");
        assert_eq!(body.bytes().await.unwrap(), "abc");
        let mut whole = Body::from(Bytes::from_static(b"abc"));
        assert_eq!(whole.chunk().await.unwrap().unwrap(), "abc");
        assert!(whole.chunk().await.is_none());
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        assert_eq!(collect(Box::pin(Frames(3)), 9).await.unwrap(), "abcabcabc");
        assert_eq!(collect(Box::pin(Frames(3)), 8).await.unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(Body::limited(Frames(3), 8).bytes().await.unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[tokio::test]
    async fn a_body_that_announces_too_much_is_not_read() {
        let whole = Full::new(Bytes::from_static(b"abc")).map_err(|never| match never {});
        assert_eq!(collect(Box::pin(whole), 2).await.unwrap_err().kind(), ErrorKind::TooLarge);
    }

    #[tokio::test]
    async fn a_body_of_one_frame_is_not_copied() {
        let bytes = Bytes::from(vec![1; 1000]);
        let whole = Full::new(bytes.clone()).map_err(|never| match never {});
        assert_eq!(collect(Box::pin(whole), 1000).await.unwrap().as_ptr(), bytes.as_ptr());
    }
}
