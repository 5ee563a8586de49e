//! The `authorization` header: added per attempt, only for the base origin; one refresh and replay after a 401.

use std::sync::Arc;
use std::task::{Context, Poll};

use arraylake_types::Secret;
use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use tower::{Layer, Service, ServiceExt};

use super::future::Either;
use super::{Exchange, take_ready};
use crate::origin::Origin;
use crate::{Anonymous, Error, ErrorKind, Request, Response, TokenSource};

/// Authenticates the requests that go to one origin.
#[derive(Clone, Debug)]
pub struct AuthLayer(Arc<Policy>);

#[derive(Debug)]
struct Policy {
    origin: Origin,
    tokens: Tokens,
}

#[derive(Debug)]
enum Tokens {
    None,
    /// A token that never changes: its header is made once, and nothing is asked per request.
    Constant(HeaderValue),
    Source(Arc<dyn TokenSource>),
}

impl AuthLayer {
    /// Sends the tokens of `source` to the origin of `base`, and to no other.
    ///
    /// # Errors
    /// The source is constant and its token does not fit into a header.
    pub fn new(base: &http::Uri, source: Option<Arc<dyn TokenSource>>) -> Result<Self, Error> {
        let tokens = match source {
            None => Tokens::None,
            Some(source) => match source.constant() {
                Some(token) => Tokens::Constant(bearer(&token)?),
                None => Tokens::Source(source),
            },
        };
        let origin = Origin::of(base);
        Ok(Self(Arc::new(Policy { origin, tokens })))
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Auth { inner, policy: Arc::clone(&self.0) }
    }
}

/// The service of [`AuthLayer`].
#[derive(Clone, Debug)]
pub struct Auth<S> {
    inner: S,
    policy: Arc<Policy>,
}

impl<S: Exchange> Service<Request> for Auth<S> {
    type Response = Response;
    type Error = Error;
    type Future = Either<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let anonymous = request.extensions().get::<Anonymous>().is_some()
            || request.headers().contains_key(AUTHORIZATION)
            || !self.policy.origin.is_of(request.uri());
        match &self.policy.tokens {
            Tokens::Constant(header) if !anonymous => {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
                Either::plain(self.inner.call(request))
            }
            Tokens::Source(source) if !anonymous => {
                let source = Arc::clone(source);
                Either::boxed(authenticated(take_ready(&mut self.inner), source, request))
            }
            _ => Either::plain(self.inner.call(request)),
        }
    }
}

async fn authenticated<S: Exchange>(
    mut inner: S,
    source: Arc<dyn TokenSource>,
    mut request: Request,
) -> Result<Response, Error> {
    let token = source.token().await.map_err(|error| Error::new(ErrorKind::Auth, error))?;
    request.headers_mut().insert(AUTHORIZATION, bearer(&token)?);
    let mut again = request.clone();
    let response = inner.call(request).await?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    let Some(fresh) = refresh(source, token).await? else {
        return Ok(response);
    };
    tracing::debug!("the token was refused and is replaced");
    again.headers_mut().insert(AUTHORIZATION, bearer(&fresh)?);
    inner.ready().await?.call(again).await
}

/// Refreshes in a task of its own: were the caller's cancellation to reach between the answer of the identity provider
/// and the place where the token is kept, a rotated refresh token would be lost and the user logged out.
async fn refresh(source: Arc<dyn TokenSource>, rejected: Secret) -> Result<Option<Secret>, Error> {
    let task = tokio::spawn(async move { source.refresh(&rejected).await });
    match task.await {
        Ok(outcome) => outcome.map_err(|error| Error::new(ErrorKind::Auth, error)),
        Err(panicked) => Err(Error::new(ErrorKind::Auth, panicked)),
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    // The conversion error does not quote the text.
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .map_err(|error| Error::new(ErrorKind::Auth, error))?;
    value.set_sensitive(true);
    Ok(value)
}
