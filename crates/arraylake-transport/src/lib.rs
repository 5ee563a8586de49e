//! How a message travels to Arraylake: a tower stack over hyper with retries, deadlines and authentication.
//!
//! This crate knows HTTP and no business words. A [`Transport`] takes a request and returns an answer, whatever its status;
//! an [`Error`] means that no complete answer arrived. The stack, the outermost layer first:
//!
//! | layer | what it does |
//! | --- | --- |
//! | your own | whatever you add by [`TransportBuilder::with_layer`] |
//! | trace | one span per call |
//! | deadline | bounds everything a caller waits for |
//! | base | base URI and fixed headers |
//! | retry | sends again where that may help, within a shared budget |
//! | auth | adds the token, for the base origin alone; refreshes it once after a 401 |
//! | attempt timeout | bounds one exchange |
//! | warnings | reports what the service wants the user to know |
//! | [`Leaf`] | collects and unpacks the answer; below it hyper, or your own service |
//!
//! Each layer is in [`layer`] and usable alone. Building spawns nothing and works outside a runtime.
//!
//! # Plug in your own tower service
//!
//! A leaf takes the place of the network and keeps all the layers; a layer goes around all of them.
//!
//! ```
//! use arraylake_transport::{Request, RetryPolicy, Transport};
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use tower::{service_fn, util::MapRequestLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Any clonable service of hyper's request type will do: a hyper client, a cache, an axum router.
//! let echo = service_fn(|request: http::Request<Full<Bytes>>| async move {
//!     let text = format!("{} with {:?}", request.uri(), request.headers()["x-trace"]);
//!     Ok::<_, std::io::Error>(http::Response::new(Full::new(Bytes::from(text))))
//! });
//! let traced = MapRequestLayer::new(|mut request: Request| {
//!     request.headers_mut().insert("x-trace", http::HeaderValue::from_static("7"));
//!     request
//! });
//! let transport = Transport::builder()
//!     .with_base_uri("https://api.example.org/v2".parse()?)
//!     .with_token("a token")
//!     .with_retry(RetryPolicy::new().with_max_retries(2))
//!     .with_leaf(echo)
//!     .with_layer(traced)
//!     .build()?;
//!
//! let request = http::Request::get("/repos?page=1").body(Bytes::new())?;
//! let answer = transport.send(request).await?.into_body().bytes().await?;
//! assert_eq!(answer, r#"https://api.example.org/v2/repos?page=1 with "7""#);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `gzip`, `http2` and `proxy` are on by default. `testing` adds [`testing`](#modules), a scripted leaf.

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
pub mod uri;

/// The layer below, so that an application names one crate.
pub use arraylake_types as types;

pub use self::auth::{StaticToken, TokenError, TokenSource};
pub use self::body::Body;
pub use self::builder::{BuildError, TransportBuilder};
pub use self::error::{Error, ErrorKind};
pub use self::leaf::Leaf;
pub use self::message::{
    Anonymous, Attempts, CallTimeout, Idempotent, Operation, Request, Response, Streaming,
};
pub use self::retry::{Attempt, Outcome, RetryPolicy, RetryStats, Verdict, retry_after};
pub use self::stack::Stack as BoxedExchange;
pub use self::transport::Transport;
