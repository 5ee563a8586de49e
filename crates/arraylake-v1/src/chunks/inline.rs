//! Data inside of references: the text behind `inline://`, in the way of kerchunk.
//!
//! Bytes that are UTF-8 stand there as they are, others in base64 behind `base64:`. Raw data that themselves begin
//! with `base64:` would be taken for the encoded form by every reader, so they are encoded, too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// What inline URIs begin with.
pub const SCHEME: &str = "inline://";
const ENCODED: &str = "base64:";

/// The longest text, in characters, not counting the scheme; and the highest threshold that may be set, in bytes.
pub const MAX: usize = 512;

/// The URI that holds these bytes; none if it would be too long.
///
/// ```
/// use arraylake_v1::chunks::inline;
/// assert_eq!(inline::encode(&[7, 0, 0, 0]).as_deref(), Some("inline://\u{7}\0\0\0"));
/// assert_eq!(inline::encode(&[0xff]).as_deref(), Some("inline://base64:/w=="));
/// assert_eq!(inline::encode(b"base64:AA==").as_deref(), Some("inline://base64:YmFzZTY0OkFBPT0="));
/// assert_eq!(inline::encode(&[0xff; 379]), None, "its base64 has more than 512 characters");
/// ```
#[must_use]
pub fn encode(bytes: &[u8]) -> Option<String> {
    // No text of so many bytes is short enough, whatever its characters are.
    if bytes.len() > 4 * MAX {
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with(ENCODED) => text.to_owned(),
        _ => format!("{ENCODED}{}", STANDARD.encode(bytes)),
    };
    (text.chars().count() <= MAX).then(|| format!("{SCHEME}{text}"))
}

/// The bytes behind an inline URI, with or without its scheme.
///
/// # Errors
/// With a reason if what follows `base64:` is no base64.
pub fn decode(uri: &str) -> Result<Bytes, String> {
    let text = uri.strip_prefix(SCHEME).unwrap_or(uri);
    match text.strip_prefix(ENCODED) {
        None => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(encoded) => STANDARD.decode(encoded).map(Bytes::from).map_err(|error| error.to_string()),
    }
}

/// As [`decode`], for data that are known to be `length` bytes. Python writes raw data that begin with `base64:` as
/// they are; the length tells them from encoded ones.
pub(crate) fn decode_as(uri: &str, length: u64) -> Result<Bytes, String> {
    let text = uri.strip_prefix(SCHEME).unwrap_or(uri);
    let decoded = decode(uri);
    let raw = text.len() as u64 == length;
    match decoded {
        Ok(bytes) if bytes.len() as u64 == length || !raw => Ok(bytes),
        _ if raw => Ok(Bytes::copy_from_slice(text.as_bytes())),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_are_counted_in_characters() {
        assert!(encode(&[b'x'; 512]).is_some() && encode(&[b'x'; 513]).is_none());
        assert!(encode("ä".repeat(512).as_bytes()).is_some(), "1024 bytes, but 512 characters");
        assert!(encode(&[0xff; 378]).is_some() && encode(&[0xff; 379]).is_none());
        assert_eq!(encode(b"").as_deref(), Some("inline://"));
    }

    #[test]
    fn what_is_no_base64_is_an_error() {
        assert!(decode("inline://base64:$").is_err());
    }

    #[test]
    fn raw_data_that_look_encoded_are_known_by_their_length() {
        assert_eq!(decode_as("inline://base64:AA==", 1).unwrap(), vec![0]);
        assert_eq!(decode_as("inline://base64:AA==", 11).unwrap(), "base64:AA==");
        assert_eq!(decode_as("inline://base64:$", 8).unwrap(), "base64:$");
        assert!(decode_as("inline://base64:$", 3).is_err());
        assert_eq!(decode_as("inline://abc", 99).unwrap(), "abc", "what is there counts");
    }

    proptest! {
        #[test]
        fn what_is_inlined_is_read_back(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            "[ -~]{0,500}".prop_map(String::into_bytes),
            "base64:[ -~]{0,300}".prop_map(String::into_bytes),
        ]) {
            if let Some(uri) = encode(&bytes) {
                prop_assert!(uri.chars().count() <= SCHEME.len() + MAX);
                prop_assert_eq!(decode(&uri).unwrap(), bytes);
            }
        }
    }
}
