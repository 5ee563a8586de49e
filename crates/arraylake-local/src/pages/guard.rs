//! Who may ask for a page: browsers that show pages of this service, and those on this machine who use no browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::layout::Failure;
use crate::lake::Lake;
use crate::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What every page is sent with. The last one is not `no-referrer`: forms would then name no origin.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::REFERRER_POLICY, "same-origin"),
];

/// Puts the guard before all routes.
pub(crate) fn guarded(routes: Router<Arc<Lake>>) -> Router<Arc<Lake>> {
    routes.layer(middleware::from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = match check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => Failure::from(refusal).into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What a page shows is for the one who is signed in now.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(request: &Request) -> Result<(), Refusal> {
    let Some(host) = host(request) else {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "the request names no host"));
    };
    if !is_address(&host) {
        let text = format!(
            "These pages are not served under the name {host}, which may belong to somebody else; use the \
             address of the service, such as 127.0.0.1, or localhost"
        );
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, text));
    }
    if !request.method().is_safe() && !is_own(request.headers(), &host) {
        return Err(Refusal::forbidden("This form was sent from another site"));
    }
    Ok(())
}

/// What the request is addressed to: the header, or the address itself where the protocol puts it there.
fn host(request: &Request) -> Option<Authority> {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    match header {
        Some(text) => text.parse().ok(),
        None => request.uri().authority().cloned(),
    }
}

/// Whether a host cannot be a name that somebody bound to this machine: an address, or `localhost`, which browsers
/// never look up.
fn is_address(host: &Authority) -> bool {
    let name = host.host();
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// Whether a form comes from a page of this very service. Another port of this machine is another origin. What says
/// neither is no browser, and has no cookie that it was not given on purpose.
fn is_own(headers: &HeaderMap, host: &Authority) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = text(SEC_FETCH_SITE).is_none_or(|site| site == "same-origin");
    let origin = text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}"));
    site && origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri("/console");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(axum::body::Body::empty()).unwrap()
    }

    fn passes(method: &str, headers: &[(&str, &str)]) -> bool {
        check(&request(method, headers)).is_ok()
    }

    #[test]
    fn addresses_and_localhost_are_served_and_names_are_not() {
        for host in
            ["127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "localhost:1", "LOCALHOST", "192.168.1.7:80"]
        {
            assert!(passes("GET", &[("host", host)]), "{host}");
        }
        for host in
            ["evil.example.com", "evil.example.com:8080", "127.0.0.1.evil.example.com", "localhost.", ""]
        {
            assert!(!passes("GET", &[("host", host)]), "{host}");
        }
        assert!(!passes("GET", &[]));
    }

    #[test]
    fn a_form_is_taken_from_a_page_of_the_same_origin_alone() {
        let host = ("host", "127.0.0.1:80");
        let own = [host, ("origin", "http://127.0.0.1:80"), ("sec-fetch-site", "same-origin")];
        assert!(passes("POST", &own));
        assert!(passes("POST", &[host]), "no browser");
        for foreign in [
            [host, ("origin", "http://127.0.0.1:81")],
            [host, ("origin", "null")],
            [host, ("origin", "https://127.0.0.1:80")],
            [host, ("sec-fetch-site", "same-site")],
            [host, ("sec-fetch-site", "cross-site")],
            [host, ("sec-fetch-site", "none")],
        ] {
            assert!(!passes("POST", &foreign), "{foreign:?}");
            assert!(passes("GET", &foreign), "a link from elsewhere may lead here");
        }
    }
}
