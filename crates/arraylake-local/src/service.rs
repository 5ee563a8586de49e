//! [`LocalService`]: the catalog as a tower service, with no socket in sight.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arraylake_types::Secret;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use tower::Service;

use crate::catalog;
use crate::config::LocalConfig;
use crate::error::LocalError;
use crate::lake::Lake;
use crate::s3::S3Server;
use crate::seed;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The catalog of a lake: takes requests, gives answers. Clones share the lake.
///
/// It fits where a client expects its innermost service, and works inside any tokio runtime. Data travels over S3
/// alone: [`serve`](crate::serve) starts that, too, and [`s3`](Self::s3) is the service for it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use arraylake_local::{LocalConfig, LocalService};
/// use tower::Service as _;
///
/// let mut service = LocalService::open(LocalConfig::temporary()?)?;
/// let token = format!("Bearer {}", service.token().expose());
/// let request = http::Request::get("/user").header("authorization", token).body(String::new())?;
/// assert_eq!(service.call(request).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LocalService {
    lake: Arc<Lake>,
    router: Router,
}

impl LocalService {
    /// Opens a lake, made if it is missing. Blocks for a moment.
    ///
    /// # Errors
    /// The directory is in use or unusable, or the seed breaks a rule.
    pub fn open(config: LocalConfig) -> Result<Self, LocalError> {
        let lake = Arc::new(Lake::open(config)?);
        Ok(Self { router: catalog::router(Arc::clone(&lake)), lake })
    }

    /// The token of the seeded user.
    #[must_use]
    pub fn token(&self) -> Secret {
        self.lake.token.clone()
    }

    /// The token for the routes under `/_local/`.
    #[must_use]
    pub fn admin_token(&self) -> Secret {
        self.lake.admin_token.clone()
    }

    /// The org that each lake has from the start.
    #[must_use]
    pub fn org(&self) -> &'static str {
        seed::ORG
    }

    /// The S3 endpoint of the lake as a service of its own, without a socket either.
    #[must_use]
    pub fn s3(&self) -> S3Server {
        self.lake.endpoint.service()
    }

    pub(crate) fn lake(&self) -> &Arc<Lake> {
        &self.lake
    }

    /// What is answered in place of the catalog, if anything is.
    fn intercepted<B>(&self, request: Request<B>) -> (Request<B>, Option<Response<Body>>) {
        let Some(answer) = &self.lake.config.interceptor else { return (request, None) };
        let (parts, body) = request.into_parts();
        let response = answer(&parts).map(|response| response.map(Body::from));
        (Request::from_parts(parts, body), response)
    }
}

impl<B> Service<Request<B>> for LocalService
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (request, canned) = self.intercepted(request);
        let mut router = self.router.clone();
        Box::pin(async move {
            let mut response = match canned {
                Some(response) => response,
                None => router.call(request.map(Body::new)).await?,
            };
            let id = uuid::Uuid::new_v4().simple().to_string();
            tracing::debug!(%method, path, status = response.status().as_u16(), id, "answered");
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().entry(REQUEST_ID).or_insert(id);
            }
            Ok(response)
        })
    }
}

impl fmt::Debug for LocalService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalService").field("dir", &self.lake.config.dir).finish_non_exhaustive()
    }
}
