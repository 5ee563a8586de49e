//! Deliberate differences in logins.

use super::{Deliberate, row};

const RETRIES: &str = "how often and how long a GET is tried again is for our retry policy to say";
const GRANT_ONCE: &str =
    "a refresh token works once: what may have arrived at the provider is not sent again";
const LATER: &str = "the client of that time did not know it yet";

pub(super) const ROWS: &[Deliberate] = &[
    row(12, "*", "*", "401, then 503 from the login provider", "*", GRANT_ONCE),
    row(4, "*", "*", "*no auth config", "added GET /auth/config", RETRIES),
    row(
        7,
        "*",
        "logout",
        "*",
        "added POST /oauth/revoke",
        "a login that was ended cannot be renewed any longer",
    ),
    row(
        2,
        "*",
        "logout",
        "*",
        "outcome: other token files instead of a value",
        "one can log out without the provider",
    ),
    row(3, "*", "_get_user", "status, 401", "added *", "a login that can be renewed is none that has ended"),
    row(6, "0.14.*", "login", "*", "added POST /auth/update-user", LATER),
    row(2, "0.*", "login", "already logged in*", "left out GET /user", "once is enough"),
    row(
        2,
        "0.*",
        "list_repos",
        "two calls at once, both 401",
        "left out POST /oauth/token",
        "one grant is enough",
    ),
    row(1, "*", "login", "device flow, user cannot be fetched", "added GET /user", RETRIES),
    row(1, "*", "logout", "logout, provider fails", "added GET /v2/logout", RETRIES),
    row(
        1,
        "*",
        "login",
        "*link expires while polling",
        "left out POST /oauth/token",
        "the first question waits, too",
    ),
    row(
        1,
        "*",
        "resolve_token_path",
        "https://user@*",
        "*",
        "a service URI holds no user: it would be in a file name",
    ),
    row(1, "*", "resolve_token_path", "api.example.com", "*", "a service URI has a scheme"),
];
