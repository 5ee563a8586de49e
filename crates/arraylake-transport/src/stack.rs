//! The whole stack on one screen.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Uri};
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use crate::layer::{
    AttemptTimeoutLayer, AuthLayer, BaseLayer, DeadlineLayer, Exchange, RetryLayer, TraceLayer, WarningsLayer,
};
use crate::{BuildError, Error, Request, Response, TokenSource};

/// A stack of any make.
pub type Stack = BoxCloneSyncService<Request, Response, Error>;

/// What the layers need to know.
pub(crate) struct Plan {
    pub(crate) base_uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) tokens: Option<Arc<dyn TokenSource>>,
    pub(crate) retry: RetryLayer,
    pub(crate) warnings: WarningsLayer,
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) max_response_bytes: usize,
}

/// Puts the layers around `leaf`, the outermost first.
pub(crate) fn stack(plan: &Plan, leaf: impl Exchange) -> Result<Stack, BuildError> {
    let auth = AuthLayer::new(&plan.base_uri, plan.tokens.clone()).map_err(|_| BuildError::Token)?;
    let service = ServiceBuilder::new()
        // A span that also sees a passed deadline.
        .layer(TraceLayer::new())
        // Bounds all a caller waits for.
        .layer(DeadlineLayer::new(plan.deadline))
        // The same for each attempt; auth sees the final origin.
        .layer(BaseLayer::new(&plan.base_uri, plan.headers.clone())?)
        // Everything below is redone per attempt.
        .layer(plan.retry.clone())
        // Inside retry: a long pause does not send a stale token, and a refresh costs no retry.
        .layer(auth)
        // Below auth: a slow refresh is not cut by a limit meant for the service.
        .layer(AttemptTimeoutLayer::new(plan.attempt_timeout))
        .layer(plan.warnings.clone())
        .service(leaf);
    Ok(Stack::new(service))
}
