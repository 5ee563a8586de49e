//! [`Traffic`]: what happens on a connection, so that one on which nothing happens any more can be ended.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What happens on a connection.
#[derive(Debug)]
pub(super) struct Traffic {
    /// How many requests have come.
    begun: AtomicUsize,
    /// How many of them are answered to the end.
    ended: AtomicUsize,
    /// When bytes moved last, or a request was answered.
    last: Mutex<Instant>,
}

impl Traffic {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            last: Mutex::new(Instant::now()),
        })
    }

    /// Whether a request has ever come.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > 0
    }

    /// Notes a request, which is under way until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Waits until no request is under way and no byte has moved for so long.
    pub(super) async fn silence(&self, long: Duration) {
        loop {
            let idle = self.begun.load(Ordering::Relaxed) == self.ended.load(Ordering::Relaxed);
            let silent = if idle { self.last().elapsed() } else { Duration::ZERO };
            let Some(left) = long.checked_sub(silent).filter(|left| !left.is_zero()) else { return };
            tokio::time::sleep(left).await;
        }
    }

    fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Traffic>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.moved();
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// What bytes travel on, watched.
#[derive(Debug)]
pub(super) struct Watched<W> {
    wire: W,
    traffic: Arc<Traffic>,
}

impl<W: Unpin> Watched<W> {
    pub(super) fn new(wire: W, traffic: &Arc<Traffic>) -> Self {
        Self { wire, traffic: Arc::clone(traffic) }
    }

    fn wire(&mut self) -> Pin<&mut W> {
        Pin::new(&mut self.wire)
    }
}

impl<W: AsyncRead + Unpin> AsyncRead for Watched<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let done = ready!(self.wire().poll_read(cx, buf));
        self.traffic.moved();
        Poll::Ready(done)
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Watched<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let done = ready!(self.wire().poll_write(cx, buf));
        self.traffic.moved();
        Poll::Ready(done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = ready!(self.wire().poll_write_vectored(cx, bufs));
        self.traffic.moved();
        Poll::Ready(done)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire().poll_shutdown(cx)
    }
}
