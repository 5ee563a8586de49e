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

    /// Its rows out of all there are.
    pub(crate) fn cut<T>(self, rows: Vec<T>) -> arraylake_types::Page<T> {
        let (skip, take) = self.window();
        let total = rows.len() as u64;
        let clamped = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let items = rows.into_iter().skip(clamped(skip)).take(clamped(take)).collect();
        arraylake_types::Page::new(items, total, self.page, self.size)
    }
}

fn number(call: &Call, name: &str, default: u64) -> Result<u64, Refusal> {
    let Some(text) = call.query(name) else { return Ok(default) };
    let number = text.parse().map_err(|_| {
        reply::bad_query(name, "Input should be a valid integer, unable to parse string", "int_parsing")
    })?;
    if number == 0 {
        let msg = "Input should be greater than or equal to 1";
        return Err(reply::bad_query(name, msg, "greater_than_equal"));
    }
    Ok(number)
}
