//! [`Metadata`]: free-form facts about a repo, and their rules.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::InvalidInput;

/// Facts about a repo: text keys, each with a scalar or a list of scalars.
///
/// Answers may hold anything; [`Metadata::validate`] checks the rules for what is sent.
///
/// Integers are those of 64 bits, signed or not. In an answer, one that is longer is read as the nearest float and so
/// loses digits; a text that is to be sent is refused for it:
///
/// ```
/// use arraylake_types::Metadata;
/// let facts: Metadata = r#"{"project": "ocean", "run": 18446744073709551615}"#.parse().unwrap();
/// assert_eq!(facts.0["run"], u64::MAX);
/// let error = r#"{"run": 18446744073709551616}"#.parse::<Metadata>().unwrap_err().to_string();
/// assert!(error.contains("18446744073709551616") && error.contains("64 bits"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub Map<String, Value>);

impl Metadata {
    /// The most that fits, in bytes, as the service counts them.
    pub const MAX_BYTES: usize = 4096;

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Size as the service counts it: that of [`to_wire_text`](Self::to_wire_text), in bytes.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        self.to_wire_text().len()
    }

    /// The text that services are sent as a filter: JSON with a blank behind `:` and `,`, everything beyond ASCII as
    /// `\uXXXX`, numbers as Python writes them.
    #[must_use]
    pub fn to_wire_text(&self) -> String {
        let mut text = String::new();
        write_object(&mut text, &self.0);
        text
    }

    /// Checks the rules: scalars and lists of scalars only, at most 4 kB.
    ///
    /// # Errors
    /// Names the key or the size.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        for (key, value) in &self.0 {
            let plain = match value {
                Value::Array(items) => items.iter().all(is_scalar),
                value => is_scalar(value),
            };
            if !plain {
                return Err(InvalidInput::new("metadata", key, "values must be scalars or lists of scalars"));
            }
        }
        let size = self.wire_size();
        if size > Self::MAX_BYTES {
            return Err(InvalidInput::new(
                "metadata",
                format!("<{size} bytes>"),
                "Metadata can be at most 4kB",
            ));
        }
        Ok(())
    }
}

impl FromStr for Metadata {
    type Err = InvalidInput;

    /// Reads a JSON object. Other rules are checked by [`validate`](Self::validate).
    fn from_str(json: &str) -> Result<Self, InvalidInput> {
        let fields = serde_json::from_str(json).map_err(|error| {
            InvalidInput::new("metadata", json, format!("must be a JSON object: {error}"))
        })?;
        match long_integer(json) {
            Some(number) => {
                let rule = "integers must fit into 64 bits; a longer one can be a text";
                Err(InvalidInput::new("metadata", number, rule))
            }
            None => Ok(Self(fields)),
        }
    }
}

/// The first integer in a JSON text that does not fit into 64 bits.
fn long_integer(json: &str) -> Option<&str> {
    let mut rest = json;
    loop {
        rest = &rest[rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?..];
        if let Some(text) = rest.strip_prefix('"') {
            rest = &text[end_of_text(text)?..];
            continue;
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let whole = !number.contains(['.', 'e', 'E']);
        if whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            return Some(number);
        }
        rest = after;
    }
}

/// Where the rest begins behind a text that has begun.
fn end_of_text(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map(|quote| quote + 1)
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn write_object(text: &mut String, fields: &Map<String, Value>) {
    text.push('{');
    for (index, (key, value)) in fields.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_text(text, key);
        text.push_str(": ");
        write_value(text, value);
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => write_object(text, fields),
        Value::String(value) => write_text(text, value),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => text.push_str(&float_text(float)),
            None => text.push_str(&number.to_string()),
        },
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn write_text(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            ' '..='~' | '\u{7f}' => text.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text.push('"');
}

/// The shortest text that reads back as the same number, with an exponent exactly where Python writes one.
fn float_text(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        return format!("{float:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_counted_on_the_escaped_text() {
        assert_eq!(
            Metadata::new().with("a", 1).with("b", vec![1, 2]).wire_size(),
            r#"{"a": 1, "b": [1, 2]}"#.len()
        );
        assert_eq!(Metadata::new().with("k", "é𝄞\"").wire_size(), r#"{"k": "\u00e9\ud834\udd1e\""}"#.len());
        assert!(Metadata::new().with("k", "é".repeat(700)).validate().is_err());
        assert!(Metadata::new().with("k", "e".repeat(700)).validate().is_ok());
    }

    #[test]
    fn a_filter_is_spelt_as_python_spells_it() {
        let facts = Metadata::new()
            .with("é", "𝄞 \"q\" \\ \u{1}\u{7f}\n")
            .with("n", serde_json::json!([1, 2.5, null, true]));
        let expected = r#"{"n": [1, 2.5, null, true], "\u00e9": "\ud834\udd1e \"q\" \\ \u0001"#;
        let ordered =
            Metadata(Map::from_iter(facts.0.into_iter().rev().collect::<std::collections::BTreeMap<_, _>>()));
        let text = ordered.to_wire_text();
        assert_eq!(text, format!("{expected}\u{7f}\\n\"}}"));
        assert_eq!(text.len(), ordered.wire_size());
        for (float, python) in [
            (1.5, "1.5"),
            (5.0, "5.0"),
            (1e16, "1e+16"),
            (1.25e-5, "1.25e-05"),
            (1e-4, "0.0001"),
            (1e15, "1000000000000000.0"),
            (-2.5e300, "-2.5e+300"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(float_text(float), python);
        }
    }

    #[test]
    fn numbers_come_back_to_the_last_bit() {
        // Each of these was read as its neighbour by a reader that is a little faster.
        let text = r#"{"a":31.245270191439438,"b":121.48791951161945,"c":100.78399658203125,"d":1.7976931348623157e308}"#;
        let facts: Metadata = serde_json::from_str(text).unwrap();
        assert_eq!(facts.0["a"].as_f64().unwrap().to_bits(), 31.245_270_191_439_438_f64.to_bits());
        assert_eq!(facts.0["b"].as_f64().unwrap().to_bits(), 121.487_919_511_619_45_f64.to_bits());
        let again: Metadata = serde_json::from_str(&facts.to_wire_text()).unwrap();
        assert_eq!(again, facts);
        let again: Metadata = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        assert_eq!(again, facts);
    }

    #[test]
    fn an_integer_that_would_lose_digits_is_named_wherever_it_stands() {
        let parse = |json: &str| json.parse::<Metadata>();
        for long in ["18446744073709551616", "-9223372036854775809", "123456789012345678901234567890"] {
            for json in [format!(r#"{{"k":{long}}}"#), format!(r#"{{"\\\"9": [1, "\"", {long} ], "b": 1}}"#)]
            {
                let error = parse(&json).unwrap_err().to_string();
                assert!(error.contains(long) && error.contains("64 bits"), "{error}");
            }
        }
        let fine = r#"{"a": 18446744073709551615, "b": [-9223372036854775808, 1e30, -2.5E+300, 123456789012345678901.5],
            "18446744073709551616": "184467440737095516160 \\\" 99999999999999999999", "c": -0}"#;
        assert_eq!(parse(fine).unwrap(), serde_json::from_str(fine).unwrap());
        assert!(parse("[1]").is_err() && parse("{").is_err());
    }

    #[test]
    fn nested_values_are_refused() {
        assert!(Metadata::new().with("k", serde_json::json!({"a": 1})).validate().is_err());
        assert!(Metadata::new().with("k", serde_json::json!([[1]])).validate().is_err());
        assert!(Metadata::new().with("k", serde_json::json!([1, null, "x", true])).validate().is_ok());
    }
}
