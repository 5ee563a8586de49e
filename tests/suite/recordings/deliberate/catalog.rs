//! Deliberate differences in calls of the catalog.

use super::{Deliberate, row};

const RETRIES: &str = "how often and how long a GET is tried again is for our retry policy to say";
const ONCE: &str = "what makes something is not sent twice: nobody knows what became of it the first time";
const NEWER_FIRST: &str = "the newer route is tried first, once a client; then the older one is remembered";
const UNSET: &str = "what is not set is not sent";
const LENIENT: &str = "what this version does not know, or cannot read, does not spoil the rest of an answer";
const CHECKED: &str = "the rule is known, so that the request does not leave";
const TYPED: &str = "our types cannot say it";
const NOT_A_NUMBER: &str = "JSON has no NaN; Python sends a text that is not JSON, or null";
const ZONE: &str = "a time says its zone, without needless zeros";
const OPENEO: &str = "a client of openEO asks the service by itself; where it is and with which token we say";
const NO_END: &str = "a token that does not say when it ends is sent: the service knows";
const LOOKS_FIRST: &str =
    "who mistyped the name of a repo is told so, and what is deleted is said in the question";
const NO_DEFAULTS: &str = "what an answer does not say is not made up from the defaults of a client";
const LATER: &str = "the client of that time did not know it yet";

