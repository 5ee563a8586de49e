//! Pages and listings: [`Page`], and [`Rows`], in which a row that cannot be read does not spoil the others.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{InvalidInput, describe_json_error};
use crate::shared;

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
        if let Ok(Items(items)) = read(body) {
            return Ok(Self::new(items));
        }
        Ok(Self::from_values(serde_json::from_slice(body)?))
    }

    fn from_values(values: Vec<Value>) -> Self {
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

/// Reads JSON. Checking the whole text for UTF-8 once is much cheaper than doing so text by text.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    match std::str::from_utf8(body) {
        Ok(text) => {
            let _page = shared::Page::begin();
            serde_json::from_str(text)
        }
        Err(_) => serde_json::from_slice(body),
    }
}

/// Rows, with room made ahead for a full page: rows are large, and growing would move them time and again.
struct Items<T>(Vec<T>);

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

/// One page of a listing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Rows<T>,
    /// Rows in all, on every page.
    pub total: u64,
    /// Number of this page, from 1.
    pub page: u64,
    /// Rows a page.
    pub size: u64,
    /// Pages in all; 0 if there is nothing.
    pub pages: u64,
}

/// The frame of a page, with every number optional: a missing one ends the listing instead of breaking it.
#[derive(Serialize, Deserialize)]
struct Frame<I> {
    items: I,
    #[serde(default, deserialize_with = "count")]
    total: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    page: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    size: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pages: Option<u64>,
}

/// Reads a number, or a text of digits; anything else counts as missing.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    })
}

impl<T> Page<T> {
    /// A page from its rows and the numbers around it.
    #[must_use]
    pub fn new(items: Vec<T>, total: u64, page: u64, size: u64) -> Self {
        let pages = total.div_ceil(size.max(1));
        Self { rows: Rows::new(items), total, page, size, pages }
    }

    /// Whether this is the last page. A page without any row is the last, whatever its numbers say.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.page >= self.pages || (self.rows.items.is_empty() && self.rows.bad.is_empty())
    }

    fn assemble<I>(rows: Rows<T>, frame: &Frame<I>) -> Self {
        let count = (rows.items.len() + rows.bad.len()) as u64;
        Self {
            rows,
            total: frame.total.unwrap_or(count),
            page: frame.page.unwrap_or(1),
            size: frame.size.unwrap_or(count),
            pages: frame.pages.unwrap_or(0),
        }
    }
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page. The common case, in which all rows are well, costs one pass.
    ///
    /// # Errors
    /// If `body` is no JSON object with an array `items`.
    pub fn from_slice(body: &[u8]) -> Result<Self, serde_json::Error> {
        if let Ok(mut frame) = read::<Frame<Items<T>>>(body) {
            let items = std::mem::take(&mut frame.items.0);
            return Ok(Self::assemble(Rows::new(items), &frame));
        }
        let mut frame: Frame<Vec<Value>> = serde_json::from_slice(body)?;
        let values = std::mem::take(&mut frame.items);
        Ok(Self::assemble(Rows::from_values(values), &frame))
    }
}

impl<T: Serialize> Serialize for Page<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Frame {
            items: &self.rows.items,
            total: Some(self.total),
            page: Some(self.page),
            size: Some(self.size),
            pages: Some(self.pages),
        }
        .serialize(serializer)
    }
}

/// Which page of a listing is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// Number of the page, from 1.
    pub page: u64,
    /// Rows a page, 1 to 100.
    pub size: u64,
}

impl PageRequest {
    /// The most rows that a page may have.
    pub const MAX_SIZE: u64 = 100;

    /// A page by its number, from 1, with 100 rows.
    #[must_use]
    pub fn new(page: u64) -> Self {
        Self { page, size: Self::MAX_SIZE }
    }

    /// Sets the rows a page.
    #[must_use]
    pub fn with_size(mut self, size: u64) -> Self {
        self.size = size;
        self
    }

    /// Checks the rules: pages count from 1, sizes go from 1 to 100.
    ///
    /// # Errors
    /// Names the number that is out of range.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        if self.page == 0 {
            return Err(InvalidInput::new("page", self.page.to_string(), "pages count from 1"));
        }
        if self.size == 0 || self.size > Self::MAX_SIZE {
            return Err(InvalidInput::new("page size", self.size.to_string(), "must be from 1 to 100"));
        }
        Ok(())
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RepoModel;

    #[test]
    fn a_row_that_cannot_be_read_is_named_and_the_others_come_through() {
        let body = br#"[{"_id":"aa","org":"acme","name":"one","kind":"v1"},
                        {"_id":"bb","org":"acme","name":"two","kind":5},
                        {"_id":"cc","org":"acme","name":"three","kind":"icechunk"}]"#;
        let rows = Rows::<RepoModel>::from_slice(body).unwrap();
        assert_eq!(rows.items.iter().map(|repo| repo.name.as_str()).collect::<Vec<_>>(), ["one", "three"]);
        let bad = &rows.bad[0];
        assert_eq!((bad.index, bad.id.as_deref(), bad.name.as_deref()), (1, Some("bb"), Some("two")));
        assert!(bad.reason.contains("expected a text"), "{}", bad.reason);
    }

    #[test]
    fn a_page_with_missing_numbers_is_the_last_one() {
        let page = Page::<RepoModel>::from_slice(br#"{"items":[]}"#).unwrap();
        assert!(page.is_last());
        let zero =
            Page::<RepoModel>::from_slice(br#"{"items":[],"total":0,"page":1,"size":50,"pages":0}"#).unwrap();
        assert!(zero.is_last());
        assert!(Page::<RepoModel>::from_slice(b"[]").is_err());
        assert!(Page::<RepoModel>::from_slice(b"{}").is_err());
    }

    #[test]
    fn a_page_request_out_of_range_is_refused() {
        assert!(PageRequest::new(0).validate().is_err());
        assert!(PageRequest::new(1).with_size(101).validate().is_err());
        assert!(PageRequest::new(1).with_size(100).validate().is_ok());
    }
}
