//! Deadlines, retries and their budget.

use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use super::{get, over, request};
use crate::testing::{cut, refuse, silence, status};
use crate::{Attempts, CallTimeout, Idempotent, Operation, RetryPolicy};

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
