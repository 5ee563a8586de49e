//! The bottom of the stack: turns any HTTP service into an [`Exchange`](crate::layer::Exchange).
//!
//! It collects the answer under the size limit, unpacks it, and maps foreign errors to a kind, once.

mod classify;
mod client;
mod connect;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "proxy")]
mod proxy;
mod stream;
mod tls;

use std::error::Error as StdError;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body_util::{BodyExt, Full};
use tower::Service;

pub(crate) use self::client::{ClientOptions, HyperLeaf};
#[cfg(feature = "proxy")]
pub(crate) use self::proxy::{Proxies, check_proxy};
pub(crate) use self::tls::{TlsOptions, certificates};
use crate::body::collect;
use crate::layer::Answer;
use crate::{Body, Error, Request, Response, Streaming};

type Source = Box<dyn StdError + Send + Sync>;

/// Makes an exchange of an HTTP service.
#[derive(Clone, Debug)]
pub struct Leaf<S> {
    service: S,
    limit: usize,
}

impl<S> Leaf<S> {
    /// Collects at most `limit` bytes of an answer, before and after unpacking.
    pub fn new(service: S, limit: usize) -> Self {
        Self { service, limit }
    }
}

impl<S, B> Service<Request> for Leaf<S>
where
    S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(cx).map_err(|error| classify::sent(error.into()))
    }

    fn call(&mut self, request: Request) -> Answer {
        let streaming = request.extensions().get::<Streaming>().is_some();
        let (answer, limit) = (self.service.call(request.map(Full::new)), self.limit);
        Box::pin(async move {
            let response = answer.await.map_err(|error| classify::sent(error.into()))?;
            let (parts, body) = response.into_parts();
            if streaming {
                return Ok(Response::from_parts(parts, Body::limited(body_of(body), limit)));
            }
            let response = collected(http::Response::from_parts(parts, body), limit).await?;
            #[cfg(feature = "gzip")]
            let response = gzip::unpacked(response, limit).await?;
            Ok(response.map(Body::from))
        })
    }
}

async fn collected<B>(response: http::Response<B>, limit: usize) -> Result<http::Response<Bytes>, Error>
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<Source>,
{
    let (parts, body) = response.into_parts();
    if body.is_end_stream() {
        return Ok(http::Response::from_parts(parts, Bytes::new()));
    }
    let bytes = collect(Box::pin(body_of(body)), limit).await?;
    Ok(http::Response::from_parts(parts, bytes))
}

/// A foreign body with our data and errors. Taking `Bytes` out of `Bytes` does not copy.
fn body_of<B>(body: B) -> impl http_body::Body<Data = Bytes, Error = Error> + Send + 'static
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<Source>,
{
    body.map_frame(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining())))
        .map_err(|error| classify::received(error.into()))
}
