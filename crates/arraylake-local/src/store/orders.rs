//! [`Orders`]: lists in their order, remembered from page to page.
//!
//! SQL would walk over all the rows before a page each time, and a filter or a search would look at all rows for each page,
//! so that listing everything would take time with the square of its size.

use std::collections::VecDeque;

use super::Db;

/// How many lists are remembered at once.
const MOST: usize = 16;

/// The lists that were asked for last, as the numbers of their rows.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// How many changes the records had seen. Any other number, and the lists are worth nothing.
    at: u64,
    lists: VecDeque<(String, Box<[i64]>)>,
}

/// A page that is asked for: how many rows to leave out, and how many to take.
pub(crate) type Window = (u64, u64);

impl Db<'_> {
    /// The numbers of the rows on a page of a list, and how many there are on all pages. `list` says which list is meant
    /// in every respect; `rows` finds all of it in its order.
    pub(super) fn page(
        &self,
        list: &str,
        (skip, take): Window,
        rows: impl FnOnce() -> rusqlite::Result<Vec<i64>>,
    ) -> rusqlite::Result<(Vec<i64>, u64)> {
        let mut orders = self.1.borrow_mut();
        let now = self.0.total_changes();
        if orders.at != now {
            orders.lists.clear();
            orders.at = now;
        }
        if !orders.lists.iter().any(|(known, _)| known == list) {
            orders.lists.truncate(MOST - 1);
            orders.lists.push_front((list.to_owned(), rows()?.into()));
        }
        let found = orders.lists.iter().find(|(known, _)| known == list);
        let rows = found.map(|(_, rows)| &**rows).unwrap_or_default();
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(rows.len());
        let (start, end) = (place(skip), place(skip.saturating_add(take)));
        Ok((rows[start..end].to_vec(), rows.len() as u64))
    }
}
