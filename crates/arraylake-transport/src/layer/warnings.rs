//! What the service wants the user to know: the warning headers of its answers.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderName};
use tower::{Layer, Service};
use tracing::warn;

use super::Exchange;
use super::future::{Settle, Then};
use crate::{Error, Request, Response};

/// The headers that hold a warning.
static HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-deprecation-warning"), HeaderName::from_static("x-arraylake-warning")];
/// How many different texts are remembered; beyond them warnings are dropped, so that memory stays bounded.
const MAX_TEXTS: usize = 100;
/// Longer texts are cut.
const MAX_CHARS: usize = 1024;

/// What is done with a warning.
pub type WarningHook = Arc<dyn Fn(&str) + Send + Sync>;

/// Reports the warning headers of answers, each text once.
#[derive(Clone)]
pub struct WarningsLayer(Arc<Seen>);

struct Seen {
    texts: Mutex<HashSet<String>>,
    hook: Option<WarningHook>,
}

impl WarningsLayer {
    /// Logs warnings, and gives them to `hook`.
    #[must_use]
    pub fn new(hook: Option<WarningHook>) -> Self {
        Self(Arc::new(Seen { texts: Mutex::default(), hook }))
    }
}

impl Seen {
    fn look(&self, headers: &HeaderMap) {
        for name in &HEADERS {
            for value in headers.get_all(name) {
                let text: String =
                    String::from_utf8_lossy(value.as_bytes()).chars().take(MAX_CHARS).collect();
                if self.is_new(&text) {
                    warn!(header = name.as_str(), "{text}");
                    if let Some(hook) = &self.hook {
                        hook(&text);
                    }
                }
            }
        }
    }

    fn is_new(&self, text: &str) -> bool {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.len() < MAX_TEXTS && texts.insert(text.to_owned())
    }
}

impl<S> Layer<S> for WarningsLayer {
    type Service = Warnings<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Warnings { inner, seen: Arc::clone(&self.0) }
    }
}

/// The service of [`WarningsLayer`].
#[derive(Clone)]
pub struct Warnings<S> {
    inner: S,
    seen: Arc<Seen>,
}

impl<S: Exchange> Service<Request> for Warnings<S> {
    type Response = Response;
    type Error = Error;
    type Future = Then<S::Future, Watch>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Then::new(self.inner.call(request), Watch(Arc::clone(&self.seen)))
    }
}

/// Looks for warnings in an answer.
pub struct Watch(Arc<Seen>);

impl Settle<Result<Response, Error>> for Watch {
    fn settle(self, inner: Result<Response, Error>) -> Result<Response, Error> {
        let response = inner?;
        self.0.look(response.headers());
        Ok(response)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl fmt::Debug for WarningsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WarningsLayer").finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for Warnings<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warnings").field("inner", &self.inner).finish_non_exhaustive()
    }
}
