//! Deliberate differences in opening repositories and making them: which requests, and what comes of them.

use super::{Deliberate, row};

const OPEN_FIRST: &str =
    "`/open` is asked first, once a client; a service without it is asked what it would say";
const IN_OPEN: &str = "the answer to `/open` has all of it";
const SCRIPTED: &str = "the answer to `/open` counts, which was made up apart from the entry";
const BEFORE: &str = "what can be found wrong before a request is sent is found then";
const LOOKED_UP: &str = "a repo is asked for by its name, and the list of all of them is not";
const TAKEN_BACK: &str = "whatever failed, the entry is taken back, at once and without its data";
const OTHER_KIND: &str = "what is no Icechunk repo may be a repo of another kind";
const ONCE: &str = "the entry is asked for once";
const OWN_CONTAINERS: &str = "containers of a new repo are those of the caller's config, or are added through the service; credentials come first";
const KNOWS_ICECHUNK: &str = "Icechunk repos can be opened by every build that has not left them out";
const READABLE: &str = "an end of credentials is read in every form";
const CREDENTIALS: &str =
    "keys of a repo's bucket are renewed by themselves, and kept until shortly before their end";
const LOOKED_AT_OFTEN: &str =
    "icechunk asks for keys of virtual chunks often, so that refused ones are renewed soon";
const FAILS_FIRST: &str = "of two requests that fail the one counts that is asked first";

