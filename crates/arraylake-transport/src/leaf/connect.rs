//! Connections: straight, through a proxy, or through a tunnel; all of them within the connect timeout.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::tls::LazyTls;
use crate::{Error, ErrorKind};

/// Connects to the host of a URI.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) http: HttpConnector,
    pub(super) tls: Arc<LazyTls>,
    pub(super) timeout: Duration,
    #[cfg(feature = "proxy")]
    pub(super) proxies: Arc<super::proxy::Proxies>,
}

/// The TCP connector with the settings that all connections share.
pub(super) fn http_connector(timeout: Duration) -> HttpConnector {
    let mut http = HttpConnector::new();
    // TLS goes on top of it.
    http.enforce_http(false);
    http.set_nodelay(true);
    // Divided among the addresses of a host, so that a silent one leaves time for the next.
    http.set_connect_timeout(Some(timeout));
    http.set_keepalive(Some(Duration::from_secs(60)));
    http.set_keepalive_interval(Some(Duration::from_secs(15)));
    http
}

impl Connector {
    async fn connect(self, uri: Uri) -> Result<Stream, Error> {
        #[cfg(feature = "proxy")]
        if let Some(proxy) = self.proxies.of(&uri) {
            proxy.check()?;
            return if uri.scheme() == Some(&Scheme::HTTPS) {
                self.secure(proxy.tunnel(self.http.clone()), uri).await
            } else {
                let stream = self.http.clone().call(proxy.uri().clone()).await;
                let stream = stream.map_err(|error| Error::new(ErrorKind::Connect, error))?;
                Ok(Stream { inner: MaybeHttpsStream::Http(stream), proxied: true })
            };
        }
        if uri.scheme() == Some(&Scheme::HTTPS) {
            let http = self.http.clone();
            return self.secure(http, uri).await;
        }
        let stream = self.http.clone().call(uri).await;
        let stream = stream.map_err(|error| Error::new(ErrorKind::Connect, error))?;
        Ok(Stream { inner: MaybeHttpsStream::Http(stream), proxied: false })
    }

    /// TLS over what `transport` connects to.
    async fn secure<T>(&self, transport: T, uri: Uri) -> Result<Stream, Error>
    where
        T: Service<Uri, Response = TokioIo<TcpStream>, Future: Send + 'static>,
        T::Error: Into<super::Source>,
    {
        let config = self.tls.config().await?;
        let stream = HttpsConnector::from((transport, config)).call(uri).await;
        let stream = stream.map_err(super::classify::connecting)?;
        Ok(Stream { inner: stream, proxied: false })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Error>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connector, timeout) = (self.clone(), self.timeout);
        Box::pin(async move {
            let late = |late| Err(Error::new(ErrorKind::Connect, late));
            tokio::time::timeout(timeout, connector.connect(uri)).await.unwrap_or_else(late)
        })
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Stream {
    inner: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// Whether requests must name the whole URL, because a proxy reads them.
    proxied: bool,
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
