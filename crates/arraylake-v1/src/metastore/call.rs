//! One place where calls are built, sent, checked and read.

use std::time::SystemTime;

use arraylake_transport::{Attempts, Idempotent, Operation, Request, Response, retry_after, uri};
use arraylake_types::error::describe_json_error;
use arraylake_types::{ErrorBody, InvalidInput};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Metastore;
use crate::error::{Error, ErrorKind, Result};

const MANAGED_SESSIONS: HeaderName = HeaderName::from_static("arraylake-feature-managed-sessions");

/// The most of a service's explanation that is kept, in bytes.
const MAX_DETAIL: usize = 2048;

/// A call on its way out.
pub(super) struct Call {
    operation: &'static str,
    method: Method,
    target: String,
    body: Option<Bytes>,
    sensitive: bool,
}

impl Call {
    /// A call to a route of the repo; each segment is encoded.
    pub(super) fn new(
        operation: &'static str,
        method: Method,
        metastore: &Metastore,
        segments: &[&str],
    ) -> Self {
        let repo = metastore.repo();
        let mut target = uri::path(&["repos", repo.org().as_str(), repo.repo()]);
        target.push_str(&uri::path(segments));
        Self { operation, method, target, body: None, sensitive: false }
    }

    pub(super) fn get(operation: &'static str, metastore: &Metastore, segments: &[&str]) -> Self {
        Self::new(operation, Method::GET, metastore, segments)
    }

    pub(super) fn put(operation: &'static str, metastore: &Metastore, segments: &[&str]) -> Self {
        Self::new(operation, Method::PUT, metastore, segments)
    }

    pub(super) fn post(operation: &'static str, metastore: &Metastore, segments: &[&str]) -> Self {
        Self::new(operation, Method::POST, metastore, segments)
    }

    pub(super) fn delete(operation: &'static str, metastore: &Metastore, segments: &[&str]) -> Self {
        Self::new(operation, Method::DELETE, metastore, segments)
    }

    /// Ends the path with a slash, which two routes insist on.
    pub(super) fn with_slash(mut self) -> Self {
        self.target.push('/');
        self
    }

    /// Appends a path whose slashes stay as they are.
    pub(super) fn with_tail(mut self, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').collect();
        self.target.push_str(&uri::path(&segments));
        self
    }

    pub(super) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.target.push_str(&uri::query(pairs));
        self
    }

    /// Sets a JSON body.
    pub(super) fn json(mut self, body: &(impl Serialize + ?Sized)) -> Result<Self> {
        let text = serde_json::to_vec(body)
            .map_err(|error| InvalidInput::new("request", self.operation, describe_json_error(&error)))?;
        self.body = Some(text.into());
        Ok(self)
    }

    /// The answer holds credentials: nothing of it may be quoted, not even in a refusal.
    pub(super) fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    fn into_request(self, managed: bool) -> Result<Request> {
        let mut request = Request::new(self.body.unwrap_or_default());
        *request.uri_mut() = self.target.parse().map_err(|_| {
            let path = self.target.split('?').next().unwrap_or_default();
            InvalidInput::new("path", path, "must fit into an HTTP request")
        })?;
        *request.method_mut() = self.method;
        let managed = HeaderValue::from_static(if managed { "True" } else { "False" });
        request.headers_mut().insert(MANAGED_SESSIONS, managed);
        request.extensions_mut().insert(Operation(self.operation));
        // All of them may be said twice: those that read, and those that set what they set before. A session or a
        // commit that is made twice leaves one behind that nobody looks at.
        request.extensions_mut().insert(Idempotent);
        Ok(request)
    }
}

/// A call that came back well.
#[derive(Debug)]
pub(super) struct Answer {
    operation: &'static str,
    request_id: Option<String>,
    body: Bytes,
}

impl Answer {
    /// Reads the body as one value.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T> {
        let read = match std::str::from_utf8(&self.body) {
            // Checking all of it at once is much cheaper than text by text.
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(&self.body),
        };
        read.map_err(|error| {
            let reason = describe_json_error(&error);
            let message = format!("{} brought an answer that cannot be read: {reason}", self.operation);
            Error::new(ErrorKind::Decode, message).with_request_id(self.request_id)
        })
    }
}

