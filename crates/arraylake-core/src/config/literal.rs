//! Python's literals: what the text of an environment variable means to the Python client.

use serde_json::{Map, Value};

/// How deep lists and mappings may lie in each other.
const DEEPEST: usize = 16;

/// The value that a text writes down; none if it is no literal.
pub(super) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text.trim() };
    let value = reader.value(0)?;
    // `1,2` without brackets is a tuple.
    let mut items = Vec::new();
    while reader.eat(",") {
        if reader.at_end() {
            break;
        }
        items.push(reader.value(0)?);
    }
    let is_tuple = !items.is_empty() || text.trim_end().ends_with(',');
    reader.at_end().then(|| match is_tuple {
        true => std::iter::once(value).chain(items).collect(),
        false => value,
    })
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn eat(&mut self, mark: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '\'' | '"' => self.text().map(Value::from),
            '[' => self.items("[", "]", depth),
            '(' => self.items("(", ")", depth),
            '{' => self.fields(depth),
            _ => self.word(),
        }
    }

    fn items(&mut self, open: &str, close: &str, depth: usize) -> Option<Value> {
        self.eat(open);
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.value(depth + 1)?);
            if !self.eat(",") && !self.rest.trim_start().starts_with(close) {
                return None;
            }
        }
        Some(Value::Array(items))
    }

    /// A mapping; a set is a list.
    fn fields(&mut self, depth: usize) -> Option<Value> {
        self.eat("{");
        let (mut fields, mut items) = (Map::new(), Vec::new());
        while !self.eat("}") {
            let key = self.value(depth + 1)?;
            if self.eat(":") {
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                fields.insert(key, self.value(depth + 1)?);
            } else {
                items.push(key);
            }
            if !self.eat(",") && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        match (fields.is_empty(), items.is_empty()) {
            (_, true) => Some(Value::Object(fields)),
            (true, false) => Some(Value::Array(items)),
            (false, false) => None,
        }
    }

    /// A text in quotes. The usual escapes are undone; what has others is left as it is.
    fn text(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                _ if c == quote => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return Some(text);
                }
                '\\' => text.push(match chars.next()?.1 {
                    'n' => '\n',
                    't' => '\t',
                    plain @ ('\\' | '\'' | '"') => plain,
                    _ => return None,
                }),
                '\n' => return None,
                _ => text.push(c),
            }
        }
        None
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find([',', ']', ')', '}', ':', '#', ' ', '\t']).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            _ => number(word)?,
        };
        self.rest = &self.rest[end..];
        Some(value)
    }
}

fn number(word: &str) -> Option<Value> {
    if let Some(whole) = integer(word) {
        return Some(Value::from(whole));
    }
    let is_float = word.contains(['.', 'e', 'E']) && word.contains(|c: char| c.is_ascii_digit());
    let plain = word.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    // What is too large for a number of ours (`1e999`) stays a text.
    let number: f64 = word.parse().ok().filter(|_| is_float && plain)?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let bare = digits.replace('_', "");
    let (radix, bare) = match bare.get(..2) {
        Some("0x" | "0X") => (16, &bare[2..]),
        Some("0o" | "0O") => (8, &bare[2..]),
        Some("0b" | "0B") => (2, &bare[2..]),
        // `01` is no number in Python.
        Some(_) if bare.starts_with('0') && bare.bytes().any(|byte| byte != b'0') => return None,
        _ => (10, bare.as_str()),
    };
    if !bare.bytes().next()?.is_ascii_hexdigit() {
        return None;
    }
    let number = i64::from_str_radix(bare, radix).ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        for (text, value) in [
            ("True", json!(true)),
            ("None", json!(null)),
            (" 300 ", json!(300)),
            ("-1", json!(-1)),
            ("+1", json!(1)),
            ("1_000", json!(1000)),
            ("0x10", json!(16)),
            ("0b101", json!(5)),
            ("5 # c", json!(5)),
            ("3e2", json!(300.0)),
            ("'x y'", json!("x y")),
            ("\"it's\"", json!("it's")),
            ("[1,2]", json!([1, 2])),
            ("(1,)", json!([1])),
            ("1,2", json!([1, 2])),
            ("{1}", json!([1])),
            ("{'a': 1, 'b': {'c': [True, None]}}", json!({"a": 1, "b": {"c": [true, null]}})),
            ("{}", json!({})),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_literal() {
        for text in [
            "",
            "true",
            "null",
            "yes",
            "01",
            "12abc",
            "30s",
            "ema_abc",
            "http://h:1",
            "eyJ.a.b",
            "1e999",
            "inf",
            "nan",
            "...",
            "b'x'",
            "1+2j",
            "{[]:",
            "[1",
            "'open",
            "1 2",
            "{'a': 1, 2}",
            "_1",
            "1__0",
            ".",
            "e",
            "-",
            "127.0.0.1:80",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep), None);
    }
}
