//! Whether a bucket refused the keys that it was asked with, in the words of each kind of store.

use std::error::Error as StdError;

use super::one_line;

/// How the stores of the platforms say that keys are no good (any more). Not that they do not suffice.
const REFUSALS: [&str; 8] = [
    "ExpiredToken",
    "InvalidToken",
    "InvalidAccessKeyId",
    "TokenRefreshRequired",
    "failed to authenticate the request",
    "lacked valid authentication credentials",
    // Google, where nothing else says so.
    "StatusCode(401)",
    "status: 401",
];

/// Whether a bucket refused the keys that it was asked with.
pub(crate) fn refuses_keys(error: &(dyn StdError + 'static)) -> bool {
    // Some stores say it in a body that only `Debug` shows.
    let text = format!("{} {error:?}", one_line(error));
    REFUSALS.iter().any(|refusal| text.contains(refusal))
}

/// The same for a request whose answer has no body to say it in: S3 answers with a bare 400 then.
pub(crate) fn refuses_keys_without_words(error: &(dyn StdError + 'static)) -> bool {
    let text = format!("{error:?}");
    refuses_keys(error) || ["StatusCode(400)", "status: 400"].iter().any(|status| text.contains(status))
}
