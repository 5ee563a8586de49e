//! The limit of everything a caller waits for: attempts, pauses between them, token refreshes.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, Timeout};
use tower::{Layer, Service};

use super::Exchange;
use super::future::{Settle, Then};
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
    type Future = Then<Timeout<S::Future>, Late>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let limit = request.extensions().get::<CallTimeout>().map_or(self.limit, |own| own.0);
        // A limit too long for the clock is no limit.
        let Some(deadline) = Instant::now().checked_add(limit) else {
            return Then::new(tokio::time::timeout(Duration::MAX, self.inner.call(request)), Late(None));
        };
        let call = Call::new(deadline);
        request.extensions_mut().insert(call.clone());
        Then::new(tokio::time::timeout_at(deadline, self.inner.call(request)), Late(Some(call)))
    }
}

/// Tells after how many attempts the deadline passed.
#[derive(Debug)]
pub struct Late(Option<Call>);

impl Settle<Result<Result<Response, Error>, Elapsed>> for Late {
    fn settle(self, inner: Result<Result<Response, Error>, Elapsed>) -> Result<Response, Error> {
        inner.unwrap_or_else(|_| Err(Error::deadline(self.0.map_or(0, |call| call.attempts()))))
    }
}