impl Metastore {
    /// Sends a call that takes something away. Said again after a lost answer it finds nothing, and that is well.
    pub(super) async fn call_removal(&self, call: Call) -> Result<()> {
        match self.call(call).await {
            Err(error) if error.is_not_found() && error.attempts() > 1 => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Sends the call; anything but a 2xx becomes an error.
    pub(super) async fn call(&self, call: Call) -> Result<Answer> {
        let (operation, sensitive) = (call.operation, call.sensitive);
        let request = call.into_request(self.has_managed_sessions())?;
        let response = self.inner.transport.send(request).await;
        let response = response.map_err(|error| Error::transport(operation, error))?;
        if !response.status().is_success() {
            return Err(refusal(operation, sensitive, response).await);
        }
        let (head, body) = response.into_parts();
        let body = body.bytes().await.map_err(|error| Error::transport(operation, error))?;
        Ok(Answer { operation, request_id: request_id(&head.headers), body })
    }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
}

/// What a service says in place of the answer that was asked for.
async fn refusal(operation: &'static str, sensitive: bool, response: Response) -> Error {
    let attempts = Attempts::of(&response);
    let (head, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return Error::transport(operation, error),
    };
    let detail = if sensitive { None } else { ErrorBody::parse(&body).message() };
    let detail = detail.map(|text| shorten(&text));
    let kind = match (head.status, &detail) {
        (StatusCode::UNPROCESSABLE_ENTITY, Some(detail)) => kind_of(detail),
        _ => None,
    };
    let kind = kind.unwrap_or(ErrorKind::Refused { status: head.status });
    let message = match (&kind, detail) {
        (ErrorKind::Refused { status }, None) => format!("{operation} failed with {status}"),
        (ErrorKind::Refused { status }, Some(detail)) => {
            format!("{operation} failed with {status}: {detail}")
        }
        (_, detail) => format!("{operation} failed: {}", detail.unwrap_or_default()),
    };
    let busy = matches!(head.status.as_u16(), 429 | 503);
    let pause = busy.then(|| retry_after(&head.headers, SystemTime::now())).flatten();
    let error = Error::new(kind, message).with_request_id(request_id(&head.headers));
    error.with_retry_after(pause).with_attempts(attempts)
}

fn shorten(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.len() <= MAX_DETAIL {
        line
    } else {
        format!("{}...", &line[..line.floor_char_boundary(MAX_DETAIL)])
    }
}

/// The refusals that mean something, by how their texts begin.
fn kind_of(detail: &str) -> Option<ErrorKind> {
    let kinds = [
        ("No changes to commit", ErrorKind::NothingToCommit),
        ("Failed to update branch", ErrorKind::LostRace),
        ("Cannot create branch", ErrorKind::LostRace),
        ("Branch does not exist", ErrorKind::RefNotFound),
        ("Session expired", ErrorKind::SessionExpired),
        ("Session invalid or expired", ErrorKind::SessionExpired),
        ("Error retrieving commit id", ErrorKind::CommitNotFound),
        ("No source", ErrorKind::NotFound),
    ];
    if let Some(rest) = detail.strip_prefix("Conflicting paths found") {
        return Some(ErrorKind::Conflict { paths: quoted(rest) });
    }
    // In one of three wordings.
    if detail.starts_with("Session ") && detail.ends_with("has expired") {
        return Some(ErrorKind::SessionExpired);
    }
    let unknown = detail.ends_with("does not exist.");
    if unknown && (detail.starts_with("Tag '") || detail.starts_with("Branch '")) {
        return Some(ErrorKind::RefNotFound);
    }
    kinds.into_iter().find(|(text, _)| detail.starts_with(text)).map(|(_, kind)| kind)
}

/// What stands between quotes: `['a', 'b']` has `a` and `b`.
fn quoted(text: &str) -> Vec<String> {
    let list = text.find('[').map_or("", |start| &text[start..]);
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}
