//! The device flow: a code is shown, a person confirms it in a browser, the client asks until that is done.

use std::time::Duration;

use arraylake_types::{DeviceCode, OauthTokens};
use tokio::time::Instant;

use super::error::LoginError;
use super::provider::{Grant, Provider};

/// What `slow_down` adds to the pause between two questions.
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause while the provider cannot be reached.
const LONGEST: Duration = Duration::from_secs(60);

/// The pause between two questions.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    failures: u32,
}

impl Pace {
    fn new(interval: Duration) -> Self {
        Self { interval: interval.max(Duration::from_secs(1)), failures: 0 }
    }

    fn pause(&self) -> Duration {
        let doubled = self.interval.saturating_mul(1 << self.failures.min(6));
        if self.failures == 0 { self.interval } else { doubled.min(LONGEST.max(self.interval)) }
    }
}

/// Asks until the login is confirmed, denied or too old. Giving it up leaves nothing behind.
pub(super) async fn wait(provider: &Provider, code: &DeviceCode) -> Result<OauthTokens, LoginError> {
    let end = Instant::now() + code.expires_in.duration();
    let mut pace = Pace::new(code.interval.duration());
    loop {
        if Instant::now() + pace.pause() >= end {
            tokio::time::sleep_until(end).await;
            return Err(LoginError::Expired);
        }
        tokio::time::sleep(pace.pause()).await;
        match provider.poll(&code.device_code).await {
            Ok(Some(Grant::Tokens(answer))) => {
                let missing = || LoginError::provider("it gave no refresh token");
                return answer.over(None).ok_or_else(missing);
            }
            Ok(Some(Grant::Refused(refusal))) => match refusal.error.as_str() {
                "authorization_pending" => pace.failures = 0,
                "slow_down" => pace = Pace::new(pace.interval + SLOWER),
                "access_denied" => return Err(LoginError::Denied),
                "expired_token" => return Err(LoginError::Expired),
                _ => return Err(LoginError::provider(super::words(&refusal))),
            },
            Ok(None) => pace.failures += 1,
            Err(error) if is_passing(&error) => {
                tracing::debug!(%error, "the login provider is asked again later");
                pace.failures += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether no answer came, which may be different in a moment.
fn is_passing(error: &LoginError) -> bool {
    error.cause().is_some_and(|cause| cause.status().is_none() && cause.is_transient())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_while_the_provider_is_gone_and_never_fall_below_the_interval() {
        let mut pace = Pace::new(Duration::from_secs(5));
        let mut pauses = Vec::new();
        for failures in 0..6 {
            pace.failures = failures;
            pauses.push(pace.pause().as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
        assert_eq!(Pace::new(Duration::ZERO).pause(), Duration::from_secs(1));
        let mut slow = Pace::new(Duration::from_secs(90));
        slow.failures = 3;
        assert_eq!(slow.pause().as_secs(), 90);
    }
}
