//! [`Refusal`]: an answer that says no, as `{"detail": ...}`.

use arraylake_types::{ErrorBody, InvalidInput, ValidationItem};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

/// An answer that says no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: ErrorBody,
}

impl Refusal {
    /// No, with a status and words.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, body: ErrorBody::new(detail) }
    }

    /// A rule is broken.
    pub(crate) fn rule(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// The request does not have the right form, item by item.
    pub(crate) fn shape(items: Vec<ValidationItem>) -> Self {
        let mut body = ErrorBody::default();
        body.items = items;
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }

    /// Who is asking is not known.
    pub(crate) fn unknown_caller(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// The caller may not do that.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// There is no such thing.
    pub(crate) fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The state of things does not allow it.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// The service is at fault. What went wrong is logged, not told.
    pub(crate) fn internal(what: &str, error: &dyn std::error::Error) -> Self {
        tracing::warn!(what, %error, "a call of the catalog failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("{what} failed; see the log of the service"))
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The words, for callers that are no clients.
    pub(crate) fn message(&self) -> String {
        self.body.message().unwrap_or_else(|| self.status.to_string())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal("the catalog file", &error)
    }
}

impl From<InvalidInput> for Refusal {
    fn from(error: InvalidInput) -> Self {
        Self::rule(error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Compact, without a blank behind the colon: released command lines find the words by a pattern.
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
