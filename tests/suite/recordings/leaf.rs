//! A service that answers as it was recorded, and remembers what it was asked.

use std::future::{pending, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arraylake_transport::{Body, Error, ErrorKind};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};

use super::record::{Answer, Exchange, Sent};

/// Answers each request by the first recorded exchange that fits and was not used: the same request, else the same
/// method and path. Where all that fit were used, the last of them holds for ever. What was never recorded is a route
/// that the service of that time did not have: 404.
#[derive(Clone, Debug)]
pub(crate) struct Recorded(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    exchanges: Vec<Exchange>,
    used: Vec<bool>,
    sent: Vec<Sent>,
}

impl Recorded {
    pub(crate) fn new(exchanges: &[Exchange]) -> Self {
        let used = vec![false; exchanges.len()];
        Self(Arc::new(Mutex::new(State { exchanges: exchanges.to_vec(), used, sent: Vec::new() })))
    }

    /// Every request so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    fn answer(&self, sent: Sent) -> Option<Answer> {
        let mut state = self.0.lock().unwrap();
        let fits: [&dyn Fn(&Exchange) -> bool; 2] =
            [&|it| it.sent == sent, &|it| it.sent.method == sent.method && it.sent.path == sent.path];
        let fresh = |fits: &dyn Fn(&Exchange) -> bool| {
            (0..state.used.len()).find(|index| !state.used[*index] && fits(&state.exchanges[*index]))
        };
        let last = || state.exchanges.iter().rposition(fits[1]);
        let found = fits.iter().find_map(|fits| fresh(fits)).or_else(last);
        let answer = found.map(|index| {
            state.used[index] = true;
            state.exchanges[index].answer.clone()
        });
        state.sent.push(sent);
        answer
    }
}

type Reply = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Error>> + Send>>;

fn broken(kind: ErrorKind) -> Reply {
    Box::pin(ready(Err(Error::new(kind, io::Error::from(io::ErrorKind::BrokenPipe)))))
}

impl tower::Service<http::Request<Full<Bytes>>> for Recorded {
    type Response = http::Response<Body>;
    type Error = Error;
    type Future = Reply;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Full<Bytes>>) -> Reply {
        let (head, body) = request.into_parts();
        let recorded = self.clone();
        Box::pin(async move {
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let sent = Sent::new(head.method.as_str(), head.uri.path(), head.uri.query(), &body);
            match recorded.answer(sent) {
                Some(Answer::Dropped(words)) if words.starts_with("no response") => pending().await,
                Some(Answer::Dropped(words)) if words.starts_with("ConnectError") => {
                    broken(ErrorKind::Connect).await
                }
                Some(Answer::Dropped(_)) => broken(ErrorKind::Interrupted).await,
                Some(Answer::Whole { status, body, headers }) => Ok(response(status, body, &headers)),
                None => Ok(response(404, r#"{"detail":"Not Found"}"#.to_owned(), &[])),
            }
        })
    }
}

fn response(status: u16, body: String, headers: &[(String, String)]) -> http::Response<Body> {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(Bytes::from(body))).unwrap()
}
