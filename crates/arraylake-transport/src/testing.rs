//! A scripted leaf, for tests of everything above the network.
//!
//! ```
//! use arraylake_transport::testing::{Script, json, silence, status};
//! use arraylake_transport::{Request, Transport};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let script = Script::new([status(503), silence(), json(200, r#"{"name":"era5"}"#)]);
//! let transport = Transport::builder()
//!     .with_base_uri("http://api.test".parse().unwrap())
//!     .with_leaf(script.clone())
//!     .build()
//!     .unwrap();
//! let mut request = Request::default();
//! *request.uri_mut() = "/repos".parse().unwrap();
//! assert_eq!(transport.send(request).await.unwrap().status(), 200);
//! assert_eq!(script.paths(), ["/repos", "/repos", "/repos"]);
//! # }
//! ```

use std::collections::VecDeque;
use std::future::{pending, ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::Full;
use tower::Service;

use crate::{Body, Error, ErrorKind, Request};

/// What happens to one request.
#[derive(Clone, Debug)]
#[must_use = "a step does nothing outside a script"]
pub struct Step {
    end: End,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    Cut,
    Silence,
    Refuse,
}

/// An answer without a body.
///
/// # Panics
/// `status` is no HTTP status.
pub fn status(status: u16) -> Step {
    bytes(status, Bytes::new())
}

/// An answer with a JSON body, given as text (or as anything that prints as JSON).
///
/// # Panics
/// `status` is no HTTP status.
pub fn json(status: u16, body: impl ToString) -> Step {
    bytes(status, body.to_string()).with_header(CONTENT_TYPE.as_str(), "application/json")
}

/// An answer with any body.
///
/// # Panics
/// `status` is no HTTP status.
#[expect(clippy::expect_used, reason = "a wrong status is a mistake in the test")]
pub fn bytes(status: u16, body: impl Into<Bytes>) -> Step {
    let status = StatusCode::from_u16(status).expect("an HTTP status has three digits");
    Step { end: End::Whole, status, headers: HeaderMap::new(), body: body.into() }
}

/// No answer, ever.
pub fn silence() -> Step {
    Step { end: End::Silence, ..status(200) }
}

/// An answer of status 200 whose body breaks off.
pub fn cut() -> Step {
    Step { end: End::Cut, ..bytes(200, &b"{\"cut\":"[..]) }
}

/// No connection.
pub fn refuse() -> Step {
    Step { end: End::Refuse, ..status(200) }
}

impl Step {
    /// Adds a header to the answer.
    ///
    /// # Panics
    /// Name or value do not fit into a header.
    #[expect(clippy::expect_used, reason = "a wrong header is a mistake in the test")]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).expect("a header name");
        self.headers.append(name, HeaderValue::try_from(value).expect("a header value"));
        self
    }

    fn answer(self) -> Answer {
        let body = match self.end {
            End::Silence => return Box::pin(pending()),
            End::Refuse => {
                let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
                return Box::pin(ready(Err(Error::new(ErrorKind::Connect, refused))));
            }
            End::Cut => Body::from_stream(CutBody(Some(self.body))),
            End::Whole => Body::from(self.body),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        Box::pin(ready(Ok(response)))
    }
}

/// Some bytes, then the end of the connection.
struct CutBody(Option<Bytes>);

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(Error::new(ErrorKind::Interrupted, io::Error::from(io::ErrorKind::UnexpectedEof))),
        }))
    }
}

/// Answers requests as written, one step each, and keeps them for the assertions.
///
/// A request beyond the last step is answered with status 599, which nothing retries, and a body that names it.
/// Clones share script and record.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    steps: VecDeque<Step>,
    requests: Vec<Request>,
}

impl Script {
    /// A script of these steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(Arc::new(Mutex::new(State { steps: steps.into_iter().collect(), requests: Vec::new() })))
    }

    /// Adds a step at the end.
    pub fn push(&self, step: Step) {
        self.state().steps.push_back(step);
    }

    /// The steps that no request has used.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.state().steps.len()
    }

    /// All requests so far, as they reached the network.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The path and query of each request.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let path =
            |request: &Request| request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
        self.state().requests.iter().map(path).collect()
    }

    /// The bearer token of each request; empty where it has none.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        let token = |request: &Request| {
            let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned()
        };
        self.state().requests.iter().map(token).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Error>> + Send>>;

impl Service<http::Request<Full<Bytes>>> for Script {
    type Response = http::Response<Body>;
    type Error = Error;
    type Future = Answer;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Answer {
        let request = request.map(whole);
        let unexpected =
            format!(r#"{{"detail":"unexpected request: {} {}"}}"#, request.method(), request.uri().path());
        let mut state = self.state();
        state.requests.push(request);
        state.steps.pop_front().unwrap_or_else(|| json(599, unexpected)).answer()
    }
}

/// The one frame of a body that is all there.
fn whole(body: Full<Bytes>) -> Bytes {
    match pin!(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    }
}
