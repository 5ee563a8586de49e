//! [`OptimizationConfig`]: garbage collection and expiration of a repo.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{InvalidInput, Timestamp};

/// A length of time in seconds, on the wire a JSON number.
pub type Seconds = f64;

wire_struct! {
    /// Garbage collection and expiration of a repo.
    pub struct OptimizationConfig {
        /// When work may be done; none means the org's window.
        pub window: Option<Box<OptimizationWindow>> = lenient("window"),
        /// Garbage collection.
        pub gc_config: Option<Box<GcConfig>> = lenient("gc_config"),
        /// Expiration.
        pub expiration_config: Option<Box<ExpirationConfig>> = lenient("expiration_config"),
    }
}

impl Default for OptimizationConfig {
    fn default() -> Self {
        Self { window: None, gc_config: None, expiration_config: None, other: crate::Other::new() }
    }
}

wire_struct! {
    /// When work may be done.
    pub struct OptimizationWindow {
        /// How long, in seconds.
        pub duration: Seconds = lenient("duration"),
        /// Time of day in UTC, `HH:MM:SS`.
        pub start_time: String = lenient("start_time"),
        /// 0 is Monday, 6 is Sunday.
        pub day_of_week: u8 = lenient("day_of_week"),
    }
}

impl OptimizationWindow {
    /// So many seconds from a time of day in UTC on a day of the week; 0 is Monday.
    ///
    /// # Errors
    /// If the time is not `HH:MM:SS`, or the day is not 0 to 6.
    pub fn new(duration: Seconds, start_time: &str, day_of_week: u8) -> Result<Self, InvalidInput> {
        if chrono::NaiveTime::parse_from_str(start_time, "%H:%M:%S%.f").is_err() {
            return Err(InvalidInput::new("start time", start_time, "must be `HH:MM:SS`"));
        }
        if day_of_week > 6 {
            let rule = "must be 0, which is Monday, to 6";
            return Err(InvalidInput::new("day of the week", day_of_week.to_string(), rule));
        }
        let start_time = start_time.to_owned();
        Ok(Self { duration, start_time, day_of_week, other: crate::Other::new() })
    }
}

/// What garbage collection does with objects that nothing refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Retention {
    /// Keep them.
    #[default]
    Keep,
    /// Delete those older than so many seconds.
    OlderThan(Seconds),
    /// Delete those created before a moment.
    CreatedBefore(Timestamp),
}

impl Serialize for Retention {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        match self {
            Self::Keep => serializer.serialize_none(),
            Self::OlderThan(seconds) => serializer.serialize_f64(*seconds),
            Self::CreatedBefore(moment) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("date", moment)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self::Keep),
            Value::Number(seconds) => Ok(Self::OlderThan(seconds.as_f64().unwrap_or(f64::MAX))),
            Value::Object(mut fields) => match fields.remove("date").filter(|date| !date.is_null()) {
                Some(date) => serde_json::from_value(date).map(Self::CreatedBefore).map_err(D::Error::custom),
                None => Ok(Self::Keep),
            },
            _ => Err(D::Error::custom("an age must be a number of seconds")),
        }
    }
}

wire_struct! {
    /// Garbage collection.
    pub struct GcConfig {
        /// Snapshots to keep besides those that branches and tags reach.
        pub extra_gc_roots: Vec<String> = lenient("extra_gc_roots"),
        /// What to do with chunks.
        pub dangling_chunks: Retention = lenient("dangling_chunks"),
        /// What to do with manifests.
        pub dangling_manifests: Retention = lenient("dangling_manifests"),
        /// What to do with attribute files.
        pub dangling_attributes: Retention = lenient("dangling_attributes"),
        /// What to do with transaction logs.
        pub dangling_transaction_logs: Retention = lenient("dangling_transaction_logs"),
        /// What to do with snapshots.
        pub dangling_snapshots: Retention = lenient("dangling_snapshots"),
        /// Seconds between two runs; none means never.
        pub gc_every: Option<Seconds> = lenient("gc_every"),
        /// Whether it runs at all.
        pub enabled: bool = lenient("enabled"),
    }
}

impl Default for GcConfig {
    fn default() -> Self {
        Self {
            extra_gc_roots: Vec::new(),
            dangling_chunks: Retention::Keep,
            dangling_manifests: Retention::Keep,
            dangling_attributes: Retention::Keep,
            dangling_transaction_logs: Retention::Keep,
            dangling_snapshots: Retention::Keep,
            gc_every: None,
            enabled: false,
            other: crate::Other::new(),
        }
    }
}

wire_struct! {
    /// Expiration of old versions.
    pub struct ExpirationConfig {
        /// Age in seconds from which versions expire.
        pub expire_versions_older_than: Option<Seconds> = lenient("expire_versions_older_than"),
        /// Seconds between two runs; none means never.
        pub expire_every: Option<Seconds> = lenient("expire_every"),
        /// Whether it runs at all.
        pub enabled: bool = lenient("enabled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_time_of_day_and_a_day_of_the_week() {
        assert!(OptimizationWindow::new(7200.0, "03:30:00", 6).is_ok());
        assert!(OptimizationWindow::new(7200.0, "2:00", 6).is_err());
        assert!(OptimizationWindow::new(7200.0, "03:30:00", 7).is_err());
    }

    #[test]
    fn ages_are_read_in_every_form_and_durations_are_written_as_floats() {
        let text = r#"{"dangling_chunks":86400,"dangling_manifests":{},"dangling_attributes":{"date":null},"dangling_snapshots":{"date":5},"gc_every":60}"#;
        let config: GcConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.dangling_chunks, Retention::OlderThan(86400.0));
        assert_eq!([config.dangling_manifests, config.dangling_attributes], [Retention::Keep; 2]);
        assert!(matches!(config.dangling_snapshots, Retention::CreatedBefore(_)));
        assert_eq!(serde_json::to_value(&config).unwrap()["gc_every"].to_string(), "60.0");
    }
}
