//! What is different between a recorded call and ours, each difference as a line of text.

use serde_json::{Map, Value};

use super::handed;
use super::kinds::{Outcome, recorded_outcome};
use super::play::Played;
use super::record::{Record, Sent};
use super::values;

/// All differences; none if the calls are equal.
pub(crate) fn differences(record: &Record, ours: &[Sent], played: &Played) -> Vec<String> {
    let mut lines = requests(record, ours);
    let (outcome, expected) = (&played.outcome, &recorded_outcome(record));
    // What only one of them came to is told by the outcomes.
    if outcome == expected && (outcome.is_ok() || !played.handed.is_empty()) {
        handed::differences(&handed::recorded(record), &played.handed, "", &mut lines);
    }
    if let (Some(value), true, true) = (&played.value, outcome.is_ok(), expected.is_ok()) {
        values::differences(&record.returned, value, "", &mut lines);
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
    let theirs: Vec<Sent> = record.exchanges.iter().map(|exchange| exchange.sent.clone()).collect();
    let (theirs, ours) = match record.is_of_zarr() {
        true => (together(&theirs), together(ours)),
        false => (theirs, ours.to_vec()),
    };
    let mut left: Vec<Option<&Sent>> = theirs.iter().map(Some).collect();
    let mut places = Vec::new();
    let mut odd = Vec::new();
    for sent in &ours {
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
    let (their_body, own_body) = (theirs.body.as_ref().unwrap_or(&null), ours.body.as_ref().unwrap_or(&null));
    match (by_path(their_body), by_path(own_body)) {
        (Some(their_rows), Some(own_rows)) if ours.is_bulk() => {
            body(&their_rows, &own_rows, "", &mut lines);
            let place =
                format!("body of {}/{}", ours.path[ours.path.len() - 2], ours.path[ours.path.len() - 1]);
            lines.iter_mut().for_each(|line| *line = line.replacen("body", &place, 1));
        }
        _ => body(their_body, own_body, "", &mut lines),
    }
    if lines.is_empty() && theirs != ours {
        lines.push("query: order".to_owned());
    }
    lines
}

/// Requests about many paths at once as one of each kind: what is in which batch means nothing.
fn together(all: &[Sent]) -> Vec<Sent> {
    let mut merged: Vec<Sent> = Vec::new();
    for sent in all {
        let alike = |it: &&mut Sent| it.is_bulk() && it.name() == sent.name() && it.query == sent.query;
        let known = merged.iter_mut().find(alike).and_then(|it| it.body.as_mut()?.as_array_mut());
        match (known, sent.body.as_ref().and_then(Value::as_array)) {
            (Some(rows), Some(more)) => {
                rows.extend(more.iter().cloned());
                rows.sort_by_key(Value::to_string);
                rows.dedup();
            }
            _ => merged.push(sent.clone()),
        }
    }
    merged
}

/// Rows of a request about many paths by their paths; each may be there more than once.
fn by_path(value: &Value) -> Option<Value> {
    let mut fields = Map::new();
    for row in value.as_array()? {
        let path = row.as_str().or(row["path"].as_str())?;
        let again = fields.keys().filter(|key| key.split('#').next() == Some(path)).count();
        let key = if again == 0 { path.to_owned() } else { format!("{path}#{again}") };
        fields.insert(key, row.clone());
    }
    Some(Value::Object(fields))
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

/// Whether a pattern fits the whole of a text: `*` stands for anything, and `{}` for a part of a path.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (any, part) = (pattern.find('*'), pattern.find("{}"));
    let Some(at) = any.into_iter().chain(part).min() else { return pattern == text };
    let Some(text) = text.strip_prefix(&pattern[..at]) else { return false };
    let (rest, most) = match any == Some(at) {
        true => (&pattern[at + 1..], text.len()),
        false => (&pattern[at + 2..], text.find('/').unwrap_or(text.len())),
    };
    (0..=most).any(|end| text.is_char_boundary(end) && fits(rest, &text[end..]))
}
