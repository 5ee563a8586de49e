//! How a message travels to Arraylake: a tower stack over hyper with retries, deadlines and authentication.
//!
//! This crate knows HTTP and no business words. A [`Transport`] takes a request and returns an answer, whatever its status.

mod auth;
mod body;
mod builder;
mod error;
pub mod layer;
mod leaf;
mod message;
mod origin;
mod retry;
mod stack;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;

pub use self::auth::{StaticToken, TokenError, TokenSource};
pub use self::body::Body;
pub use self::builder::{BuildError, TransportBuilder};
pub use self::error::{Error, ErrorKind};
pub use self::leaf::Leaf;
pub use self::message::{
    Anonymous, Attempts, CallTimeout, Idempotent, Operation, Request, Response, Streaming,
};
pub use self::retry::{Attempt, Outcome, RetryPolicy, RetryStats, Verdict};
pub use self::stack::Stack as BoxedExchange;
pub use self::transport::Transport;
