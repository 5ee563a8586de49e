//! The keys that clients know: what their values are, what holds without them, who heeds them.

use serde_json::Value;

/// What the value of a known key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingKind {
    /// A boolean.
    Flag,
    /// A whole number, 0 or more.
    Number,
    /// A number that may have a fraction, 0 or more; mostly seconds.
    Real,
    /// A text.
    Text,
}

impl SettingKind {
    /// What a value of this kind must be, in words.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Flag => "must be true or false",
            Self::Number => "must be a whole number",
            Self::Real => "must be a number, 0 or more",
            Self::Text => "must be a text",
        }
    }
}

/// A key that clients know.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KnownSetting {
    /// Its name.
    pub key: &'static str,
    /// What its value is.
    pub kind: SettingKind,
    /// What holds when it is not set; empty if nothing does.
    pub default: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Whether this client heeds it; Python clients do, or did.
    pub is_heeded: bool,
}

/// Every key that this client or a Python client of any release reads, in alphabetical order.
pub const KNOWN: &[KnownSetting] = &[
    number("async.batch_size", "", "documents in one request of a V1 repo"),
    number("async.concurrency", "", "requests of a V1 repo that are under way at once"),
    number("batch_size_for_commits", "", "commits in one request of a V1 repo"),
    number("chunkstore.coalesce_size", "", "bytes between two ranges of a V1 chunk that are read as one"),
    text("chunkstore.hash_method", "", "how V1 chunks are named"),
    number("chunkstore.inline_threshold_bytes", "", "up to which size V1 chunks need no object"),
    number("chunkstore.max_request_size", "", "bytes in one read of a V1 chunk"),
    flag(
        "chunkstore.unsafe_use_fill_value_for_missing_chunks",
        "",
        "whether lost V1 chunks are read as empty",
    ),
    text("chunkstore.uri", "", "where V1 chunks lie, if the repo has no bucket config"),
    flag("chunkstore.use_delegated_credentials", "true", "whether the service gives keys for buckets"),
    real("commit_jitter_factor", "", "by which part pauses between V1 commits vary"),
    number("commit_max_attempts", "", "an older name of `max_commit_attempts`"),
    real("commit_max_mean_sleep_seconds", "", "the longest pause between attempts at a V1 commit"),
    real("commit_sleep_increase_seconds", "", "by how much that pause grows"),
    real("commit_start_mean_sleep_seconds", "", "the first pause between attempts at a V1 commit"),
    flag("disable_async_loop_check", "", "leaves out a guard of the blocking client").of_python(),
    real("http.keepalive_expiry", "90", "seconds that an idle connection is kept (30 in Python)"),
    number("http.max_keepalive_connections", "32", "idle connections that are kept (100 in Python)"),
    number("http.max_retries", "5", "how often a request is sent again (15 in Python)"),
    number("http.retries", "", "attempts after errors of the network").of_python(),
    real("http.timeout", "300", "seconds that a call may take"),
    flag("icechunk.scatter_initial_credentials", "", "whether sessions take keys along").of_python(),
    text("log_level", "", "DEBUG or INFO: says more"),
    number("max_commit_attempts", "", "attempts at a V1 commit"),
    flag("repo.allow_v1_get_repo", "", "whether V1 repos are opened").of_python(),
    flag("repo.allow_v1_repo_creation", "", "whether V1 repos are made").of_python(),
    flag("server_managed_sessions", "true", "whether the service keeps the sessions of V1 repos"),
    text("service.proxy", "", "a proxy for calls to the service"),
    text("service.ssl.cafile", "", "a file of certificates to trust (Python takes it for its own)"),
    flag("service.ssl.verify", "true", "whether certificates are verified"),
    text("service.token_path", "", "one file for the logins of all services"),
    text("service.uri", "https://api.earthmover.io", "where the service is"),
    text("skills.uri", "", "where `skills install` gets them").of_python(),
    number("throttle_concurrency_size", "", "requests of a V1 repo at once").of_python(),
    text("token", "", "an API token"),
    flag("user.diagnostics", "", "whether the service is told about this machine").of_python(),
    text("user.org", "", "the org for commands that are given none"),
];

/// Sections in which any key may stand: options of the object stores of V1 repos.
const OPEN_SECTIONS: [&str; 2] = ["s3.", "gs."];

const fn flag(key: &'static str, default: &'static str, about: &'static str) -> KnownSetting {
    KnownSetting { key, kind: SettingKind::Flag, default, about, is_heeded: true }
}

const fn number(key: &'static str, default: &'static str, about: &'static str) -> KnownSetting {
    KnownSetting { key, kind: SettingKind::Number, default, about, is_heeded: true }
}

