//! What is odd about settings that were read: nothing that keeps anybody from working.

use serde_json::Value;

use super::known::{KNOWN, KnownSetting, SettingKind, is_known, nearest};
use super::{Config, Origin};

/// What is odd about a configuration, one line each.
pub(super) fn of(config: &Config) -> Vec<String> {
    let from = |key: &str| match config.origin(key) {
        Some(origin) => format!(" (it comes from {origin})"),
        None => String::new(),
    };
    let odd = KNOWN.iter().filter_map(|known| {
        let what = complaint(known, config)?;
        Some(format!("{} {what}{}", known.key, from(known.key)))
    });
    let unknown = config.keys().filter(|key| !is_known(key)).map(|key| {
        let near = nearest(key).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("nobody knows a setting {key:?}{}{near}", from(key))
    });
    odd.chain(unknown).collect()
}

/// What is odd about the value of a known setting.
fn complaint(known: &KnownSetting, config: &Config) -> Option<&'static str> {
    let value = config.get(known.key)?;
    let fine = match known.kind {
        SettingKind::Flag => {
            let flag = config.flag(known.key);
            let is_text = value.as_str().is_some_and(|text| !text.is_empty());
            if is_text && flag == Some(false) && config.origin(known.key) != Some(&Origin::Explicit) {
                return Some(
                    "is a text, which the Python client takes for true: write `false` without quotes",
                );
            }
            flag.is_some()
        }
        SettingKind::Number => config.number(known.key).is_some() || is_below_zero(value),
        SettingKind::Real => config.text(known.key).is_some_and(|text| known.parse(&text).is_ok()),
        SettingKind::Text => value.is_string() || value.is_number(),
    };
    (!fine).then_some(known.kind.rule())
}

/// Some settings are switched off by a number below zero.
fn is_below_zero(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| number < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_that_is_neither_below_zero_nor_endless() {
        for (text, fine) in
            [("0", true), ("0.5", true), (" 7 ", true), ("-1", false), ("inf", false), ("nan", false)]
        {
            let config = Config::from_env_vars([("ARRAYLAKE_HTTP__TIMEOUT", text)]);
            assert_eq!(config.complaints().is_empty(), fine, "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_said_with_its_origin_and_without_its_value() {
        let config = Config::from_env_vars([
            ("ARRAYLAKE_SERVICE__URL", "MARKER"),
            ("ARRAYLAKE_HTTP__TIMEOUT", "MARKER"),
            ("ARRAYLAKE_USER__DIAGNOSTICS", "false"),
            ("ARRAYLAKE_S3__ENDPOINT_URL", "http://a"),
            ("ARRAYLAKE_CHUNKSTORE__INLINE_THRESHOLD_BYTES", "-1"),
        ]);
        let complaints = config.complaints();
        assert_eq!(complaints.len(), 3, "{complaints:?}");
        assert!(
            complaints[0].starts_with("http.timeout must be a number, 0 or more (it comes from ARRAYLAKE_")
        );
        assert!(complaints[1].starts_with("user.diagnostics is a text"), "{complaints:?}");
        assert!(complaints[2].contains("\"service.url\"") && complaints[2].contains("`service.uri`"));
        assert!(!complaints.concat().contains("MARKER"));
    }
}
