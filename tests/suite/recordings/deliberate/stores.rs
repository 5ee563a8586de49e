//! Deliberate differences in what is handed to icechunk, to object stores and to the chunk stores of V1 repos.

use super::{Deliberate, row};

const FIXED: &str = "what holds fixed keys would print and serialise them; ours asks for them";
const VENDS: &str = "where a role vends keys they are used, whatever the endpoint";
const ENVIRONMENT: &str = "access is what the bucket config says, never what the environment happens to hold";
const REGION: &str = "an unset region would be looked for in the environment and on the network";
const NO_REGION: &str = "without a region nobody can tell where the bucket is";
const OTHER_ROLE: &str = "a role of another platform, or R2's elsewhere, gives no keys to this bucket";
const NO_KEYS: &str = "there is no such way to keys on that platform";
const R2: &str = "R2 is known by its endpoint";
const TIGRIS: &str = "Tigris is known by its endpoint";
const LISTED: &str = "the list has it already";
const LATER: &str = "keys are asked for when they are first needed";
const AT_ONCE: &str = "whether minio vends keys for a role only the service can tell";
const AWS_HOST: &str = "AWS wants buckets in the name of the host";
const AZURE: &str = "Azure works, with keys that are renewed";
const MACHINE: &str = "keys of the machine are used where it has some, else none";
const CLEAN: &str = "a container has a URL, and one list of bucket configs does for all";
const OWN_KEYS: &str = "keys of one's own come with a storage of one's own";

pub(super) const ROWS: &[Deliberate] = &[
    // Keys.
    row(51, "*", "*", "*", "icechunk gets *: \"renewed\" instead of \"fixed\"", FIXED),
    row(6, "*", "*", "*", "icechunk gets authorized.*: \"s3: renewed\" instead of \"s3: fixed\"", FIXED),
    row(
        11,
        "1.*",
        "*",
        "*",
        "icechunk gets storage.credentials: \"renewed\" instead of \"anonymous\"",
        VENDS,
    ),
    row(
        4,
        "1.*",
        "get_obstore_for_bucket",
        "*",
        "icechunk gets object store.keys: \"renewed\" instead of \"none\"",
        VENDS,
    ),
    row(
        37,
        "0.*",
        "*",
        "*",
        "icechunk gets storage.credentials: * instead of \"of the environment\"",
        ENVIRONMENT,
    ),
    row(
        34,
        "0.*",
        "*",
        "v1 chunk store, *",
        "icechunk gets chunk store.keys: \"none\" instead of *",
        MACHINE,
    ),
    row(
        11,
        "0.*",
        "*",
        "v1 chunk store, *",
        "icechunk gets chunk store.keys: \"renewed\" instead of *",
        VENDS,
    ),
    row(7, "1.*", "get_icechunk_storage", "credentials_override*", "*", OWN_KEYS),
    // Places.
    row(56, "*", "*", "*", "icechunk gets *region: \"us-east-1\" instead of null", REGION),
    row(15, "0.20.*", "*", "r2 is plain s3, *", "icechunk gets storage.*", R2),
    row(20, "0.20.*", "*", "tigris t3 is not known yet, *", "*", TIGRIS),
    row(
        7,
        "*",
        "get_obstore_for_bucket",
        "r2*",
        "icechunk gets object store.region: \"auto\" instead of *",
        R2,
    ),
    row(25, "*", "*", "*", "icechunk gets * store.place: \"https://*.s3.*\" instead of *", AWS_HOST),
    // Refused.
    row(25, "*", "*", "s3 without region, *", "outcome: invalid input instead of a value", NO_REGION),
    row(4, "*", "get_obstore_for_bucket", "tigris *", "outcome: invalid input instead of a value", NO_REGION),
    row(
        33,
        "*",
        "*",
        "*, gcp_customer_managed_role",
        "outcome: invalid input instead of a value",
        OTHER_ROLE,
    ),
    row(32, "*", "*", "*, r2_customer_managed_role", "outcome: invalid input instead of a value", OTHER_ROLE),
    row(
        22,
        "*",
        "*",
        "*, azure_credential_delegation",
        "outcome: invalid input instead of a value",
        OTHER_ROLE,
    ),
    row(95, "*", "*", "*, *customer_managed_role", "outcome: invalid input instead of a value", OTHER_ROLE),
    row(6, "*", "*", "gs, hmac", "outcome: invalid input instead of a value", NO_KEYS),
    row(1, "*", "get_obstore_for_bucket", "azure, none", "outcome: *", NO_KEYS),
    row(3, "0.*", "get_repo", "v1 chunk store, gs, *", "outcome: a value instead of invalid input", VENDS),
    // Buckets by their nicknames.
    row(128, "*", "get_obstore_for_bucket", "*", "left out GET /orgs/{}/buckets*", LISTED),
    row(26, "*", "get_obstore_for_bucket", "*", "left out GET /orgs/{}/buckets/*/credentials", LATER),
    row(3, "*", "get_obstore_for_bucket", "minio, *", "added GET /orgs/{}/buckets/*/credentials", AT_ONCE),
    row(
        95,
        "*",
        "get_icechunk_container_credentials_from_bucket",
        "*",
        "left out GET /orgs/{}/buckets*",
        LISTED,
    ),
    row(
        8,
        "*",
        "get_icechunk_container_credentials_from_bucket",
        "*",
        "outcome: \"s3: renewed\" instead of \"s3: fixed\"*",
        FIXED,
    ),
    row(
        3,
        "1.*",
        "get_icechunk_container_credentials_from_bucket",
        "*",
        "outcome: \"s3: renewed\" instead of \"s3: anonymous\"*",
        VENDS,
    ),
    row(
        10,
        "0.*",
        "get_icechunk_container_credentials_from_bucket",
        "*",
        "outcome: \"* instead of \"s3: of the environment\"*",
        ENVIRONMENT,
    ),
    row(
        4,
        "0.*",
        "get_icechunk_container_credentials_from_bucket",
        "gs, *",
        "outcome: \"gcs: * instead of *",
        ENVIRONMENT,
    ),
    row(
        2,
        "1.*",
        "get_icechunk_container_credentials_from_bucket",
        "azure, *",
        "outcome: a value instead of invalid input",
        AZURE,
    ),
    row(14, "*", "containers_credentials_for_buckets", "*", "left out GET /orgs/{}/buckets*", CLEAN),
    row(
        3,
        "0.*",
        "containers_credentials_for_buckets",
        "*",
        "outcome: invalid input instead of a value",
        CLEAN,
    ),
    row(1, "1.*", "containers_credentials_for_buckets", "also by keyword", "outcome: *", CLEAN),
    // Known by name, and recorded in other folders.
    row(0, "*", "get_obstore_for_bucket", "azure, bucket_policy", "outcome: *", NO_KEYS),
    row(0, "*", "get_obstore_for_bucket", "azure, gcp_customer_managed_role", "outcome: *", OTHER_ROLE),
];
