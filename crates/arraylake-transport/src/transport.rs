//! The transport itself: a stack, ready to send.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::LOCATION;
use http::{StatusCode, Uri};
use tower::{Service, ServiceExt};

use crate::layer::{Answer, Exchange, RetryLayer};
use crate::stack::Stack;
use crate::{Error, Request, Response, RetryStats, TransportBuilder};

/// How requests travel. Clones share connections, the retry budget and all settings.
#[derive(Clone)]
pub struct Transport {
    stack: Stack,
    about: Option<Arc<About>>,
}

/// What is known of a stack that the builder made.
pub(crate) struct About {
    pub(crate) base_uri: Uri,
    pub(crate) retry: RetryLayer,
}

impl Transport {
    /// A transport with all the layers, step by step.
    pub fn builder() -> TransportBuilder {
        TransportBuilder::new()
    }

    /// A transport that is nothing but your own stack. For your own network below the usual layers see
    /// [`TransportBuilder::with_leaf`].
    pub fn new(stack: impl Exchange) -> Self {
        Self { stack: Stack::new(stack), about: None }
    }

    pub(crate) fn built(stack: Stack, about: About) -> Self {
        Self { stack, about: Some(Arc::new(about)) }
    }

    /// Sends `request` and returns the answer, whatever its status, except a redirect.
    ///
    /// The URI may be a path, which is appended to the base URI, or absolute. Options travel in the extensions:
    /// [`Operation`](crate::Operation), [`Idempotent`](crate::Idempotent), [`Streaming`](crate::Streaming),
    /// [`CallTimeout`](crate::CallTimeout), [`Anonymous`](crate::Anonymous).
    ///
    /// # Errors
    /// No complete answer arrived; [`Error::kind`] says why.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let mut stack = self.stack.clone();
        stack.ready().await?.call(request).await.and_then(no_redirect)
    }

    /// What this transport and its clones have sent again. Nothing is counted for a stack of your own.
    #[must_use]
    pub fn retry_stats(&self) -> RetryStats {
        self.about.as_ref().map(|about| about.retry.stats()).unwrap_or_default()
    }

    /// The base URI, where the builder made the stack.
    #[must_use]
    pub fn base_uri(&self) -> Option<&Uri> {
        self.about.as_ref().map(|about| &about.base_uri)
    }
}

/// A redirect means a wrong base URI; following it could carry the token to a third party.
fn no_redirect(response: Response) -> Result<Response, Error> {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let location = response.headers().get(LOCATION).and_then(|value| Uri::try_from(value.as_bytes()).ok());
    // A redirect without a host stays on the same one.
    let host = location.as_ref().and_then(Uri::host).unwrap_or("the same host");
    Err(Error::redirect(host).with_attempts(crate::Attempts::of(&response)))
}

impl Service<Request> for Transport {
    type Response = Response;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        let answer = self.stack.call(request);
        Box::pin(async move { answer.await.and_then(no_redirect) })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Transport");
        if let Some(about) = &self.about {
            text.field("base_uri", &about.base_uri).field("retries", &about.retry.stats());
        }
        text.finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_sync_static<T: Clone + Send + Sync + 'static>() {}
    send_sync_static::<Transport>();
};
