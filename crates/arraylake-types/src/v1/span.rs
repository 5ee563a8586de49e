//! [`TimeSpan`]: a duration as V1 sessions write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::InvalidInput;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
const YEAR: i64 = 365 * DAY;

/// A duration with a sign, in whole microseconds, as ISO 8601 text: `P1D`, `PT1M30S`, `-PT5S`.
///
/// A year is 365 days and is written from there on; months and weeks never are. A bare number is read as seconds.
///
/// ```
/// use std::time::Duration;
/// use arraylake_types::v1::TimeSpan;
/// assert_eq!(TimeSpan::from(Duration::from_millis(90_100)).to_string(), "PT1M30.1S");
/// assert_eq!("P1DT3.5S".parse::<TimeSpan>().unwrap().as_micros(), 86_403_500_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeSpan(i64);

impl TimeSpan {
    /// The longest life of a session: seven days.
    pub const MAX_SESSION: Self = Self(7 * DAY);
    /// One day.
    pub const DAY: Self = Self(DAY);

    /// From microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds.
    #[must_use]
    pub const fn as_micros(&self) -> i64 {
        self.0
    }
}

impl From<Duration> for TimeSpan {
    /// What is too long to be said becomes the longest that can be.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.unsigned_abs();
        let [second, day, year] = [SECOND, DAY, YEAR].map(i64::unsigned_abs);
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        let (years, days, clock) = (micros / year, micros % year / day, micros % day);
        for (count, unit) in [(years, 'Y'), (days, 'D')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        if clock == 0 && micros > 0 {
            return Ok(());
        }
        f.write_str("T")?;
        for (count, unit) in [(clock / (3600 * second), 'H'), (clock / (60 * second) % 60, 'M')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        let (seconds, fraction) = (clock / second % 60, clock % second);
        match (seconds, fraction) {
            (0, 0) if micros > 0 => Ok(()),
            (seconds, 0) => write!(f, "{seconds}S"),
            (seconds, fraction) => {
                let digits = format!("{fraction:06}");
                write!(f, "{seconds}.{}S", digits.trim_end_matches('0'))
            }
        }
    }
}

impl FromStr for TimeSpan {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bad =
            || InvalidInput::new("duration", text, "must be an ISO 8601 duration of at most 290000 years");
        let (negative, bare) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let micros = match bare.strip_prefix('P') {
            Some(parts) => parse_parts(parts),
            None => parse_seconds(bare),
        };
        let micros = micros.ok_or_else(bad)?;
        Ok(Self(if negative { -micros } else { micros }))
    }
}

/// What stands behind the `P`.
fn parse_parts(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once('T').map_or((text, None), |(date, clock)| (date, Some(clock)));
    if text.is_empty() || clock == Some("") {
        return None;
    }
    let mut total = 0_i64;
    let mut rest = date;
    for (unit, length) in [('Y', YEAR), ('D', DAY)] {
        total = total.checked_add(take(&mut rest, unit)?.checked_mul(length)?)?;
    }
    if !rest.is_empty() {
        return None;
    }
    let mut rest = clock.unwrap_or_default();
    for (unit, length) in [('H', 3600 * SECOND), ('M', 60 * SECOND)] {
        total = total.checked_add(take(&mut rest, unit)?.checked_mul(length)?)?;
    }
    match rest {
        "" => Some(total),
        seconds => total.checked_add(parse_seconds(seconds.strip_suffix('S')?)?),
    }
}

/// Takes `12H` off the front, or nothing; `None` if there are no digits before the unit.
fn take(rest: &mut &str, unit: char) -> Option<i64> {
    let Some((digits, after)) = rest.split_once(unit) else { return Some(0) };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = after;
    digits.parse().ok()
}

fn parse_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(SECOND)?.checked_add(micros)
}

impl Serialize for TimeSpan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Span;
        impl serde::de::Visitor<'_> for Span {
            type Value = TimeSpan;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration as ISO 8601 text or seconds")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TimeSpan, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<TimeSpan, E> {
                seconds.checked_mul(SECOND).map(TimeSpan).ok_or_else(|| E::custom("a duration out of range"))
            }
            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<TimeSpan, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<TimeSpan, E> {
                format!("{seconds:.6}").parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_python_writes_them() {
        for (micros, text) in [
            (DAY, "P1D"),
            (2 * 3600 * SECOND, "PT2H"),
            (7 * DAY, "P7D"),
            (90 * SECOND, "PT1M30S"),
            (100_000, "PT0.1S"),
            (400 * DAY, "P1Y35D"),
            (0, "PT0S"),
            (-5 * SECOND, "-PT5S"),
            (-3600 * SECOND, "-PT1H"),
            (DAY + 3_500_000, "P1DT3.5S"),
            (1, "PT0.000001S"),
            (DAY + 123_456, "P1DT0.123456S"),
        ] {
            assert_eq!(TimeSpan(micros).to_string(), text);
            assert_eq!(text.parse::<TimeSpan>().unwrap(), TimeSpan(micros), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in ["", "P", "PT", "1D", "P1W", "PD", "PT5", "P1DT", "PT1.S", "P1D2Y", "P99999999999Y"] {
            assert!(bad.parse::<TimeSpan>().is_err(), "{bad}");
        }
        assert_eq!(serde_json::from_str::<TimeSpan>("90").unwrap(), TimeSpan(90 * SECOND));
        assert_eq!(serde_json::from_str::<TimeSpan>("0.5").unwrap(), TimeSpan(SECOND / 2));
    }
}
