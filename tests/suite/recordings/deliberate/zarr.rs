//! Deliberate differences in calls of Python's Zarr store over V1 repos, which ours, one of the crate `zarrs`, does in
//! steps of its own.

use super::{Deliberate, row};

const ONCE: &str =
    "zarr-python looks again and again whether something is there; we look once, or do without";
const BOTH: &str = "whether a node is an array or a group one request tells";
const BELOW: &str = "zarr-python lists what is below before it makes or moves a node";
const ONE_LEVEL: &str = "one level is listed, and not all that is below";
const OWN_DOCUMENT: &str = "in Zarr v3 the document of a node lies in its directory";
const ROOTS: &str = "all that is listed lies under the root";
const NO_KEY: &str = "what can be no chunk is not asked for";
const CHUNKS_FIRST: &str = "chunks go first, so that none is left without its array";
const ONLY_THERE: &str = "only what is there is deleted";
const DEFLATE: &str = "another implementation of deflate; what it writes is read by both";
const EACH: &str = "each chunk is read, whatever others there are with the same bytes";
const DAMAGED: &str = "zarr-python 3.1 cannot open arrays through the store of that time";
const WRITES: &str = "our store writes where the session can";
const GROUP_OR_NONE: &str = "what has no document is a group if something is in it";
const MISSING: &str = "what is not there is said to be not there";

pub(super) const ROWS: &[Deliberate] = &[
    row(7, "0.*", "store", "*", "body of metadata/_bulk_get left out .meta/*", ONCE),
    row(1, "0.*", "root_group", "*", "body of metadata/_bulk_get left out .meta/*", ONCE),
    row(2, "0.*", "store", "*", "left out POST */contents/metadata/_bulk_get", ONCE),
    row(2, "0.*", "store", "*", "body of metadata/_bulk_get added .meta/*", BOTH),
    row(1, "0.*", "root_group", "*", "body of metadata/_bulk_get added .meta/*", BOTH),
    row(4, "0.*", "store", "*", "left out GET */contents/metadata/", BELOW),
    row(1, "0.*", "root_group", "*", "left out GET */contents/metadata/", BELOW),
    row(2, "0.*", "to_xarray", "*", "left out GET */contents/metadata/", BELOW),
    row(1, "0.*", "to_xarray", "*", "order of the requests", BELOW),
    row(2, "0.14.*", "root_group", "*", "query * all_subdirs=*", ONE_LEVEL),
    row(2, "0.14.*", "root_group", "*", "query * prefix=*", ONE_LEVEL),
    row(2, "0.*", "store", "*list*dir", "added POST */contents/metadata/_bulk_get", OWN_DOCUMENT),
    row(1, "0.*", "store", "*keys", "added POST */contents/metadata/_bulk_get", OWN_DOCUMENT),
    row(3, "0.*", "store", "*keys", "query * prefix=*", ROOTS),
    row(1, "0.*", "store", "*getitems", "body of chunks/_bulk_get left out .data/*", NO_KEY),
    row(1, "0.*", "store", "*delete an array", "order of the requests", CHUNKS_FIRST),
    row(1, "0.*", "store", "*rmdir", "order of the requests", CHUNKS_FIRST),
    row(2, "0.*", "store", "*delitems", "added POST */_bulk_get", ONLY_THERE),
    row(2, "0.*", "store", "*compressed", "body of chunks/_bulk_set changed .data/*", DEFLATE),
    row(1, "0.*", "store", "*", "icechunk gets objects: *", EACH),
    row(1, "0.20.*", "root_group", "*", "outcome: a value instead of invalid input", DAMAGED),
    row(2, "0.20.*", "to_xarray", "*", "outcome: a value instead of invalid input", DAMAGED),
    row(3, "0.20.*", "store", "*write is refused", "*", WRITES),
    // Known by name, and recorded in other folders.
    row(0, "0.*", "store", "*erase_prefix", "order of the requests", CHUNKS_FIRST),
    row(0, "0.20.*", "store", "*list_prefix", "query * prefix=*", ROOTS),
    row(0, "0.20.*", "store", "*list_prefix", "added *", OWN_DOCUMENT),
    row(0, "0.20.*", "store", "*list_prefix", "value *", OWN_DOCUMENT),
    row(0, "0.20.*", "store", "*open an array", "outcome: a value instead of invalid input", DAMAGED),
    row(0, "0.20.*", "store", "*list_prefix", "order of the requests", ROOTS),
    row(0, "0.20.*", "store", "*missing array", "outcome: not found instead of *", MISSING),
    row(0, "0.20.*", "store", "*missing array", "added GET */contents/metadata/", GROUP_OR_NONE),
];
