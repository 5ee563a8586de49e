//! Requests that change a repo: [`ModifyRepo`] and [`NewRepoVisibility`].

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::InvalidInput;
use crate::optimization::{Retention, Seconds};
use crate::repo_request::check_description;
use crate::{Metadata, OptimizationWindow, RepoVisibility};

/// Request: `PATCH /orgs/{org}/{repo}`. What is not set stays as it is.
///
/// ```
/// use arraylake_types::{Metadata, ModifyRepo};
/// let request = ModifyRepo::new().with_description("Reanalysis").with_update_metadata(Metadata::new().with("stage", 2));
/// request.validate().unwrap();
/// assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"description":"Reanalysis","update_metadata":{"stage":2}}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModifyRepo {
    /// Free text, at most 255 characters; empty removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Facts to add; the keys must be new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_metadata: Option<Metadata>,
    /// Keys to remove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_metadata: Option<Vec<String>>,
    /// Facts to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_metadata: Option<Metadata>,
    /// Garbage collection and expiration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimization_config: Option<ModifyOptimization>,
}

impl ModifyRepo {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described_edit_setters!();

    /// Changes garbage collection and expiration.
    #[must_use]
    pub fn with_optimization(mut self, change: ModifyOptimization) -> Self {
        self.optimization_config = Some(change);
        self
    }

    /// Checks every rule for a change.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        check_description(self.description.as_deref())?;
        let remove = self.remove_metadata.as_deref().unwrap_or_default();
        check_metadata_edit(self.add_metadata.as_ref(), remove, self.update_metadata.as_ref())
    }
}

/// The rules of a metadata edit, which repos and namespaces share: each part is legal, and no key is in two of them.
pub(crate) fn check_metadata_edit(
    add: Option<&Metadata>,
    remove: &[String],
    update: Option<&Metadata>,
) -> Result<(), InvalidInput> {
    for facts in [add, update].into_iter().flatten() {
        facts.validate()?;
    }
    let keys = |facts: Option<&Metadata>| -> HashSet<String> {
        facts.map(|facts| facts.0.keys().cloned().collect()).unwrap_or_default()
    };
    let (add, remove, update) = (keys(add), remove.iter().cloned().collect(), keys(update));
    let twice = add
        .intersection(&remove)
        .chain(add.intersection(&update))
        .chain(HashSet::intersection(&remove, &update))
        .min();
    match twice {
        Some(key) => {
            let rule = "Common metadata keys found in request: add, remove and update must not share a key";
            Err(InvalidInput::new("metadata", key, rule))
        }
        None => Ok(()),
    }
}

/// A change of garbage collection and expiration: only what is set is sent, and what is set to nothing is sent as null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModifyOptimization(Map<String, Value>);

impl ModifyOptimization {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when work may be done; none means the org's window.
    #[must_use]
    pub fn with_window(self, window: Option<&OptimizationWindow>) -> Self {
        self.with("window", window)
    }

    /// Sets garbage collection; what the change leaves out becomes the default. None removes it.
    #[must_use]
    pub fn with_gc(self, change: Option<&ModifyGc>) -> Self {
        self.with("gc_config", change)
    }

    /// Sets expiration; none removes it.
    #[must_use]
    pub fn with_expiration(self, change: Option<&ModifyExpiration>) -> Self {
        self.with("expiration_config", change)
    }

    fn with(mut self, key: &str, value: impl Serialize) -> Self {
        set(&mut self.0, key, value);
        self
    }
}

/// Every value set here is a number, a text, a flag or made of those, which always fit into JSON.
fn set(fields: &mut Map<String, Value>, key: &str, value: impl Serialize) {
    fields.insert(key.to_owned(), serde_json::to_value(value).unwrap_or_default());
}

/// Garbage collection of a repo, as far as it is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModifyGc(Map<String, Value>);

impl ModifyGc {
    /// Everything at its default.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether it runs at all.
    #[must_use]
    pub fn with_enabled(self, enabled: bool) -> Self {
        self.with("enabled", enabled)
    }

    /// Sets the seconds between two runs; none means never.
    #[must_use]
    pub fn with_every(self, seconds: Option<Seconds>) -> Self {
        self.with("gc_every", seconds)
    }

