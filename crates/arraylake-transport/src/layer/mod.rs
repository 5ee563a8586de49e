//! The layers, one file each, usable alone around any [`Exchange`].

mod attempt;
mod auth;
mod base;
mod deadline;
mod future;
mod retry;
#[cfg(test)]
mod tests;
mod trace;
mod warnings;

use std::future::Future;
use std::pin::Pin;

use tower::Service;

pub use self::attempt::{AttemptTimeout, AttemptTimeoutLayer};
pub use self::auth::{Auth, AuthLayer};
pub(crate) use self::base::client_headers;
pub use self::base::{Base, BaseLayer};
pub use self::deadline::{Deadline, DeadlineLayer};
pub use self::retry::{Retry, RetryLayer};
pub use self::trace::{Trace, TraceLayer};
pub use self::warnings::{WarningHook, Warnings, WarningsLayer};

use crate::{Error, Request, Response};

/// A service that exchanges a request for an answer: what every layer wraps and is.
pub trait Exchange:
    Service<Request, Response = Response, Error = Error, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Exchange for S where
    S: Service<Request, Response = Response, Error = Error, Future: Send> + Clone + Send + Sync + 'static
{
}

/// What the layers answer with.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// Takes the service that was polled ready and leaves a fresh clone in its place.
pub(crate) fn take_ready<S: Clone>(service: &mut S) -> S {
    let fresh = service.clone();
    std::mem::replace(service, fresh)
}