pub(super) const ROWS: &[Deliberate] = &[
    row(10, "*", "*", "*", "outcome: a value instead of unreadable answer", LENIENT),
    // Sending again.
    row(9, "*", "*", "GET: *", "left out GET *", RETRIES),
    row(48, "*", "*", "GET: *", "added GET *", RETRIES),
    row(
        2,
        "*",
        "*",
        "GET: no answer within the timeout, then 200",
        "outcome: no answer instead of a value",
        "`http.timeout` bounds a whole call",
    ),
    row(3, "*", "*", "nobody listens", "added GET *", RETRIES),
    row(1, "*", "*", "https to a plain http port", "added GET *", RETRIES),
    row(1, "*", "get_logs", "dropped connection is not retried", "added GET *", RETRIES),
    row(
        3,
        "*",
        "*",
        "GET: 429 with Retry-After '3600' then 200",
        "outcome: status 429 instead of a value",
        "nobody waits an hour",
    ),
    row(7, "*", "create_bucket_config", "POST: *", "left out POST *", ONCE),
    row(7, "*", "create_bucket_config", "POST: *", "outcome: * instead of a value", ONCE),
    row(
        2,
        "0.*",
        "modify_repo",
        "PATCH: * is not retried",
        "added PATCH *",
        "a change that may be said twice is sent again",
    ),
    // Older services.
    row(118, "0.*", "list_repos", "*", "added GET */repos/paginated", NEWER_FIRST),
    row(57, "0.*", "list_repos", "*", "query left out filter_metadata=", UNSET),
    row(13, "0.*", "get_permission_check", "*", "added GET */permissions/check", NEWER_FIRST),
    row(
        3,
        "0.*",
        "get_*_credentials_from_bucket",
        "*",
        "query added access=read",
        "services of that time pass over it",
    ),
    row(3, "0.14.*", "get_logs", "*", "query added follow_timeout=30", "services of that time pass over it"),
    row(
        27,
        "0.*",
        "create_bucket_config",
        "*",
        "body added .em_managed",
        "services of that time pass over it",
    ),
    row(
        18,
        "0.*",
        "create_bucket_config",
        "*",
        "body added .auth_config.storage_account (null)",
        "services of that time pass over it",
    ),
    row(
        17,
        "0.*",
        "create_repo",
        "*",
        "body added .spec_version (null)",
        "services of that time pass over it",
    ),
    // Requests that say less.
    row(33, "*", "modify_*", "*", "body left out * (null)", UNSET),
    row(
        79,
        "0.*",
        "enable",
        "*",
        "body left out *",
        "defaults are the service's to set, and not frozen by a client",
    ),
    row(
        5,
        "*",
        "get_user",
        "*",
        "left out POST /user/diagnostics",
        "nothing about the machine leaves it unless asked for",
    ),
    row(7, "*", "get_bucket_config", "*", "left out GET /orgs/*/buckets/*", "the list has it already"),
    row(
        1,
        "*",
        "get_bucket_config",
        "listed, but then *",
        "outcome: a value instead of status *",
        "the list has it already",
    ),
    // Stricter than Python.
    row(4, "*", "create_repo", "metadata NaN", "*", NOT_A_NUMBER),
    row(4, "*", "list_repos", "metadata filter, NaN", "*", NOT_A_NUMBER),
    row(
        4,
        "*",
        "create_repo",
        "empty prefix",
        "*",
        "an empty prefix would put the repo over the whole bucket config",
    ),
    row(4, "*", "create_repo", "prefix ' padded '", "*", "a prefix is sent as it was given, or not at all"),
    row(4, "*", "modify_*", "* not checked", "*", CHECKED),
    row(2, "*", "list_repos_paginated", "page_size 0 *", "*", CHECKED),
    row(2, "*", "get_iceberg_namespace", "name '*", "*", "it would be taken for another route"),
    row(2, "*", "list_iceberg_namespaces", "sort nonsense", "*", TYPED),
    row(2, "*", "get_database", "no name check at this level", "*", TYPED),
    row(
        3,
        "*",
        "get_status",
        "no check of the id",
        "*",
        "a slash in an id is encoded, so that it stays one part of the path",
    ),
    row(
        2,
        "*",
        "get_orgs",
        "service uri ending in /base?x=1",
        "*",
        "a query in the service URI would swallow the path",
    ),
    row(4, "*", "get_api_client*", "characters that need escaping", "*", "no token has such characters"),
    row(12, "*", "create_bucket_config", "*", "left out POST *", CHECKED),
    row(5, "*", "create_bucket_config", "*", "outcome: invalid input instead of *", CHECKED),
    // More than Python.
    row(2, "*", "AsyncClient", "*", "outcome: *", "a token may be a JWT, and a service URI must be one"),
    row(2, "0.*", "create_bucket_config", "*", "added POST *", LATER),
    row(2, "0.*", "create_bucket_config", "*", "outcome: status 404 instead of invalid input", LATER),
    row(4, "0.*", "enable", "unknown protocol", "*", LATER),
    row(1, "*", "create_database", "kind v1", "outcome: *", "the entry of a V1 repo can be made"),
    row(
        1,
        "*",
        "enable",
        "unknown field is dropped",
        "body added .nonsense",
        "a field of a newer service can be set",
    ),
    row(1, "0.20.*", "get_logs", "404 is not noticed", "outcome: *", "a refusal is not a log line"),
    row(3, "*", "*_logs", "*", "query left out *=*T*", ZONE),
    row(3, "*", "*_logs", "*", "query added *=*T*+00:00", ZONE),
    // Other products.
    row(3, "*", "get_openeo_connection", "*", "left out GET */.well-known/openeo", OPENEO),
    row(3, "*", "get_openeo_connection", "*", "left out GET */", OPENEO),
    row(4, "*", "get_iceberg", "pyiceberg is not installed", "*", "nothing has to be installed besides"),
    row(2, "*", "get_iceberg", "user login that is no JWT", "*", NO_END),
    row(
        1,
        "*",
        "get_iceberg",
        "rename_table",
        "left out GET */namespaces/*",
        "that a namespace is missing the catalog says itself",
    ),
    row(1, "*", "get_iceberg", "list_namespaces, 503", "added GET *", RETRIES),
    // The command line.
    row(1, "*", "arraylake repo delete *", "*", "added GET /repos/*", LOOKS_FIRST),
    row(
        1,
        "*",
        "arraylake repo set-status *",
        "*",
        "left out GET /repos/*",
        "the answer to the change tells it",
    ),
    row(
        1,
        "*",
        "arraylake auth *",
        "*refresh refused",
        "outcome: an exit code that is not 0 instead of a value",
        "a script has to see that the login was not renewed",
    ),
    // What is returned.
    row(62, "*", "list_enabled", "*", "value [].config.*: null instead of *", NO_DEFAULTS),
    row(9, "*", "update", "*", "value .config.*: null instead of *", NO_DEFAULTS),
    row(9, "*", "dump_compute_configs", "*", "value .*[].*: null instead of *", NO_DEFAULTS),
    row(2, "*", "*", "*", "value *.prefix: \"\" instead of null", "no prefix is the empty one"),
    row(
        1,
        "*",
        "modify_bucket_config",
        "*",
        "value .extra_config.*",
        "what the service says is not made into another type",
    ),
    row(
        1,
        "*",
        "list_virtual_chunk_access_policies",
        "*",
        "value : * rows instead of *",
        "policies that nobody made, but follow from a bucket, are left out",
    ),
    row(1, "*", "list_repos", "*", "value : * rows instead of *", "a repo that is on two pages is one"),
    // Known by name, and recorded in other folders.
    row(
        0,
        "1.*",
        "enable",
        "unknown protocol",
        "*",
        "which types of services there are is for the service to say",
    ),
    row(0, "1.*", "enable", "sku_code missing", "*", "older services sell no sizes"),
    row(0, "*", "arraylake repo delete *", "*", "added GET */repos/paginated", LOOKS_FIRST),
    row(0, "*", "arraylake repo delete *", "*", "left out DELETE *", LOOKS_FIRST),
    row(
        0,
        "*",
        "list_virtual_chunk_access_policies",
        "*",
        "added GET *",
        "policies of every page are listed",
    ),
    row(0, "*", "create_iceberg_namespace", "name is not checked", "*", CHECKED),
];
