//! [`Tree`]: groups and arrays of a V1 repo, in the order in which they were made.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

wire_struct! {
    /// A group with what is in it. Answer of `GET /repos/{org}/{repo}/tree`.
    #[derive(Default)]
    pub struct Tree {
        /// The groups in it, by name.
        pub trees: Entries<Tree> = lenient("trees"),
        /// The arrays in it, by name.
        pub arrays: Entries<ArrayDoc> = lenient("arrays"),
        /// Its attributes.
        pub attributes: Map<String, Value> = lenient("attributes"),
    }
}

impl Tree {
    /// An empty group.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// The document of an array, as it is stored.
///
/// ```
/// use arraylake_types::v1::ArrayDoc;
/// let array: ArrayDoc = serde_json::from_str(r#"{"data_type": "<f8", "shape": [4, 6]}"#).unwrap();
/// assert_eq!(array.data_type().as_deref(), Some("float64"));
/// assert_eq!(array.shape(), Some(vec![4, 6]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrayDoc(pub Map<String, Value>);

impl ArrayDoc {
    /// Its attributes; none if there are none.
    #[must_use]
    pub fn attributes(&self) -> Option<&Map<String, Value>> {
        self.0.get("attributes").and_then(Value::as_object)
    }

    /// Its shape, if it has one.
    #[must_use]
    pub fn shape(&self) -> Option<Vec<u64>> {
        self.0.get("shape")?.as_array()?.iter().map(Value::as_u64).collect()
    }

    /// Shape of its chunks, if it has one.
    #[must_use]
    pub fn chunk_shape(&self) -> Option<Vec<u64>> {
        self.0.get("chunk_grid")?.get("chunk_shape")?.as_array()?.iter().map(Value::as_u64).collect()
    }

    /// Its data type as people know it: `float64` for `<f8`; the stored text where there is no such name.
    #[must_use]
    pub fn data_type(&self) -> Option<String> {
        let stored = match self.0.get("data_type")? {
            Value::String(text) => text.clone(),
            Value::Object(extension) => match extension.get("type")? {
                Value::String(text) => text.clone(),
                odd => odd.to_string(),
            },
            _ => return None,
        };
        Some(numpy_name(&stored).unwrap_or(stored))
    }
}

/// `<f8` is `float64`.
fn numpy_name(stored: &str) -> Option<String> {
    let bare = stored.trim_start_matches(['<', '>', '|', '=']);
    let kind = match bare.chars().next()? {
        'f' => "float",
        'i' => "int",
        'u' => "uint",
        'c' => "complex",
        'b' if matches!(bare, "b1" | "bool") => return Some("bool".to_owned()),
        _ => return None,
    };
    let bytes: u32 = bare[1..].parse().ok()?;
    Some(format!("{kind}{}", bytes.checked_mul(8)?))
}

/// A JSON object that keeps its order.
#[derive(Clone, PartialEq)]
pub struct Entries<T>(Vec<(String, T)>);

impl<T> Entries<T> {
    /// Without an entry.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Adds a value at the end. Whoever adds a name twice has two of it.
    pub fn push(&mut self, name: impl Into<String>, value: T) {
        self.0.push((name.into(), value));
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Names and values for change, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> FromIterator<(String, T)> for Entries<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T> IntoIterator for Entries<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Entries<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Entries::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    entries.push(name, value);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_its_order() {
        let text = r#"{"trees":{"b":{"trees":{},"arrays":{},"attributes":{}},"a":{"trees":{},"arrays":{},"attributes":{}}},"arrays":{},"attributes":{"t":1}}"#;
        let tree: Tree = serde_json::from_str(text).unwrap();
        assert_eq!(tree.trees.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(serde_json::to_string(&tree).unwrap(), text);
        assert_eq!(serde_json::from_str::<Tree>("{}").unwrap(), Tree::new());
    }

    #[test]
    fn data_types_are_shown_by_their_names() {
        for (stored, shown) in [
            (r#""<f8""#, "float64"),
            (r#"">i2""#, "int16"),
            (r#""u1""#, "uint8"),
            (r#""bool""#, "bool"),
            (r#"{"type":"<M8[ns]","fallback":null}"#, "<M8[ns]"),
            (r#"{"type":"<c16"}"#, "complex128"),
        ] {
            let array: ArrayDoc = serde_json::from_str(&format!(r#"{{"data_type":{stored}}}"#)).unwrap();
            assert_eq!(array.data_type().as_deref(), Some(shown), "{stored}");
        }
    }
}
