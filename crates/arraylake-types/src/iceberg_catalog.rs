//! The Iceberg REST catalog: its own requests and answers. What describes a table (schemas, snapshots, updates) stays
//! JSON: it is the business of a library for Iceberg tables.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::InvalidInput;

/// Between the levels of a namespace in a path and in a query.
const LEVELS: &str = "\u{1f}";

/// Properties by name: of a catalog, or what a loaded table wants its files to be read with. Some are secrets, so
/// `Debug` shows the names alone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IcebergProperties(pub BTreeMap<String, String>);

impl IcebergProperties {
    /// The value of a property.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds a property, or replaces it.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}

impl fmt::Debug for IcebergProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl IntoIterator for IcebergProperties {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

wire_struct! {
    /// How a client of the catalog has to be set up. Answer of `GET /iceberg/v1/config`.
    pub struct IcebergConfig {
        /// Properties that the client's own go before.
        pub defaults: IcebergProperties = lenient("defaults"),
        /// Properties that go before the client's own.
        pub overrides: IcebergProperties = lenient("overrides"),
        /// Which routes there are; none if the catalog does not say.
        pub endpoints: Option<Vec<String>> = lenient("endpoints"),
    }
}

impl IcebergConfig {
    /// What comes before `namespaces` in every path; none if that is nothing.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        let prefix = self.overrides.get("prefix").or_else(|| self.defaults.get("prefix"))?;
        Some(prefix.trim_matches('/')).filter(|prefix| !prefix.is_empty())
    }

    /// Whether the catalog says that it has a route, such as `HEAD /v1/{prefix}/namespaces/{namespace}`.
    #[must_use]
    pub fn lists(&self, route: &str) -> bool {
        self.endpoints.iter().flatten().any(|known| known == route)
    }

    /// Whether the catalog says which routes it has, and this one is not among them.
    #[must_use]
    pub fn denies(&self, route: &str) -> bool {
        self.endpoints.is_some() && !self.lists(route)
    }
}

/// The name of a namespace in the catalog: one level, or several from the outermost inwards.
///
/// ```
/// use arraylake_types::NamespaceIdent;
/// let namespace: NamespaceIdent = "my-tables".parse()?;
/// assert_eq!(namespace.levels(), ["my-tables"]);
/// assert_eq!(namespace.to_string(), "my-tables");
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamespaceIdent(Vec<String>);

impl NamespaceIdent {
    /// Checks the levels.
    ///
    /// # Errors
    /// If there is none, or one is empty, nothing but dots, or holds a control character.
    pub fn new<T: Into<String>>(levels: impl IntoIterator<Item = T>) -> Result<Self, InvalidInput> {
        let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
        if levels.is_empty() {
            return Err(InvalidInput::new("namespace", "", "must not be empty"));
        }
        levels.iter().try_for_each(|level| check_part("namespace", level))?;
        Ok(Self(levels))
    }

    /// The levels, the outermost first.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.0
    }

    /// All levels as one text, as the catalog wants them in paths and queries.
    #[must_use]
    pub fn joined(&self) -> String {
        self.0.join(LEVELS)
    }
}

impl FromStr for NamespaceIdent {
    type Err = InvalidInput;

    /// A namespace of one level. Dots are part of its name.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::new([text])
    }
}

impl fmt::Display for NamespaceIdent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// The name of a table or of a view in the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableIdent {
    /// The namespace it is in.
    pub namespace: NamespaceIdent,
    /// Its name there.
    pub name: String,
}

impl TableIdent {
    /// Checks the name.
    ///
    /// # Errors
    /// If it is empty, nothing but dots, or holds a control character.
    pub fn new(namespace: NamespaceIdent, name: impl Into<String>) -> Result<Self, InvalidInput> {
        let name = name.into();
        check_part("table", &name)?;
        Ok(Self { namespace, name })
    }
}

impl fmt::Display for TableIdent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

