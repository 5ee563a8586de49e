//! The stack over a script, with paused time.

mod patience;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arraylake_types::Secret;
use async_trait::async_trait;
use http::{Method, Uri};

use crate::testing::{Script, Step, bytes, cut, json, refuse, silence, status};
use crate::{
    Anonymous, Attempts, Error, ErrorKind, Request, RetryPolicy, TokenError, TokenSource, Transport,
    TransportBuilder,
};

fn request(method: Method, uri: &str) -> Request {
    let mut request = Request::default();
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    request
}

fn get(uri: &str) -> Request {
    request(Method::GET, uri)
}

/// A script, and a builder over it whose pauses are exact.
fn over(steps: impl IntoIterator<Item = Step>) -> (Script, TransportBuilder) {
    let script = Script::new(steps);
    let builder = Transport::builder()
        .with_base_uri(Uri::from_static("https://api.test/base/"))
        .with_retry(RetryPolicy::new().with_jitter(|ceiling| ceiling))
        .with_leaf(script.clone());
    (script, builder)
}

/// Gives "stale" until it is refreshed, which takes ten seconds.
#[derive(Debug, Default)]
struct Renewing {
    fresh: AtomicBool,
    slow: bool,
    broken: bool,
}

#[async_trait]
impl TokenSource for Renewing {
    async fn token(&self) -> Result<Secret, TokenError> {
        Ok(Secret::new(if self.fresh.load(Ordering::SeqCst) { "fresh" } else { "stale" }))
    }

