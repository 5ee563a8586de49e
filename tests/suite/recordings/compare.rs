//! What is different between a recorded call and ours, each difference as a line of text.

use arraylake_core::Error;
use serde_json::Value;

use super::record::{Record, Sent};

/// What came of a call: a value, or an error of a kind.
pub(crate) type Outcome = Result<(), String>;

/// The kind of an error of ours.
pub(crate) fn kind_of(error: &Error) -> String {
    if let Some(status) = error.status() {
        return format!("status {}", status.as_u16());
    }
    let kind = match error {
        _ if error.is_bucket_not_found() => "bucket not found",
        _ if error.is_invalid_input() => "invalid input",
        _ if error.is_redirect() => "redirect",
        _ if error.is_decode() => "unreadable answer",
        _ if error.is_connect() || error.is_timeout() || error.is_interrupted() => "no answer",
        _ => return format!("other: {error}"),
    };
    kind.to_owned()
}

/// Models of requests: a fault in one of them was found before anything was sent.
const REQUESTS: [&str; 6] = [
    "NewBucket",
    "RepoCreateBody",
    "RepoImportBody",
    "RepoModifyRequest",
    "BucketModifyRequest",
    "ServiceConfig",
];

/// What came of a recorded call.
pub(crate) fn recorded_outcome(record: &Record) -> Outcome {
    let Some((class, message)) = &record.raised else { return Ok(()) };
    let kind = match record.exchanges.last() {
        _ if class == "BucketNotFoundError" => "bucket not found".to_owned(),
        None => "invalid input".to_owned(),
        Some(last) => match last.status() {
            None => "no answer".to_owned(),
            Some(301 | 302 | 303 | 307 | 308) => "redirect".to_owned(),
            Some(status @ 300..) => format!("status {status}"),
            Some(_)
                if class == "ValidationError"
                    && !REQUESTS.iter().any(|name| message.contains(&format!("for {name}"))) =>
            {
                "unreadable answer".to_owned()
            }
            Some(_) if class == "JSONDecodeError" => "unreadable answer".to_owned(),
            Some(_) => "invalid input".to_owned(),
        },
    };
    Err(kind)
}

/// All differences; none if the calls are equal.
pub(crate) fn differences(
    record: &Record,
    ours: &[Sent],
    outcome: &Outcome,
    expected: &Outcome,
) -> Vec<String> {
    let mut lines = requests(record, ours);
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
