//! One place where calls are built, sent, checked and read.

use std::fmt;
use std::time::{Duration, SystemTime};

use arraylake_transport::{
    Anonymous, Attempts, Body, Idempotent, Operation, Request, Response, Streaming, Transport,
};
use arraylake_types::Recall;
use arraylake_types::error::describe_json_error;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, DecodeError, Error, Result};
use crate::uri;

/// A call on its way out.
pub(crate) struct Call {
    operation: &'static str,
    method: Method,
    target: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Bytes>,
    idempotent: bool,
    sensitive: bool,
    anonymous: bool,
}

impl fmt::Debug for Call {
    /// Without query and body: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}: {} {})", self.operation, self.method, self.path())
    }
}

impl Call {
    pub(crate) fn new(operation: &'static str, method: Method, segments: &[&str]) -> Self {
        let target = uri::path(segments);
        Self {
            operation,
            method,
            target,
            headers: Vec::new(),
            body: None,
            idempotent: false,
            sensitive: false,
            anonymous: false,
        }
    }

    pub(crate) fn get(operation: &'static str, segments: &[&str]) -> Self {
        Self::new(operation, Method::GET, segments)
    }

    pub(crate) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.target.push_str(&uri::query(pairs));
        self
    }

    /// Adds a header, in the place of one of the same name that every request has.
    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets a JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_vec(body).map_err(|error| {
            let reason = describe_json_error(&error);
            arraylake_types::InvalidInput::new("request", self.operation, reason)
        })?;
        self.body = Some(text.into());
        Ok(self)
    }

    /// Sending it twice does no harm, whatever its method.
    pub(crate) fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The answer holds credentials: nothing of it may be quoted, not even in a refusal.
    pub(crate) fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// No token goes with it.
    pub(crate) fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Sends the call; anything but a 2xx becomes an error.
    pub(crate) async fn send(self, transport: &Transport) -> Result<Answer> {
        let (operation, sensitive) = (self.operation, self.sensitive);
        let response = transport.send(self.into_request()?).await;
        let response = response.map_err(|error| Error::transport(operation, error))?;
        if !response.status().is_success() {
            return Err(refusal(operation, sensitive, response).await);
        }
        let (head, body) = response.into_parts();
        let body = body.bytes().await.map_err(|error| Error::transport(operation, error))?;
        Ok(Answer { operation, headers: head.headers, body })
    }

    /// Sends the call and returns the body of the answer as it arrives; anything but a 2xx becomes an error.
    pub(crate) async fn stream(self, transport: &Transport) -> Result<Body> {
        let (operation, sensitive) = (self.operation, self.sensitive);
        let mut request = self.into_request()?;
        request.extensions_mut().insert(Streaming);
        let response = transport.send(request).await;
        let response = response.map_err(|error| Error::transport(operation, error))?;
        if !response.status().is_success() {
            return Err(refusal(operation, sensitive, response).await);
        }
        Ok(response.into_body())
    }

    fn into_request(self) -> Result<Request> {
        let mut request = Request::new(self.body.clone().unwrap_or_default());
        *request.uri_mut() = self.target.parse().map_err(|_| {
            // The query may hold a secret.
            let rule = "must fit into an HTTP request";
            arraylake_types::InvalidInput::new("path", self.path(), rule)
        })?;
        *request.method_mut() = self.method;
        let headers = self.headers.into_iter();
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        request.headers_mut().extend(headers);
        request.extensions_mut().insert(Operation(self.operation));
        if self.idempotent {
            request.extensions_mut().insert(Idempotent);
        }
        if self.anonymous {
            request.extensions_mut().insert(Anonymous);
        }
        Ok(request)
    }
}

/// What a service says in place of the answer that was asked for.
async fn refusal(operation: &'static str, sensitive: bool, response: Response) -> Error {
    let attempts = Attempts::of(&response);
    let (head, body) = response.into_parts();
    let body = match body.bytes().await {
        Ok(body) => body,
        Err(error) => return Error::transport(operation, error),
    };
    let mut error = ApiError::new(operation, head.status, &body, !sensitive);
    error.request_id = request_id(&head.headers);
    error.retry_after = retry_after(head.status, &head.headers);
    error.attempts = attempts;
    Error::from(Box::new(error))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
}

/// The pause that a busy service asks for.
fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let busy = matches!(status.as_u16(), 429 | 503);
    busy.then(|| arraylake_transport::retry_after(headers, SystemTime::now())).flatten()
}

/// A call that came back well.
#[derive(Debug)]
pub(crate) struct Answer {
    operation: &'static str,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// Reads the body as one value.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T> {
        self.read_with(|body| Recall::new().read(body))
    }

    /// Reads the body by a function of its own.
    pub(crate) fn read_with<T>(self, read: impl FnOnce(&[u8]) -> serde_json::Result<T>) -> Result<T> {
        read(&self.body).map_err(|error| {
            let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            Error::Decode(Box::new(DecodeError {
                operation: self.operation,
                content_type: content_type.map(str::to_owned),
                reason: describe_json_error(&error),
                request_id: request_id(&self.headers),
            }))
        })
    }
}
