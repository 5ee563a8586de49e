//! Which recorded calls are about something else than the catalog, and about what.

use super::compare::fits;
use super::record::Record;

/// `(file, call, what they belong to)`; the first row that fits counts.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("v1", "*", "V1 data"),
    ("*", "AsyncRepo.*", "V1 data"),
    ("*", "Repo.*", "V1 data"),
    ("*", "LocalWriteSession.*", "V1 data"),
    ("storage-options", "*", "opening repositories"),
    ("*", "*.get_icechunk_*", "opening repositories"),
    ("*", "*._get_icechunk_*", "opening repositories"),
    ("*", "*.containers_credentials_*", "opening repositories"),
    ("*", "AutoRefreshingCredentialProvider.*", "opening repositories"),
    ("*", "*.get_or_create_repo", "opening repositories"),
    ("*", "*.get_obstore_*", "object stores"),
    ("*", "*.get_openeo_*", "openEO"),
    ("*", "*.get_iceberg", "the Iceberg catalog"),
    ("*", "*.login", "logins"),
    ("*", "*.logout", "logins"),
    ("*", "TokenHandler.*", "logins"),
    ("*", "arraylake.token.*", "logins"),
    ("*", "arraylake *", "the command line"),
];

/// The class of the metastore of V1 repos, whose calls are made through ours.
pub(crate) const METASTORE: &str = "HttpMetastoreDatabase.";

/// What a call belongs to, if it is not the catalog.
pub(crate) fn belongs_to(record: &Record) -> Option<&'static str> {
    if record.call.starts_with(METASTORE) {
        return None;
    }
    let row = ELSEWHERE.iter().find(|(file, call, _)| fits(file, &record.file) && fits(call, &record.call));
    if let Some((.., what)) = row {
        return Some(what);
    }
    let raised = record.raised.as_ref().map_or("", |(class, _)| class.as_str());
    let v1 = record.args.get("kind").is_some_and(|kind| kind == "v1") || fits("v1*", &record.case);
    match record.method() {
        _ if record.auth == "login" => Some("logins"),
        _ if raised == "TypeError" => Some("what Python itself refuses"),
        _ if raised == "ImportError" => Some("what Python itself refuses"),
        "get_repo" if !record.version.starts_with('1') => Some("opening repositories"),
        "get_repo" | "create_repo" if v1 => Some("V1 data"),
        _ => None,
    }
}

/// Why a group of calls is not replayed here.
pub(crate) fn why(what: &str) -> &'static str {
    match what {
        "V1 data" => {
            "not replayed yet: sessions, commits and chunks through the repo, above the metastore's calls"
        }
        "opening repositories" => {
            "what is handed to icechunk is compared by the icechunk crate; the requests are not replayed yet"
        }
        "object stores" => "not replayed yet: Python hands out an obstore object, ours is of `object_store`",
        "openEO" => "another service, reached by a Python package",
        "the Iceberg catalog" => "pyiceberg speaks to it, not the client",
        "logins" => "not replayed yet; real clients log in in the interoperability tests",
        "the command line" => "the program has tests of its own",
        _ => "types make it impossible to write down",
    }
}
