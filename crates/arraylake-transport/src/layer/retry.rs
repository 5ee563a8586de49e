//! Sends a request again where that may help: one loop and one budget for statuses and network errors alike.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};
use tracing::debug;

use super::{Answer, Exchange, take_ready};
use crate::message::Call;
use crate::retry::{Attempt, Outcome, RetryState, Verdict, retry_after};
use crate::{Attempts, Error, Idempotent, Request, Response, RetryPolicy, RetryStats};

/// Sends requests again as a [`RetryPolicy`] says.
#[derive(Clone, Debug)]
pub struct RetryLayer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    policy: RetryPolicy,
    state: RetryState,
}

impl RetryLayer {
    /// Retries as `policy` says; all services made by this layer and its clones share one budget.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        let state = RetryState::new(policy.budget);
        Self(Arc::new(Shared { policy, state }))
    }

    /// What has been retried so far.
    #[must_use]
    pub fn stats(&self) -> RetryStats {
        self.0.state.stats()
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry { inner, shared: Arc::clone(&self.0) }
    }
}

/// The service of [`RetryLayer`].
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: Exchange> Service<Request> for Retry<S> {
    type Response = Response;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        Box::pin(run(take_ready(&mut self.inner), Arc::clone(&self.shared), request))
    }
}

async fn run<S: Exchange>(mut inner: S, shared: Arc<Shared>, request: Request) -> Result<Response, Error> {
    let call = request.extensions().get::<Call>().cloned();
    let (method, marked) = (request.method().clone(), request.extensions().get::<Idempotent>().is_some());
    let mut next = Some(request);
    for number in 1.. {
        let Some(request) = next.take() else { break };
        if let Some(call) = &call {
            call.set_attempts(number);
        }
        // The last attempt needs no copy.
        let copy = (number <= shared.policy.max_retries).then(|| request.clone());
        let outcome = inner.call(request).await;
        let attempt = Attempt::new(number, &method, marked, outcome_of(&outcome));
        let pause = copy.is_some().then(|| shared.pause(&attempt, call.as_ref())).flatten();
        let (Some(pause), Some(copy)) = (pause, copy) else {
            return finish(outcome, number);
        };
        debug!(attempt = number, pause_ms = pause.as_millis(), cause = ?cause(&outcome), "trying again");
        drop(outcome);
        tokio::time::sleep(pause).await;
        inner.ready().await?;
        next = Some(copy);
    }
    Err(Error::bare(crate::ErrorKind::Other))
}

fn outcome_of(outcome: &Result<Response, Error>) -> Outcome<'_> {
    match outcome {
        Ok(response) => Outcome::Answer(response.status(), response.headers()),
        Err(error) => Outcome::Error(error),
    }
}

fn cause(outcome: &Result<Response, Error>) -> Result<u16, crate::ErrorKind> {
    outcome.as_ref().map(|response| response.status().as_u16()).map_err(Error::kind)
}

/// Notes on the outcome how many attempts there were.
fn finish(outcome: Result<Response, Error>, attempts: u32) -> Result<Response, Error> {
    match outcome {
        Ok(mut response) if attempts > 1 => {
            response.extensions_mut().insert(Attempts(attempts));
            Ok(response)
        }
        Ok(response) => Ok(response),
        Err(error) => Err(error.with_attempts(attempts)),
    }
}

impl Shared {
    /// How long to wait before the next attempt. `None`: there is none.
    fn pause(&self, attempt: &Attempt<'_>, call: Option<&Call>) -> Option<Duration> {
        if self.policy.classify(attempt) == Verdict::Stop {
            if matches!(attempt.outcome, Outcome::Answer(status, _) if !status.is_server_error()) {
                self.state.deposit();
            }
            return None;
        }
        let asked = match attempt.outcome {
            Outcome::Answer(_, headers) => retry_after(headers, SystemTime::now()),
            Outcome::Error(_) => None,
        };
        let pause = asked.unwrap_or_else(|| self.policy.pause(attempt.number));
        let fits = match call {
            Some(call) => pause < call.deadline().saturating_duration_since(Instant::now()),
            None => true,
        };
        if !fits {
            self.state.too_late();
            return None;
        }
        self.state.withdraw().then_some(pause)
    }
}
