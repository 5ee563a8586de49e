//! The text of a filter, brought into the form that JMESPath knows.

use serde_json::{Value, json};

/// Texts that stand for numbers which JSON does not have.
const NO_JSON: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// What stands for a number that is not equal to anything.
fn not_a_number() -> Value {
    json!({"": "NaN"})
}

/// Whether a literal stands for a number that is not equal to anything.
pub(super) fn is_not_a_number(value: &Value) -> bool {
    *value == not_a_number()
}

/// The filter with each literal between backticks as JSON: what is none is a text. Pipes, which the parser takes for
/// dots, are refused.
pub(super) fn plain(filter: &str) -> Result<String, &'static str> {
    let mut plain = String::with_capacity(filter.len());
    let mut rest = filter;
    while let Some(at) = rest.find(['`', '\'', '"', '|']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("||") {
            plain.push_str("||");
            rest = &rest[2..];
            continue;
        }
        if rest.starts_with('|') {
            return Err("pipes");
        }
        // What is never closed is the parser's to refuse.
        let Some(end) = closing(rest) else { break };
        let (quoted, behind) = rest.split_at(end + 1);
        match quoted.strip_prefix('`').and_then(|it| it.strip_suffix('`')) {
            Some(literal) => plain.push_str(&as_json(literal)),
            None => plain.push_str(quoted),
        }
        rest = behind;
    }
    plain.push_str(rest);
    Ok(plain)
}

/// Where the quotation ends that a text begins with.
fn closing(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn as_json(literal: &str) -> String {
    let text = literal.replace("\\`", "`");
    let value = if NO_JSON.contains(&text.trim()) {
        not_a_number().to_string()
    } else if serde_json::from_str::<Value>(&text).is_ok() {
        text
    } else {
        Value::from(text).to_string()
    };
    format!("`{}`", value.replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_that_is_no_json_becomes_a_text() {
        for (filter, expected) in [
            ("a == `2022-05-01`", r#"a == `"2022-05-01"`"#),
            ("a == `5` || b == `[1, 2]`", "a == `5` || b == `[1, 2]`"),
            ("a == `NaN`", r#"a == `{"":"NaN"}`"#),
            ("a == '`x`' && \"b`\" == `y`", "a == '`x`' && \"b`\" == `\"y\"`"),
            (r"a == 'it\'s `x`'", r"a == 'it\'s `x`'"),
            ("a == `open", "a == `open"),
        ] {
            assert_eq!(plain(filter).unwrap(), expected);
        }
        assert!(plain("a | b").is_err());
        assert_eq!(plain("a == 'b|c'").unwrap(), "a == 'b|c'");
    }
}
