//! [`Rows`]: a listing in which a row that cannot be read does not spoil the others.

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::describe_json_error;
use crate::recall::Recall;

/// Rows for which room is made with the first one; a full page.
const ROOM: usize = 100;

/// A row of a listing that could not be read: which, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadRow {
    /// Place in the answer, from 0.
    pub index: usize,
    /// Its `_id` or `id`, if that much could be read.
    pub id: Option<String>,
    /// Its `name` or `nickname`, if that much could be read.
    pub name: Option<String>,
    /// What was wrong. Values of the row are not quoted at length: a row may hold secrets.
    pub reason: String,
}

/// The rows of a listing: those that could be read, and a note on each that could not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rows<T> {
    /// The rows, in the order of the answer.
    pub items: Vec<T>,
    /// The rows that could not be read.
    pub bad: Vec<BadRow>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { items: Vec::new(), bad: Vec::new() }
    }
}

impl<T> Rows<T> {
    /// Rows of which all could be read.
    #[must_use]
    pub fn new(items: Vec<T>) -> Self {
        Self { items, bad: Vec::new() }
    }
}

impl<T> std::ops::Deref for Rows<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// Reads a JSON array. The common case, in which all rows are well, costs one pass.
    ///
    /// # Errors
    /// If `body` is no JSON array.
    pub fn from_slice(body: &[u8]) -> Result<Self, serde_json::Error> {
        if let Ok(Items(items)) = Recall::new().read(body) {
            return Ok(Self::new(items));
        }
        Ok(Self::from_values(serde_json::from_slice(body)?))
    }

    pub(crate) fn from_values(values: Vec<Value>) -> Self {
        let mut rows = Self::default();
        for (index, value) in values.into_iter().enumerate() {
            let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let (id, name) = (text("_id").or_else(|| text("id")), text("name").or_else(|| text("nickname")));
            match serde_json::from_value(value) {
                Ok(item) => rows.items.push(item),
                Err(error) => rows.bad.push(BadRow { index, id, name, reason: describe_json_error(&error) }),
            }
        }
        rows
    }
}

/// Rows, with room made ahead for a full page: rows are large, and growing would move them time and again.
pub(crate) struct Items<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Each<T> {
            type Value = Items<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of rows")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut rows: A) -> Result<Items<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(row) = rows.next_element()? {
                    if items.is_empty() {
                        items.reserve_exact(ROOM);
                    }
                    items.push(row);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(Each(PhantomData))
    }
}
