//! [`Era`]: which client is asking, where clients want different answers.

use http::HeaderMap;

/// Which client is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// The Python client, by major and minor release.
    Python(u32, u32),
    /// The published crate `arraylake`.
    Rust,
    /// A client that names itself and is none of those: this project's.
    Own,
    /// A client that does not say; answered as Python 1.7.
    Unknown,
}

impl Era {
    /// Reads the headers by which clients name themselves.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let client = text("x-arraylake-client").unwrap_or_default();
        let python =
            client.starts_with("python") || text("client-name").is_some_and(|it| it.contains("python"));
        match (text("client-name"), text("client-version")) {
            _ if client.starts_with("rust/") => Self::Rust,
            (Some(_), _) if !python => Self::Own,
            (_, Some(version)) => Self::python(version),
            _ if python => Self::python(client.rsplit('/').next().unwrap_or_default()),
            _ if client.is_empty() => Self::Unknown,
            _ => Self::Own,
        }
    }

    fn python(version: &str) -> Self {
        let mut parts = version.split('.').map(|part| part.parse().ok());
        match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => Self::Python(major, minor),
            (Some(major), None) => Self::Python(major, 0),
            _ => Self::Unknown,
        }
    }

    /// A Python client older than a release.
    fn is_before(self, major: u32, minor: u32) -> bool {
        matches!(self, Self::Python(own, rest) if (own, rest) < (major, minor))
    }

    /// A Python client from a release on, or one taken for it.
    fn is_from(self, major: u32, minor: u32) -> bool {
        matches!(self, Self::Python(..) | Self::Unknown) && !self.is_before(major, minor)
    }

    /// Whether an org that is not there is answered as one that is closed to the caller.
    pub(crate) fn is_denied_unknown_orgs(self) -> bool {
        self.is_before(0, 26)
    }

    /// Whether creating a repo that is there gives that one.
    pub(crate) fn is_given_what_exists(self) -> bool {
        self.is_from(0, 31)
    }

    /// Whether deleting a repo that is not there counts as done.
    pub(crate) fn may_delete_nothing(self) -> bool {
        self.is_from(0, 31) || self == Self::Rust
    }

    /// Whether a repo in a bucket with fixed keys is closed while it is not online.
    pub(crate) fn has_fixed_keys_guarded(self) -> bool {
        self.is_from(0, 32)
    }

    /// Whether a listing that costs something may be subscribed to as a whole.
    pub(crate) fn may_have_all_for_money(self) -> bool {
        self.is_before(1, 0)
    }

    /// Whether deleting a repo takes its entry at once, and leaves its data.
    pub(crate) fn deletes_for_good(self) -> bool {
        self.is_before(1, 2)
    }

    /// Whether two entries may name one place, where only Icechunk refuses to make a second repository.
    pub(crate) fn leaves_places_to_icechunk(self) -> bool {
        self.is_before(1, 3)
    }

    /// Whether a bucket in use is refused in the words for changing one.
    pub(crate) fn has_one_word_for_buckets_in_use(self) -> bool {
        self.is_before(1, 5)
    }

    /// Whether its containers name no endpoint and are known by their bucket alone.
    pub(crate) fn names_no_endpoints(self) -> bool {
        self.is_before(1, 5)
    }

    /// Whether the settings of a bucket go to boto as they are.
    pub(crate) fn has_v1_repos(self) -> bool {
        self.is_before(0, 26)
    }

    /// Whether the client reads the log of a compute service as one JSON string.
    pub(crate) fn wants_old_logs(self) -> bool {
        self.is_before(0, 16)
    }

    /// Whether the client knows AWS roles by their old name only.
    pub(crate) fn wants_old_role(self) -> bool {
        self.is_before(0, 16)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn era(headers: &[(&'static str, &'static str)]) -> Era {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        Era::of(&headers.iter().map(pair).collect())
    }

    #[test]
    fn each_client_is_known_by_its_headers() {
        let python = ("client-name", "arraylake-python-client");
        assert_eq!(era(&[python, ("client-version", "0.20.0")]), Era::Python(0, 20));
        assert_eq!(era(&[("client-version", "0.14.0")]), Era::Python(0, 14));
        let new = [python, ("client-version", "1.7.0"), ("x-arraylake-client", "python/1.7.0")];
        assert_eq!(era(&new), Era::Python(1, 7));
        assert_eq!(era(&[("x-arraylake-client", "rust/0.15.1")]), Era::Rust);
        let own = [
            ("client-name", "arraylake-rust-sdk"),
            ("client-version", "0.1.0"),
            ("x-arraylake-client", "arraylake-rust-sdk/0.1.0"),
        ];
        assert_eq!(era(&own), Era::Own);
        assert_eq!(era(&own[2..]), Era::Own);
        assert_eq!(era(&[]), Era::Unknown);
    }

    #[test]
    fn each_release_is_answered_as_its_own_tests_want_it() {
        let answers = |era: Era| {
            [
                era.is_denied_unknown_orgs(),
                era.is_given_what_exists(),
                era.has_fixed_keys_guarded(),
                era.deletes_for_good(),
                era.leaves_places_to_icechunk(),
                era.has_one_word_for_buckets_in_use(),
            ]
            .map(u8::from)
        };
        assert_eq!(answers(Era::Python(0, 20)), [1, 0, 0, 1, 1, 1]);
        assert_eq!(answers(Era::Python(0, 30)), [0, 0, 0, 1, 1, 1]);
        assert_eq!(answers(Era::Python(0, 31)), [0, 1, 0, 1, 1, 1]);
        assert_eq!(answers(Era::Python(1, 0)), [0, 1, 1, 1, 1, 1]);
        assert_eq!(answers(Era::Python(1, 2)), [0, 1, 1, 0, 1, 1]);
        assert_eq!(answers(Era::Python(1, 3)), [0, 1, 1, 0, 0, 1]);
        for newest in [Era::Python(1, 5), Era::Python(1, 7), Era::Unknown] {
            assert_eq!(answers(newest), [0, 1, 1, 0, 0, 0]);
        }
        for other in [Era::Own, Era::Rust] {
            assert_eq!(answers(other), [0, 0, 0, 0, 0, 0]);
        }
    }
}
