//! Requests about repos: [`NewRepo`], [`DeleteConfirmation`].

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;
use crate::{BucketNickname, Metadata, RepoKind, RepoName};

/// Names that no repo may have, in any case: they are words of the service's own addresses.
const RESERVED: [&str; 18] = [
    "access",
    "analytics",
    "billing",
    "buckets",
    "dap2",
    "edr",
    "exchange",
    "metrics",
    "optimization",
    "publish",
    "repos",
    "repositories",
    "services",
    "settings",
    "sql",
    "tables",
    "tiles",
    "virtual-chunks",
];

/// The most characters in the name of a new repo.
const MAX_NAME: usize = 128;
/// The most characters in a description.
const MAX_DESCRIPTION: usize = 255;
/// The most characters in a key prefix.
const MAX_PREFIX: usize = 256;

open_enum! {
    /// How a new repo comes to be.
    pub enum CreateMode {
        /// The entry is made; the client then makes the repository in the bucket.
        Register = "register",
        /// The service makes both.
        Create = "create",
        /// The repository is there already.
        Import = "import",
        /// The repo subscribes to a listing.
        Subscribe = "subscribe",
    }
}

/// Request: `POST /orgs/{org}/repos`.
///
/// ```
/// use arraylake_types::NewRepo;
/// let request = NewRepo::new("era5").with_bucket("cold-store").unwrap().with_description("Reanalysis");
/// request.validate().unwrap();
/// assert!(NewRepo::new("settings").validate().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewRepo {
    /// Name within the org.
    pub name: String,
    /// Free text, at most 255 characters.
    pub description: Option<String>,
    /// Which bucket; none means the org's default.
    pub bucket_nickname: Option<BucketNickname>,
    /// Kind of store.
    pub kind: RepoKind,
    /// Free-form metadata.
    pub metadata: Option<Metadata>,
    /// Key prefix within the bucket, relative to the bucket's own; none lets the service choose.
    pub prefix: Option<String>,
    /// How the repo comes to be.
    pub create_mode: CreateMode,
    /// Icechunk format version, 1 or 2; none lets the client choose.
    pub spec_version: Option<u8>,
}

impl NewRepo {
    /// An Icechunk repo in the org's default bucket.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            bucket_nickname: None,
            kind: RepoKind::Icechunk,
            metadata: None,
            prefix: None,
            create_mode: CreateMode::Register,
            spec_version: None,
        }
    }

    /// Puts the repo into a bucket.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn with_bucket(mut self, nickname: impl AsRef<str>) -> Result<Self, InvalidInput> {
        self.bucket_nickname = Some(nickname.as_ref().parse()?);
        Ok(self)
    }

    /// Sets the kind of store.
    #[must_use]
    pub fn with_kind(mut self, kind: RepoKind) -> Self {
        self.kind = kind;
        self
    }

    described_setters!();

    /// Sets the key prefix, relative to the bucket's own.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets how the repo comes to be.
    #[must_use]
    pub fn with_create_mode(mut self, mode: CreateMode) -> Self {
        self.create_mode = mode;
        self
    }

    /// Sets the Icechunk format version, 1 or 2. Version 1 is what Python clients before 1.0 can read.
    #[must_use]
    pub fn with_spec_version(mut self, version: u8) -> Self {
        self.spec_version = Some(version);
        self
    }

    /// Checks every rule for a new repo.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_new_name(&self.name)?;
        check_description(self.description.as_deref())?;
        if let Some(metadata) = &self.metadata {
            metadata.validate()?;
        }
        if let RepoKind::Other(kind) = &self.kind {
            return Err(InvalidInput::new("repo kind", kind, "must be `icechunk` or `v1`"));
        }
        if let Some(version) = self.spec_version.filter(|version| !matches!(version, 1 | 2)) {
            return Err(InvalidInput::new("spec version", version.to_string(), "must be 1 or 2"));
        }
        self.validate_prefix()
    }

    fn validate_prefix(&self) -> Result<(), InvalidInput> {
        let Some(prefix) = &self.prefix else { return Ok(()) };
        let bad = |rule: &str| Err(InvalidInput::new("repo prefix", prefix, rule));
        if self.kind == RepoKind::V1 {
            return bad("a V1 repo takes no prefix");
        }
        if prefix.is_empty() {
            return bad("must not be empty; leave it out to let the service choose");
        }
        if prefix.chars().count() > MAX_PREFIX {
            return bad("must be at most 256 characters long");
        }
        prefix_fault(prefix).or_else(|| key_fault(prefix)).map_or(Ok(()), bad)
    }
}

/// Checks the length of a description.
pub(crate) fn check_description(text: Option<&str>) -> Result<(), InvalidInput> {
    match text {
        Some(text) if text.chars().count() > MAX_DESCRIPTION => {
            let rule = "Description can be at most 255 characters long";
            Err(InvalidInput::new("description", text.chars().take(40).collect::<String>(), rule))
        }
        _ => Ok(()),
    }
}

