//! Changes in the text of a YAML file: lines are put in, values replaced, lines taken out; the rest stays as it is.

use super::canonical;
use super::yaml::{Kind, Node};

/// The text of a file and what it says.
pub(super) struct Text<'t> {
    text: &'t str,
    root: Option<Node>,
}

impl<'t> Text<'t> {
    pub(super) fn new(text: &'t str, root: Option<Node>) -> Self {
        Self { text, root }
    }

    /// The text with a key set.
    pub(super) fn with(&self, parts: &[String], value: &str) -> String {
        let Some(root) = &self.root else { return self.after_line(usize::MAX, &block(parts, 0, value)) };
        let (mut map, mut rest) = (root, parts);
        loop {
            let Kind::Map(fields) = &map.kind else { return self.text.to_owned() };
            if self.is_flow(map) {
                return self.with_flow(map, rest, value);
            }
            let Some((key, node)) = rest.first().and_then(|part| find(fields, part)) else {
                let column = fields.first().map_or(0, |(key, _)| key.start.column);
                return self.after_line(map.last_line(), &block(rest, column, value));
            };
            rest = &rest[1..];
            match &node.kind {
                Kind::Map(_) if !rest.is_empty() => map = node,
                _ if rest.is_empty() => return self.replaced(key, node, value),
                // A section with nothing in it.
                _ => return self.after_line(key.end.line, &block(rest, key.start.column + 2, value)),
            }
        }
    }

    /// The text without a key, and without the sections that this leaves empty.
    pub(super) fn without(&self, parts: &[String]) -> String {
        let mut line: Option<(&Node, &Node)> = None;
        let (mut map, mut rest) = (self.root.as_ref(), parts);
        while let (Some(Node { kind: Kind::Map(fields), .. }), Some((part, more))) = (map, rest.split_first())
        {
            let Some((key, node)) = find(fields, part) else { return self.text.to_owned() };
            if map.is_some_and(|map| self.is_flow(map)) {
                return self.text.to_owned();
            }
            // The topmost section that would be left empty goes as a whole.
            if line.is_none() || fields.len() > 1 {
                line = Some((key, node));
            }
            (map, rest) = (Some(node), more);
        }
        match line.filter(|_| rest.is_empty()) {
            Some((key, node)) => self.without_lines(key.start.line, node.last_line().max(key.end.line)),
            None => self.text.to_owned(),
        }
    }

    /// A mapping in braces.
    fn is_flow(&self, map: &Node) -> bool {
        self.text.chars().nth(map.start.index) == Some('{')
    }

    /// Puts a field behind the brace that opens a mapping, or in the place of its value.
    fn with_flow(&self, map: &Node, rest: &[String], value: &str) -> String {
        let Kind::Map(fields) = &map.kind else { return self.text.to_owned() };
        if let Some((_, node)) = rest.first().and_then(|part| find(fields, part)) {
            return match &node.kind {
                Kind::Map(_) if rest.len() > 1 => self.with_flow(node, &rest[1..], value),
                _ if rest.len() == 1 && node.start.index < node.end.index => {
                    self.spliced(node.start.index, node.end.index, value)
                }
                _ => self.text.to_owned(),
            };
        }
        let Some((last, sections)) = rest.split_last() else { return self.text.to_owned() };
        let open: String = sections.iter().map(|part| format!("\"{part}\": {{")).collect();
        // What is no JSON is a bare word; with quotes a file that is JSON stays JSON.
        let is_json = serde_json::from_str::<serde_json::Value>(value).is_ok();
        let value = if is_json { value.to_owned() } else { format!("\"{value}\"") };
        let field = format!("{open}\"{last}\": {value}{}", "}".repeat(sections.len()));
        let more = if fields.is_empty() { "" } else { ", " };
        self.spliced(map.start.index + 1, map.start.index + 1, &format!("{field}{more}"))
    }

    /// A new value in the place of an old one, or of nothing.
    fn replaced(&self, key: &Node, node: &Node, value: &str) -> String {
        let (start, end) = (node.start, node.end);
        if start.index >= key.end.index && start.index < end.index {
            return self.spliced(start.index, end.index, value);
        }
        // Behind the colon, where nothing stands.
        let after = self.text.chars().skip(key.end.index).position(|c| c == ':');
        let at = key.end.index + after.map_or(0, |colon| colon + 1);
        self.spliced(at, at, &format!(" {value}"))
    }

    fn spliced(&self, start: usize, end: usize, new: &str) -> String {
        let (start, end) = (self.byte(start), self.byte(end));
        format!("{}{new}{}", &self.text[..start], &self.text[end..])
    }

    fn byte(&self, index: usize) -> usize {
        self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at)
    }

    /// Puts lines behind a line, counted from 1; behind the last one if there are not so many.
    fn after_line(&self, line: usize, new: &str) -> String {
        let mut edited = String::new();
        let mut lines = self.text.split_inclusive('\n');
        for old in lines.by_ref().take(line) {
            edited += old;
        }
        if !edited.is_empty() && !edited.ends_with('\n') {
            edited.push('\n');
        }
        edited + new + &lines.collect::<String>()
    }

    fn without_lines(&self, first: usize, last: usize) -> String {
        let lines = self.text.split_inclusive('\n').zip(1..);
        lines.filter(|(_, at)| *at < first || *at > last).map(|(line, _)| line).collect()
    }
}

/// The last field of a key, which is the one that counts.
fn find<'n>(fields: &'n [(Node, Node)], part: &str) -> Option<&'n (Node, Node)> {
    fields.iter().rev().find(|(key, _)| canonical(&key.name()) == canonical(part))
}

/// A key with its sections, each on a line of its own.
fn block(parts: &[String], column: usize, value: &str) -> String {
    let mut lines = String::new();
    for (depth, part) in parts.iter().enumerate() {
        let indent = " ".repeat(column + 2 * depth);
        let end = if depth + 1 == parts.len() { format!(" {value}") } else { String::new() };
        lines += &format!("{indent}{part}:{end}\n");
    }
    lines
}
