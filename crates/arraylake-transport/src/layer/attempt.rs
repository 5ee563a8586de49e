//! The limit of one exchange.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Timeout;
use tokio::time::error::Elapsed;
use tower::{Layer, Service};

use super::Exchange;
use super::future::{Settle, Then};
use crate::{Error, ErrorKind, Request, Response};

/// Bounds the time from sending a request to the end of its answer (of its headers, for a streaming call).
#[derive(Clone, Copy, Debug)]
pub struct AttemptTimeoutLayer(Duration);

impl AttemptTimeoutLayer {
    /// Bounds one exchange to `limit`.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self(limit)
    }
}

impl<S> Layer<S> for AttemptTimeoutLayer {
    type Service = AttemptTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AttemptTimeout { inner, limit: self.0 }
    }
}

/// The service of [`AttemptTimeoutLayer`].
#[derive(Clone, Debug)]
pub struct AttemptTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S: Exchange> Service<Request> for AttemptTimeout<S> {
    type Response = Response;
    type Error = Error;
    type Future = Then<Timeout<S::Future>, Late>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Then::new(tokio::time::timeout(self.limit, self.inner.call(request)), Late(()))
    }
}

/// Names an attempt that took too long.
#[derive(Debug)]
pub struct Late(());

impl Settle<Result<Result<Response, Error>, Elapsed>> for Late {
    fn settle(self, inner: Result<Result<Response, Error>, Elapsed>) -> Result<Response, Error> {
        inner.unwrap_or_else(|late| Err(Error::new(ErrorKind::Timeout, late)))
    }
}