const fn real(key: &'static str, default: &'static str, about: &'static str) -> KnownSetting {
    KnownSetting { key, kind: SettingKind::Real, default, about, is_heeded: true }
}

const fn text(key: &'static str, default: &'static str, about: &'static str) -> KnownSetting {
    KnownSetting { key, kind: SettingKind::Text, default, about, is_heeded: true }
}

impl KnownSetting {
    const fn of_python(self) -> Self {
        Self { is_heeded: false, ..self }
    }

    /// A text as a value of this setting.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(&self, text: &str) -> Result<Value, &'static str> {
        let trimmed = text.trim();
        let value = match self.kind {
            SettingKind::Text => Some(Value::from(text)),
            SettingKind::Flag => super::flag(&trimmed.into()).map(Value::Bool),
            SettingKind::Number => trimmed.parse::<u64>().ok().map(Value::from),
            SettingKind::Real => match trimmed.parse::<u64>() {
                Ok(whole) => Some(Value::from(whole)),
                Err(_) => trimmed
                    .parse()
                    .ok()
                    .filter(|real: &f64| real.is_finite() && *real >= 0.0)
                    .map(Value::from),
            },
        };
        value.ok_or(self.kind.rule())
    }

    /// What holds without it, if anything does.
    #[must_use]
    pub fn default_value(&self) -> Option<Value> {
        (!self.default.is_empty()).then(|| self.parse(self.default).ok()).flatten()
    }
}

/// The known setting of a key; `-` and `_` are the same.
#[must_use]
pub fn known(key: &str) -> Option<&'static KnownSetting> {
    let key = super::canonical(key);
    KNOWN.iter().find(|known| known.key == key)
}

/// Whether a key means something to some client: it is [`known`], or an option of an object store (`s3.`, `gs.`).
#[must_use]
pub fn is_known(key: &str) -> bool {
    known(key).is_some() || OPEN_SECTIONS.iter().any(|section| key.starts_with(section))
}

/// The known key that a wrong one is most like, if it is like one at all.
///
/// ```
/// use arraylake_core::nearest_setting;
/// assert_eq!(nearest_setting("service.url"), Some("service.uri"));
/// assert_eq!(nearest_setting("timeout"), Some("http.timeout"));
/// assert_eq!(nearest_setting("elephant"), None);
/// ```
#[must_use]
pub fn nearest(key: &str) -> Option<&'static str> {
    let key = super::canonical(key).to_ascii_lowercase();
    let last = |known: &'static str| known.rsplit('.').next().unwrap_or(known);
    let own_last = key.rsplit('.').next().unwrap_or(&key);
    let keys = || KNOWN.iter().map(|known| known.key);
    let most = (key.len() / 4).max(2);
    let near =
        keys().map(|known| (distance(known, &key), known)).min().filter(|(distance, _)| *distance <= most);
    let same_end = || keys().find(|known| last(known) == own_last || known.replace('.', "_") == key);
    near.map(|(_, known)| known).or_else(same_end)
}

/// In how many letters two words differ.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, from) in one.chars().enumerate() {
        let mut corner = at;
        row[0] = at + 1;
        for (to, letter) in other.iter().enumerate() {
            let changed = corner + usize::from(from != *letter);
            corner = row[to + 1];
            row[to + 1] = changed.min(corner + 1).min(row[to] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_order_and_their_defaults_are_values_for_them() {
        assert!(KNOWN.is_sorted_by(|one, next| one.key < next.key));
        for known in KNOWN {
            assert!(known.default.is_empty() || known.default_value().is_some(), "{}", known.key);
        }
        assert_eq!(known("http.max-retries").map(|known| known.kind), Some(SettingKind::Number));
    }

    #[test]
    fn a_wrong_name_leads_to_the_right_one() {
        for (wrong, right) in [
            ("Service.URI", Some("service.uri")),
            ("proxy", Some("service.proxy")),
            ("ssl_verify", None),
            ("service_uri", Some("service.uri")),
            ("http.max_retry", Some("http.max_retries")),
            ("tokne", Some("token")),
        ] {
            assert_eq!(nearest(wrong), right, "{wrong}");
        }
    }

    #[test]
    fn a_text_is_a_value_of_its_kind_or_breaks_a_rule() {
        let parse = |key: &str, text: &str| known(key).unwrap().parse(text);
        assert_eq!(parse("service.ssl.verify", "False"), Ok(Value::Bool(false)));
        assert_eq!(parse("service.ssl.verify", "maybe"), Err("must be true or false"));
        assert_eq!(parse("http.timeout", "0.5"), Ok(Value::from(0.5)));
        assert_eq!(parse("user.org", " x"), Ok(Value::from(" x")));
        for bad in ["-1", "", "1.5", "inf"] {
            assert!(parse("http.max_retries", bad).is_err(), "{bad}");
        }
    }
}