    /// Sets snapshots to keep besides those that branches and tags reach.
    #[must_use]
    pub fn with_extra_roots<K: Into<String>>(self, roots: impl IntoIterator<Item = K>) -> Self {
        self.with("extra_gc_roots", roots.into_iter().map(Into::into).collect::<Vec<String>>())
    }

    /// Says what to do with chunks.
    #[must_use]
    pub fn with_chunks(self, retention: Retention) -> Self {
        self.with("dangling_chunks", retention)
    }

    /// Says what to do with manifests.
    #[must_use]
    pub fn with_manifests(self, retention: Retention) -> Self {
        self.with("dangling_manifests", retention)
    }

    /// Says what to do with attribute files.
    #[must_use]
    pub fn with_attributes(self, retention: Retention) -> Self {
        self.with("dangling_attributes", retention)
    }

    /// Says what to do with transaction logs.
    #[must_use]
    pub fn with_transaction_logs(self, retention: Retention) -> Self {
        self.with("dangling_transaction_logs", retention)
    }

    /// Says what to do with snapshots.
    #[must_use]
    pub fn with_snapshots(self, retention: Retention) -> Self {
        self.with("dangling_snapshots", retention)
    }

    fn with(mut self, key: &str, value: impl Serialize) -> Self {
        set(&mut self.0, key, value);
        self
    }
}

/// Expiration of old versions of a repo, as far as it is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModifyExpiration(Map<String, Value>);

impl ModifyExpiration {
    /// Versions expire once they are so many seconds old.
    #[must_use]
    pub fn older_than(seconds: Seconds) -> Self {
        Self::default().with("expire_versions_older_than", seconds)
    }

    /// Sets the seconds between two runs; none means never.
    #[must_use]
    pub fn with_every(self, seconds: Option<Seconds>) -> Self {
        self.with("expire_every", seconds)
    }

    /// Says whether it runs at all.
    #[must_use]
    pub fn with_enabled(self, enabled: bool) -> Self {
        self.with("enabled", enabled)
    }

    fn with(mut self, key: &str, value: impl Serialize) -> Self {
        set(&mut self.0, key, value);
        self
    }
}

/// Request: `PUT /orgs/{org}/{repo}/visibility`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewRepoVisibility {
    /// Who may see it.
    pub visibility: RepoVisibility,
}

impl NewRepoVisibility {
    /// A visibility.
    #[must_use]
    pub fn new(visibility: RepoVisibility) -> Self {
        Self { visibility }
    }

    /// Checks that the visibility is a known one.
    ///
    /// # Errors
    /// Names an unknown one.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        match &self.visibility {
            RepoVisibility::Other(text) => {
                Err(InvalidInput::new("visibility", text, "must be `PRIVATE` or `AUTHENTICATED_PUBLIC`"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_is_sent_and_nothing_is_sent_as_null() {
        let nothing = serde_json::to_string(&ModifyRepo::new()).unwrap();
        assert_eq!(nothing, "{}");
        let gc = ModifyGc::new().with_enabled(true).with_every(None).with_chunks(Retention::OlderThan(60.0));
        let change = ModifyOptimization::new().with_gc(Some(&gc)).with_window(None);
        let body = serde_json::to_value(ModifyRepo::new().with_optimization(change)).unwrap();
        let expected = serde_json::json!({"optimization_config": {
            "gc_config": {"enabled": true, "gc_every": null, "dangling_chunks": 60.0}, "window": null
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn a_key_in_two_parts_of_an_edit_is_named() {
        let fact = || Metadata::new().with("a", 1);
        for bad in [
            ModifyRepo::new().with_add_metadata(fact()).with_remove_metadata(["a"]),
            ModifyRepo::new().with_add_metadata(fact()).with_update_metadata(fact()),
            ModifyRepo::new().with_update_metadata(fact()).with_remove_metadata(["a"]),
        ] {
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains("\"a\"") && error.contains("Common metadata keys"), "{error}");
        }
        ModifyRepo::new().with_add_metadata(fact()).with_remove_metadata(["b"]).validate().unwrap();
        assert!(ModifyRepo::new().with_description("x".repeat(256)).validate().is_err());
    }

    #[test]
    fn an_unknown_visibility_is_not_asked_for() {
        assert!(NewRepoVisibility::new("FRIENDS".into()).validate().is_err());
        NewRepoVisibility::new(RepoVisibility::AuthenticatedPublic).validate().unwrap();
    }
}
