//! Object keys as paths of files: any UTF-8 key of up to 1024 bytes gets a path of its own, and no key leaves the bucket.
//!
//! A key is cut at each `/`. Within a segment lower-case letters, digits, `-`, `_` and inner `.` stay as they are, capitals
//! become `^` and the small letter (file systems that ignore case must not mix up `A` and `a`), other bytes become `%xx`,
//! and the empty segment becomes `%`. A segment that is too long for one file name goes on in a directory whose
//! name ends in `+`. The file of an object ends in `=`, a directory in neither, so `a` and `a/b` live side by side.

use std::path::{Path, PathBuf};

/// The longest piece of an encoded segment in one file name; file systems allow 255 bytes.
const MAX_PIECE: usize = 200;

/// What a file name below a bucket stands for; the text is decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The file of an object whose key ends with this segment.
    Object(Vec<u8>),
    /// A directory: a whole segment, followed by `/` in the key.
    Directory(Vec<u8>),
    /// A directory that holds the rest of longer segments starting like this.
    Continued(Vec<u8>),
}

/// The file of the object `key` below `root`.
pub(super) fn object_path(root: &Path, key: &str) -> PathBuf {
    let mut path = directory_path(root, key.rsplit_once('/').map(|(parents, _)| parents));
    let last = key.rsplit('/').next().unwrap_or_default();
    push_segment(&mut path, last, "=");
    path
}

/// The directory of all keys that start with `prefix` and a `/`; `None` is the root itself.
pub(super) fn directory_path(root: &Path, prefix: Option<&str>) -> PathBuf {
    let mut path = root.to_owned();
    for segment in prefix.into_iter().flat_map(|prefix| prefix.split('/')) {
        push_segment(&mut path, segment, "");
    }
    path
}

/// Reads a file name back; `None` for a name that [`object_path`] never makes.
pub(super) fn decode(name: &str) -> Option<Entry> {
    if let Some(piece) = name.strip_suffix('=') {
        return decode_piece(piece).map(Entry::Object);
    }
    if let Some(piece) = name.strip_suffix('+') {
        return decode_piece(piece).map(Entry::Continued);
    }
    decode_piece(name).map(Entry::Directory)
}

fn push_segment(path: &mut PathBuf, segment: &str, suffix: &str) {
    let mut piece = String::with_capacity(segment.len() + 8);
    for (at, byte) in segment.bytes().enumerate() {
        if piece.len() >= MAX_PIECE {
            piece.push('+');
            path.push(&piece);
            piece.clear();
        }
        // A dot may not come first, or `.` and `..` would be names.
        let first = at == 0 || piece.is_empty();
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => piece.push(char::from(byte)),
            b'.' if !first => piece.push('.'),
            b'A'..=b'Z' => piece.extend(['^', char::from(byte.to_ascii_lowercase())]),
            _ => piece.push_str(&format!("%{byte:02x}")),
        }
    }
    if piece.is_empty() {
        piece.push('%');
    }
    piece.push_str(suffix);
    path.push(piece);
}

fn decode_piece(piece: &str) -> Option<Vec<u8>> {
    if piece == "%" {
        return Some(Vec::new());
    }
    let mut decoded = Vec::with_capacity(piece.len());
    let mut bytes = piece.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'^' => decoded.push(bytes.next()?.to_ascii_uppercase()),
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                decoded.push(u8::from_str_radix(digits, 16).ok()?);
            }
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => decoded.push(byte),
            _ => return None,
        }
    }
    (!decoded.is_empty()).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(key: &str) -> Vec<String> {
        let path = object_path(Path::new("r"), key);
        path.components().skip(1).map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn plain_keys_stay_readable() {
        assert_eq!(names("repo/chunks/0a.json"), ["repo", "chunks", "0a.json="]);
        assert_eq!(names("A"), ["^a="]);
    }

    #[test]
    fn no_key_leaves_the_bucket() {
        assert_eq!(names("../x/./y"), ["%2e.", "x", "%2e", "y="]);
        assert_eq!(names("/etc"), ["%", "etc="]);
        assert_eq!(names("a//"), ["a", "%", "%="]);
    }

    #[test]
    fn a_key_and_a_key_below_it_have_their_own_paths() {
        assert_eq!(names("a"), ["a="]);
        assert_eq!(names("a/b"), ["a", "b="]);
    }

    #[test]
    fn long_segments_are_cut_and_read_back() {
        let key = "é".repeat(512);
        let names = names(&key);
        assert!(names.iter().all(|name| name.len() < 255));
        let mut read = Vec::new();
        for name in &names {
            match decode(name).unwrap() {
                Entry::Object(piece) | Entry::Continued(piece) => read.extend(piece),
                Entry::Directory(_) => panic!("no directory here"),
            }
        }
        assert_eq!(String::from_utf8(read).unwrap(), key);
    }

    #[test]
    fn names_that_are_not_ours_are_refused() {
        assert_eq!(decode("A"), None);
        assert_eq!(decode("%4"), None);
        assert_eq!(decode(""), None);
    }
}
