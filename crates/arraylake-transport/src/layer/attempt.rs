//! The limit of one exchange.

use std::task::{Context, Poll};
use std::time::Duration;

use tower::{Layer, Service};

use super::{Answer, Exchange};
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
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        let (answer, limit) = (self.inner.call(request), self.limit);
        Box::pin(async move {
            let late = |late| Err(Error::new(ErrorKind::Timeout, late));
            tokio::time::timeout(limit, answer).await.unwrap_or_else(late)
        })
    }
}
