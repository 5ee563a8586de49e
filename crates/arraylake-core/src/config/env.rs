//! Environment variables: which key a name stands for, and what its text means.

use serde_json::Value;

use super::literal;

/// The key that a variable sets: `ARRAYLAKE_SERVICE__TOKEN_PATH` is `service.token_path`.
pub(super) fn key(name: &str) -> Option<String> {
    let rest = name.strip_prefix("ARRAYLAKE_")?;
    // `ARRAYLAKE_CONFIG` names the place of the files, and what begins with one more underscore is for processes that
    // the Python client starts. Their names are no keys.
    let is_setting = !rest.is_empty() && rest != "CONFIG" && !rest.starts_with('_');
    is_setting.then(|| rest.to_lowercase().replace("__", "."))
}

/// What a text means: a literal of Python, or itself.
pub(super) fn literal(text: &str) -> Value {
    literal::parse(text).unwrap_or_else(|| Value::from(text))
}

/// The variable by which a Python process hands its settings down to those it starts.
#[cfg(feature = "config-file")]
pub(super) const INHERITED: &str = "ARRAYLAKE__INTERNAL_INHERIT_CONFIG";

/// The settings that a Python process handed down: JSON in Base64, each key with all its parts.
#[cfg(feature = "config-file")]
pub(super) fn inherited(text: &str) -> serde_json::Map<String, Value> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let json = URL_SAFE_NO_PAD.decode(text.trim().trim_end_matches('=')).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_keys() {
        assert_eq!(key("ARRAYLAKE_SERVICE__TOKEN_PATH").as_deref(), Some("service.token_path"));
        assert_eq!(key("ARRAYLAKE_service__uri").as_deref(), Some("service.uri"));
        for none in
            ["arraylake_service__uri", "ARRAYLAKE_CONFIG", "ARRAYLAKE__INTERNAL_INHERIT_CONFIG", "ARRAYLAKE_"]
        {
            assert_eq!(key(none), None, "{none}");
        }
    }

    #[test]
    fn a_text_that_is_no_literal_is_itself_blanks_and_all() {
        assert_eq!(literal("True"), Value::Bool(true));
        assert_eq!(literal(" true "), Value::from(" true "));
        assert_eq!(literal("http://127.0.0.1:8000"), Value::from("http://127.0.0.1:8000"));
    }
}
