//! `/activate`: where the one who is signed in at the browser confirms the code of a login, or refuses it.

use http::StatusCode;
use maud::{Markup, html};

use crate::pages::{Failure, Page, Viewer};
use crate::refusal::Refusal;
use crate::store::{CodeState, Db, LoginCode};

/// `GET /activate`: asks for a code, or for the decision about the one in the address.
pub(super) async fn form(viewer: Viewer) -> Result<Page, Failure> {
    let code = normalized(viewer.query("user_code").unwrap_or_default());
    if code.is_empty() {
        return Ok(viewer.page(asking(None)));
    }
    let now = viewer.lake.now_millis();
    let found = find(&viewer, code.clone()).await?;
    let page = match found.filter(|found| found.expires > now) {
        None => asking(Some(&code)).with_status(StatusCode::NOT_FOUND),
        Some(found) => match found.state {
            CodeState::Waiting => deciding(&found.user_code, viewer.who.email()),
            CodeState::Confirmed(who) if who == viewer.who.id() => confirmed(viewer.who.email()),
            CodeState::Denied | CodeState::Confirmed(_) => denied(),
        },
    };
    Ok(viewer.page(page))
}

async fn find(viewer: &Viewer, code: String) -> Result<Option<LoginCode>, Refusal> {
    viewer.lake.store.run(move |db| Ok(db.login_code_named(&code)?)).await
}

/// `POST /activate`: the decision.
pub(super) async fn decide(viewer: Viewer) -> Result<Page, Failure> {
    let code = normalized(&viewer.form("user_code").unwrap_or_default());
    let who = viewer.who.id();
    let state = match viewer.form("decision").as_deref() {
        Some("confirm") => CodeState::Confirmed(who),
        Some("deny") => CodeState::Denied,
        _ => return Err(Refusal::rule("the form says neither yes nor no").into()),
    };
    let now = viewer.lake.now_millis();
    let asked = code.clone();
    let decided = viewer.lake.store.run(move |db| settle(db, &asked, state, now)).await?;
    let page = match decided {
        None => asking(Some(&code)).with_status(StatusCode::NOT_FOUND),
        Some(CodeState::Confirmed(whose)) if whose == who => confirmed(viewer.who.email()),
        Some(_) => denied(),
    };
    Ok(viewer.page(page))
}

/// Notes a decision about a code that waits for one. What has been decided stays; none if there is no such code.
fn settle(db: &Db<'_>, code: &str, state: CodeState, now: i64) -> Result<Option<CodeState>, Refusal> {
    let Some(found) = db.login_code_named(code)?.filter(|found| found.expires > now) else {
        return Ok(None);
    };
    if found.state != CodeState::Waiting {
        return Ok(Some(found.state));
    }
    db.decide_login_code(code, state)?;
    Ok(Some(state))
}

/// A code however it was typed: in small letters, with blanks, without its hyphen.
fn normalized(text: &str) -> String {
    let letters: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(32).collect();
    match letters.len() {
        8 => format!("{}-{}", &letters[..4], &letters[4..]),
        _ => letters,
    }
}

fn asking(unknown: Option<&str>) -> Page {
    let described = if unknown.is_some() { "code-problem code-help" } else { "code-help" };
    Page::new(
        "Log in a device",
        html! {
            @if let Some(code) = unknown {
                p.notice.bad #code-problem role="alert" {
                    "There is no login with the code " strong { (code) } " any longer. Begin again, or look at the code once more."
                }
            }
            form.card method="get" action="/activate" {
                label for="user_code" { "Code" }
                input #user_code name="user_code" type="text" required autofocus autocomplete="off" spellcheck="false"
                    autocapitalize="characters" aria-describedby=(described) aria-invalid=[unknown.map(|_| "true")];
                p.quiet #code-help { "The program that logs in shows it, such as BCDF-GHJK." }
                button type="submit" { "Go on" }
            }
        },
    )
}

fn deciding(code: &str, email: &str) -> Page {
    Page::new(
        "Confirm the login",
        html! {
            p {
                "A program asks to act for " strong { (email) } " in this Arraylake. Confirm only if you have started it \
                 yourself and it shows this code:"
            }
            p.code #code { strong { (code) } }
            form.card method="post" action="/activate" {
                input type="hidden" name="user_code" value=(code);
                div.actions {
                    button type="submit" name="decision" value="confirm" autofocus { "Confirm" }
                    button.plain type="submit" name="decision" value="deny" { "Refuse" }
                }
            }
        },
    )
}

fn confirmed(email: &str) -> Page {
    ended(
        "Logged in",
        html! {
            p.notice.good role="status" { "The program is logged in as " strong { (email) } "." }
        },
    )
}

fn denied() -> Page {
    ended(
        "Not logged in",
        html! {
            p.notice role="status" { "The login was refused. The program has been told." }
        },
    )
}

fn ended(title: &str, notice: Markup) -> Page {
    Page::new(title, html! { (notice) p { "You can close this page and go back to the program." } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        for typed in ["BCDF-GHJK", "bcdf ghjk", " bcdfghjk\n", "BCDF - GHJK"] {
            assert_eq!(normalized(typed), "BCDF-GHJK", "{typed}");
        }
        assert_eq!(normalized("<script>"), "SCRIPT");
        assert_eq!(normalized("ü"), "");
        assert!(normalized(&"x".repeat(1000)).len() <= 32);
    }
}
