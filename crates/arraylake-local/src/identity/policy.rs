//! [`LoginPolicy`]: how long logins and their codes work.

use chrono::TimeDelta;

/// How long logins and their codes work, and how strict the login provider is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginPolicy {
    pub(crate) token_lifetime: TimeDelta,
    pub(crate) code_lifetime: TimeDelta,
    pub(crate) interval: TimeDelta,
    pub(crate) rotates: bool,
    pub(crate) leeway: TimeDelta,
    pub(crate) ends_on_reuse: bool,
}

impl LoginPolicy {
    /// Tokens work for a day, codes for 15 minutes; clients ask every 5 seconds; each refresh token works once, but may
    /// come again for half a minute.
    #[must_use]
    pub fn new() -> Self {
        Self {
            token_lifetime: TimeDelta::days(1),
            code_lifetime: TimeDelta::minutes(15),
            interval: TimeDelta::seconds(5),
            rotates: true,
            leeway: TimeDelta::seconds(30),
            ends_on_reuse: false,
        }
    }

    /// How long a token works before it has to be renewed; a second at least.
    #[must_use]
    pub fn with_token_lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.token_lifetime = lifetime.max(TimeDelta::seconds(1));
        self
    }

    /// How long a code can be confirmed; a second at least.
    #[must_use]
    pub fn with_code_lifetime(mut self, lifetime: TimeDelta) -> Self {
        self.code_lifetime = lifetime.max(TimeDelta::seconds(1));
        self
    }

    /// How long clients wait between two questions; a second at least.
    #[must_use]
    pub fn with_interval(mut self, interval: TimeDelta) -> Self {
        self.interval = interval.max(TimeDelta::seconds(1));
        self
    }

    /// Whether a renewal brings a new refresh token and makes the old one worthless.
    #[must_use]
    pub fn with_rotation(mut self, rotates: bool) -> Self {
        self.rotates = rotates;
        self
    }

    /// How long a refresh token may come again after it was replaced: two programs may have sent it at once.
    #[must_use]
    pub fn with_reuse_leeway(mut self, leeway: TimeDelta) -> Self {
        self.leeway = leeway;
        self
    }

    /// Whether a refresh token that comes again after that ends the whole login, as if it had been stolen.
    #[must_use]
    pub fn with_end_on_reuse(mut self, ends: bool) -> Self {
        self.ends_on_reuse = ends;
        self
    }
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self::new()
    }
}
