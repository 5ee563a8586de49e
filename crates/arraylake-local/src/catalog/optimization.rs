//! Garbage collection and expiration in a request. Clients read them back with every repo, strictly: a value of another form
//! would cost them the list of the whole org.

use arraylake_types::{ExpirationConfig, GcConfig, OptimizationConfig, OptimizationWindow, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body::Body;

/// What is to be changed; nothing means unchanged.
#[derive(Debug, Default)]
pub(super) struct Optimization {
    window: Option<Box<OptimizationWindow>>,
    gc: Option<Box<GcConfig>>,
    expiration: Option<Box<ExpirationConfig>>,
}

impl Optimization {
    /// Reads `optimization_config`.
    pub(super) fn read(body: &mut Body) -> Self {
        let mut fields = body.object("optimization_config").unwrap_or_default();
        fields.retain(|_, value| !value.is_null());
        Self {
            window: part(body, &mut fields, "window", window_fault),
            gc: part(body, &mut fields, "gc_config", gc_fault),
            expiration: part(body, &mut fields, "expiration_config", expiration_fault),
        }
    }

    /// Changes a config.
    pub(super) fn apply(self, config: &mut OptimizationConfig) {
        config.window = self.window.or_else(|| config.window.take());
        config.gc_config = self.gc.or_else(|| config.gc_config.take());
        config.expiration_config = self.expiration.or_else(|| config.expiration_config.take());
    }
}

fn part<T: DeserializeOwned>(
    body: &mut Body,
    fields: &mut Map<String, Value>,
    key: &str,
    fault: fn(&Map<String, Value>) -> Option<&'static str>,
) -> Option<T> {
    let value = fields.remove(key)?;
    let wrong = match &value {
        Value::Object(parts) => {
            fault(parts).map(|name| format!("{key}.{name} is missing or has another form"))
        }
        _ => Some(format!("{key} should be a valid dictionary")),
    };
    match (wrong, serde_json::from_value(value)) {
        (None, Ok(read)) => Some(read),
        (wrong, _) => body.wrong(
            "optimization_config",
            &wrong.unwrap_or_else(|| format!("{key} is invalid")),
            "value_error",
        ),
    }
}

/// A value that must be there, or may be missing.
type Form = fn(&Value) -> bool;

fn first_fault(
    parts: &Map<String, Value>,
    required: &[(&'static str, Form)],
    optional: &[(&'static str, Form)],
) -> Option<&'static str> {
    let bad = required.iter().find(|(name, fits)| !parts.get(*name).is_some_and(fits));
    let odd = || optional.iter().find(|(name, fits)| parts.get(*name).is_some_and(|value| !fits(value)));
    bad.or_else(odd).map(|(name, _)| *name)
}

fn window_fault(parts: &Map<String, Value>) -> Option<&'static str> {
    let day: Form = |value| value.as_u64().is_some_and(|day| day < 7);
    let time: Form = |value| value.as_str().is_some_and(is_time);
    first_fault(parts, &[("duration", Value::is_number), ("start_time", time), ("day_of_week", day)], &[])
}

fn gc_fault(parts: &Map<String, Value>) -> Option<&'static str> {
    let roots: Form = |value| value.as_array().is_some_and(|roots| roots.iter().all(Value::is_string));
    let ages = ["dangling_chunks", "dangling_manifests", "dangling_attributes", "dangling_transaction_logs"];
    let ages = ages.into_iter().chain(["dangling_snapshots"]).map(|name| (name, is_age as Form));
    let rest: [(&str, Form); 3] =
        [("gc_every", is_number_or_null), ("enabled", Value::is_boolean), ("extra_gc_roots", roots)];
    first_fault(parts, &[], &ages.chain(rest).collect::<Vec<_>>())
}

fn expiration_fault(parts: &Map<String, Value>) -> Option<&'static str> {
    let rest: [(&str, Form); 2] = [("expire_every", is_number_or_null), ("enabled", Value::is_boolean)];
    first_fault(parts, &[("expire_versions_older_than", Value::is_number)], &rest)
}

fn is_number_or_null(value: &Value) -> bool {
    value.is_number() || value.is_null()
}

/// So many seconds, or since a moment, or never.
fn is_age(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            let is_moment = |date: &Value| serde_json::from_value::<Timestamp>(date.clone()).is_ok();
            fields.get("date").is_none_or(is_moment)
        }
        other => is_number_or_null(other),
    }
}

/// `HH:MM` or `HH:MM:SS`, with parts of a second and a zone or without.
fn is_time(text: &str) -> bool {
    let bare = text.strip_suffix('Z').unwrap_or(text);
    let bare = bare.split_once('+').map_or(bare, |(bare, _)| bare);
    let padded = bare.find(':') == Some(2);
    let forms = ["%H:%M:%S%.f", "%H:%M"];
    padded && forms.iter().any(|form| chrono::NaiveTime::parse_from_str(bare, form).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(config: Value) -> Result<OptimizationConfig, String> {
        let mut body = Body::of(Map::from_iter([("optimization_config".to_owned(), config)]));
        let read = Optimization::read(&mut body);
        body.finish().map_err(|refusal| refusal.message())?;
        let mut config = OptimizationConfig::default();
        read.apply(&mut config);
        Ok(config)
    }

    #[test]
    fn what_clients_could_not_read_back_is_refused_by_its_name() {
        for (config, name) in [
            (json!([]), "dictionary"),
            (json!({"window": {}}), "window.duration"),
            (json!({"window": {"duration": 1, "start_time": "2:00", "day_of_week": 1}}), "window.start_time"),
            (
                json!({"window": {"duration": 1, "start_time": "02:00", "day_of_week": 7}}),
                "window.day_of_week",
            ),
            (json!({"gc_config": {"gc_every": "PT1H"}}), "gc_config.gc_every"),
            (json!({"gc_config": {"enabled": null}}), "gc_config.enabled"),
            (json!({"gc_config": {"extra_gc_roots": [1]}}), "gc_config.extra_gc_roots"),
            (json!({"gc_config": {"dangling_chunks": "x"}}), "gc_config.dangling_chunks"),
            (json!({"gc_config": {"dangling_snapshots": {"date": "never"}}}), "gc_config.dangling_snapshots"),
            (json!({"expiration_config": {"enabled": true}}), "expiration_config.expire_versions_older_than"),
            (json!({"expiration_config": 5}), "expiration_config"),
        ] {
            let message = read(config).unwrap_err();
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn what_is_left_out_or_null_stays_as_it_is() {
        let config = read(json!({"window": null, "gc_config": {"enabled": true, "dangling_chunks": {}}}));
        let config = config.unwrap();
        assert!(config.window.is_none() && config.gc_config.unwrap().enabled);
        read(json!({"window": {"duration": 3600.5, "start_time": "02:00:00.5Z", "day_of_week": 6}})).unwrap();
    }
}
