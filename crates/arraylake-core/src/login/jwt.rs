//! What a token says of itself: when it was made and when it ends. Nothing is verified; the service does that.

use std::time::{Duration, SystemTime};

use arraylake_types::{Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The times in a JWT, in Unix seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) issued: Option<i64>,
    pub(super) expires: Option<i64>,
}

#[derive(Deserialize)]
struct Claims {
    iat: Option<f64>,
    exp: Option<f64>,
}

impl Times {
    /// Reads a token. One that is no JWT says nothing.
    pub(super) fn of(token: &Secret) -> Self {
        let payload = token.expose().split('.').nth(1).unwrap_or_default().trim_end_matches('=');
        let claims = URL_SAFE_NO_PAD.decode(payload).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let Some(Claims { iat, exp }) = claims else { return Self::default() };
        // Seconds of this age of the world fit; a float becomes the nearest whole number that does.
        let whole = |seconds: Option<f64>| seconds.map(|seconds| seconds as i64);
        Self { issued: whole(iat), expires: whole(exp) }
    }

    /// When the token ends.
    pub(super) fn end(self) -> Option<Timestamp> {
        Timestamp::from_unix(self.expires?, 0)
    }

    /// Whether the token ends within `margin` of `now`. One that does not say when it ends never does.
    pub(super) fn ends_within(self, margin: Duration, now: i64) -> bool {
        let margin = i64::try_from(margin.as_secs()).unwrap_or(i64::MAX);
        self.expires.is_some_and(|end| end.saturating_sub(now) < margin)
    }
}

/// The clock of this machine, in Unix seconds.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_from_a_jwt_and_from_nothing_else() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"iat": 1000, "exp": 4600.0, "sub": "x"}"#);
        let times = Times::of(&Secret::new(format!("head.{payload}.signature")));
        assert_eq!(times, Times { issued: Some(1000), expires: Some(4600) });
        assert!(times.ends_within(Duration::from_secs(60), 4541));
        assert!(!times.ends_within(Duration::from_secs(60), 4540));
        for opaque in ["", "dummy-id-token", "a.b.c", "a.e30.c"] {
            assert_eq!(Times::of(&Secret::new(opaque)), Times::default(), "{opaque}");
        }
        assert!(!Times::default().ends_within(Duration::MAX, i64::MAX));
    }
}
