//! Which outcomes are worth another attempt.

use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};

use crate::{Error, ErrorKind};

/// One attempt and how it ended, for a classifier to judge.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// Which attempt this was, counting from 1.
    pub number: u32,
    /// The method of the request.
    pub method: &'a Method,
    /// Whether the request is marked [`Idempotent`](crate::Idempotent).
    pub marked_idempotent: bool,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// With an answer.
    Answer(StatusCode, &'a HeaderMap),
    /// Without one.
    Error(&'a Error),
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Send the request again.
    Retry,
    /// Return what came.
    Stop,
}

impl Verdict {
    fn retry_if(yes: bool) -> Self {
        if yes { Self::Retry } else { Self::Stop }
    }
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(
        number: u32,
        method: &'a Method,
        marked_idempotent: bool,
        outcome: Outcome<'a>,
    ) -> Self {
        Self { number, method, marked_idempotent, outcome }
    }

    /// Whether sending the request twice does no harm.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.marked_idempotent
            || matches!(
                *self.method,
                Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
            )
    }

    /// The default verdict, as the table at [`RetryPolicy`](crate::RetryPolicy) says.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::retry_if(match self.outcome {
            Outcome::Answer(status, headers) => match status.as_u16() {
                429 => true,
                503 => self.is_idempotent() || headers.contains_key(RETRY_AFTER),
                502 | 504 => self.is_idempotent(),
                500 => matches!(*self.method, Method::GET | Method::HEAD),
                _ => false,
            },
            Outcome::Error(error) => match error.kind() {
                // The service has not seen the request.
                ErrorKind::Connect => true,
                ErrorKind::Timeout | ErrorKind::Interrupted => self.is_idempotent(),
                _ => false,
            },
        })
    }

    /// The verdict of the Python client, for which every method is safe to repeat.
    #[must_use]
    pub fn python_verdict(&self) -> Verdict {
        Verdict::retry_if(match self.outcome {
            Outcome::Answer(status, _) => match status.as_u16() {
                429 | 502..=504 => true,
                500 => matches!(*self.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE),
                _ => false,
            },
            Outcome::Error(error) => error.is_transient(),
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn after_status(method: &Method, status: u16, marked: bool, headers: &HeaderMap) -> (bool, bool) {
        let outcome = Outcome::Answer(StatusCode::from_u16(status).unwrap(), headers);
        let attempt = Attempt::new(1, method, marked, outcome);
        (attempt.verdict() == Verdict::Retry, attempt.python_verdict() == Verdict::Retry)
    }

    #[test]
    fn statuses_are_retried_as_the_table_says() {
        let none = HeaderMap::new();
        let asked = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("1"))]);
        for (method, status, marked, headers, expected) in [
            (Method::GET, 500, false, &none, (true, true)),
            (Method::GET, 502, false, &none, (true, true)),
            (Method::GET, 408, false, &none, (false, false)),
            (Method::GET, 404, false, &none, (false, false)),
            (Method::GET, 401, false, &none, (false, false)),
            (Method::DELETE, 504, false, &none, (true, true)),
            (Method::PUT, 500, false, &none, (false, false)),
            (Method::POST, 429, false, &none, (true, true)),
            (Method::POST, 502, false, &none, (false, true)),
            (Method::POST, 503, false, &none, (false, true)),
            (Method::POST, 503, false, &asked, (true, true)),
            (Method::PATCH, 504, false, &asked, (false, true)),
            (Method::POST, 502, true, &none, (true, true)),
            (Method::POST, 500, true, &none, (false, false)),
        ] {
            assert_eq!(
                after_status(&method, status, marked, headers),
                expected,
                "{method} {status} {marked}"
            );
        }
    }

    #[test]
    fn only_errors_that_may_pass_are_retried() {
        use ErrorKind::{
            Auth, Connect, Decode, Interrupted, Proxy, Redirect, Request, Timeout, Tls, TooLarge,
        };
        let retried = |method: &Method, kind| {
            let error = Error::bare(kind);
            Attempt::new(1, method, false, Outcome::Error(&error)).verdict() == Verdict::Retry
        };
        assert!([Connect, Timeout, Interrupted].into_iter().all(|kind| retried(&Method::GET, kind)));
        assert!(retried(&Method::POST, Connect));
        assert!(!retried(&Method::POST, Timeout) && !retried(&Method::PATCH, Interrupted));
        for kind in [Tls, Proxy, Auth, TooLarge, Redirect, Decode, Request] {
            assert!(!retried(&Method::GET, kind), "{kind:?}");
        }
    }
}
