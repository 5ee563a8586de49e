//! Environment variables: which key a name stands for, and what its text means.

use serde_json::Value;

/// The key that a variable sets: `ARRAYLAKE_SERVICE__TOKEN_PATH` is `service.token_path`.
pub(super) fn key(name: &str) -> Option<String> {
    let rest = name.strip_prefix("ARRAYLAKE_")?;
    // `ARRAYLAKE_CONFIG` names the place of the files; it is no setting.
    (!rest.is_empty() && rest != "CONFIG").then(|| rest.to_lowercase().replace("__", "."))
}

/// What a text means: booleans, null, numbers and quoted texts in Python's spelling; anything else is itself.
pub(super) fn literal(text: &str) -> Value {
    let trimmed = text.trim();
    match trimmed {
        "True" => return Value::Bool(true),
        "False" => return Value::Bool(false),
        "None" => return Value::Null,
        _ => {}
    }
    if let Some(number) = integer(trimmed) {
        return Value::from(number);
    }
    if trimmed.contains(['.', 'e', 'E'])
        && trimmed.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && let Ok(number) = trimmed.parse::<f64>()
    {
        return Value::from(number);
    }
    for quote in ['\'', '"'] {
        if let Some(inner) = trimmed.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
            && !inner.contains(quote)
        {
            return Value::from(inner);
        }
    }
    Value::from(text)
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
    use super::*;

    #[test]
    fn names_become_keys() {
        assert_eq!(key("ARRAYLAKE_SERVICE__TOKEN_PATH").as_deref(), Some("service.token_path"));
        assert_eq!(key("ARRAYLAKE_service__uri").as_deref(), Some("service.uri"));
        assert_eq!(key("arraylake_service__uri"), None);
        assert_eq!(key("ARRAYLAKE_CONFIG"), None);
    }

    #[test]
    fn texts_mean_what_they_mean_in_python() {
        let cases = [
            ("True", Value::Bool(true)),
            ("true", Value::from("true")),
            ("None", Value::Null),
            ("300", Value::from(300)),
            ("-1", Value::from(-1)),
            ("1_000", Value::from(1000)),
            ("0x10", Value::from(16)),
            ("01", Value::from("01")),
            ("12abc", Value::from("12abc")),
            ("30s", Value::from("30s")),
            ("3e2", Value::from(300.0)),
            ("'x'", Value::from("x")),
            ("ema_abc", Value::from("ema_abc")),
            ("http://127.0.0.1:8000", Value::from("http://127.0.0.1:8000")),
            ("[1,2]", Value::from("[1,2]")),
            ("+", Value::from("+")),
        ];
        for (text, value) in cases {
            assert_eq!(literal(text), value, "{text}");
        }
    }
}
