//! [`Page`]: what all pages have in common, and [`Failure`]: a refusal as a page.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};

use super::CONSOLE;
use crate::refusal::Refusal;

/// What stands at the head of every page.
const BRAND: &str = "Local Arraylake";

/// A page. What is put into it with `html!` is escaped.
#[derive(Debug)]
pub(crate) struct Page {
    title: String,
    heading: Option<Markup>,
    status: StatusCode,
    viewer: Option<String>,
    trail: Vec<(String, String)>,
    main: Markup,
}

impl Page {
    /// A page with a title, which is its heading too.
    pub(crate) fn new(title: impl Into<String>, main: Markup) -> Self {
        let (title, status, trail) = (title.into(), StatusCode::OK, Vec::new());
        Self { title, heading: None, status, viewer: None, trail, main }
    }

    /// A heading that says more than the title.
    pub(crate) fn with_heading(mut self, heading: Markup) -> Self {
        self.heading = Some(heading);
        self
    }

    /// The status of the answer.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Who is signed in, by the e-mail address.
    pub(crate) fn with_viewer(mut self, email: impl Into<String>) -> Self {
        self.viewer = Some(email.into());
        self
    }

    /// A page above this one, the topmost first: its name and its path.
    pub(crate) fn below(mut self, name: impl Into<String>, path: impl Into<String>) -> Self {
        self.trail.push((name.into(), path.into()));
        self
    }

    fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (BRAND) }
                    link rel="stylesheet" href="/console/assets/style.css";
                    link rel="icon" type="image/svg+xml" href="/console/assets/icon.svg";
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.header())
                    (self.breadcrumb())
                    main #main tabindex="-1" {
                        h1 { @match &self.heading { Some(heading) => (heading), None => (self.title) } }
                        (self.main)
                    }
                    footer {
                        p { "arraylake-local " (env!("CARGO_PKG_VERSION")) }
                    }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header {
                a.brand href=(CONSOLE) {
                    img src="/console/assets/icon.svg" alt="" width="24" height="24";
                    (BRAND)
                }
                @if let Some(email) = &self.viewer {
                    form.account method="post" action="/console/sign-out" {
                        span { span.quiet { "Signed in as " } (email) }
                        button.plain type="submit" { "Sign out" }
                    }
                }
            }
        }
    }

    fn breadcrumb(&self) -> Markup {
        html! {
            @if !self.trail.is_empty() {
                nav.trail aria-label="Breadcrumb" {
                    ol {
                        @for (name, path) in &self.trail {
                            li { a href=(path) { (name) } }
                        }
                        li aria-current="page" { (self.title) }
                    }
                }
            }
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (self.status, kind, self.render().into_string()).into_response()
    }
}

/// A refusal that people read.
#[derive(Debug)]
pub(crate) struct Failure(Refusal);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            status if status.is_server_error() => "Something went wrong",
            _ => "That did not work",
        };
        let main = html! {
            p { (self.0.message()) }
            p { a href=(CONSOLE) { "Go to the start" } }
        };
        Page::new(title, main).with_status(status).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped_everywhere() {
        let evil = "<script>alert('\"&')</script>";
        let page = Page::new(evil, html! { p title=(evil) { (evil) } })
            .with_viewer(evil)
            .below(evil, format!("/{evil}"));
        let text = page.render().into_string();
        assert!(!text.contains("<script"), "{text}");
        assert!(!text.contains("'\"&'"), "{text}");
    }

    #[test]
    fn a_page_has_one_heading_of_the_first_level_and_the_landmarks() {
        let text = Page::new("Title", html! { p { "Text" } }).below("Up", "/up").render().into_string();
        for once in ["<h1>", "<main", "<header>", "<footer>", "aria-current=\"page\"", "lang=\"en\""] {
            assert_eq!(text.matches(once).count(), 1, "{once}");
        }
    }
}
