//! `Retry-After`: seconds, the three date forms of HTTP, or ISO 8601 (which a peer understands).

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;

/// IMF-fixdate, RFC 850, asctime, and ISO 8601 without a zone.
const FORMS: [&str; 5] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
];

/// How long the service asks to wait. `None`: it does not ask, or not understandably, or for a moment that has passed.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are a very long wait all the same.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        SystemTime::from(date(text)?).duration_since(now).ok()?
    };
    (!wait.is_zero()).then_some(wait)
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return Some(date.to_utc());
    }
    FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of the HTTP standard.
    const EXAMPLE: u64 = 784_111_777;

    fn parsed(text: &'static str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(EXAMPLE - 30);
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_form_is_understood() {
        for text in [
            "30",
            " 30 ",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "1994-11-06T08:49:37Z",
            "1994-11-06T09:49:37+01:00",
            "1994-11-06T08:49:37.000",
        ] {
            assert_eq!(parsed(text), Some(30), "{text}");
        }
    }

    #[test]
    fn nonsense_zero_and_the_past_are_ignored() {
        for text in ["", "-1", "1.5", "soon", "0", "Sun, 06 Nov 1994 08:49:00 GMT", "1994-13-06T08:49:37Z"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn more_seconds_than_fit_are_a_long_wait() {
        assert_eq!(parsed("99999999999999999999999"), Some(u64::MAX));
    }
}
