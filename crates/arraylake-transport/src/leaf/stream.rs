//! A connection, however many wrappings it has.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tower::Service;

use crate::{Error, ErrorKind};

/// What a connection can do.
pub(super) trait Wire: Read + Write + Connection + Unpin + Send {}

impl<T: Read + Write + Connection + Unpin + Send> Wire for T {}

/// A connection: TCP, or TLS around it, or TLS around a tunnel.
pub(super) struct Stream {
    inner: Box<dyn Wire>,
    /// Whether requests must name the whole URL, because a proxy reads them.
    proxied: bool,
}

impl Stream {
    pub(super) fn new(inner: impl Wire + 'static) -> Self {
        Self { inner: Box::new(inner), proxied: false }
    }

    /// The same connection, with a proxy at its other end that reads the requests.
    #[cfg(feature = "proxy")]
    pub(super) fn proxied(self) -> Self {
        Self { proxied: true, ..self }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("proxied", &self.proxied).finish_non_exhaustive()
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.inner.connected().proxy(self.proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}

/// A connector that has connected already, for those that want to do it themselves.
#[derive(Debug)]
pub(super) struct Connecting(Option<Stream>);

impl From<Stream> for Connecting {
    fn from(stream: Stream) -> Self {
        Self(Some(stream))
    }
}

impl Service<Uri> for Connecting {
    type Response = Stream;
    type Error = Error;
    type Future = std::future::Ready<Result<Stream, Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        // Nobody connects twice through one of these.
        std::future::ready(self.0.take().ok_or_else(|| Error::bare(ErrorKind::Connect)))
    }
}
