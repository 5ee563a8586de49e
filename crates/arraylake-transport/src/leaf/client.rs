//! The network: hyper's pooled client.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::Service;

use super::connect::{Connector, http_connector};
use super::tls::{LazyTls, TlsOptions};

/// How connections are made and kept.
#[derive(Debug)]
pub(crate) struct ClientOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) max_idle: usize,
    pub(crate) idle_timeout: Duration,
    pub(crate) tls: TlsOptions,
    #[cfg(feature = "proxy")]
    pub(crate) proxies: super::proxy::Proxies,
}

/// Sends requests over the network.
#[derive(Clone, Debug)]
pub(crate) struct HyperLeaf(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    client: Client<Connector, Full<Bytes>>,
    #[cfg(feature = "proxy")]
    proxies: Arc<super::proxy::Proxies>,
}

impl HyperLeaf {
    pub(crate) fn new(options: ClientOptions) -> Self {
        #[cfg(feature = "proxy")]
        let proxies = Arc::new(options.proxies);
        let connector = Connector {
            http: http_connector(options.connect_timeout),
            tls: Arc::new(LazyTls::new(options.tls)),
            timeout: options.connect_timeout,
            #[cfg(feature = "proxy")]
            proxies: Arc::clone(&proxies),
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            // Without a timer of its own the pool keeps idle connections for ever.
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(options.max_idle);
        #[cfg(feature = "http2")]
        builder.http2_adaptive_window(true).http2_keep_alive_interval(Duration::from_secs(30));
        let shared = Shared {
            client: builder.build(connector),
            #[cfg(feature = "proxy")]
            proxies,
        };
        Self(Arc::new(shared))
    }
}

impl Service<http::Request<Full<Bytes>>> for HyperLeaf {
    type Response = http::Response<Incoming>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    #[cfg_attr(not(feature = "proxy"), expect(unused_mut, reason = "a proxy wants a header"))]
    fn call(&mut self, mut request: http::Request<Full<Bytes>>) -> ResponseFuture {
        // A tunnel carries its own authorization; an http proxy reads it from the request.
        #[cfg(feature = "proxy")]
        if request.uri().scheme() == Some(&http::uri::Scheme::HTTP)
            && let Some(value) = self.0.proxies.of(request.uri()).and_then(|proxy| proxy.authorization())
        {
            request.headers_mut().insert(http::header::PROXY_AUTHORIZATION, value);
        }
        self.0.client.request(request)
    }
}
