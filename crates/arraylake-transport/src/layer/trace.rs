//! One span per call: the operation, the method and the path; never the query, a header or a body.

use std::task::{Context, Poll};

use tokio::time::Instant;
use tower::{Layer, Service};
use tracing::{Instrument, debug};

use super::Exchange;
use super::future::{Either, Settle, Then};
use crate::{Attempts, Error, Operation, Request, Response};

/// Traces calls, and names the operation in their errors.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TraceLayer {}

impl TraceLayer {
    /// Traces calls.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace { inner }
    }
}

/// The service of [`TraceLayer`].
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
}

impl<S: Exchange> Service<Request> for Trace<S> {
    type Response = Response;
    type Error = Error;
    type Future = Either<Then<S::Future, Named>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let operation = request.extensions().get::<Operation>().map(|operation| operation.0);
        let span = tracing::debug_span!(
            "request",
            operation,
            method = %request.method(),
            path = request.uri().path()
        );
        // Layers may read the request while they are called, not only while they are polled.
        let answer = span.in_scope(|| self.inner.call(request));
        if span.is_disabled() {
            return Either::plain(Then::new(answer, Named(operation)));
        }
        Either::boxed(traced(answer, operation).instrument(span))
    }
}

/// Names the operation in errors.
#[derive(Debug)]
pub struct Named(Option<&'static str>);

impl Settle<Result<Response, Error>> for Named {
    fn settle(self, inner: Result<Response, Error>) -> Result<Response, Error> {
        inner.map_err(|error| error.with_operation(self.0))
    }
}

async fn traced<F>(answer: F, operation: Option<&'static str>) -> Result<Response, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    let started = Instant::now();
    let outcome = answer.await.map_err(|error| error.with_operation(operation));
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match &outcome {
        Ok(response) => {
            debug!(
                status = response.status().as_u16(),
                attempts = Attempts::of(response),
                elapsed_ms,
                "answered"
            );
        }
        Err(error) => debug!(kind = ?error.kind(), attempts = error.attempts(), elapsed_ms, "failed"),
    }
    outcome
}
