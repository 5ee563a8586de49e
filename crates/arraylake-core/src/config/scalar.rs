//! What a word in a YAML file means, and how a value is written so that every reader takes it for the same.
//!
//! The Python client reads YAML 1.1 and writes YAML 1.2: `yes` is true to the one and a text to the other. Files are read
//! as it reads them, and written so that both agree.

use serde_json::Value;

/// What a word without quotes means in YAML 1.1, as Python reads it.
pub(super) fn plain(word: &str) -> Value {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        _ => {}
    }
    if let Some(flag) = flag(word) {
        return Value::Bool(flag);
    }
    integer(word).map(Value::from).or_else(|| float(word)).unwrap_or_else(|| Value::from(word))
}

fn flag(word: &str) -> Option<bool> {
    // `yes`, `Yes` and `YES`, and no other spelling.
    let is_spelled = |base: &str| {
        let capital = word.strip_prefix(|c: char| c.is_ascii_uppercase());
        word == base
            || word == base.to_ascii_uppercase()
            || (capital == Some(&base[1..]) && word.eq_ignore_ascii_case(base))
    };
    if ["yes", "true", "on"].into_iter().any(is_spelled) {
        return Some(true);
    }
    ["no", "false", "off"].into_iter().any(is_spelled).then_some(false)
}

fn integer(word: &str) -> Option<i64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let only = |text: &str, of: fn(char) -> bool| {
        !text.is_empty() && text.chars().all(|c| c == '_' || of(c)) && text.contains(of)
    };
    let bare = digits.replace('_', "");
    let number =
        if let Some(bits) = digits.strip_prefix("0b").filter(|it| only(it, |c| matches!(c, '0' | '1'))) {
            i64::from_str_radix(&bits.replace('_', ""), 2)
        } else if let Some(hex) = digits.strip_prefix("0x").filter(|it| only(it, |c| c.is_ascii_hexdigit())) {
            i64::from_str_radix(&hex.replace('_', ""), 16)
        } else if digits == "0" {
            Ok(0)
        } else if digits.starts_with('0') && only(&digits[1..], |c| c.is_digit(8)) {
            i64::from_str_radix(&bare, 8)
        } else if digits.starts_with(|c: char| ('1'..='9').contains(&c)) {
            return sixties(digits, &bare).map(|number| sign * number);
        } else {
            return None;
        };
    number.ok().map(|number| sign * number)
}

/// Decimal digits, or parts of a clock: `1:30` is 90.
fn sixties(digits: &str, bare: &str) -> Option<i64> {
    let mut parts = bare.split(':');
    let first = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
    let mut number: i64 = first.parse().ok()?;
    // An underscore may stand before the first colon alone.
    if digits.split_once(':').is_some_and(|(_, rest)| rest.contains('_')) {
        return None;
    }
    for part in parts {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let value: i64 = part.parse().ok().filter(|value| digits && *value < 60)?;
        number = number.checked_mul(60)?.checked_add(value)?;
    }
    Some(number)
}

/// A float has a point, and a sign in its exponent: `1e3` is a text, and so is `-.5`. `1:30.5` is 90.5.
fn float(word: &str) -> Option<Value> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if let Some((clock, part)) = unsigned.split_once('.').filter(|(clock, _)| clock.contains(':')) {
        return clock_with_fraction(word.starts_with('-'), clock, &part.replace('_', ""));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, part) = mantissa.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let signed = exponent.is_none_or(|text| {
        text.strip_prefix(['-', '+'])
            .is_some_and(|rest| begins(rest) && rest.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let is_bare = whole.is_empty() && begins(part) && unsigned == word;
    if !digits(whole) || !digits(part) || !signed || !(begins(whole) || is_bare) {
        return None;
    }
    let number: f64 = word.replace('_', "").trim_start_matches('+').parse().ok()?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

fn clock_with_fraction(negative: bool, clock: &str, part: &str) -> Option<Value> {
    let whole = sixties(clock, &clock.replace('_', ""))
        .filter(|_| clock.starts_with(|c: char| c.is_ascii_digit()))?;
    let part: f64 = match part {
        "" => 0.0,
        part if part.bytes().all(|byte| byte.is_ascii_digit()) => format!("0.{part}").parse().ok()?,
        _ => return None,
    };
    let number = whole as f64 + part;
    serde_json::Number::from_f64(if negative { -number } else { number }).map(Value::Number)
}

/// A value on one line that YAML 1.1, YAML 1.2 and JSON readers take for the same.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) if may_stand_bare(text) => text.clone(),
        other => other.to_string(),
    }
}

fn may_stand_bare(text: &str) -> bool {
    let usual = |c: char| c.is_ascii_alphanumeric() || "._/:@+=~%-".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && text.chars().all(usual)
        && !text.ends_with(':')
        && is_text(text)
        // Numbers of YAML 1.2.
        && text.parse::<f64>().is_err()
        && !text.starts_with("0o")
}

/// Whether every reader takes a bare word for a text.
pub(super) fn is_text(word: &str) -> bool {
    // `y` and `n` are booleans to some readers of YAML 1.1, though not to that of Python.
    plain(word).is_string() && !["y", "n", "none", "nan"].contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_mean_what_yaml_1_1_says() {
        for (word, value) in [
            ("yes", json!(true)),
            ("On", json!(true)),
            ("TRUE", json!(true)),
            ("off", json!(false)),
            ("No", json!(false)),
            ("nO", json!("nO")),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("60", json!(60)),
            ("-1_000", json!(-1000)),
            ("017", json!(15)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("0o17", json!("0o17")),
            ("1:30", json!(90)),
            ("1:60", json!("1:60")),
            ("127.0.0.1:80", json!("127.0.0.1:80")),
            ("1.5", json!(1.5)),
            ("1e3", json!("1e3")),
            ("1.0e+3", json!(1000.0)),
            (".5", json!(0.5)),
            ("-.5", json!("-.5")),
            ("-1:30.5", json!(-90.5)),
            ("1:60.5", json!("1:60.5")),
            ("09", json!("09")),
            ("2024-01-01", json!("2024-01-01")),
            ("y", json!("y")),
        ] {
            assert_eq!(plain(word), value, "{word}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_by_both_readers() {
        let plain_texts = ["http://127.0.0.1:8000", "ema_abc", "/etc/ca.pem", "local"];
        for text in plain_texts {
            assert_eq!(written(&json!(text)), text);
        }
        for text in
            ["yes", "off", "null", "1:30", "1e3", "0o7", "60", "", "a b", "a: b", "#x", "-", "~/x", "x:", "ü"]
        {
            let quoted = written(&json!(text));
            assert_eq!(serde_json::from_str::<Value>(&quoted).unwrap(), json!(text), "{text}");
        }
        assert_eq!(written(&json!(false)), "false");
        assert_eq!(written(&json!(60)), "60");
    }

    #[test]
    fn a_word_that_some_reader_takes_for_a_boolean_or_a_number_is_no_text() {
        for text in ["token", "max-retries", "yesterday", "1a", "none_such"] {
            assert!(is_text(text), "{text}");
        }
        for bad in ["yes", "on", "No", "null", "1", "1:30", "Y", "n", "None", "~", ""] {
            assert!(!is_text(bad), "{bad}");
        }
    }
}
