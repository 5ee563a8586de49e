//! The limit of everything a caller waits for: attempts, pauses between them, token refreshes.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use super::{Answer, Exchange};
use crate::message::Call;
use crate::{CallTimeout, Error, Request, Response};

/// Bounds a whole call. A [`CallTimeout`] in the request comes first.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer(Duration);

impl DeadlineLayer {
    /// Bounds a call to `limit`; [`Duration::MAX`] means no limit.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self(limit)
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline { inner, limit: self.0 }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
    limit: Duration,
}

impl<S: Exchange> Service<Request> for Deadline<S> {
    type Response = Response;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Answer {
        let limit = request.extensions().get::<CallTimeout>().map_or(self.limit, |own| own.0);
        // A limit too long for the clock is no limit.
        let Some(deadline) = Instant::now().checked_add(limit) else {
            return Box::pin(self.inner.call(request));
        };
        let call = Call::new(deadline);
        request.extensions_mut().insert(call.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let late = |_| Err(Error::deadline(call.attempts()));
            tokio::time::timeout_at(deadline, answer).await.unwrap_or_else(late)
        })
    }
}
