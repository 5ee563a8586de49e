//! Ids of V1 repos.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::InvalidInput;

/// Id of a commit: hexadecimal text, 24 digits on today's services. Ids of one repo grow with the time of creation.
///
/// ```
/// use arraylake_types::v1::CommitId;
/// let id: CommitId = "6B02AF0C5D2E4A539A5E008C".parse().unwrap();
/// assert_eq!(id.as_str(), "6b02af0c5d2e4a539a5e008c");
/// assert!("main".parse::<CommitId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(Box<str>);

impl CommitId {
    /// The id as text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitId {
    type Err = InvalidInput;

    /// Takes pairs of hexadecimal digits in either case.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for CommitId {
    type Error = InvalidInput;

    fn try_from(mut text: String) -> Result<Self, InvalidInput> {
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() || !hex || !text.len().is_multiple_of(2) {
            return Err(InvalidInput::new("commit id", text, "must be pairs of hexadecimal digits"));
        }
        text.make_ascii_lowercase();
        Ok(Self(text.into()))
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of a session: any text that is not empty and holds no control character. Ids that a service makes have 32
/// hexadecimal digits; those of sessions that only read are made by the client and begin with `read-`.
///
/// It becomes part of object keys and of paths, so `/` is refused too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(Box<str>);

impl SessionId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a session that reads a commit, or an empty repo. The service never hears of such sessions.
    #[must_use]
    pub fn reading(base: Option<&CommitId>) -> Self {
        Self(format!("read-{}", base.map_or("None", CommitId::as_str)).into())
    }

    /// Whether it is the id of a session that only reads.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.0.starts_with("read-")
    }
}

impl FromStr for SessionId {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for SessionId {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        if text.is_empty() || text.chars().any(|c| c.is_control() || c == '/') {
            let rule = "must be a text without `/` and control characters";
            return Err(InvalidInput::new("session id", text, rule));
        }
        Ok(Self(text.into()))
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_where_they_are_made() {
        for good in ["1234", "6b02af0c5d2e4a539a5e008c"] {
            assert!(good.parse::<CommitId>().is_ok(), "{good}");
        }
        for bad in ["", "123", "main", "12 34"] {
            assert!(bad.parse::<CommitId>().is_err(), "{bad}");
        }
        for bad in ["", "../x", "a\nb"] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_reading_session_is_named_after_its_commit() {
        let commit: CommitId = "6b02".parse().unwrap();
        assert_eq!(SessionId::reading(Some(&commit)).as_str(), "read-6b02");
        assert_eq!(SessionId::reading(None).as_str(), "read-None");
        assert!(SessionId::reading(None).is_reading());
    }
}
