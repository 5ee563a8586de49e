//! [`WireTime`]: a moment as V1 repos write it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::{InvalidInput, Timestamp};

/// A moment that remembers whether it came with an offset, since it must go back the way it came.
///
/// Moments made here have none and are in UTC: `2026-11-22T09:55:03.353028`, with six digits of a second, or none
/// where they are all zero. Those that come with an offset keep it. Equal and ordered by the moment alone.
///
/// ```
/// use arraylake_types::v1::WireTime;
/// let plain: WireTime = "2026-11-22T09:55:03.353028".parse().unwrap();
/// assert_eq!(plain.to_string(), "2026-11-22T09:55:03.353028");
/// let east: WireTime = "2026-11-22T11:55:03.353028+02:00".parse().unwrap();
/// assert_eq!(east.to_string(), "2026-11-22T11:55:03.353028+02:00");
/// assert_eq!(plain, east);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WireTime {
    moment: Timestamp,
    offset: Option<FixedOffset>,
}

impl WireTime {
    /// Now, without an offset and in whole microseconds.
    #[must_use]
    pub fn now() -> Self {
        Self::from(Timestamp::from(std::time::SystemTime::now()))
    }

    /// The moment.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.moment
    }

    /// The same moment for `chrono`.
    #[must_use]
    pub fn to_chrono(self) -> DateTime<Utc> {
        self.moment.to_chrono()
    }

    /// Whether it came without an offset.
    #[must_use]
    pub fn is_naive(&self) -> bool {
        self.offset.is_none()
    }
}

impl From<Timestamp> for WireTime {
    /// Without an offset; what is finer than a microsecond is dropped, since the wire does not carry it.
    fn from(moment: Timestamp) -> Self {
        let micros = moment.to_chrono().timestamp_micros();
        let moment = DateTime::from_timestamp_micros(micros).map_or(moment, Timestamp::from);
        Self { moment, offset: None }
    }
}

impl From<DateTime<Utc>> for WireTime {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::from(Timestamp::from(moment))
    }
}

impl PartialEq for WireTime {
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}

impl Eq for WireTime {}

impl PartialOrd for WireTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WireTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.moment.cmp(&other.moment)
    }
}

impl std::hash::Hash for WireTime {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.moment.hash(state);
    }
}

impl fmt::Display for WireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.moment.to_chrono();
        let whole = utc.timestamp_subsec_micros() == 0;
        let digits = if whole { SecondsFormat::Secs } else { SecondsFormat::Micros };
        match self.offset {
            Some(offset) => f.write_str(&utc.with_timezone(&offset).to_rfc3339_opts(digits, false)),
            None => f.write_str(utc.to_rfc3339_opts(digits, true).trim_end_matches('Z')),
        }
    }
}

impl FromStr for WireTime {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let moment: Timestamp = text.parse()?;
        // An offset is `Z`, or a sign behind the date.
        let clock = text.trim().get(10..).unwrap_or_default();
        let offset = match clock.rfind(['+', '-']) {
            _ if clock.ends_with(['Z', 'z']) => FixedOffset::east_opt(0),
            Some(sign) => parse_offset(&clock[sign..]),
            None => None,
        };
        Ok(Self { offset, ..Self::from(moment) })
    }
}

/// `+02:00`, `+0200` or `+02`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Some(0), |minutes| minutes.parse().ok())?;
    let seconds = hours * 3600 + minutes * 60;
    if text.starts_with('-') { FixedOffset::west_opt(seconds) } else { FixedOffset::east_opt(seconds) }
}

impl Serialize for WireTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Moment;
        impl serde::de::Visitor<'_> for Moment {
            type Value = WireTime;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as ISO 8601 text or Unix seconds")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<WireTime, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<WireTime, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<WireTime, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<WireTime, E> {
                let moment = seconds.to_string().parse::<Timestamp>().map_err(E::custom)?;
                Ok(WireTime { offset: FixedOffset::east_opt(0), ..WireTime::from(moment) })
            }
        }
        deserializer.deserialize_any(Moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_goes_back_the_way_it_came() {
        for text in [
            "2026-11-22T09:55:02.123000",
            "2026-11-22T09:55:02",
            "2026-11-22T09:55:02+00:00",
            "2026-11-22T09:55:02.000001-03:30",
        ] {
            let time: WireTime = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
        }
        let zulu: WireTime = "2026-11-22T09:55:02Z".parse().unwrap();
        assert_eq!(zulu.to_string(), "2026-11-22T09:55:02+00:00");
        let finer: WireTime = "2026-11-22T09:55:02.123456789Z".parse().unwrap();
        assert_eq!(
            finer,
            finer.to_string().parse().unwrap(),
            "what the wire does not carry is not kept either"
        );
        assert!(!zulu.is_naive() && "2026-11-22".parse::<WireTime>().unwrap().is_naive());
        assert_eq!(
            serde_json::from_str::<WireTime>("1714564800.5").unwrap().timestamp().unix_seconds(),
            1_714_564_800
        );
    }
}
