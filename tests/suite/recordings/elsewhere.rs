//! Which recorded calls are not made here, and why. They count as not covered.

use super::compare::fits;
use super::record::Record;

/// What Python's own Zarr store asks of a V1 repo.
const ZARR_OF_V1: &str = "the Zarr store of V1 repos";

/// `(file, call, what they belong to)`; the first row that fits counts.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("v1", "Repo.store", ZARR_OF_V1),
    ("v1", "Repo.root_group", ZARR_OF_V1),
    ("v1", "Repo.to_xarray", ZARR_OF_V1),
    ("*", "*.get_openeo_*", "openEO"),
    ("*", "*.get_iceberg", "the Iceberg catalog"),
    ("*", "arraylake *", "the command line"),
];

/// A call that is in no table and that no method of ours is known for.
pub(crate) const UNKNOWN: &str = "no method of ours";

/// The class of the metastore of V1 repos, whose calls are made through ours.
pub(crate) const METASTORE: &str = "HttpMetastoreDatabase.";

/// What a call belongs to, if it is not made here.
pub(crate) fn belongs_to(record: &Record) -> Option<&'static str> {
    if record.call.starts_with(METASTORE) {
        return None;
    }
    let row = ELSEWHERE.iter().find(|(file, call, _)| fits(file, &record.file) && fits(call, &record.call));
    row.map(|(.., what)| *what)
}

/// Why a group of calls is not replayed here.
pub(crate) fn why(what: &str) -> &'static str {
    match what {
        ZARR_OF_V1 => {
            "it is driven by Python's library `zarr`; in the tests of interoperability both read what the other wrote"
        }
        "openEO" => "another service, reached by a Python package",
        "the Iceberg catalog" => "pyiceberg speaks to it, not the client",
        "the command line" => "the program has tests of its own",
        _ => "somebody has to say which one",
    }
}
