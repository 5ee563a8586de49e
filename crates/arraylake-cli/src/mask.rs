//! No secret leaves without being asked for: [`mask`] hides the values of fields whose names say that they are secret.

use arraylake_core::types::Secret;
use serde_json::Value;

/// Fields that are secret though their names do not end like one.
const SECRET: [&str; 5] = ["access_key_id", "aws_access_key_id", "parent_access_key_id", "token", "proxy"];
/// How names of secrets end.
const ENDINGS: [&str; 5] = ["_secret", "_token", "password", "secret_access_key", "api_key"];
/// What users wrote themselves is shown as it is.
const OPEN: [&str; 3] = ["metadata", "description", "attributes"];

/// Whether the value of a field must not be shown.
pub(crate) fn is_secret(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    SECRET.contains(&last) || last == "secret" || ENDINGS.iter().any(|end| last.ends_with(end))
}

/// Replaces secret values, at any depth, by the mask that the service uses too.
pub(crate) fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    // What is empty is no secret.
                    Value::String(text) if is_secret(name) => {
                        *text =
                            if text.is_empty() { String::new() } else { Secret::mask().expose().to_owned() };
                    }
                    value if !OPEN.contains(&name.as_str()) => mask(value),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_at_any_depth_and_what_users_wrote_is_not() {
        let mut value = json!([{
            "bucket": {"auth_config": {"method": "hmac", "access_key_id": "MARKER", "secret_access_key": "MARKER"}},
            "aws_session_token": "MARKER", "sas_token": "MARKER", "shared_secret": "MARKER", "x": {"db_password": "MARKER"},
            "metadata": {"token": "shown"}, "attributes": {"api_key": "shown"}, "name": "era5", "parent_access_key_id": null
        }]);
        mask(&mut value);
        let text = value.to_string();
        assert!(!text.contains("MARKER"), "{text}");
        assert!(
            text.matches("shown").count() == 2 && text.contains("era5") && text.contains("\"hmac\""),
            "{text}"
        );
        assert!(value[0]["parent_access_key_id"].is_null(), "what is not there is not hidden");
    }
}
