//! Names: parsed once, safe in a path, a query and a file name ever after.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

const NAME_RULE: &str =
    "must be two or more letters, digits, `_`, `.` or `-`, beginning with a letter, digit or `_`";
const REPO_RULE: &str = "must be `org/repo`, each two or more letters, digits, `_`, `.` or `-`, beginning with a letter, digit or `_`";

/// A word character as the service counts them: a letter or digit of any alphabet, or `_`.
fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Whether `text` is a legal name of an org, repo, bucket or nickname. A legal name is never `.` or `..` and
/// holds no `/`, so it stays one segment of a path.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_word)
        && text.chars().nth(1).is_some()
        && chars.all(|c| is_word(c) || matches!(c, '.' | '-'))
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidInput;

            fn try_from(text: &str) -> Result<Self, InvalidInput> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(text: String) -> Result<Self, InvalidInput> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.to_string()
            }
        }
    };
}

/// Name of an org.
///
/// ```
/// use arraylake_types::OrgName;
/// assert!("acme".parse::<OrgName>().is_ok());
/// let error = "a".parse::<OrgName>().unwrap_err();
/// assert!(error.to_string().starts_with(r#"invalid org name "a": must be two or more letters"#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgName(String);

impl OrgName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrgName {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        if is_name(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInput::new("org name", text, NAME_RULE))
        }
    }
}

text_newtype!(OrgName);

/// Full name of a repo: `org/repo`.
///
/// ```
/// use arraylake_types::RepoName;
/// let name: RepoName = "acme/era5".parse().unwrap();
/// assert_eq!((name.org().as_str(), name.repo()), ("acme", "era5"));
/// for bad in ["a", "a/b/c", "../x/y", "a b/c", "acme/..", "acme/"] {
///     assert!(bad.parse::<RepoName>().is_err(), "{bad}");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    org: OrgName,
    full: String,
}

impl RepoName {
    /// Joins an org and the bare name of a repo.
    ///
    /// # Errors
    /// If `repo` is not a legal name.
    pub fn new(org: &OrgName, repo: &str) -> Result<Self, InvalidInput> {
        format!("{org}/{repo}").parse()
    }

    /// The org part.
    #[must_use]
    pub fn org(&self) -> &OrgName {
        &self.org
    }

    /// The part behind the slash.
    #[must_use]
    pub fn repo(&self) -> &str {
        &self.full[self.org.0.len() + 1..]
    }

    /// `org/repo`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.full
    }
}

impl FromStr for RepoName {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        match text.split_once('/') {
            Some((org, repo)) if is_name(org) && is_name(repo) => {
                Ok(Self { org: OrgName(org.to_owned()), full: text.to_owned() })
            }
            _ => Err(InvalidInput::new("repo name", text, REPO_RULE)),
        }
    }
}

text_newtype!(RepoName);

/// Nickname of a bucket config: 3 to 64 characters, surrounding blanks stripped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketNickname(String);

impl BucketNickname {
    /// The nickname as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketNickname {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let trimmed = text.trim();
        let bad = |rule: &str| Err(InvalidInput::new("bucket nickname", text, rule));
        match trimmed.chars().count() {
            0..3 => bad("must be at least 3 characters long"),
            65.. => bad("must be at most 64 characters long"),
            _ if !is_name(trimmed) => bad(NAME_RULE),
            _ => Ok(Self(trimmed.to_owned())),
        }
    }
}

text_newtype!(BucketNickname);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_alphabet_pass_and_paths_do_not() {
        for good in ["acme", "a1", "_x", "ünï-cødé", "a.b-c_d", "²½"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "a", ".", "..", ".a", "-a", "a b", "a/b", "a?b", "a#b", "a%2f", "a\n", "é"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn an_error_names_the_value_and_the_rule() {
        let error = "../x/y".parse::<RepoName>().unwrap_err().to_string();
        assert!(error.contains("\"../x/y\"") && error.contains("must be `org/repo`"), "{error}");
    }

    #[test]
    fn a_nickname_is_stripped_before_it_is_measured() {
        assert_eq!("  cold-store ".parse::<BucketNickname>().unwrap().as_str(), "cold-store");
        for bad in ["ab", " ab ", "a b c", &"x".repeat(65), ""] {
            assert!(bad.parse::<BucketNickname>().is_err(), "{bad}");
        }
    }
}