    async fn refresh(&self, rejected: &Secret) -> Result<Option<Secret>, TokenError> {
        assert_eq!(rejected.expose(), "stale");
        if self.slow {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        if self.broken {
            return Err(TokenError::new("log in again"));
        }
        self.fresh.store(true, Ordering::SeqCst);
        Ok(Some(Secret::new("fresh")))
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_token_is_replaced_once_and_a_silent_server_is_tried_again() {
    let (script, builder) = over([status(503), status(401), silence(), json(200, "{}")]);
    let transport = builder.with_token_source(Renewing::default()).build().unwrap();
    let response = transport.send(get("/repos/acme?page=1")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(Attempts::of(&response), 3, "the replay after a 401 is no retry");
    assert_eq!(script.tokens(), ["stale", "stale", "fresh", "fresh"]);
    assert_eq!(script.paths(), ["/base/repos/acme?page=1"; 4]);
    assert_eq!(transport.retry_stats().retries, 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_401_stands() {
    let (script, builder) = over([status(401), status(401)]);
    let transport = builder.with_token_source(Renewing::default()).build().unwrap();
    assert_eq!(transport.send(get("/user")).await.unwrap().status(), 401);
    assert_eq!(script.tokens(), ["stale", "fresh"]);
}

#[tokio::test(start_paused = true)]
async fn a_constant_token_is_not_refreshed() {
    let (script, builder) = over([status(401)]);
    let transport = builder.with_token("ema_x").build().unwrap();
    assert_eq!(transport.send(get("/user")).await.unwrap().status(), 401);
    assert_eq!(script.tokens(), ["ema_x"]);
    assert!(script.requests()[0].headers()["authorization"].is_sensitive());
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_is_an_auth_error_with_its_cause() {
    let (script, builder) = over([status(401)]);
    let source = Renewing { broken: true, ..Renewing::default() };
    let error = builder.with_token_source(source).build().unwrap().send(get("/user")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), script.requests().len()), (ErrorKind::Auth, 1, 1));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "log in again");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_does_not_lose_the_refreshed_token() {
    let (script, builder) = over([status(401), status(200)]);
    let source = Arc::new(Renewing { slow: true, ..Renewing::default() });
    let builder = builder.with_token_source(Arc::clone(&source)).with_deadline(Duration::from_secs(1));
    let transport = builder.build().unwrap();
    let error = transport.send(get("/user")).await.unwrap_err();
    assert!(error.is_deadline());
    assert!(!source.fresh.load(Ordering::SeqCst));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(source.fresh.load(Ordering::SeqCst), "the refresh went on without its caller");
    transport.send(get("/user")).await.unwrap();
    assert_eq!(script.tokens(), ["stale", "fresh"]);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_an_error_that_names_the_host_alone() {
    let (_, builder) = over([status(307).with_header("location", "https://evil.test/x?token=marker")]);
    let error = builder.build().unwrap().send(get("/")).await.unwrap_err();
    assert_eq!((error.kind(), error.redirect_host()), (ErrorKind::Redirect, Some("evil.test")));
    assert_eq!(error.to_string(), "the service redirects to evil.test");
    assert!(!format!("{error:?}").contains("marker"));
}

#[tokio::test(start_paused = true)]
async fn another_origin_gets_neither_the_token_nor_our_headers() {
    let (script, builder) = over([status(200), status(200), status(200)]);
    let transport = builder.with_token("ema_x").with_header("x-key", "k").build().unwrap();
    for uri in ["https://idp.test/token", "https://api.test:444/x", "https://API.test/x"] {
        transport.send(get(uri)).await.unwrap();
    }
    assert_eq!(script.tokens(), ["", "", "ema_x"]);
    let names = |index: usize| {
        let request = &script.requests()[index];
        let mut names: Vec<String> = request.headers().keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    let allowed =
        if cfg!(feature = "gzip") { &["accept-encoding", "user-agent"][..] } else { &["user-agent"] };
    assert_eq!(names(0), allowed);
    assert!(names(2).contains(&"x-key".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn fixed_headers_are_sent_and_the_request_may_replace_them() {
    let (script, builder) = over([status(200), status(200)]);
    let transport = builder.with_client_name("tool", "2.1").with_header("x-extra", "1").build().unwrap();
    let mut post = request(Method::POST, "/repos");
    *post.body_mut() = "{}".into();
    post.headers_mut().insert("accept", "text/plain".parse().unwrap());
    post.extensions_mut().insert(Anonymous);
    transport.send(post).await.unwrap();
    transport.send(get("/repos")).await.unwrap();
    let requests = script.requests();
    let header =
        |index: usize, name: &str| requests[index].headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header(0, "content-type"), Some("application/json"));
    assert_eq!(header(0, "accept"), Some("text/plain"));
    assert_eq!(header(1, "content-type"), None);
    assert_eq!(header(1, "accept"), Some("application/vnd.earthmover+json"));
    for (name, value) in [
        ("user-agent", "tool/2.1"),
        ("client-name", "tool"),
        ("client-version", "2.1"),
        ("x-arraylake-client", "tool/2.1"),
        ("x-arraylake-source", "tool"),
        ("x-extra", "1"),
    ] {
        assert_eq!(header(1, name), Some(value), "{name}");
    }
    assert_eq!(header(0, "arraylake-session-id"), header(1, "arraylake-session-id"));
}

#[tokio::test(start_paused = true)]
async fn an_anonymous_request_carries_no_token() {
    let (script, builder) = over([status(200)]);
    let mut request = get("/");
    request.extensions_mut().insert(Anonymous);
    builder.with_token("ema_x").build().unwrap().send(request).await.unwrap();
    assert_eq!(script.tokens(), [""]);
}

#[tokio::test(start_paused = true)]
async fn an_html_page_passes_through_as_a_body() {
    let (_, builder) =
        over([bytes(502, "<html>bad gateway</html>").with_header("content-type", "text/html")]);
    let transport = builder.with_retry(RetryPolicy::never()).build().unwrap();
    let response = transport.send(get("/")).await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.into_body().as_bytes().unwrap(), "<html>bad gateway</html>");
}

#[tokio::test(start_paused = true)]
async fn a_body_cut_short_is_read_again() {
    let (_, builder) = over([cut(), json(200, "{}")]);
    let transport = builder.build().unwrap();
    let body = transport.send(get("/")).await.unwrap().into_body();
    assert_eq!(body.bytes().await.unwrap(), "{}");
    let (_, builder) = over([cut()]);
    let transport = builder.with_retry(RetryPolicy::never()).build().unwrap();
    assert_eq!(transport.send(get("/")).await.unwrap_err().kind(), ErrorKind::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn each_warning_is_reported_once() {
    let warned =
        || status(200).with_header("x-deprecation-warning", "old").with_header("x-arraylake-warning", "hm");
    let (_, builder) = over([warned(), warned()]);
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let hook = {
        let seen = Arc::clone(&seen);
        move |text: &str| seen.lock().unwrap().push(text.to_owned())
    };
    let transport = builder.with_warning_hook(hook).build().unwrap();
    for _ in 0..2 {
        transport.send(get("/")).await.unwrap();
    }
    assert_eq!(*seen.lock().unwrap(), ["old", "hm"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_your_own_is_outermost_and_the_transport_is_a_service() {
    use tower::ServiceExt;
    let (script, builder) = over([status(503), status(200)]);
    let calls = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let layer = tower::util::MapRequestLayer::new(move |request: Request| {
        counted.fetch_add(1, Ordering::SeqCst);
        request
    });
    let transport = builder.with_layer(layer).build().unwrap();
    assert_eq!(transport.oneshot(get("/")).await.unwrap().status(), 200);
    assert_eq!((calls.load(Ordering::SeqCst), script.requests().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_request_beyond_the_script_is_named() {
    let (_, builder) = over([]);
    let response = builder.build().unwrap().send(get("/surprise?q")).await.unwrap();
    assert_eq!(response.status(), 599);
    let body = response.into_body().bytes().await.unwrap();
    assert_eq!(body, r#"{"detail":"unexpected request: GET /base/surprise"}"#);
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_printed() {
    let (_, builder) = over([refuse()]);
    let builder =
        builder.with_token("marker").with_header("x-key", "marker").with_retry(RetryPolicy::never());
    #[cfg(feature = "proxy")]
    let builder = builder.with_proxy(Uri::from_static("http://user:marker@proxy.test:3128"));
    let mut printed = format!("{builder:?}");
    let transport = builder.build().unwrap();
    let mut request = get("/x?token=marker");
    *request.body_mut() = "marker".into();
    let error = transport.send(request).await.unwrap_err();
    printed += &format!("{transport:?} {error:?} {error} {:?}", crate::StaticToken::new("marker"));
    let bad = over([]).1.with_token("mark\ner").build().unwrap_err();
    printed += &format!("{bad:?} {bad}");
    assert!(!printed.contains("mark"), "{printed}");
}

#[test]
fn building_needs_no_runtime_and_says_what_is_wrong() {
    use crate::BuildError;
    let uri = Uri::from_static("https://api.test");
    let builder = || Transport::builder().with_base_uri(uri.clone());
    assert!(builder().with_token("x").build().is_ok());
    let failure = |builder: TransportBuilder| builder.build().unwrap_err();
    assert_eq!(failure(Transport::builder()), BuildError::NoBaseUri);
    assert!(matches!(failure(builder().with_header("x", "a\nb")), BuildError::Header(name) if name == "x"));
    assert!(matches!(failure(builder().with_client_name("a\nb", "1")), BuildError::Header(_)));
    assert!(matches!(failure(builder().with_ca_pem("no pem")), BuildError::Certificate(_)));
    assert!(matches!(failure(builder().with_base_uri(Uri::from_static("/x"))), BuildError::BaseUri(_)));
    #[cfg(feature = "proxy")]
    {
        let socks = Uri::from_static("socks4://proxy.test");
        assert!(matches!(failure(builder().with_proxy(socks)), BuildError::Proxy(_)));
    }
}

/// A future of the stack may be sent to another thread, and so may an answer be shared.
#[test]
fn futures_and_answers_travel_between_threads() {
    fn send<T: Send>(_: T) {}
    fn share<T: Send + Sync>() {}
    let transport = over([]).1.build().unwrap();
    send(transport.send(get("/")));
    share::<crate::Response>();
    share::<Error>();
}
