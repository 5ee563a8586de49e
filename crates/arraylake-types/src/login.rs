//! Logging in: where the login provider is, the device flow, tokens.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Other, Secret};

wire_struct! {
    /// Where people log in. Answer of `GET /auth/config?target=client`.
    pub struct AuthProviderConfig {
        /// The host of the login provider; reached by `https` unless a scheme stands before it.
        pub domain: String = required("domain"),
        /// What the client is called there.
        pub client_id: String = required("client_id"),
    }
}

impl AuthProviderConfig {
    /// A provider and the name of the client there.
    #[must_use]
    pub fn new(domain: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self { domain: domain.into(), client_id: client_id.into(), other: Other::new() }
    }

    /// An address at the provider.
    ///
    /// ```
    /// use arraylake_types::AuthProviderConfig;
    /// let provider = AuthProviderConfig::new("login.example.com", "client");
    /// assert_eq!(provider.url("/oauth/token"), "https://login.example.com/oauth/token");
    /// ```
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let domain = self.domain.trim().trim_end_matches('/');
        let scheme = if domain.contains("://") { "" } else { "https://" };
        format!("{scheme}{domain}{path}")
    }
}

wire_struct! {
    /// A login that waits for a person. Answer of `POST /oauth/device/code` of the provider.
    pub struct DeviceCode {
        /// By which the client asks for the tokens.
        pub device_code: Secret = required("device_code"),
        /// What the person compares, or types in.
        pub user_code: String = required("user_code"),
        /// Where the code is typed in.
        pub verification_uri: Option<String> = lenient("verification_uri" | "verification_url"),
        /// The same with the code filled in.
        pub verification_uri_complete: Option<String> = lenient("verification_uri_complete"),
        /// How long the code can be used.
        pub expires_in: Lifetime = or(Lifetime::new(900), "expires_in"),
        /// How long to wait between two questions.
        pub interval: Lifetime = or(Lifetime::new(5), "interval"),
    }
}

impl DeviceCode {
    /// The page to open: with the code filled in if there is one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        let given = |link: &Option<String>| link.as_ref().is_some_and(|link| !link.is_empty());
        let links = [&self.verification_uri_complete, &self.verification_uri];
        links.into_iter().find(|link| given(link)).and_then(|link| link.as_deref())
    }
}

wire_struct! {
    /// Tokens as they come. Answer of `POST /oauth/token` of the provider.
    pub struct OauthTokensResponse {
        /// For other services of the provider.
        pub access_token: Secret = required("access_token"),
        /// What is sent with each request.
        pub id_token: Secret = required("id_token"),
        /// For the next tokens; missing if the one in use stays.
        pub refresh_token: Option<Secret> = lenient("refresh_token"),
        /// How long the tokens work.
        pub expires_in: Lifetime = or(Lifetime::new(86400), "expires_in"),
        /// `Bearer`.
        pub token_type: String = or("Bearer".to_owned(), "token_type"),
    }
}

impl OauthTokensResponse {
    /// The tokens to keep: what is missing here stays as it was. None if there is no refresh token at all.
    #[must_use]
    pub fn over(self, old: Option<&OauthTokens>) -> Option<OauthTokens> {
        let refresh_token = self.refresh_token.or_else(|| old.map(|old| old.refresh_token.clone()))?;
        let mut other = old.map(|old| old.other.clone()).unwrap_or_default();
        other.extend(self.other);
        Some(OauthTokens {
            access_token: self.access_token,
            id_token: self.id_token,
            refresh_token,
            expires_in: self.expires_in,
            token_type: self.token_type,
            other,
        })
    }
}

wire_struct! {
    /// The tokens of a login as clients of every language keep them in a file.
    pub struct OauthTokens {
        /// For other services of the provider. Sent to none.
        pub access_token: Secret = required("access_token"),
        /// A JWT; what is sent with each request.
        pub id_token: Secret = required("id_token"),
        /// For the next tokens.
        pub refresh_token: Secret = required("refresh_token"),
        /// How long the tokens work, from when they were given.
        pub expires_in: Lifetime = required("expires_in"),
        /// `Bearer`.
        pub token_type: String = required("token_type"),
    }
}

