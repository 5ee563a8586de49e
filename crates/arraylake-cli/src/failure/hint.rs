//! [`Hint`]: what to do next.

use std::fmt;

use arraylake_core::Error;

use super::Status;

/// What to do next.
#[derive(Clone, Debug)]
pub(super) enum Hint {
    /// In words that stand.
    Text(String),
    /// To look at the address of the service.
    Address {
        /// What comes before the address.
        before: &'static str,
        /// The address, where it is worth naming.
        asked: Option<String>,
        /// What comes behind it.
        behind: &'static str,
    },
}

impl Hint {
    /// One that has room for an address.
    pub(super) const fn address(before: &'static str, behind: &'static str) -> Self {
        Self::Address { before, asked: None, behind }
    }

    /// What to do after an error; none where the message says it all.
    pub(super) fn of(error: &Error, status: Status) -> Option<Self> {
        #[cfg(feature = "icechunk")]
        if let Error::Storage { source, .. } = error
            && let Some(hint) = Self::of_storage(source)
        {
            return Some(hint);
        }
        let hint = match status {
            Status::NotLoggedIn if matches!(error, Error::NoToken) => {
                "log in with `arraylake auth login`, or set ARRAYLAKE_TOKEN"
            }
            // It says so itself.
            Status::NotLoggedIn if matches!(error, Error::Login { .. }) => return None,
            Status::NotLoggedIn => "check ARRAYLAKE_TOKEN: the token is wrong or too old",
            Status::NotFound => return not_found(error),
            Status::Refused if is_speechless(error) => return Some(WRONG_PLACE),
            Status::Refused if error.is_forbidden() => {
                "ask who manages the org for the permission; `arraylake org list` shows yours"
            }
            Status::Refused if error.is_conflict() && is_about_use(error) => {
                "`arraylake bucket repos` shows which repos use it"
            }
            Status::Refused if error.is_conflict() && is_about_a_name(error) => {
                "choose another name, or look at what is there"
            }
            Status::Server if error.is_redirect() || error.is_decode() => return Some(WRONG_PLACE),
            Status::Server => "try again later",
            Status::Network if error.is_unknown_outcome() => return None,
            Status::Network if error.is_timeout() => {
                "try again, or allow more time: --config http.timeout=SECONDS"
            }
            Status::Network => return Some(OUT_OF_REACH),
            _ => return None,
        };
        Some(hint.into())
    }

    /// What to do where something is missing in a bucket.
    #[cfg(feature = "icechunk")]
    pub(super) fn of_storage(error: &arraylake_core::icechunk::Error) -> Option<Self> {
        use arraylake_core::icechunk::ErrorKind;
        let hint = match error.kind() {
            ErrorKind::NoRepository => {
                "`arraylake repo get` shows where a repo is, `arraylake bucket get` a bucket"
            }
            ErrorKind::NotFound => super::WHERE_REFS_ARE,
            ErrorKind::Storage => {
                "`arraylake bucket get` shows where the object store is looked for, and how"
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Address { before, asked, behind } => {
                f.write_str(before)?;
                asked.as_ref().map_or(Ok(()), |uri| write!(f, " {uri}"))?;
                f.write_str(behind)
            }
        }
    }
}

/// What to do where whoever answers is no Arraylake, or one at another address.
const WRONG_PLACE: Hint =
    Hint::address("is the service URI", " right? see --service-uri and `arraylake diagnostics`");

/// What to do where nobody answers.
const OUT_OF_REACH: Hint =
    Hint::address("check the network and the service URI", ": `arraylake diagnostics`");

/// Whether a refusal is without a word, as no Arraylake refuses, or a path is not known at all.
fn is_speechless(error: &Error) -> bool {
    error.status().is_some() && matches!(error.detail(), None | Some("Not Found"))
}

/// Whether a bucket config was to be changed or deleted, which repos may prevent; so may a taken nickname or place.
fn is_about_use(error: &Error) -> bool {
    let taken = error.detail().is_some_and(|detail| detail.contains("already exists"));
    matches!(error.operation(), Some("modify bucket config" | "delete bucket config")) && !taken
}

/// Whether something was to get a name, which may be taken.
fn is_about_a_name(error: &Error) -> bool {
    let operation = error.operation().unwrap_or_default();
    ["create", "import", "modify"].iter().any(|verb| operation.starts_with(verb))
}

fn not_found(error: &Error) -> Option<Hint> {
    if is_speechless(error) {
        return Some(WRONG_PLACE);
    }
    let operation = error.operation().unwrap_or_default();
    let named = error.detail().unwrap_or_default().to_lowercase();
    // What is to be made is not there yet; what is missing is where it would be.
    let making = ["create", "enable", "import", "subscribe"].iter().any(|verb| operation.starts_with(verb));
    let list = if error.is_bucket_not_found() || named.contains("bucket") {
        "bucket list"
    } else if making || operation.starts_with("list") || operation.contains("org") {
        "org list"
    } else if operation.contains("bucket") {
        "bucket list"
    } else if operation.contains("service") {
        "compute list"
    } else if operation == "migrate" {
        "repo branches"
    } else {
        "repo list"
    };
    Some(Hint::Text(format!("`arraylake {list}` shows what there is")))
}
