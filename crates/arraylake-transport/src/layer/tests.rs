//! The stack over a script, with paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arraylake_types::Secret;
use async_trait::async_trait;
use http::{Method, Uri};
use tokio::time::Instant;

use crate::testing::{Script, Step, bytes, cut, json, refuse, silence, status};
use crate::{
    Anonymous, Attempts, CallTimeout, Error, ErrorKind, Idempotent, Operation, Request, RetryPolicy,
    TokenError, TokenSource, Transport, TransportBuilder,
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
async fn the_deadline_bounds_all_attempts_together() {
    let (_, builder) = over([silence(), silence(), silence()]);
    let transport = builder.with_deadline(Duration::from_secs(90)).build().unwrap();
    let started = Instant::now();
    let mut request = get("/repos");
    request.extensions_mut().insert(Operation("list repos"));
    let error = transport.send(request).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(90));
    assert!(error.is_deadline() && error.is_timeout());
    assert_eq!(error.to_string(), "list repos: the deadline of the call passed (after 2 attempts)");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_bring_its_own_deadline() {
    let (_, builder) = over([silence()]);
    let mut request = get("/repos");
    request.extensions_mut().insert(CallTimeout(Duration::from_secs(5)));
    let started = Instant::now();
    let error = builder.build().unwrap().send(request).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!((started.elapsed().as_secs(), error.attempts()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn no_deadline_is_a_deadline_too() {
    let (_, builder) = over([silence(), status(200)]);
    let transport = builder.with_deadline(Duration::MAX).build().unwrap();
    assert_eq!(transport.send(get("/repos")).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_not_repeated_for_a_post() {
    let (script, builder) = over([silence(), status(200)]);
    let transport = builder.with_attempt_timeout(Duration::from_secs(7)).build().unwrap();
    let started = Instant::now();
    let error = transport.send(request(Method::POST, "/repos")).await.unwrap_err();
    assert!(error.is_timeout() && !error.is_deadline());
    assert_eq!((started.elapsed().as_secs(), script.requests().len()), (7, 1));
}

#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_only_where_it_was_not_carried_out() {
    let cases = [
        (status(503), false, 1),
        (status(503), true, 2),
        (status(503).with_header("retry-after", "1"), false, 2),
        (status(429), false, 2),
        (status(502), false, 1),
        (refuse(), false, 2),
        (cut(), false, 1),
        (cut(), true, 2),
    ];
    for (step, marked, sent) in cases {
        let (script, builder) = over([step.clone(), status(200)]);
        let mut request = request(Method::POST, "/repos");
        if marked {
            request.extensions_mut().insert(Idempotent);
        }
        let _ = builder.build().unwrap().send(request).await;
        assert_eq!(script.requests().len(), sent, "{step:?}, marked: {marked}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_in_every_form() {
    let at = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now() + Duration::from_secs(30));
    let forms = [
        "30".to_owned(),
        at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        at.format("%A, %d-%b-%y %H:%M:%S GMT").to_string(),
        at.format("%a %b %e %H:%M:%S %Y").to_string(),
        at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    ];
    for form in forms {
        let (_, builder) = over([status(429).with_header("retry-after", &form), status(200)]);
        let started = Instant::now();
        assert_eq!(builder.build().unwrap().send(get("/")).await.unwrap().status(), 200);
        let waited = started.elapsed().as_secs();
        assert!((25..=30).contains(&waited), "{form}: {waited} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_the_deadline_gives_the_answer_at_once() {
    let (script, builder) = over([status(503).with_header("retry-after", "301"), status(200)]);
    let transport = builder.build().unwrap();
    let started = Instant::now();
    let response = transport.send(get("/")).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (503, &"301".parse().unwrap())
    );
    assert_eq!((started.elapsed(), script.remaining()), (Duration::ZERO, 1));
    assert_eq!(transport.retry_stats().denied_by_deadline, 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_is_returned_when_retries_are_used_up() {
    let (script, builder) = over((0..6).map(|_| status(503)));
    let started = Instant::now();
    let response = builder.build().unwrap().send(get("/")).await.unwrap();
    assert_eq!((response.status().as_u16(), Attempts::of(&response)), (503, 6));
    assert_eq!(script.remaining(), 0);
    assert_eq!(started.elapsed(), Duration::from_millis(100 + 200 + 400 + 800 + 1600));
}

#[tokio::test(start_paused = true)]
async fn clones_share_one_retry_budget() {
    let (script, builder) = over((0..50).map(|_| status(503)));
    let policy = RetryPolicy::new().with_max_retries(30).with_base_delay(Duration::ZERO).with_budget(1, 0.0);
    let transport = builder.with_retry(policy).build().unwrap();
    transport.send(get("/")).await.unwrap();
    assert_eq!(script.requests().len(), 11, "one retry a second over ten seconds");
    transport.clone().send(get("/")).await.unwrap();
    assert_eq!(script.requests().len(), 12);
    let stats = transport.retry_stats();
    assert_eq!((stats.retries, stats.denied_by_budget), (10, 2));
    tokio::time::sleep(Duration::from_secs(12)).await;
    transport.send(get("/")).await.unwrap();
    assert_eq!(script.requests().len(), 23, "the budget fills up again");
}

#[tokio::test(start_paused = true)]
async fn a_classifier_of_your_own_decides() {
    use crate::{Outcome, Verdict};
    let (script, builder) = over([status(418), status(200)]);
    let policy = RetryPolicy::new().with_classifier(|attempt| match attempt.outcome {
        Outcome::Answer(status, _) if status == 418 => Verdict::Retry,
        _ => attempt.verdict(),
    });
    builder.with_retry(policy).build().unwrap().send(get("/")).await.unwrap();
    assert_eq!(script.requests().len(), 2);
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
        let socks = Uri::from_static("socks5://proxy.test");
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
