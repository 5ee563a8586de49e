//! [`S3Server`]: the endpoint as an HTTP service, for hyper and for tower.

use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, Request, Response, header};
use hyper::body::Incoming;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};

use super::guard::Guard;
use super::service::Service;

/// Serves the S3 protocol. Clones share the endpoint.
#[derive(Debug, Clone)]
pub struct S3Server(S3Service);

impl S3Server {
    pub(super) fn new(service: Service, guard: Guard) -> Self {
        let mut builder = S3ServiceBuilder::new(service);
        builder.set_auth(guard.clone());
        builder.set_access(guard);
        Self(builder.build())
    }
}

impl hyper::service::Service<Request<Incoming>> for S3Server {
    type Response = Response<Body>;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        hide_credentials(&mut request);
        hyper::service::Service::call(&self.0, request)
    }
}

impl<B> tower::Service<Request<B>> for S3Server
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<Body>;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        hide_credentials(&mut request);
        tower::Service::call(&mut self.0, request)
    }
}

/// Keeps credentials out of the debug output of the layers below, which print whole requests.
fn hide_credentials<B>(request: &mut Request<B>) {
    for name in [header::AUTHORIZATION, HeaderName::from_static("x-amz-security-token")] {
        if let Some(value) = request.headers_mut().get_mut(name) {
            value.set_sensitive(true);
        }
    }
}