/// What is wrong with a key prefix, if anything; the rules that repos and buckets share.
pub(crate) fn prefix_fault(prefix: &str) -> Option<&'static str> {
    if prefix.starts_with('/') || prefix.ends_with('/') {
        Some("must not start or end with a slash")
    } else if prefix.contains(char::is_whitespace) || prefix.contains(char::is_control) {
        Some("must not contain spaces")
    } else if prefix.contains("://") {
        Some("must not contain `://`")
    } else if prefix.split('/').any(|part| matches!(part, "." | "..")) {
        Some("must not contain `.` or `..` as a part")
    } else {
        None
    }
}

/// Icechunk copies objects by unencoded key: any other character makes the second commit fail.
pub(crate) fn key_fault(prefix: &str) -> Option<&'static str> {
    (!prefix.is_ascii() || prefix.contains('%')).then_some("must be ASCII without `%`")
}

/// Checks the name of a repo that is to be created: a name, not too long, not reserved.
pub(crate) fn validate_new_name(name: &str) -> Result<(), InvalidInput> {
    format!("org/{name}")
        .parse::<RepoName>()
        .map_err(|error| InvalidInput::new("repo name", name, error.rule))?;
    if name.chars().count() > MAX_NAME {
        return Err(InvalidInput::new("repo name", name, "must be at most 128 characters long"));
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        return Err(InvalidInput::new("repo name", name, "is reserved for the service; choose another name"));
    }
    Ok(())
}

/// Which repos of an org are wanted: query of `GET /orgs/{org}/repos/paginated`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ListRepos {
    /// Only repos whose metadata has all these facts. A null matches repos that have the key with null.
    pub filter_metadata: Option<Metadata>,
    /// Deleted repos too, of which only the name is held.
    pub include_ghosts: bool,
}

impl ListRepos {
    /// All repos.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only repos whose metadata has all these facts.
    #[must_use]
    pub fn with_filter(mut self, facts: Metadata) -> Self {
        self.filter_metadata = Some(facts);
        self
    }

    /// Deleted repos too.
    #[must_use]
    pub fn with_ghosts(mut self) -> Self {
        self.include_ghosts = true;
        self
    }
}

/// How a repo is deleted: query of `DELETE /orgs/{org}/{repo}`.
///
/// Neither: the repo becomes a ghost that can be restored for some days, then its data is removed. Both: the entry
/// goes at once and the data is never touched. Services before 1.0 know neither and delete for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeleteRepo {
    /// Skip the days of grace.
    pub immediate: bool,
    /// Leave the data in the bucket.
    pub retain_data: bool,
}

impl DeleteRepo {
    /// A deletion that can be undone for some days.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Skips the days of grace.
    #[must_use]
    pub fn with_immediate(mut self) -> Self {
        self.immediate = true;
        self
    }

    /// Leaves the data in the bucket.
    #[must_use]
    pub fn with_retain_data(mut self) -> Self {
        self.retain_data = true;
        self
    }
}

/// Proof that a deletion is meant: made only by saying so twice.
///
/// ```
/// use arraylake_types::DeleteConfirmation;
/// let sure = DeleteConfirmation::imsure().imreallysure();
/// # let _: DeleteConfirmation = sure;
/// ```
///
/// Once is not enough:
/// ```compile_fail
/// use arraylake_types::DeleteConfirmation;
/// let _: DeleteConfirmation = DeleteConfirmation::imsure();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteConfirmation(());

/// Half of a [`DeleteConfirmation`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a deletion needs `.imreallysure()` too"]
pub struct HalfSure(());

impl DeleteConfirmation {
    /// Says it once.
    pub fn imsure() -> HalfSure {
        HalfSure(())
    }
}

impl HalfSure {
    /// Says it a second time.
    #[must_use]
    pub fn imreallysure(self) -> DeleteConfirmation {
        DeleteConfirmation(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_for_a_new_repo_names_its_value() {
        let cases = [
            (NewRepo::new("a"), "\"a\""),
            (NewRepo::new("x".repeat(129)), "128"),
            (NewRepo::new("Settings"), "reserved"),
            (NewRepo::new("ok").with_description("d".repeat(256)), "255"),
            (NewRepo::new("ok").with_prefix("/x"), "slash"),
            (NewRepo::new("ok").with_prefix("a b"), "spaces"),
            (NewRepo::new("ok").with_prefix("a/../b"), ".."),
            (NewRepo::new("ok").with_prefix("é"), "ASCII"),
            (NewRepo::new("ok").with_prefix(""), "empty"),
            (NewRepo::new("ok").with_kind(RepoKind::V1).with_prefix("p"), "V1"),
            (NewRepo::new("ok").with_spec_version(3), "1 or 2"),
            (NewRepo::new("ok").with_kind("zip".into()), "icechunk"),
        ];
        for (request, expected) in cases {
            let error = request.validate().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        NewRepo::new("ok").with_prefix("a/b").validate().unwrap();
    }

    #[test]
    fn the_body_is_what_the_python_client_sends() {
        let body = serde_json::to_string(&NewRepo::new("new-repo")).unwrap();
        let expected = r#"{"name":"new-repo","description":null,"bucket_nickname":null,"kind":"icechunk","metadata":null,"prefix":null,"create_mode":"register","spec_version":null}"#;
        assert_eq!(body, expected);
    }
}
