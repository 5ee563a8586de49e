//! Deliberate differences in calls of V1 repos.

use super::{Deliberate, row};

const CLOCK: &str = "the clock of the recorded client stood still";
const STRICT: &str = "a path, an id or a time that breaks a rule is not sent";
const ONE_MORE: &str = "one more than is wanted tells whether there are more";
const BY_ARRAY: &str = "chunks are asked for array by array";
const BATCHES: &str = "what is in which batch means nothing";
const NO_HISTORY: &str = "the history is read where it is needed: for ids of commits, not for names";
const REBASE: &str = "the service brings the session forward, and tells of conflicts";
const AT_ONCE: &str = "branches and tags are asked for at once";
const OLD_WAY: &str = "commits are made in the way of releases after 0.7.6";
const ZARR: &str = "what stands above the collections is for Zarr stores";
const TOGETHER: &str = "inline chunks and others go out together";

pub(super) const ROWS: &[Deliberate] = &[
    row(38, "0.*", "*commit", "*", "body changed .commit_time", CLOCK),
    row(17, "0.*", "_old_style_single_commit", "*", "*", OLD_WAY),
    row(6, "0.*", "commit", "read-only session", "left out *", STRICT),
    row(16, "0.*", "fast_forward", "behind, *", "*", REBASE),
    row(8, "0.*", "checkout", "server refuses the expiration", "*", STRICT),
    row(13, "0.*", "checkout", "*", "left out GET *", NO_HISTORY),
    row(45, "0.*", "tag", "*", "left out GET *", NO_HISTORY),
    row(4, "0.*", "new_branch", "*", "added GET */tags", AT_ONCE),
    row(20, "0.*", "status", "*", "query * limit=*", ONE_MORE),
    row(4, "0.*", "_modified", "*", "query * limit=*", ONE_MORE),
    row(4, "0.*", "join_session", "unusual id", "*", STRICT),
    row(4, "0.*", "tree", "prefix with meta", "*", STRICT),
    row(8, "0.*", "_rename", "*", "*", STRICT),
    row(4, "0.*", "_set_doc", "unusual", "*", STRICT),
    row(4, "0.*", "_del_prefix", "unusual prefix", "*", STRICT),
    row(2, "0.*", "_del_prefix", "neither *", "*", STRICT),
    row(1, "0.*", "_list_dir", "neither *", "*", STRICT),
    row(8, "0.*", "_list_dir", "*: no request", "*", ZARR),
    row(4, "0.*", "_list_prefix", "double slash", "*", STRICT),
    row(1, "0.*", "_list_prefix", "everything*", "value *", ZARR),
    row(4, "0.*", "_get_chunk*s", "*", "added POST */contents/chunks/_bulk_get", BY_ARRAY),
    row(6, "0.*", "_get_chunk*s", "*", "body of chunks/_bulk_get *", BY_ARRAY),
    row(124, "0.*", "_get_docs", "45 paths*", "body of metadata/_bulk_get *", BATCHES),
    row(4, "0.*", "add_kerchunk_references", "defaults", "body of chunks/_bulk_set *", TOGETHER),
    row(
        4,
        "0.*",
        "add_kerchunk_references",
        "defaults",
        "left out PUT */contents/chunks/_bulk_set",
        TOGETHER,
    ),
];