/// A part of a path must not lead elsewhere.
fn check_part(what: &'static str, text: &str) -> Result<(), InvalidInput> {
    let rule = match text {
        "" => "must not be empty",
        "." | ".." => "must be more than dots",
        _ if text.chars().any(char::is_control) => "must not hold control characters",
        _ => return Ok(()),
    };
    Err(InvalidInput::new(what, text, rule))
}

wire_struct! {
    /// A namespace of the catalog. Answer of `GET /iceberg/v1/{prefix}/namespaces/{namespace}`.
    pub struct CatalogNamespace {
        /// Its name.
        pub namespace: Vec<String> = lenient("namespace"),
        /// Its properties.
        pub properties: BTreeMap<String, String> = lenient("properties"),
    }
}

wire_struct! {
    /// What became of a change of properties. Answer of `POST .../namespaces/{namespace}/properties`.
    pub struct PropertiesUpdate {
        /// Those that were set.
        pub updated: Vec<String> = lenient("updated"),
        /// Those that were removed.
        pub removed: Vec<String> = lenient("removed"),
        /// Those that were to be removed, and were not there.
        pub missing: Vec<String> = lenient("missing"),
    }
}

wire_struct! {
    /// A table, and what to reach its files with. Answer of `GET .../tables/{table}`, and of what makes or changes one.
    pub struct LoadedTable {
        /// Where the metadata lie; none for a table that is not committed yet.
        pub metadata_location: Option<String> = lenient("metadata-location"),
        /// The metadata, in the format of Iceberg tables.
        pub metadata: Value = lenient("metadata"),
        /// With what its files are read: the region, keys to the bucket.
        pub config: IcebergProperties = lenient("config"),
        /// Keys for places below a prefix.
        pub storage_credentials: Vec<TableCredentials> = lenient("storage-credentials"),
    }
}

wire_struct! {
    /// Keys for what lies below a prefix.
    pub struct TableCredentials {
        /// The prefix, a URL.
        pub prefix: String = lenient("prefix"),
        /// The keys, as properties of a client for files.
        pub config: IcebergProperties = lenient("config"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_lead_elsewhere_is_refused() {
        for bad in ["", ".", "..", "a\u{1f}b", "a\n"] {
            assert!(bad.parse::<NamespaceIdent>().is_err(), "{bad:?}");
            assert!(TableIdent::new("a".parse().unwrap(), bad).is_err(), "{bad:?}");
        }
        assert!(NamespaceIdent::new(Vec::<String>::new()).is_err());
        let deep = NamespaceIdent::new(["a", "b.c"]).unwrap();
        assert_eq!((deep.joined().as_str(), deep.to_string().as_str()), ("a\u{1f}b.c", "a.b.c"));
    }

    #[test]
    fn the_prefix_is_that_of_the_catalog_and_may_be_none() {
        let prefix = |text: &str| {
            let config: IcebergConfig = serde_json::from_str(text).unwrap();
            config.prefix().map(str::to_owned)
        };
        assert_eq!(
            prefix(r#"{"defaults":{"prefix":"a"},"overrides":{"prefix":"/b/"}}"#).as_deref(),
            Some("b")
        );
        assert_eq!(prefix(r#"{"defaults":{"prefix":"a"},"overrides":null}"#).as_deref(), Some("a"));
        assert_eq!(prefix(r#"{"overrides":{"prefix":"/"}}"#), None);
        assert_eq!(prefix("{}"), None);
    }

    #[test]
    fn keys_in_properties_are_not_printed() {
        let text = r#"{"metadata":{},"config":{"s3.secret-access-key":"MARKER"},
            "storage-credentials":[{"prefix":"s3://b/","config":{"s3.access-key-id":"MARKER"}}]}"#;
        let table: LoadedTable = serde_json::from_str(text).unwrap();
        let shown = format!("{table:?}");
        assert!(shown.contains("s3.secret-access-key") && !shown.contains("MARKER"), "{shown}");
    }
}
