//! Lines of YAML: one value is changed, all others stay as they are. Whether the outcome says what it should is for the
//! caller to check: what is written in another way than one key a line is not understood here.

use std::ops::Range;

use serde_json::{Map, Value};

/// Words that YAML 1.1 reads as booleans or null.
const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan"];

/// The text with a key set.
pub(super) fn set(text: &str, parts: &[String], value: &Value) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut within = 0..lines.len();
    let mut indent = 0;
    for (depth, part) in parts.iter().enumerate() {
        let Some(block) = find(&lines, &within, indent, part) else {
            let new = fresh(&parts[depth..], indent, value);
            let at = end_of_data(&lines, &within);
            lines.splice(at..at, new);
            return joined(&lines);
        };
        if depth + 1 == parts.len() {
            let line = format!(
                "{}{}: {}{}",
                " ".repeat(indent),
                key(part),
                scalar(value),
                comment(&lines[block.start])
            );
            lines.splice(block, [line]);
            return joined(&lines);
        }
        within = block.start + 1..block.end;
        indent = indent_of_first(&lines, &within).unwrap_or(indent + 2);
    }
    joined(&lines)
}

/// The text without a key, and without the sections that are empty then.
pub(super) fn unset(text: &str, parts: &[String]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let (mut within, mut indent) = (0..lines.len(), 0);
    for part in parts {
        let Some(block) = find(&lines, &within, indent, part) else { return joined(&lines) };
        within = block.start + 1..block.end;
        indent = indent_of_first(&lines, &within).unwrap_or(indent + 2);
        blocks.push(block);
    }
    // The outermost section that holds nothing else goes with it.
    let holds_more = |block: &Range<usize>, inner: &Range<usize>| {
        let rest = (block.start + 1..block.end).filter(|at| !inner.contains(at));
        rest.into_iter().any(|at| is_data(&lines[at]))
    };
    let mut gone = blocks.pop().unwrap_or(0..0);
    while let Some(block) = blocks.pop().filter(|block| !holds_more(block, &gone)) {
        gone = block;
    }
    lines.drain(gone);
    joined(&lines)
}

/// All of it, one key a line.
pub(super) fn whole(data: &Map<String, Value>) -> String {
    let mut lines = Vec::new();
    add(&mut lines, data, 0);
    joined(&lines)
}

fn add(lines: &mut Vec<String>, data: &Map<String, Value>, indent: usize) {
    for (name, value) in data {
        let start = format!("{}{}:", " ".repeat(indent), key(name));
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                lines.push(start);
                add(lines, fields, indent + 2);
            }
            value => lines.push(format!("{start} {}", scalar(value))),
        }
    }
}

/// Lines for a key that is not there yet.
fn fresh(parts: &[String], indent: usize, value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (depth, part) in parts.iter().enumerate() {
        let start = format!("{}{}:", " ".repeat(indent + 2 * depth), key(part));
        lines.push(if depth + 1 == parts.len() { format!("{start} {}", scalar(value)) } else { start });
    }
    lines
}

/// The lines of a key and all below it.
fn find(lines: &[String], within: &Range<usize>, indent: usize, part: &str) -> Option<Range<usize>> {
    let start = within.clone().find(|at| {
        let line = &lines[*at];
        let rest = line.get(indent..).filter(|_| depth_of(line) == indent && is_data(line));
        rest.is_some_and(|rest| {
            [key(part), format!("'{part}'"), format!("\"{part}\"")].iter().any(|name| {
                rest.strip_prefix(name.as_str()).is_some_and(|rest| rest == ":" || rest.starts_with(": "))
            })
        })
    })?;
    let after = (start + 1..within.end).find(|at| is_data(&lines[*at]) && depth_of(&lines[*at]) <= indent);
    Some(start..end_of_data(lines, &(start + 1..after.unwrap_or(within.end))).max(start + 1))
}

/// The line after the last one that is neither empty nor a comment.
fn end_of_data(lines: &[String], within: &Range<usize>) -> usize {
    let last = within.clone().rev().find(|at| is_data(&lines[*at]));
    last.map_or(if within.start == 0 { within.end } else { within.start }, |at| at + 1)
}

fn indent_of_first(lines: &[String], within: &Range<usize>) -> Option<usize> {
    within.clone().find(|at| is_data(&lines[*at])).map(|at| depth_of(&lines[at]))
}

fn depth_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_data(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

/// The comment behind a plain value, with its distance.
fn comment(line: &str) -> &str {
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim_start());
    if value.starts_with(['\'', '"', '|', '>', '[', '{']) {
        return "";
    }
    line.find(" #").map_or("", |at| &line[at..])
}

fn key(part: &str) -> String {
    scalar(&Value::from(part))
}

/// A value that YAML 1.1 and 1.2 read the same way.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        // JSON is YAML, in both.
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-./:@~".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(legal)
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn joined(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_would_take_for_something_else_are_quoted() {
        for text in
            ["yes", "No", "on", "null", "1:30", "60", "", "a: b", "a #b", "~", "- x", "'x'", "é", "NaN"]
        {
            assert_eq!(scalar(&text.into()), Value::from(text).to_string(), "{text}");
        }
        for text in ["http://127.0.0.1:8000", "/etc/ca.pem", "ema_abc-1", "DEBUG"] {
            assert_eq!(scalar(&text.into()), text);
        }
    }

    #[test]
    fn a_key_goes_to_the_end_of_its_section() {
        let parts = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
        let text = "a:\n    b: 1\n\n# about c\nc:\n  d: 2\n";
        assert_eq!(
            set(text, &parts("a.x.z"), &3.into()),
            "a:\n    b: 1\n    x:\n      z: 3\n\n# about c\nc:\n  d: 2\n"
        );
        assert_eq!(set(text, &parts("z"), &true.into()), format!("{text}z: true\n"));
        assert_eq!(set("# all\n# comments\n", &parts("a.b"), &1.into()), "# all\n# comments\na:\n  b: 1\n");
        assert_eq!(unset(text, &parts("a.b")), "\n# about c\nc:\n  d: 2\n");
    }
}
