//! Paths and queries of requests, every part encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a path segment as it is: letters, digits and the unreserved marks.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path from its segments, each encoded.
///
/// ```
/// assert_eq!(arraylake_transport::uri::path(&["repos", "ünï", "a/b"]), "/repos/%C3%BCn%C3%AF/a%2Fb");
/// ```
#[must_use]
pub fn path(segments: &[&str]) -> String {
    let mut path = String::with_capacity(64);
    for segment in segments {
        path.push('/');
        path.extend(utf8_percent_encode(segment, SEGMENT));
    }
    path
}

/// `key=value` pairs, encoded and joined, with the question mark; nothing for no pairs.
///
/// ```
/// assert_eq!(arraylake_transport::uri::query(&[("page", "1"), ("f", "a b")]), "?page=1&f=a%20b");
/// ```
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(key);
        query.push('=');
        query.extend(utf8_percent_encode(value, SEGMENT));
    }
    query
}
