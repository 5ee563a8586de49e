//! YAML files as trees that know where in the text each part stands.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Map, Value};

use super::scalar;

/// How deep parts may lie in each other, and how many there may be. Aliases multiply.
const DEEPEST: usize = 64;
const MOST: usize = 100_000;

/// What is wrong with a text, and in which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: Option<usize>,
    pub(super) what: &'static str,
}

/// A part of a file. Places are counted in characters, lines from 1.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) start: Place,
    pub(super) end: Place,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Reads a file with one document; nothing for an empty one.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Fault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), left: MOST };
    let mut found = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(found),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            _ if found.is_some() => return Err(fault(span, "it holds more than one document")),
            event => found = Some(reader.node(event, span, 0)?),
        }
    }
}

fn fault(span: Span, what: &'static str) -> Fault {
    Fault { line: Some(span.start.line()), what }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    left: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            // What the parser says may quote the file, and the file may hold a token.
            Some(Err(error)) => {
                Err(Fault { line: Some(error.marker().line()), what: "it is not well-formed" })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        self.count(1, span)?;
        if depth > DEEPEST {
            return Err(fault(span, "its parts lie too deep in each other"));
        }
        let (kind, anchor, end) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                let value = if is_text { Value::from(&*text) } else { scalar::plain(&text) };
                (Kind::Scalar(value), anchor, span)
            }
            Event::SequenceStart(anchor, _) => {
                let (items, end) = self.items(depth)?;
                (Kind::List(items), anchor, end)
            }
            Event::MappingStart(anchor, _) => {
                let (fields, end) = self.fields(depth)?;
                (Kind::Map(fields), anchor, end)
            }
            Event::Alias(id) => return self.alias(id, span),
            _ => return Err(fault(span, "it is not well-formed")),
        };
        let node = Node { kind, start: place(span.start), end: place(end.end) };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn items(&mut self, depth: usize) -> Result<(Vec<Node>, Span), Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => return Ok((items, span)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn fields(&mut self, depth: usize) -> Result<(Vec<(Node, Node)>, Span), Fault> {
        let mut fields = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, span) => return Ok((fields, span)),
                (event, span) => self.node(event, span, depth + 1)?,
            };
            let (event, span) = self.next()?;
            fields.push((key, self.node(event, span, depth + 1)?));
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Fault> {
        let node = self.anchors.get(&id).cloned().ok_or(fault(span, "it is not well-formed"))?;
        self.count(node.size(), span)?;
        Ok(Node { start: place(span.start), end: place(span.end), ..node })
    }

    fn count(&mut self, parts: usize, span: Span) -> Result<(), Fault> {
        self.left = self.left.checked_sub(parts).ok_or(fault(span, "it has too many parts"))?;
        Ok(())
    }
}

fn place(marker: saphyr_parser::Marker) -> Place {
    Place { index: marker.index(), line: marker.line(), column: marker.col() }
}

impl Node {
    fn size(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) => 1,
            Kind::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Kind::Map(fields) => {
                1 + fields.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>()
            }
        }
    }

    /// The value. Of two fields with one key the last counts; what `<<` brings in gives way to fields.
    pub(super) fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::value).collect(),
            Kind::Map(fields) => {
                let mut all = Map::new();
                for (_, more) in fields.iter().filter(|(key, _)| key.name() == "<<") {
                    let parts = match more.value() {
                        Value::Array(parts) => parts,
                        one => vec![one],
                    };
                    for part in parts.into_iter().rev().filter_map(|part| part.as_object().cloned()) {
                        all.extend(part);
                    }
                }
                all.extend(
                    fields
                        .iter()
                        .filter(|(key, _)| key.name() != "<<")
                        .map(|(key, it)| (key.name(), it.value())),
                );
                Value::Object(all)
            }
        }
    }

    /// A key as a text; one that is none is written out.
    pub(super) fn name(&self) -> String {
        match self.value() {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// The last line that something of this stands in.
    pub(super) fn last_line(&self) -> usize {
        match &self.kind {
            Kind::Scalar(_) => self.end.line,
            Kind::List(items) => items.last().map_or(self.end.line, |it| it.last_line().max(self.start.line)),
            Kind::Map(fields) => {
                fields.last().map_or(self.end.line, |(key, it)| it.last_line().max(key.end.line))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        parse(text).unwrap().map_or(Value::Null, |node| node.value())
    }

    #[test]
    fn quotes_decide_what_a_word_is() {
        let text = "a: yes\nb: 'yes'\nc: \"60\"\nd: 60\ne: !!str no\nf: |\n  on\n";
        let expected = json!({"a": true, "b": "yes", "c": "60", "d": 60, "e": "no", "f": "on\n"});
        assert_eq!(value(text), expected);
    }

    #[test]
    fn aliases_merges_lists_and_odd_keys_are_read() {
        let text = "base: &b {uri: u, x: 1}\nservice: {<<: *b, x: 2}\nlist: [1, {a: b}]\n1: one\nyes: true\n";
        let all = value(text);
        assert_eq!(all["service"], json!({"uri": "u", "x": 2}));
        assert_eq!(
            (&all["list"][1]["a"], &all["1"], &all["true"]),
            (&json!("b"), &json!("one"), &json!(true))
        );
    }

    #[test]
    fn comments_alone_are_nothing_and_json_is_yaml() {
        assert!(parse("# service:\n#   uri: x\n").unwrap().is_none());
        assert!(parse("").unwrap().is_none());
        assert_eq!(
            value(r#"{"service": {"uri": "http://h", "ssl": {"verify": false}}}"#)["service"]["ssl"]["verify"],
            json!(false)
        );
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_a_line_and_never_a_panic() {
        for text in [
            "a: [1\n",
            "a: b: c\n",
            "a: 'x\n",
            "\tb: 1\na",
            "{",
            "a: *b\n",
            "--- a\n--- b\n",
            "@",
            "%",
            "a: &x [*x]",
        ] {
            if let Err(fault) = parse(text) {
                assert!(fault.line.is_some(), "{text:?}: {fault:?}");
            }
        }
        assert!(parse("a: 1\nb: [\n").is_err());
        assert!(parse("--- a\n--- b\n").is_err());
        assert!(parse(&"[".repeat(1000)).is_err());
    }

    #[test]
    fn aliases_of_aliases_do_not_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for at in 1..12 {
            let list = vec![format!("*a{}", at - 1); 10].join(", ");
            text += &format!("a{at}: &a{at} [{list}]\n");
        }
        assert!(parse(&text).is_err());
    }
}
