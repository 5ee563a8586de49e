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
const LATER: &str = "the client of that time did not know it yet";

/// Every row must be needed.
pub(super) const ROWS: &[Deliberate] = &[
    row("*", "*", "*", "outcome: a value instead of unreadable answer", LENIENT),
    // Sending again.
    row("*", "*", "GET: *", "left out GET *", RETRIES),
    row("*", "*", "GET: *", "added GET *", RETRIES),
    row(
        "*",
        "*",
        "GET: no answer within the timeout, then 200",
        "outcome: no answer instead of a value",
        "`http.timeout` bounds a whole call",
    ),
    row("*", "*", "nobody listens", "added GET *", RETRIES),
    row("*", "*", "https to a plain http port", "added GET *", RETRIES),
    row("*", "get_logs", "dropped connection is not retried", "added GET *", RETRIES),
    row(
        "*",
        "*",
        "GET: 429 with Retry-After '3600' then 200",
        "outcome: status 429 instead of a value",
        "nobody waits an hour",
    ),
    row("*", "create_bucket_config", "POST: *", "left out POST *", ONCE),
    row("*", "create_bucket_config", "POST: *", "outcome: * instead of a value", ONCE),
    row(
        "0.*",
        "modify_repo",
        "PATCH: * is not retried",
        "added PATCH *",
        "a change that may be said twice is sent again",
    ),
    // Older services.
    row("0.*", "list_repos", "*", "added GET */repos/paginated", NEWER_FIRST),
    row("0.*", "list_repos", "*", "query left out filter_metadata=", UNSET),
    row("0.*", "get_permission_check", "*", "added GET */permissions/check", NEWER_FIRST),
    row(
        "0.*",
        "get_*_credentials_from_bucket",
        "*",
        "query added access=read",
        "services of that time pass over it",
    ),
    row("0.14.*", "get_logs", "*", "query added follow_timeout=30", "services of that time pass over it"),
    row("0.*", "create_bucket_config", "*", "body added .em_managed", "services of that time pass over it"),
    row(
        "0.*",
        "create_bucket_config",
        "*",
        "body added .auth_config.storage_account (null)",
        "services of that time pass over it",
    ),
    row("0.*", "create_repo", "*", "body added .spec_version (null)", "services of that time pass over it"),
    // Requests that say less.
    row("*", "modify_*", "*", "body left out * (null)", UNSET),
    row(
        "0.*",
        "enable",
        "*",
        "body left out *",
        "defaults are the service's to set, and not frozen by a client",
    ),
    row(
        "*",
        "get_user",
        "*",
        "left out POST /user/diagnostics",
        "nothing about the machine leaves it unless asked for",
    ),
    row("*", "get_bucket_config", "*", "left out GET /orgs/*/buckets/*", "the list has it already"),
    row(
        "*",
        "get_bucket_config",
        "listed, but then 404",
        "outcome: a value instead of status 404",
        "the list has it already",
    ),
    // Stricter than Python.
    row("*", "create_repo", "metadata NaN", "*", NOT_A_NUMBER),
    row("*", "list_repos", "metadata filter, NaN", "*", NOT_A_NUMBER),
    row(
        "*",
        "create_repo",
        "empty prefix",
        "*",
        "an empty prefix would put the repo over the whole bucket config",
    ),
    row("*", "create_repo", "prefix ' padded '", "*", "a prefix is sent as it was given, or not at all"),
    row("*", "modify_*", "* not checked", "*", CHECKED),
    row("*", "list_repos_paginated", "page_size 0 *", "*", CHECKED),
    row("*", "get_iceberg_namespace", "name '*", "*", "it would be taken for another route"),
    row("*", "list_iceberg_namespaces", "sort nonsense", "*", TYPED),
    row("*", "get_database", "no name check at this level", "*", TYPED),
    row(
        "*",
        "get_status",
        "no check of the id",
        "*",
        "a slash in an id is encoded, so that it stays one part of the path",
    ),
    row(
        "*",
        "get_orgs",
        "service uri ending in /base?x=1",
        "*",
        "a query in the service URI would swallow the path",
    ),
    row("*", "get_api_client*", "characters that need escaping", "*", "no token has such characters"),
    row("*", "create_bucket_config", "*", "left out POST *", CHECKED),
    row("*", "create_bucket_config", "*", "outcome: invalid input instead of a value", CHECKED),
    // More than Python.
    row("*", "AsyncClient", "*", "outcome: *", "a token may be a JWT, and a service URI must be one"),
    row("0.*", "create_bucket_config", "*", "added POST *", LATER),
    row("0.*", "create_bucket_config", "*", "outcome: status 404 instead of invalid input", LATER),
    row("0.*", "enable", "unknown protocol", "*", LATER),
    row("*", "create_database", "kind v1", "outcome: *", "the entry of a V1 repo can be made"),
    row(
        "*",
        "enable",
        "unknown field is dropped",
        "body added .nonsense",
        "a field of a newer service can be set",
    ),
    row("0.20.*", "get_logs", "404 is not noticed", "outcome: *", "a refusal is not a log line"),
    row("*", "*_logs", "*", "query left out *=*T*", ZONE),
    row("*", "*_logs", "*", "query added *=*T*+00:00", ZONE),
];

/// Differences in cases that are known by name but recorded in other folders. None may be needed by our own: it belongs
/// into the table above then.
pub(super) const ABSENT: &[Deliberate] = &[
    row("*", "list_virtual_chunk_access_policies", "*", "added GET *", "policies of every page are listed"),
    row("*", "create_iceberg_namespace", "name is not checked", "*", CHECKED),
];
