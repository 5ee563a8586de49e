//! The stack over a script, with paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arraylake_types::Secret;
use async_trait::async_trait;
use http::{Method, Uri};
use tokio::time::Instant;

use crate::testing::{Script, Step, bytes, cut, json, refuse, silence, status};
use crate::{
    Anonymous, Attempts, CallTimeout, Error, ErrorKind, Idempotent, Operation, Request, RetryPolicy,
    TokenError, TokenSource, Transport, TransportBuilder,
};

fn request(method: Method, uri: &str) -> Request {
    let mut request = Request::default();
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    request
}

fn get(uri: &str) -> Request {
    request(Method::GET, uri)
}

/// A script, and a builder over it whose pauses are exact.
fn over(steps: impl IntoIterator<Item = Step>) -> (Script, TransportBuilder) {
    let script = Script::new(steps);
    let builder = Transport::builder()
        .with_base_uri(Uri::from_static("https://api.test/base/"))
        .with_retry(RetryPolicy::new().with_jitter(|ceiling| ceiling))
        .with_leaf(script.clone());
    (script, builder)
}

/// Gives "stale" until it is refreshed, which takes ten seconds.
#[derive(Debug, Default)]
struct Renewing {
    fresh: AtomicBool,
    slow: bool,
    broken: bool,
}

#[async_trait]
impl TokenSource for Renewing {
    async fn token(&self) -> Result<Secret, TokenError> {
        Ok(Secret::new(if self.fresh.load(Ordering::SeqCst) { "fresh" } else { "stale" }))
    }

    async fn refresh(&self, rejected: &Secret) -> Result<Option<Secret>, TokenError> {
        assert_eq!(rejected.expose(), "stale");
        if self.slow {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        if self.broken {
            return Err(TokenError::new("log in again"));
        }
        self.fresh.store(true, Ordering::SeqCst);
        Ok(Some(Secret::new("fresh")))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_token_is_replaced_once_and_a_silent_server_is_tried_again() {
    let (script, builder) = over([status(503), status(401), silence(), json(200, "{}")]);
    let transport = builder.with_token_source(Renewing::default()).build().unwrap();
    let response = transport.send(get("/repos/acme?page=1")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(Attempts::of(&response), 3, "the replay after a 401 is no retry");
    assert_eq!(script.tokens(), ["stale", "stale", "fresh", "fresh"]);
    assert_eq!(script.paths(), ["/base/repos/acme?page=1"; 4]);
    assert_eq!(transport.retry_stats().retries, 2);
}
