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

/// The word or the sign at a place of a filter, and what kind it is, in the form that clients show.
pub(super) fn token_at(filter: &str, at: usize) -> String {
    let rest = filter.get(at..).unwrap_or_default();
    let word = |part: fn(char) -> bool| &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
    let (token, kind) = match rest.chars().next() {
        None => ("", "EOF"),
        Some(c) if c.is_ascii_digit() || c == '-' => (word(|c| c.is_ascii_digit() || c == '-'), "NUMBER"),
        Some(c) if c.is_alphabetic() || c == '_' => {
            (word(|c| c.is_alphanumeric() || c == '_'), "UNQUOTED_IDENTIFIER")
        }
        Some(c) => (&rest[..c.len_utf8()], "SIGN"),
    };
    format!("\"{token}\" ({kind})")
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
    fn the_token_at_a_place_is_told_with_its_kind() {
        for (at, token) in [
            (9, r#""10" (NUMBER)"#),
            (0, r#""title" (UNQUOTED_IDENTIFIER)"#),
            (6, r#""=" (SIGN)"#),
            (99, r#""" (EOF)"#),
        ] {
            assert_eq!(token_at("title == 10", at), token);
        }
    }

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
