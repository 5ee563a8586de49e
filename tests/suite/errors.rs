//! Every way in which a call can fail is told apart by a predicate of its own, names the operation and, where there
//! is one, the request id, and holds no secret.

use arraylake_core::prelude::*;
use arraylake_core::transport::RetryPolicy;
use arraylake_core::transport::testing::{Script, Step, bytes, cut, json, refuse, status};
use arraylake_core::{AsyncClient, Config, Error};

const TOKEN: &str = "ema_MARKER";

fn client_over(script: &Script) -> AsyncClient {
    let leaf = script.clone();
    AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri("http://service.example.com")
        .with_token(TOKEN)
        .with_retry(RetryPolicy::never())
        .with_transport(|transport| transport.with_leaf(leaf))
        .build()
        .unwrap()
}

/// What comes of one call that is answered by `step`.
async fn failure(step: Step) -> Error {
    let script = Script::new([step.with_header("x-request-id", "req-7")]);
    let error = client_over(&script).get_repo_object(&"acme/era5".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.operation(), Some("get repo"), "{error:?}");
    let mut text = format!("{error:?} {error}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!text.contains("MARKER"), "{text}");
    error
}

type Predicate = fn(&Error) -> bool;

/// Predicates of which exactly one holds for a failure.
const PREDICATES: [(&str, Predicate); 12] = [
    ("not found", Error::is_not_found),
    ("conflict", Error::is_conflict),
    ("unauthenticated", Error::is_unauthenticated),
    ("forbidden", Error::is_forbidden),
    ("validation", Error::is_validation),
    ("rate limited", Error::is_rate_limited),
    ("server error", Error::is_server_error),
    ("connect", Error::is_connect),
    ("timeout", Error::is_timeout),
    ("interrupted", Error::is_interrupted),
    ("redirect", Error::is_redirect),
    ("decode", Error::is_decode),
];

fn holding(error: &Error) -> Vec<&'static str> {
    PREDICATES.iter().filter(|(_, holds)| holds(error)).map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn each_refusal_has_a_predicate_of_its_own_and_the_request_id() {
    let detail = r#"{"detail":"because"}"#;
    for (code, name) in [
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "not found"),
        (409, "conflict"),
        (422, "validation"),
        (429, "rate limited"),
        (500, "server error"),
    ] {
        let error = failure(json(code, detail)).await;
        assert_eq!(holding(&error), [name]);
        assert_eq!((error.request_id(), error.detail()), (Some("req-7"), Some("because")));
        assert!(error.to_string().contains("because") && error.to_string().contains("req-7"), "{error}");
    }
}

#[tokio::test]
async fn a_list_of_faults_is_one_line_and_a_value() {
    let body = r#"{"detail":[{"loc":["body","name"],"msg":"too long","type":"string_too_long"}]}"#;
    let error = failure(json(422, body)).await;
    assert!(error.is_validation() && error.to_string().contains("body.name. too long"), "{error}");
    let Error::Api(api) = error else { panic!("a refusal") };
    assert_eq!(api.items[0].r#type, "string_too_long");
}

#[tokio::test]
async fn a_busy_service_says_how_long_to_wait() {
    let error = failure(json(429, r#"{"detail":"slow down"}"#).with_header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_service_that_is_down_a_cut_answer_and_a_redirect_are_told_apart() {
    let down = failure(refuse()).await;
    assert_eq!(holding(&down), ["connect"]);
    assert_eq!(down.to_string(), "get repo failed at http://service.example.com");
    assert_eq!(holding(&failure(cut()).await), ["interrupted"]);
    let error =
        failure(status(307).with_header("location", "https://elsewhere.example.com/x?token=MARKER")).await;
    assert_eq!(holding(&error), ["redirect"]);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_named_for_what_it_is_and_not_quoted() {
    let html = bytes(200, "<html>MARKER</html>").with_header("content-type", "text/html");
    let error = failure(html).await;
    assert_eq!(holding(&error), ["decode"]);
    assert!(error.to_string().contains("text/html") && error.request_id() == Some("req-7"), "{error}");
    let odd = json(200, r#"{"_id":"aa","org":"MARKER","name":["MARKER"],"kind":"v1"}"#);
    assert_eq!(holding(&failure(odd).await), ["decode"]);
    assert_eq!(holding(&failure(bytes(502, "<html>MARKER</html>")).await), ["server error"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_service_is_a_timeout() {
    use arraylake_core::transport::testing::silence;
    assert_eq!(holding(&failure(silence()).await), ["timeout"]);
}

#[tokio::test]
async fn bad_names_are_refused_with_value_and_rule_before_any_request() {
    for bad in ["a", "a/b/c", "../x/y", "a b/c"] {
        let error = Error::from(bad.parse::<RepoName>().unwrap_err());
        assert!(error.is_invalid_input() && holding(&error).is_empty());
        assert!(
            error.to_string().contains(&format!("{bad:?}")) && error.to_string().contains("must be"),
            "{error}"
        );
    }
}

#[test]
fn the_blocking_client_tells_every_failure_in_the_same_words() {
    let because = r#"{"detail":"because"}"#;
    let list = r#"{"detail":[{"loc":["body","name"],"msg":"too long","type":"string_too_long"}]}"#;
    let mut steps: Vec<Step> = [401, 403, 404, 409, 422, 500].map(|code| json(code, because)).into();
    steps.extend([
        json(422, list),
        json(429, because).with_header("retry-after", "7"),
        refuse(),
        cut(),
        status(307).with_header("location", "https://elsewhere.example.com/x?token=MARKER"),
        bytes(200, "<html>MARKER</html>").with_header("content-type", "text/html"),
    ]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for step in steps {
        let expected = runtime.block_on(failure(step.clone()));
        let script = Script::new([step.with_header("x-request-id", "req-7")]);
        let client = arraylake_blocking::Client::from(client_over(&script));
        let error = client.get_repo_object(&"acme/era5".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), expected.to_string());
        assert_eq!((holding(&error), error.request_id()), (holding(&expected), expected.request_id()));
        assert_eq!((error.operation(), error.retry_after()), (expected.operation(), expected.retry_after()));
        assert!(!format!("{error:?}").contains("MARKER"), "{error:?}");
    }
}