wire_struct! {
    /// How a login provider refuses.
    pub struct OauthError {
        /// Why, as a word: `authorization_pending`, `invalid_grant`.
        pub error: String = required("error"),
        /// Why, in words.
        pub error_description: Option<String> = lenient("error_description"),
    }
}

impl OauthError {
    /// A refusal.
    #[must_use]
    pub fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), error_description: None, other: Other::new() }
    }

    /// The same with words.
    #[must_use]
    pub fn with_description(mut self, text: impl Into<String>) -> Self {
        self.error_description = Some(text.into());
        self
    }
}

/// A length of time in whole seconds. Clients of other languages write it as a number, with or without `.0`, or as a
/// text of digits; all are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(i64);

impl Lifetime {
    /// So many seconds.
    #[must_use]
    pub fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds; below zero as it came.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The same as a duration; zero if it is below that.
    #[must_use]
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::try_from(self.0).unwrap_or_default())
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seconds;
        impl de::Visitor<'_> for Seconds {
            type Value = Lifetime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole seconds")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Lifetime, E> {
                Ok(Lifetime(seconds))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Lifetime, E> {
                Ok(Lifetime(i64::try_from(seconds).unwrap_or(i64::MAX)))
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Lifetime, E> {
                if seconds.fract() == 0.0 && seconds.abs() < 9e15 {
                    // Whole and far below the limits.
                    return Ok(Lifetime(seconds as i64));
                }
                Err(E::invalid_value(de::Unexpected::Float(seconds), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lifetime, E> {
                let seconds = text.trim().parse();
                seconds.map(Lifetime).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"access_token":"a","id_token":"i","refresh_token":"r","expires_in":86400,"token_type":"Bearer","scope":"openid"}"#;

    #[test]
    fn a_token_file_is_written_as_it_was_read() {
        let tokens: OauthTokens = serde_json::from_str(FILE).unwrap();
        assert_eq!(serde_json::to_string(&tokens).unwrap(), FILE);
        let text = format!("{tokens:?}");
        assert!(!text.contains("\"i\"") && !text.contains("\"r\""), "{text}");
    }

    #[test]
    fn seconds_are_read_in_every_form_that_python_reads() {
        for (text, seconds) in [("86400", 86400), ("\"86400\"", 86400), ("86400.0", 86400), ("-1", -1)] {
            assert_eq!(serde_json::from_str::<Lifetime>(text).unwrap(), Lifetime::new(seconds), "{text}");
        }
        for bad in ["1.5", "\"soon\"", "null", "[]"] {
            assert!(serde_json::from_str::<Lifetime>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn new_tokens_keep_what_they_do_not_bring() {
        let old: OauthTokens = serde_json::from_str(FILE).unwrap();
        let answer = r#"{"access_token":"a2","id_token":"i2","expires_in":60,"token_type":"Bearer"}"#;
        let answer: OauthTokensResponse = serde_json::from_str(answer).unwrap();
        assert_eq!(answer.clone().over(None), None);
        let new = answer.over(Some(&old)).unwrap();
        assert_eq!((new.id_token.expose(), new.refresh_token.expose()), ("i2", "r"));
        assert_eq!(new.other["scope"], "openid");
    }

    #[test]
    fn a_link_with_the_code_filled_in_is_preferred_and_a_scheme_is_kept() {
        let code: DeviceCode =
            serde_json::from_str(r#"{"device_code":"d","user_code":"AB","verification_uri":"u"}"#).unwrap();
        assert_eq!((code.link(), code.interval.seconds()), (Some("u"), 5));
        let local = AuthProviderConfig::new("http://127.0.0.1:8000/", "c");
        assert_eq!(local.url("/v2/logout"), "http://127.0.0.1:8000/v2/logout");
    }
}
