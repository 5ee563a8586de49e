//! The rules for keys and values that are written to a file.

use arraylake_types::{ApiToken, InvalidInput, OrgName};
use serde_json::Value;

use super::known::{KNOWN, SettingKind, known};
use super::{is_secret, scalar};
use crate::uri::ServiceUri;

/// The parts of a key, each of which is a word that no YAML takes for anything else.
pub(super) fn parts(key: &str) -> Result<Vec<String>, InvalidInput> {
    let bad = |rule: &str| Err(InvalidInput::new("configuration key", key, rule));
    if KNOWN.iter().any(|known| known.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))) {
        return bad("is a section: name a key in it");
    }
    for part in key.split('.') {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !part.chars().all(word) {
            return bad("must be words of letters, digits, `_` and `-`, with dots between them");
        }
        if !scalar::is_text(part) {
            return bad(
                "must not hold a word that YAML reads as a boolean, or no Python client starts any more",
            );
        }
    }
    Ok(key.split('.').map(str::to_owned).collect())
}

/// The value for a key: text becomes what the key is known to be.
pub(super) fn value(key: &str, value: &Value) -> Result<Value, InvalidInput> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown = if is_secret(key) { "<hidden>".to_owned() } else { text };
    let bad = |rule: &str| InvalidInput::new("value", shown.clone(), format!("{key} {rule}"));
    let Some(known) = known(key) else { return Ok(value.clone()) };
    let value = match value {
        Value::String(text) => known.parse(text).map_err(bad)?,
        value if is_of(known.kind, value) => value.clone(),
        _ => return Err(bad(known.kind.rule())),
    };
    // The Python client cuts fractions off, and half a second would be none.
    if known.key.starts_with("http.") && value.is_f64() {
        return Err(bad("must be a whole number of seconds"));
    }
    if let Some(text) = value.as_str() {
        match known.key {
            "service.uri" => drop(text.parse::<ServiceUri>()?),
            "token" => drop(text.parse::<ApiToken>()?),
            "user.org" => drop(text.parse::<OrgName>()?),
            _ => {}
        }
    }
    Ok(value)
}

fn is_of(kind: SettingKind, value: &Value) -> bool {
    match kind {
        SettingKind::Flag => value.is_boolean(),
        SettingKind::Number => value.is_u64(),
        SettingKind::Real => value.as_f64().is_some_and(|real| real >= 0.0),
        SettingKind::Text => value.is_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_for_a_file_is_one_that_every_client_takes_for_the_same() {
        assert_eq!(value("http.timeout", &"60".into()).unwrap(), Value::from(60));
        assert_eq!(value("commit_jitter_factor", &"0.5".into()).unwrap(), Value::from(0.5));
        let error = value("http.timeout", &"0.5".into()).unwrap_err().to_string();
        assert!(error.contains("whole number of seconds"), "{error}");
        assert!(value("http.timeout", &Value::from(-1)).is_err());
        assert_eq!(value("mine.own", &"0.5".into()).unwrap(), Value::from("0.5"));
    }
}
