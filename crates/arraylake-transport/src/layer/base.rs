//! Base URI and fixed headers: pure rewriting, the same for every attempt.

use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use tower::{Layer, Service};

use super::Exchange;
use super::future::Either;
use crate::origin::BaseUri;
use crate::{BuildError, Error, Request, Response, Streaming};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.earthmover+json");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const SESSION_ID: HeaderName = HeaderName::from_static("arraylake-session-id");
const CLIENT_NAME: HeaderName = HeaderName::from_static("client-name");
const CLIENT_VERSION: HeaderName = HeaderName::from_static("client-version");
const CLIENT: HeaderName = HeaderName::from_static("x-arraylake-client");
const SOURCE: HeaderName = HeaderName::from_static("x-arraylake-source");

/// Makes the URI absolute and adds the fixed headers; what the request has set itself stays.
///
/// Requests that go to another origin get the user agent alone: the rest is no business of third parties.
#[derive(Clone, Debug)]
pub struct BaseLayer(Arc<Fixed>);

#[derive(Debug)]
struct Fixed {
    base: BaseUri,
    /// For requests to the base origin.
    own: HeaderMap,
    /// For requests to any other.
    foreign: HeaderMap,
}

impl BaseLayer {
    /// Sends relative requests below `base`, with `headers`.
    ///
    /// # Errors
    /// `base` is no plain `http` or `https` URL.
    pub fn new(base: &http::Uri, headers: HeaderMap) -> Result<Self, BuildError> {
        let foreign = headers.get(USER_AGENT).map(|value| (USER_AGENT, value.clone()));
        let fixed = Fixed { base: BaseUri::new(base)?, own: headers, foreign: foreign.into_iter().collect() };
        Ok(Self(Arc::new(fixed)))
    }
}

/// The headers every client sends.
pub(crate) fn client_headers(name: &str, version: &str) -> Result<HeaderMap, BuildError> {
    let value = |text: &str| {
        HeaderValue::try_from(text).map_err(|_| BuildError::Header("client name or version".to_owned()))
    };
    let both = value(&format!("{name}/{version}"))?;
    Ok(HeaderMap::from_iter([
        (ACCEPT, MEDIA_TYPE),
        (USER_AGENT, both.clone()),
        (CLIENT_NAME, value(name)?),
        (CLIENT_VERSION, value(version)?),
        (CLIENT, both),
        (SOURCE, value(name)?),
        (SESSION_ID, session_id()),
    ]))
}

/// A random UUID (version 4), one per process.
fn session_id() -> HeaderValue {
    static ID: OnceLock<HeaderValue> = OnceLock::new();
    let make = || {
        let random = fastrand::u128(..);
        let id = (random & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
        let hex = format!("{id:032x}");
        let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        // Hexadecimal digits always fit into a header.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    };
    ID.get_or_init(make).clone()
}

impl Fixed {
    fn rewrite(&self, request: &mut Request) -> Result<(), Error> {
        let uri = self.base.resolve(request.uri())?;
        let own = self.base.origin().is_of(&uri);
        *request.uri_mut() = uri;
        let has_body = !request.body().is_empty();
        let unpack = cfg!(feature = "gzip") && request.extensions().get::<Streaming>().is_none();
        let fixed = if own { &self.own } else { &self.foreign };
        let asked = std::mem::replace(request.headers_mut(), fixed.clone());
        let headers = request.headers_mut();
        if unpack {
            headers.insert(ACCEPT_ENCODING, GZIP);
        }
        if has_body {
            headers.insert(CONTENT_TYPE, JSON);
        }
        // Replaces what has the same name.
        headers.extend(asked);
        Ok(())
    }
}

impl<S> Layer<S> for BaseLayer {
    type Service = Base<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Base { inner, fixed: Arc::clone(&self.0) }
    }
}

/// The service of [`BaseLayer`].
#[derive(Clone, Debug)]
pub struct Base<S> {
    inner: S,
    fixed: Arc<Fixed>,
}

impl<S: Exchange> Service<Request> for Base<S> {
    type Response = Response;
    type Error = Error;
    type Future = Either<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        match self.fixed.rewrite(&mut request) {
            Ok(()) => Either::plain(self.inner.call(request)),
            Err(error) => Either::boxed(std::future::ready(Err(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_id_is_a_random_uuid_and_stays_the_same() {
        let id = session_id();
        let text = id.to_str().unwrap();
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{text}");
        assert!(text[14..].starts_with('4') && "89ab".contains(&text[19..20]), "{text}");
        assert_eq!(session_id(), id);
    }

    #[test]
    fn a_client_name_with_a_line_break_is_refused() {
        assert!(client_headers("a\r\nx-evil: b", "1").is_err());
    }
}