pub(super) const ROWS: &[Deliberate] = &[
    // Which requests.
    row(272, "*", "*", "*", "added GET /repos/*/open", OPEN_FIRST),
    row(24, "*", "*_repo", "*", "order of the requests", OPEN_FIRST),
    row(12, "*", "create_repo", "*", "added GET /repos/{}/{}", OPEN_FIRST),
    row(3, "*", "import_repo", "*", "added GET /repos/{}/{}", OPEN_FIRST),
    row(8, "*", "get_or_create_repo", "*", "added GET /repos/{}/{}", OPEN_FIRST),
    row(4, "*", "get_or_create_repo", "exists, other bucket", "added GET *", OPEN_FIRST),
    row(79, "0.*", "get_icechunk_storage", "*", "added GET /user", OPEN_FIRST),
    row(50, "*", "get_icechunk_storage", "*", "added GET /repos/*/bucket-credentials", OPEN_FIRST),
    row(29, "1.*", "get_icechunk_storage", "*", "left out GET /user", IN_OPEN),
    row(26, "1.*", "get_icechunk_storage", "*", "left out GET /repos/*", IN_OPEN),
    row(2, "0.20.*", "create_repo", "icechunk, import_existing", "added POST */import", OPEN_FIRST),
    row(
        2,
        "0.20.*",
        "create_repo",
        "icechunk, import_existing",
        "body changed .bucket_nickname",
        "an import names its bucket",
    ),
    row(46, "*", "create_repo", "*", "left out GET /user", IN_OPEN),
    row(6, "*", "import_repo", "*", "left out GET /user", IN_OPEN),
    row(3, "*", "get_or_create_repo", "*", "left out GET /user", IN_OPEN),
    row(19, "*", "get_or_create_repo", "*", "left out GET /orgs/{}/repos*", LOOKED_UP),
    row(7, "0.*", "create_repo", "v1*", "left out GET /orgs/{}/repos", LOOKED_UP),
    row(7, "0.*", "create_repo", "v1*", "left out GET /repos/{}/{}", ONCE),
    row(6, "0.*", "create_repo", "v1, not listed afterwards", "*", LOOKED_UP),
    row(73, "0.*", "get_repo", "v1*", "left out GET /repos/{}/{}", ONCE),
    row(6, "0.*", "get_or_create_repo", "v1*", "left out GET /repos/{}/{}", ONCE),
    row(3, "*", "get_repo", "*", "added GET /repos/{}/{}", OTHER_KIND),
    row(0, "1.*", "_get_icechunk_*", "*", "added GET /repos/{}/{}", OTHER_KIND),
    row(1, "0.20.*", "get_repo", "icechunk, no bucket", "left out GET /user", ONCE),
    row(6, "0.*", "*", "icechunk is not installed", "*", KNOWS_ICECHUNK),
    row(
        1,
        "0.*",
        "get_or_create_repo",
        "v1 does not exist",
        "body added .spec_version (null)",
        super::UNKNOWN_THEN,
    ),
    // Bodies.
    row(3, "0.14.*", "create_repo", "v1*", "body added .metadata (null)", super::UNKNOWN_THEN),
    row(
        1,
        "0.14.*",
        "get_repo",
        "v1, user without a name",
        "body changed .author_name",
        "who has no name has none, and is not called `None None`",
    ),
    // What comes of it.
    row(9, "*", "create_repo", "other error, catalog entry stays", "*", TAKEN_BACK),
    row(4, "0.20.*", "create_repo", "*, catalog entry is deleted", "query added *=true", TAKEN_BACK),
    row(5, "*", "create_repo", "server answers kind v1", "*", TAKEN_BACK),
    row(7, "*", "create_repo", "config *", "*", BEFORE),
    row(3, "*", "create_repo", "user cannot be fetched", "*", IN_OPEN),
    row(45, "*", "create_repo", "virtual chunk access*", "*", OWN_CONTAINERS),
    row(12, "*", "get_or_create_repo", "*every argument", "*", OWN_CONTAINERS),
    row(8, "*", "import_repo", "every argument*", "icechunk gets containers.*", OWN_CONTAINERS),
    row(4, "*", "import_repo", "every argument*", "left out GET /orgs/{}/buckets*", OWN_CONTAINERS),
    row(
        1,
        "1.*",
        "get_or_create_repo",
        "exists as v1",
        "outcome: another repo than asked for instead of invalid input",
        "that it is of another kind is said so",
    ),
    row(2, "1.*", "get_icechunk_storage", "both requests fail*", "outcome: *", FAILS_FIRST),
    row(2, "1.*", "get_repo", "expiration *", "outcome: a value instead of the store failed", READABLE),
    row(
        1,
        "1.*",
        "get_repo",
        "*azure*container*",
        "outcome: a value instead of invalid input",
        "containers on Azure can be read, and one that cannot does not keep the repo shut",
    ),
    row(
        1,
        "1.*",
        "get_repo",
        "virtual chunk containers on azure",
        "outcome: a value instead of invalid input",
        "containers on Azure can be read",
    ),
    // What the answer to `/open` said.
    row(18, "*", "create_repo", "*", "icechunk gets storage.prefix: *", SCRIPTED),
    row(4, "*", "import_repo", "*", "icechunk gets storage.prefix: *", SCRIPTED),
    row(3, "*", "get_or_create_repo", "*", "icechunk gets storage.prefix: *", SCRIPTED),
    row(1, "*", "create_repo", "token is an API client", "icechunk gets author.*", SCRIPTED),
    // Credentials.
    row(7, "1.*", "_get_icechunk_*_for_repo", "*", "added GET /repos/*/bucket-credentials", CREDENTIALS),
    row(6, "1.*", "_get_icechunk_*_for_repo", "*", "left out GET /repos/*/open", CREDENTIALS),
    row(1, "0.*", "_get_icechunk_*_for_bucket", "*", "query added access=read", super::UNKNOWN_THEN),
    row(3, "*", "_get_icechunk_*_for_bucket", "bucket on *", "outcome: *in five minutes*", LOOKED_AT_OFTEN),
    row(2, "1.*", "_get_icechunk_*_vcc_*", "container on *", "outcome: *in five minutes*", LOOKED_AT_OFTEN),
    row(2, "1.*", "_get_icechunk_azure_*", "*", "added GET *", "keys of Azure are renewed, too"),
    row(2, "1.*", "_get_icechunk_azure_*", "*", "outcome: *", "keys of Azure are renewed, too"),
    // Known by name, and recorded in other folders.
    row(
        0,
        "*",
        "get_or_create_repo",
        "*exists without bucket",
        "outcome: * instead of another repo than asked for",
        "what is missing is said: the bucket",
    ),
];
