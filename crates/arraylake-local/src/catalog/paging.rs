//! Which page is asked for.

use super::call::Call;
use super::reply;
use crate::refusal::Refusal;

/// The largest page.
const MAX_SIZE: u64 = 100;

/// A page that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paging {
    /// Its number, from 1.
    pub(crate) page: u64,
    /// How many rows it has.
    pub(crate) size: u64,
}

impl Paging {
    /// Reads `page` and `size`.
    pub(crate) fn of(call: &Call) -> Result<Self, Refusal> {
        let (page, size) = (number(call, "page", 1)?, number(call, "size", 50)?);
        if size > MAX_SIZE {
            let msg = "Input should be less than or equal to 100";
            return Err(reply::bad_query("size", msg, "less_than_equal"));
        }
        Ok(Self { page, size })
    }

    /// How many rows to leave out, and how many to take.
    pub(crate) fn window(self) -> (u64, u64) {
        ((self.page - 1).saturating_mul(self.size), self.size)
    }

    /// The page with its rows, out of so many.
    pub(crate) fn page_of<T>(self, rows: Vec<T>, total: u64) -> arraylake_types::Page<T> {
        arraylake_types::Page::new(rows, total, self.page, self.size)
    }
}

fn number(call: &Call, name: &str, default: u64) -> Result<u64, Refusal> {
    let Some(text) = call.query(name) else { return Ok(default) };
    let number: i64 = text.parse().map_err(|_| {
        reply::bad_query(name, "Input should be a valid integer, unable to parse string", "int_parsing")
    })?;
    u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
        reply::bad_query(name, "Input should be greater than or equal to 1", "greater_than_equal")
    })
}
