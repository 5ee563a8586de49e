//! [`ApiError`] and [`DecodeError`]: answers that are not what was asked for.

use std::fmt;
use std::time::Duration;

use arraylake_types::{ErrorBody, ValidationItem};
use http::StatusCode;

/// The most of a service's explanation that is kept, in bytes.
pub(super) const MAX_DETAIL: usize = 2048;

/// The service refused.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// The call.
    pub operation: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// The explanation, if there was one.
    pub detail: Option<String>,
    /// What was wrong with the request, field by field, if the service said so.
    pub items: Vec<ValidationItem>,
    /// Under which id the service logged it.
    pub request_id: Option<String>,
    /// How long to wait, if the service said so.
    pub retry_after: Option<Duration>,
    /// How many times the request was sent.
    pub attempts: u32,
}

impl ApiError {
    pub(crate) fn new(operation: &'static str, status: StatusCode, body: &[u8], quotable: bool) -> Self {
        let body = ErrorBody::parse(body);
        let detail = body.message().map(|text| shorten(&text));
        let items = if quotable { body.items } else { Vec::new() };
        Self { operation, status, detail, items, request_id: None, retry_after: None, attempts: 1 }
    }
}

fn shorten(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.len() <= MAX_DETAIL {
        line
    } else {
        format!("{}...", &line[..line.floor_char_boundary(MAX_DETAIL)])
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed with {}", self.operation, self.status)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request-id: {id}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}

/// An answer that is not what it should be. Says what is wrong with it and never quotes it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// The call.
    pub operation: &'static str,
    /// The media type of the answer.
    pub content_type: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// Under which id the service logged it.
    pub request_id: Option<String>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} brought an answer that cannot be read: {}", self.operation, self.reason)?;
        if let Some(kind) = self.content_type.as_deref().filter(|kind| !kind.contains("json")) {
            write!(f, " (it is {kind}, not JSON)")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request-id: {id}]")?;
        }
        Ok(())
    }
}
