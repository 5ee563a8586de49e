//! A service that answers as it was recorded, and remembers what it was asked.

use std::future::{pending, ready};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arraylake_transport::{Body, Error, ErrorKind};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use super::contents::Contents;
use super::memory::{self, Prelude};
use super::record::{Answer, Exchange, Record, Sent};

/// Answers each request by the first recorded exchange that fits and was not used: the same request, else the same
/// method and path. Where all that fit were used, the last of them holds for ever. A repo that a recorded request made
/// is not there before. What was never recorded is a route that the service of that time did not have: 404; but every
/// service tells of the user, of the repos that it names elsewhere, and gives credentials for them.
#[derive(Clone, Debug)]
pub(crate) struct Recorded(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What happens before the call is answered by this, and not remembered.
    prelude: Option<Prelude>,
    /// What the recordings call the tokens of a login.
    tokens: Vec<(String, &'static str)>,
    /// Who is asking.
    user: Value,
    /// What the V1 repo holds, where requests about it need not be those that were recorded.
    contents: Option<Contents>,
    exchanges: Vec<Exchange>,
    used: Vec<bool>,
    sent: Vec<Sent>,
}

impl Recorded {
    pub(crate) fn new(exchanges: &[Exchange]) -> Self {
        let used = vec![false; exchanges.len()];
        Self(Arc::new(Mutex::new(State {
            prelude: None,
            tokens: Vec::new(),
            user: Value::Null,
            contents: None,
            exchanges: exchanges.to_vec(),
            used,
            sent: Vec::new(),
        })))
    }

    /// The service of a recorded call.
    pub(crate) fn of(record: &Record) -> Self {
        let recorded = Self::new(&record.exchanges);
        recorded.0.lock().unwrap().tokens = record.login_tokens();
        recorded.0.lock().unwrap().user = record.user();
        recorded
    }

    /// Every request so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// From now on the service is one with a V1 repo that can be opened and checked out; nothing of it is recorded.
    pub(crate) fn begin_prelude(&self, prelude: Prelude) {
        self.0.lock().unwrap().prelude = Some(prelude);
    }

    /// Now the call begins.
    pub(crate) fn end_prelude(&self) {
        self.0.lock().unwrap().prelude = None;
    }

    /// From now on requests about the contents of a V1 repo are answered by what it holds, refused ones apart.
    pub(crate) fn hold_contents(&self) {
        let mut state = self.0.lock().unwrap();
        state.contents = Some(Contents::before(&state.exchanges));
    }

    /// What the recordings write in the place of an `authorization` header with the token of a login.
    fn name_of(&self, header: Option<&str>) -> Option<String> {
        let token = header?.strip_prefix("Bearer ")?;
        let tokens = &self.0.lock().unwrap().tokens;
        let name = tokens.iter().find(|(known, _)| known == token)?.1;
        Some(format!("Bearer {name}"))
    }

    fn answer(&self, sent: Sent) -> Option<Answer> {
        let mut state = self.0.lock().unwrap();
        if let Some(prelude) = &state.prelude {
            return prelude.answer(&sent);
        }
        let refused = |it: &Exchange| it.sent == sent && it.status().is_none_or(|status| status >= 300);
        if !state.exchanges.iter().any(refused)
            && let Some(answer) = state.contents.as_mut().and_then(|contents| contents.answer(&sent))
        {
            state.sent.push(sent);
            return Some(answer);
        }
        let there = state.there(&sent);
        let found = state.find(&sent, there);
        let answer = found.map(|index| {
            state.used[index] = true;
            state.exchanges[index].answer.clone()
        });
        let answer = answer.or_else(|| memory::answer(&state.exchanges[..there], &state.user, &sent));
        state.sent.push(sent);
        answer
    }
}

impl State {
    /// The exchange that answers a request, out of the first ones.
    fn find(&self, sent: &Sent, there: usize) -> Option<usize> {
        let fits: [&dyn Fn(&Exchange) -> bool; 2] =
            [&|it| it.sent == *sent, &|it| it.sent.method == sent.method && it.sent.path == sent.path];
        let fresh = |fits: &dyn Fn(&Exchange) -> bool, end: usize| {
            (0..end).find(|index| !self.used[*index] && fits(&self.exchanges[*index]))
        };
        let kept = |used: bool| {
            (0..there).rev().find(|index| (!used || self.used[*index]) && fits[1](&self.exchanges[*index]))
        };
        // What is read stays as it is until the next request that changes something at the service.
        let changes =
            |it: &Exchange| it.sent.method != "GET" && it.sent.path.get(1).is_none_or(|top| top != "oauth");
        let next = (0..there).find(|index| !self.used[*index] && changes(&self.exchanges[*index]));
        let now = if sent.method == "GET" { next.unwrap_or(there) } else { there };
        fits.iter()
            .find_map(|fits| fresh(fits, now))
            .or_else(|| kept(true))
            .or_else(|| fits.iter().find_map(|fits| fresh(fits, there)))
            .or_else(|| kept(false))
    }

    /// How many of the exchanges can be had: what is about a repo comes after the request that makes it.
    fn there(&self, sent: &Sent) -> usize {
        let makes = |index: &usize| {
            let exchange = &self.exchanges[*index];
            let path = exchange.sent.path.iter().map(String::as_str).collect::<Vec<_>>();
            let name = exchange.sent.body.as_ref().and_then(|body| body["name"].as_str());
            exchange.sent.method == "POST"
                && matches!(path[..], [_, "orgs", _, "repos"] | [_, "orgs", _, "repos", "import"])
                && name.is_some_and(|name| sent.path.iter().any(|part| part == name))
        };
        let unmade = (0..self.used.len()).find(|index| !self.used[*index] && makes(index));
        unmade.unwrap_or(self.used.len())
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
            let token = head.headers.get("authorization").and_then(|value| value.to_str().ok());
            let sent = Sent::new(head.method.as_str(), head.uri.path(), head.uri.query(), &body);
            let sent = sent.with_token(recorded.name_of(token).as_deref().or(token));
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
