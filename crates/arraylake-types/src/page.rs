//! [`Page`]: one page of a listing, and [`PageRequest`], which one is wanted.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::InvalidInput;
use crate::recall::Recall;
use crate::rows::{Items, Rows};

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
        Self::from_slice_with(body, &Recall::new())
    }

    /// Reads a page whose rows may have parts in common with earlier answers.
    ///
    /// # Errors
    /// As [`from_slice`](Self::from_slice).
    pub fn from_slice_with(body: &[u8], recall: &Recall) -> Result<Self, serde_json::Error> {
        if let Ok(mut frame) = recall.read::<Frame<Items<T>>>(body) {
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
