//! How connections are made: straight, through a proxy, or through a tunnel; all within the connect timeout.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use tower::Service;

use super::stream::{Connecting, Stream};
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
            return self.through(&proxy, uri).await;
        }
        let stream = self.tcp(uri.clone()).await?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Ok(stream);
        }
        secure(stream, self.tls.config().await?, uri).await
    }

    #[cfg(feature = "proxy")]
    async fn through(&self, proxy: &super::proxy::Proxy, uri: Uri) -> Result<Stream, Error> {
        use super::proxy::Protocol;

        let protocol = proxy.protocol()?;
        let mut stream = self.tcp(proxy.address()?).await?;
        if protocol == Protocol::Https {
            // What a proxy is told is HTTP/1.1.
            let mut config = ClientConfig::clone(&*self.tls.config().await?);
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            stream = secure(stream, Arc::new(config), proxy.uri().clone()).await?;
        }
        let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
        stream = match protocol {
            Protocol::Socks5 => proxy.socks(stream, &uri).await?,
            Protocol::Http | Protocol::Https if is_secure => proxy.tunnel(stream, uri.clone()).await?,
            Protocol::Http | Protocol::Https => return Ok(stream.proxied()),
        };
        if is_secure { secure(stream, self.tls.config().await?, uri).await } else { Ok(stream) }
    }

    async fn tcp(&self, uri: Uri) -> Result<Stream, Error> {
        let stream = self.http.clone().call(uri).await;
        stream.map(Stream::new).map_err(|error| Error::new(ErrorKind::Connect, error))
    }
}

/// TLS around `stream`, with the host of `uri` at its other end.
async fn secure(stream: Stream, config: Arc<ClientConfig>, uri: Uri) -> Result<Stream, Error> {
    let stream = HttpsConnector::from((Connecting::from(stream), config)).call(uri).await;
    stream.map(Stream::new).map_err(super::classify::connecting)
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
