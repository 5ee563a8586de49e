//! The tables of deliberate differences between recorded calls and ours, each with its reason.

mod catalog;
mod logins;
mod opening;
mod stores;
mod v1;

use std::fmt;

use super::compare::fits;
use super::record::Record;

/// A difference that is meant. In each text but the reason, `*` stands for anything.
#[derive(Debug)]
pub(crate) struct Deliberate {
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
    version: &'static str,
    method: &'static str,
    case: &'static str,
    difference: &'static str,
    reason: &'static str,
) -> Deliberate {
    Deliberate { version, method, case, difference, reason }
}

/// A reason that holds in many places.
const UNKNOWN_THEN: &str = "the service of that time did not know it yet, and passes over it";

/// Every row must be needed.
const DELIBERATE: &[&[Deliberate]] = &[catalog::ROWS, logins::ROWS, opening::ROWS, stores::ROWS, v1::ROWS];

/// Differences in cases that are known by name but recorded in other folders. None may be needed by our own: it belongs
/// into a table above then.
const ABSENT: &[Deliberate] = catalog::ABSENT;

/// All rows, and for each whether our own recordings need it.
pub(crate) fn rows() -> impl Iterator<Item = (&'static Deliberate, bool)> {
    let needed = DELIBERATE.iter().copied().flatten().map(|row| (row, true));
    needed.chain(ABSENT.iter().map(|row| (row, false)))
}
