//! Signing in with a token, and signing out.

use std::sync::Arc;

use arraylake_types::Secret;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};

use super::CONSOLE;
use super::layout::{Failure, Page};
use crate::catalog::{Bare, caller};
use crate::lake::Lake;

/// `GET /console/sign-in`: asks for a token.
pub(super) async fn form(State(lake): State<Arc<Lake>>, request: Request) -> Result<Page, Failure> {
    let bare = Bare::read(request, &lake).await?;
    Ok(page(local(bare.query("next").unwrap_or_default()), None))
}

/// `POST /console/sign-in`: takes a token, which only ever travels in the body.
pub(super) async fn sign_in(
    State(lake): State<Arc<Lake>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Failure> {
    let bare = Bare::read(request, &lake).await?;
    let next = local(&bare.form("next").unwrap_or_default()).to_owned();
    let token = Secret::new(bare.form("token").unwrap_or_default().trim());
    let asked = Arc::clone(&lake);
    let who = lake.store.run(move |db| {
        let who = caller(db, &asked, &token)?;
        Ok((who.id(), db.token(&token)?.map(|record| record.expires)))
    });
    match who.await {
        Ok((who, expires)) => {
            let now = lake.config.clock.now();
            let latest = expires.map_or(now + TimeDelta::days(1), |at| at.to_chrono());
            let cookie = lake.web.begin(&headers, who, now, latest)?;
            Ok(leave(&next, cookie))
        }
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => {
            let page = page(&next, Some(&refusal.message()));
            Ok(page.with_status(StatusCode::FORBIDDEN).into_response())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// `POST /console/sign-out`
pub(super) async fn sign_out(State(lake): State<Arc<Lake>>, headers: HeaderMap) -> Result<Response, Failure> {
    Ok(leave("/console/sign-in", lake.web.end(&headers)?))
}

fn leave(next: &str, cookie: HeaderValue) -> Response {
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

/// A path of this service to go on to, and nothing that leads elsewhere.
fn local(next: &str) -> &str {
    let elsewhere = next.starts_with("//") || next.contains(['\\', '\n', '\r', '\t']);
    if next.starts_with('/') && !elsewhere { next } else { CONSOLE }
}

fn page(next: &str, problem: Option<&str>) -> Page {
    let described = if problem.is_some() { "token-problem token-help" } else { "token-help" };
    Page::new(
        "Sign in",
        html! {
            @if let Some(problem) = problem { (complaint(problem)) }
            form.card method="post" action="/console/sign-in" {
                input type="hidden" name="next" value=(next);
                label for="token" { "Token" }
                input #token name="token" type="password" required autocomplete="current-password"
                    autofocus spellcheck="false" aria-describedby=(described) aria-invalid=[problem.map(|_| "true")];
                p.quiet #token-help {
                    "The service prints it when it starts, and keeps it in the file " code { "token" }
                    " of its directory. The tokens of other users work too."
                }
                button type="submit" { "Sign in" }
            }
        },
    )
}

fn complaint(problem: &str) -> Markup {
    html! { p.notice.bad #token-problem role="alert" { (problem) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_paths_of_this_service_alone() {
        assert_eq!(local("/console/orgs/a?b=c"), "/console/orgs/a?b=c");
        for elsewhere in ["", "console", "//evil.example.com", "/\\evil.example.com", "https://x", "/\t/x"] {
            assert_eq!(local(elsewhere), CONSOLE, "{elsewhere:?}");
        }
    }
}
