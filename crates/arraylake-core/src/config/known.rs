//! The keys that clients know, with what their values are, and the rules for keys.

use arraylake_types::{ApiToken, InvalidInput, OrgName};
use serde_json::Value;

use crate::uri::ServiceUri;

/// Words that YAML 1.1 reads as booleans or null, also where they are keys.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"];

/// What the value of a known key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingKind {
    /// A boolean.
    Flag,
    /// A whole number, 0 or more.
    Number,
    /// A text.
    Text,
}

/// A key that clients know.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KnownSetting {
    /// Its name.
    pub key: &'static str,
    /// What its value is.
    pub kind: SettingKind,
    /// What holds when it is not set, as YAML; empty if nothing does.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
}

const fn setting(
    key: &'static str,
    kind: SettingKind,
    default: &'static str,
    about: &'static str,
) -> KnownSetting {
    KnownSetting { key, kind, default, about }
}

/// Every key that this client or the Python client of our days reads, in alphabetical order.
pub const KNOWN: &[KnownSetting] = &[
    setting(
        "chunkstore.use_delegated_credentials",
        SettingKind::Flag,
        "true",
        "whether the service gives keys for buckets (Python)",
    ),
    setting(
        "disable_async_loop_check",
        SettingKind::Flag,
        "false",
        "leaves out a guard of the blocking client (Python)",
    ),
    setting("http.keepalive_expiry", SettingKind::Number, "30", "seconds that an idle connection is kept"),
    setting("http.max_keepalive_connections", SettingKind::Number, "100", "idle connections that are kept"),
    setting("http.max_retries", SettingKind::Number, "5", "how often a request is sent again (15 in Python)"),
    setting("http.retries", SettingKind::Number, "5", "attempts after errors of the network (Python)"),
    setting("http.timeout", SettingKind::Number, "300", "seconds that a call may take"),
    setting(
        "icechunk.scatter_initial_credentials",
        SettingKind::Flag,
        "true",
        "whether sessions take keys along (Python)",
    ),
    setting("log_level", SettingKind::Text, "", "DEBUG or INFO: says more"),
    setting("service.proxy", SettingKind::Text, "", "a proxy for calls to the service"),
    setting(
        "service.ssl.cafile",
        SettingKind::Text,
        "",
        "a file of certificates to trust (Python takes it for its own)",
    ),
    setting("service.ssl.verify", SettingKind::Flag, "true", "whether certificates are verified"),
    setting("service.token_path", SettingKind::Text, "", "one file for the logins of all services"),
    setting("service.uri", SettingKind::Text, "https://api.earthmover.io", "where the service is"),
    setting(
        "skills.uri",
        SettingKind::Text,
        "https://docs.earthmover.io/skills",
        "where `skills install` gets them (Python)",
    ),
    setting("token", SettingKind::Text, "", "an API token"),
    setting(
        "user.diagnostics",
        SettingKind::Flag,
        "true",
        "whether the service is told about this machine (Python)",
    ),
    setting("user.org", SettingKind::Text, "", "the org for commands that are given none"),
];

/// The known setting of a key; `-` and `_` are the same.
#[must_use]
pub fn known(key: &str) -> Option<&'static KnownSetting> {
    let key = super::canonical(key);
    KNOWN.iter().find(|known| known.key == key)
}

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
        if WORDS.contains(&part.to_ascii_lowercase().as_str()) {
            return bad(
                "must not hold a word that YAML reads as a boolean, or no Python client starts any more",
            );
        }
    }
    Ok(key.split('.').map(str::to_owned).collect())
}

/// The value for a key: text becomes what the key is known to be.
pub(super) fn value(key: &str, value: &Value) -> Result<Value, InvalidInput> {
    let shown = if super::is_secret(key) { "<hidden>".to_owned() } else { value.to_string() };
    let bad = |rule: &str| InvalidInput::new("value", shown.clone(), format!("{key} {rule}"));
    let Some(known) = known(key) else { return Ok(value.clone()) };
    match known.kind {
        SettingKind::Flag => super::flag(value).map(Value::Bool).ok_or_else(|| bad("must be true or false")),
        SettingKind::Number => match value {
            Value::Number(number) if number.is_u64() => Ok(value.clone()),
            Value::String(text) => {
                text.parse::<u32>().map(Value::from).map_err(|_| bad("must be a whole number"))
            }
            _ => Err(bad("must be a whole number")),
        },
        SettingKind::Text => {
            let text = value.as_str().ok_or_else(|| bad("must be a text"))?;
            match known.key {
                "service.uri" => drop(text.parse::<ServiceUri>()?),
                "token" => drop(text.parse::<ApiToken>()?),
                "user.org" => drop(text.parse::<OrgName>()?),
                _ => {}
            }
            Ok(value.clone())
        }
    }
}

/// A file that sets nothing and names every key.
pub(super) fn template() -> String {
    let mut text =
        "# Configuration of Arraylake clients; `arraylake config list --origin` shows what is in effect.\n"
            .to_owned();
    let mut section: Vec<&str> = Vec::new();
    for known in KNOWN {
        let parts: Vec<&str> = known.key.split('.').collect();
        let (name, parents) = parts.split_last().map_or(("", &[][..]), |(name, parents)| (*name, parents));
        if section != parents {
            let same = section.iter().zip(parents).take_while(|(a, b)| a == b).count();
            for (depth, parent) in parents.iter().enumerate().skip(same) {
                text.push_str(&format!("# {}{parent}:\n", "  ".repeat(depth)));
            }
            section = parents.to_vec();
        }
        let line = format!("# {}{name}: {}", "  ".repeat(parents.len()), known.default);
        text.push_str(&format!("{}  # {}\n", line.trim_end(), known.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_order_and_their_defaults_are_values_for_them() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].key < pair[1].key));
        for known in KNOWN.iter().filter(|known| !known.default.is_empty()) {
            value(known.key, &known.default.into()).unwrap();
        }
        assert_eq!(known("http.max-retries").map(|known| known.kind), Some(SettingKind::Number));
    }
}
