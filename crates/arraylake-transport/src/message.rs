//! What passes through the stack: the request and response types, and the options a request carries in its extensions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::Body;

/// A request, with its whole body in memory so that it can be sent again.
pub type Request = http::Request<Bytes>;

/// An answer.
pub type Response = http::Response<Body>;

/// Request extension: the name of the operation, for traces and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub &'static str);

/// Request extension: sending this request twice does no harm, though its method is POST or PATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idempotent;

/// Request extension: the body of the answer is passed on as it arrives.
///
/// The attempt timeout and the deadline then end when the headers arrive, and the answer is not unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streaming;

/// Request extension: the deadline of this call, instead of the transport's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTimeout(pub Duration);

/// Request extension: send no `authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anonymous;

/// Response extension: how many times the request was sent. Absent means once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

impl Attempts {
    /// How many times the request behind `response` was sent.
    #[must_use]
    pub fn of<B>(response: &http::Response<B>) -> u32 {
        response.extensions().get::<Self>().map_or(1, |attempts| attempts.0)
    }
}

/// What the deadline layer and the retry layer share about one call.
#[derive(Clone, Debug)]
pub(crate) struct Call(Arc<CallState>);

#[derive(Debug)]
struct CallState {
    deadline: Instant,
    attempts: AtomicU32,
}

impl Call {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self(Arc::new(CallState { deadline, attempts: AtomicU32::new(0) }))
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.0.deadline
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.0.attempts.load(Ordering::Relaxed)
    }

    pub(crate) fn set_attempts(&self, attempts: u32) {
        self.0.attempts.store(attempts, Ordering::Relaxed);
    }
}
