//! The tables of deliberate differences between recorded calls and ours, each with its reason, and how many differences
//! of our own recordings it explains. That number is exact: a difference that goes, or one more of the same kind, has to
//! be looked at.

mod catalog;
mod logins;
mod opening;
mod stores;
mod v1;
mod zarr;

use std::fmt;

use super::compare::fits;
use super::record::Record;

/// A difference that is meant. In each text but the reason, `*` stands for anything, and `{}` for a
/// part of a path.
#[derive(Debug)]
pub(crate) struct Deliberate {
    /// How many differences of our own recordings it is about; none if they are in other folders.
    pub(crate) count: usize,
    /// Version of the recorded client.
    version: &'static str,
    /// The recorded method, without its class.
    method: &'static str,
    case: &'static str,
    /// The difference, as the comparison words it.
    difference: &'static str,
    reason: &'static str,
}

impl Deliberate {
    /// Whether this row is about a difference.
    pub(crate) fn explains(&self, record: &Record, difference: &str) -> bool {
        fits(self.version, &record.version)
            && fits(self.method, record.method())
            && fits(self.case, &record.case)
            && fits(self.difference, difference)
    }
}

impl fmt::Display for Deliberate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({}): {} -- {}", self.version, self.method, self.case, self.difference, self.reason)
    }
}

const fn row(
    count: usize,
    version: &'static str,
    method: &'static str,
    case: &'static str,
    difference: &'static str,
    reason: &'static str,
) -> Deliberate {
    Deliberate { count, version, method, case, difference, reason }
}

/// A reason that holds in many places.
const UNKNOWN_THEN: &str = "the service of that time did not know it yet, and passes over it";

const ROWS: &[&[Deliberate]] =
    &[catalog::ROWS, logins::ROWS, opening::ROWS, stores::ROWS, v1::ROWS, zarr::ROWS];

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static Deliberate> {
    ROWS.iter().copied().flatten()
}
