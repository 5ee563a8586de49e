//! [`Other`]: fields that this version does not know.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// What an [`Other`] without fields looks like.
static NOTHING: LazyLock<Fields> = LazyLock::new(Fields::new);

/// Fields of an answer that this version does not know, kept so that nothing is lost on the way through.
///
/// Reads and writes like the map it stands for. Nearly always it is empty, and then it takes the room of a pointer:
/// every schema has one, and listings hold tens of thousands of schemas.
///
/// ```
/// use arraylake_types::Other;
/// let mut other = Other::new();
/// assert!(other.is_empty() && other.get("colour").is_none());
/// other.insert("colour".to_owned(), "blue".into());
/// assert_eq!(other["colour"], "blue");
/// ```
#[derive(Clone, Default)]
pub struct Other(Option<Box<Fields>>);

impl Other {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// The fields as a map.
    #[must_use]
    pub fn into_map(self) -> Fields {
        self.0.map(|fields| *fields).unwrap_or_default()
    }
}

impl Deref for Other {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        self.0.as_deref().unwrap_or_else(|| &NOTHING)
    }
}

impl DerefMut for Other {
    fn deref_mut(&mut self) -> &mut Fields {
        self.0.get_or_insert_default()
    }
}

impl From<Fields> for Other {
    fn from(fields: Fields) -> Self {
        Self((!fields.is_empty()).then(|| Box::new(fields)))
    }
}

impl FromIterator<(String, Value)> for Other {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Fields::from_iter(fields).into()
    }
}

impl IntoIterator for Other {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.into_map().into_iter()
    }
}

impl<'a> IntoIterator for &'a Other {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Eq for Other {}

impl PartialEq for Other {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Other {
    /// Names the fields; what they hold may be secret, which nobody can know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}

impl Serialize for Other {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Other {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_one_is_the_same_whether_it_was_ever_filled_or_not() {
        let mut emptied = Other::from_iter([("a".to_owned(), Value::Null)]);
        assert_ne!(emptied, Other::new());
        emptied.remove("a");
        assert_eq!(emptied, Other::new());
        assert_eq!(serde_json::to_string(&emptied).unwrap(), "{}");
        assert_eq!(format!("{emptied:?}"), format!("{:?}", Other::new()));
    }

    #[test]
    fn what_an_unknown_field_holds_is_not_printed() {
        let other = Other::from_iter([("key_of_a_new_kind".to_owned(), Value::from("MARKER"))]);
        assert_eq!(format!("{other:?}"), r#"{"key_of_a_new_kind"}"#);
    }

    #[test]
    fn it_takes_no_more_room_than_a_pointer() {
        assert_eq!(size_of::<Other>(), size_of::<usize>());
    }
}
