//! [`Timestamp`]: a moment, read in every form a service uses, written in one.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// A moment in UTC.
///
/// Read from RFC 3339 with any offset (converted, not overwritten), from a text without offset (taken as UTC), with
/// `T` or a blank between date and time, from a bare date, and from Unix seconds. Written as RFC 3339 with `+00:00`.
///
/// ```
/// use arraylake_types::Timestamp;
/// let noon: Timestamp = "2025-03-01T14:00:00+02:00".parse().unwrap();
/// assert_eq!(noon.to_string(), "2025-03-01T12:00:00+00:00");
/// assert_eq!("2025-03-01 12:00:00".parse::<Timestamp>().unwrap(), noon);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// From Unix seconds and nanoseconds; out of range is `None`.
    #[must_use]
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        DateTime::from_timestamp(seconds, nanos).map(Self)
    }

    /// Whole Unix seconds.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.0.timestamp()
    }

    /// The same moment for `chrono`.
    #[must_use]
    pub fn to_chrono(self) -> DateTime<Utc> {
        self.0
    }

    /// The same moment without its fraction of a second.
    #[must_use]
    pub fn truncated(self) -> Self {
        Self::from_unix(self.unix_seconds(), 0).unwrap_or(self)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment)
    }
}

impl From<std::time::SystemTime> for Timestamp {
    fn from(moment: std::time::SystemTime) -> Self {
        Self(moment.into())
    }
}

impl From<Timestamp> for std::time::SystemTime {
    fn from(moment: Timestamp) -> Self {
        moment.0.into()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, false))
    }
}

impl FromStr for Timestamp {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        parse_usual(text)
            .or_else(|| parse(text.trim()))
            .map(Self)
            .ok_or_else(|| InvalidInput::new("timestamp", text, "must be an ISO 8601 time"))
    }
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z"] {
        if let Ok(moment) = DateTime::parse_from_str(text, format) {
            return Some(moment.to_utc());
        }
    }
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(bare, format) {
            return Some(moment.and_utc());
        }
    }
    if let Ok(day) = NaiveDate::parse_from_str(bare, "%Y-%m-%d") {
        return Some(day.and_hms_opt(0, 0, 0)?.and_utc());
    }
    from_number(text.parse().ok()?)
}

/// The form that services write, `YYYY-MM-DDTHH:MM:SS+00:00` or with `Z`: a listing holds tens of thousands of it.
fn parse_usual(text: &str) -> Option<DateTime<Utc>> {
    let (moment, offset) = text.split_at_checked(19)?;
    if !matches!(offset, "+00:00" | "Z") {
        return None;
    }
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', min1, min2, b':', s1, s2] =
        moment.as_bytes()
    else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let two = |tens: u8, ones: u8| Some(10 * digit(tens)? + digit(ones)?);
    let year = i32::try_from(100 * two(y1, y2)? + two(y3, y4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, two(m1, m2)?, two(d1, d2)?)?;
    Some(day.and_hms_opt(two(h1, h2)?, two(min1, min2)?, two(s1, s2)?)?.and_utc())
}

/// Unix seconds, or milliseconds if the number is too large for seconds.
fn from_number(number: f64) -> Option<DateTime<Utc>> {
    if !number.is_finite() {
        return None;
    }
    let seconds = if number.abs() > 2e10 { number / 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "range-checked by `from_timestamp_micros`")]
    DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Moment;
        impl serde::de::Visitor<'_> for Moment {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as ISO 8601 text or Unix seconds")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
                self.visit_f64(seconds as f64)
            }
            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
                from_number(seconds).map(Timestamp).ok_or_else(|| E::custom("a time out of range"))
            }
        }
        deserializer.deserialize_any(Moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_a_service_uses_is_the_same_moment() {
        let forms = [
            "2024-05-01T12:00:00Z",
            "2024-05-01T12:00:00",
            "2024-05-01 12:00:00",
            "2024-05-01T12:00:00+00:00",
            "2024-05-01T14:00:00+02:00",
            "2024-05-01T14:00:00+0200",
            "2024-05-01T12:00",
            "2024-05-01t12:00:00z",
            "2024-05-01T12:00:00.000",
            "1714564800",
            "2024-05-01 14:00:00+02:00",
            "2024-05-01T12:00:00.000000Z",
        ];
        for form in forms {
            assert_eq!(form.parse::<Timestamp>().unwrap().unix_seconds(), 1_714_564_800, "{form}");
        }
        for number in ["1714564800", "1714564800.0", "1714564800000"] {
            assert_eq!(serde_json::from_str::<Timestamp>(number).unwrap().unix_seconds(), 1_714_564_800);
        }
        for bad in ["", "words", "2024-13-01", "NaN"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        for (text, usual) in [
            ("2024-02-29T23:59:59Z", true),
            ("0001-01-01T00:00:00+00:00", true),
            ("2023-02-29T00:00:00Z", false),
            ("2024-05-01T24:00:00Z", false),
            ("2024-05-01T12:00:00-00:00", false),
            ("2024-05-01T12:00:00+02:00", false),
            ("2024-05-01T1é:00:00Z", false),
            ("+024-05-01T12:00:00Z", false),
        ] {
            let short = parse_usual(text);
            assert_eq!(short.is_some(), usual, "{text}");
            if usual {
                assert_eq!(
                    short,
                    DateTime::parse_from_rfc3339(text).ok().map(|long| long.to_utc()),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_fraction_survives_and_is_written_only_when_there_is_one() {
        let fine: Timestamp = "2024-05-01T12:00:00.123456Z".parse().unwrap();
        assert_eq!(fine.to_string(), "2024-05-01T12:00:00.123456+00:00");
        assert_eq!(fine.truncated().to_string(), "2024-05-01T12:00:00+00:00");
    }
}
