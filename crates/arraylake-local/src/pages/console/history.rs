//! The history of a version: messages, authors, times.

use maud::{Markup, html};

use super::{place, words};
use crate::contents::{Commit, Contents, Version};

/// The part of a repo's page that tells its history.
pub(super) fn section(name: (&str, &str), contents: &Contents) -> Markup {
    let older = contents.older.clone().map(|id| place::version(name, &Version::Snapshot(id)));
    html! {
        h2 #history { "History" }
        @if contents.history.is_empty() {
            p { "Nothing has been committed yet." }
        } @else {
            div.scroll role="region" aria-labelledby="history" tabindex="0" {
                table {
                    caption { (capital(contents.unit)) "s, newest first" }
                    thead { tr {
                        th.wide scope="col" { "Message" } th scope="col" { "Author" } th scope="col" { "Time" }
                        th scope="col" { (capital(contents.unit)) }
                    } }
                    tbody { @for commit in &contents.history { (row(name, commit)) } }
                }
            }
        }
        @if let Some(older) = older { p { a href=(older) rel="next" { "Older " (contents.unit) "s" } } }
    }
}

/// A word with a capital letter.
fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

fn row(name: (&str, &str), commit: &Commit) -> Markup {
    let place = place::version(name, &Version::Snapshot(commit.id.clone()));
    html! {
        tr {
            td { @if commit.message.is_empty() { span.quiet { "(no message)" } } @else { (commit.message) } }
            td { @match &commit.author { Some(author) => (author), None => span.quiet { "unknown" } } }
            td { (words::time(commit.at)) }
            td { a.nowrap href=(place) { code { (commit.id) } } }
        }
    }
}
