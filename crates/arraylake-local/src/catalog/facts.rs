//! [`FactChange`]: a change of metadata, of repos and of Iceberg namespaces.

use std::collections::HashSet;

use arraylake_types::Metadata;

use super::body::Body;
use crate::refusal::Refusal;

/// What is to be added, removed, updated.
#[derive(Debug)]
pub(super) struct FactChange {
    add: Metadata,
    remove: Vec<String>,
    update: Metadata,
}

impl FactChange {
    /// Reads `add_metadata`, `remove_metadata` and `update_metadata`.
    pub(super) fn read(body: &mut Body) -> Self {
        Self {
            add: body.metadata("add_metadata").unwrap_or_default(),
            remove: body.any("remove_metadata", "a list of strings").unwrap_or_default(),
            update: body.metadata("update_metadata").unwrap_or_default(),
        }
    }

    /// The rules of a change by itself.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        self.add.validate()?;
        self.update.validate()?;
        let remove = self.remove.iter().collect::<HashSet<_>>().into_iter();
        let mut seen = HashSet::new();
        let keys = self.add.0.keys().chain(self.update.0.keys()).chain(remove);
        let mut common: Vec<&String> = keys.filter(|key| !seen.insert(*key)).collect();
        common.sort();
        if common.is_empty() {
            return Ok(());
        }
        Err(Refusal::rule(format!("Common metadata keys found in request: {common:?}")))
    }

    /// The metadata after the change. What had none and gets none has none.
    pub(super) fn apply(self, before: Option<Metadata>) -> Result<Option<Metadata>, Refusal> {
        let had = before.is_some();
        let mut facts = before.unwrap_or_default();
        for key in self.add.0.keys() {
            if facts.0.contains_key(key) {
                return Err(Refusal::rule(format!("Key {key:?} already exists in metadata")));
            }
        }
        facts.0.extend(self.add.0);
        facts.0.extend(self.update.0);
        for key in &self.remove {
            facts.0.remove(key);
        }
        facts.validate()?;
        Ok((had || !facts.0.is_empty()).then_some(facts))
    }
}
