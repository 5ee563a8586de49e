//! JSON, and the numbers that it does not know: read as Python writes them, bare, and written as texts.

mod numbers;

use serde_json::{Map, Value};

pub(crate) use self::numbers::Known;

/// Reads a JSON text. Bare `NaN`, `Infinity` and `-Infinity`, which JSON does not know, become texts; as texts they are
/// understood as fill values, and by older writers of V1 repos as attributes.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        Err(error) => {
            let quoted = with_bare_words(bytes, |word| format!("\"{word}\""));
            quoted.map_or(Err(error), |quoted| serde_json::from_str(&quoted))
        }
    }
}

/// Reads a JSON text that must be an object; else says why it is none, in words that go on from its name.
pub(crate) fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    match parse(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("is no JSON object".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// A JSON text with something else for each bare `NaN`, `Infinity` and `-Infinity`; none if there is no such word.
pub(crate) fn with_bare_words(bytes: &[u8], instead: impl Fn(&str) -> String) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut quoted = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut is_changed = false;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let end = end_of_text(rest);
            quoted.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if let Some(word) =
            ["NaN", "Infinity", "-Infinity"].iter().find(|word| rest.starts_with(**word))
        {
            quoted.push_str(&instead(word));
            is_changed = true;
            rest = &rest[word.len()..];
        } else {
            quoted.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    is_changed.then_some(quoted)
}

/// Where a text in quotes at the beginning ends.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_numbers_that_json_does_not_know_become_texts() {
        let text = br#"{"a":NaN,"b":[Infinity,-Infinity,1],"c":"NaN \" NaN","d":{"NaN":NaN}}"#;
        let read =
            json!({"a": "NaN", "b": ["Infinity", "-Infinity", 1], "c": "NaN \" NaN", "d": {"NaN": "NaN"}});
        assert_eq!(parse(text).unwrap(), read);
        for bad in ["{", "{\"a\":nan}", "\"open", "NaNa"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
