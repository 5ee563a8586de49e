//! What is different between a recorded call and ours, each difference as a line of text.

use serde_json::Value;

use super::handed;
use super::kinds::{Outcome, recorded_outcome};
use super::play::Played;
use super::record::{Record, Sent};

/// All differences; none if the calls are equal.
pub(crate) fn differences(record: &Record, ours: &[Sent], played: &Played) -> Vec<String> {
    let mut lines = requests(record, ours);
    let (outcome, expected) = (&played.outcome, &recorded_outcome(record));
    // What only one of them came to is told by the outcomes.
    if outcome == expected && (outcome.is_ok() || !played.handed.is_empty()) {
        handed::differences(&handed::recorded(record), &played.handed, "", &mut lines);
    }
    if outcome != expected {
        let word = |outcome: &Outcome| outcome.as_ref().map_or_else(Clone::clone, |()| "a value".to_owned());
        lines.push(format!("outcome: {} instead of {}", word(outcome), word(expected)));
    }
    lines.sort();
    lines.dedup();
    lines
}

fn requests(record: &Record, ours: &[Sent]) -> Vec<String> {
    let theirs: Vec<&Sent> = record.exchanges.iter().map(|exchange| &exchange.sent).collect();
    let mut left: Vec<Option<&Sent>> = theirs.iter().copied().map(Some).collect();
    let mut places = Vec::new();
    let mut odd = Vec::new();
    for sent in ours {
        match left.iter().position(|it| *it == Some(sent)) {
            Some(place) => {
                left[place] = None;
                places.push(place);
            }
            None => odd.push(sent),
        }
    }
    let mut lines = Vec::new();
    if !record.concurrent && !places.is_sorted() {
        lines.push("order of the requests".to_owned());
    }
    for sent in odd {
        let alike = |it: &&Sent| it.method == sent.method && it.path == sent.path;
        match left.iter().position(|it| it.as_ref().is_some_and(alike)) {
            Some(place) => lines.extend(left[place].take().into_iter().flat_map(|it| changes(it, sent))),
            None => lines.push(format!("added {}", sent.name())),
        }
    }
    lines.extend(left.into_iter().flatten().map(|it| format!("left out {}", it.name())));
    lines
}

/// What is different between two requests to one place.
fn changes(theirs: &Sent, ours: &Sent) -> Vec<String> {
    let mut lines = Vec::new();
    for pair in theirs.query.iter().filter(|pair| !ours.query.contains(pair)) {
        lines.push(format!("query left out {}={}", pair.0, pair.1));
    }
    for pair in ours.query.iter().filter(|pair| !theirs.query.contains(pair)) {
        lines.push(format!("query added {}={}", pair.0, pair.1));
    }
    if theirs.token != ours.token {
        let word = |sent: &Sent| sent.token.clone().unwrap_or_else(|| "no token".to_owned());
        lines.push(format!("{} instead of {}", word(ours), word(theirs)));
    }
    let null = Value::Null;
    body(theirs.body.as_ref().unwrap_or(&null), ours.body.as_ref().unwrap_or(&null), "", &mut lines);
    if lines.is_empty() && theirs != ours {
        lines.push("query: order".to_owned());
    }
    lines
}

fn body(theirs: &Value, ours: &Value, path: &str, lines: &mut Vec<String>) {
    let (Value::Object(theirs), Value::Object(ours)) = (theirs, ours) else {
        if theirs != ours {
            lines.push(format!("body changed {path}"));
        }
        return;
    };
    let null = |value: &Value| if value.is_null() { " (null)" } else { "" };
    for (key, value) in theirs {
        match ours.get(key) {
            Some(own) => body(value, own, &format!("{path}.{key}"), lines),
            None => lines.push(format!("body left out {path}.{key}{}", null(value))),
        }
    }
    for (key, value) in ours.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
        lines.push(format!("body added {path}.{key}{}", null(value)));
    }
}

/// Whether a pattern, in which `*` stands for anything, fits the whole of a text.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => {
            let Some(text) = text.strip_prefix(start) else { return false };
            rest.is_empty() || (0..=text.len()).any(|at| text.is_char_boundary(at) && fits(rest, &text[at..]))
        }
    }
}
