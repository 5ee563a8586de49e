//! Times, states and facts as they stand on a page.

use arraylake_types::{BucketResponse, RepoModel, RepoOperationMode, Timestamp};
use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// The longest value of an attribute that is shown whole, in characters.
const LONG: usize = 2000;

/// A moment, to the second.
pub(super) fn time(at: DateTime<Utc>) -> Markup {
    let exact = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    html! { time datetime=(exact) { (at.format("%Y-%m-%d %H:%M:%S")) " UTC" } }
}

/// A moment that may be unknown.
pub(super) fn maybe(at: Option<Timestamp>) -> Markup {
    match at {
        Some(at) => time(at.to_chrono()),
        None => html! { span.quiet { "unknown" } },
    }
}

/// Whether a repo may be used.
pub(super) fn state(repo: &RepoModel) -> Markup {
    let mode = &repo.status.mode;
    let class = match mode {
        RepoOperationMode::Online => "good",
        RepoOperationMode::Offline => "bad",
        _ => "warn",
    };
    html! { span class={ "state " (class) } { (mode) } }
}

/// The name people use for a bucket.
pub(super) fn bucket(bucket: Option<&BucketResponse>) -> Markup {
    match bucket {
        Some(bucket) => html! { (bucket.nickname) },
        None => html! { span.quiet { "none" } },
    }
}

/// Pairs of names and values.
pub(super) fn facts(facts: &[(&str, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts { dt { (name) } dd { (value) } }
        }
    }
}

/// Free-form facts: metadata of a repo, attributes of a node.
pub(super) fn attributes(attributes: &Map<String, Value>) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in attributes { dt { code { (name) } } dd { (value_of(value)) } }
        }
    }
}

/// Text as text, all else as JSON, neither without end.
pub(super) fn value_of(value: &Value) -> Markup {
    let (text, is_text) = match value {
        Value::String(text) => (text.clone(), true),
        other => (other.to_string(), false),
    };
    let shown: String = text.chars().take(LONG).collect();
    let left = text.chars().count() - shown.chars().count();
    html! {
        @if is_text { (shown) } @else { code { (shown) } }
        @if left > 0 { span.quiet { "… (" (left) " characters more)" } }
    }
}

/// A number of things: `1 repo`, `2 repos`.
pub(super) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_values_are_cut_between_characters() {
        let shown = value_of(&json!("é".repeat(LONG + 3))).into_string();
        assert!(shown.contains("(3 characters more)"), "{shown}");
        assert_eq!(value_of(&json!([1, "<"])).into_string(), "<code>[1,&quot;&lt;&quot;]</code>");
    }

    #[test]
    fn a_time_is_told_to_the_second_and_for_machines() {
        let at = Timestamp::from_unix(1_700_000_000, 5).unwrap();
        let expected = "<time datetime=\"2023-11-14T22:13:20Z\">2023-11-14 22:13:20 UTC</time>";
        assert_eq!(maybe(Some(at)).into_string(), expected);
    }
}
