//! Paths of nodes and of documents, and the rules they follow.

use std::fmt;
use std::str::FromStr;

use arraylake_types::InvalidInput;
use arraylake_types::v1::Collection;

const RULE: &str =
    "must be segments of letters, digits, `.`, `_` and `-`, joined by `/`, none of them `.` or `..`";

fn is_segment(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && !matches!(text, "." | "..") && text.bytes().all(allowed)
}

/// Where a group or an array is: names joined by `/`, empty for the root group.
///
/// Slashes around it are dropped. Names are ASCII, since other clients refuse to read anything else.
///
/// ```
/// use arraylake_v1::NodePath;
/// let path: NodePath = "/ocean/temperature".parse().unwrap();
/// assert_eq!(path.as_str(), "ocean/temperature");
/// assert_eq!(path.array_document(), "meta/root/ocean/temperature.array.json");
/// assert_eq!(NodePath::root().group_document(), "meta/root.group.json");
/// assert!("ocean/../secrets".parse::<NodePath>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodePath(String);

impl NodePath {
    /// The root group.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether it is the root group.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path without a slash in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name; none for the root group.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// A node in this one.
    ///
    /// # Errors
    /// If `name` is no name.
    pub fn child(&self, name: &str) -> Result<Self, InvalidInput> {
        if name.contains('/') {
            return Err(InvalidInput::new("node name", name, RULE));
        }
        if self.is_root() { name.parse() } else { format!("{}/{name}", self.0).parse() }
    }

    /// The group that it is in; none for the root group.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(self.0.rsplit_once('/').map_or_else(Self::root, |(parent, _)| Self(parent.to_owned())))
    }

    /// The path with `meta/root` or `data/root` before it.
    fn under(&self, root: &str) -> String {
        if self.is_root() { root.to_owned() } else { format!("{root}/{}", self.0) }
    }

    /// Path of the document, were it a group.
    #[must_use]
    pub fn group_document(&self) -> String {
        self.under("meta/root") + ".group.json"
    }

    /// Path of the document, were it an array.
    #[must_use]
    pub fn array_document(&self) -> String {
        self.under("meta/root") + ".array.json"
    }

    /// The directory of the documents of what is in it, without a slash at the end.
    #[must_use]
    pub fn metadata_directory(&self) -> String {
        self.under("meta/root")
    }

    /// The directory of its chunks and of those of what is in it, without a slash at the end.
    #[must_use]
    pub fn chunk_directory(&self) -> String {
        self.under("data/root")
    }

    /// The node behind the path of its document.
    #[must_use]
    pub fn of_document(path: &str) -> Option<Self> {
        let bare = path.strip_suffix(".group.json").or_else(|| path.strip_suffix(".array.json"))?;
        let bare = bare.strip_prefix("meta/root")?;
        if bare.is_empty() { Some(Self::root()) } else { bare.strip_prefix('/')?.parse().ok() }
    }

    /// The array behind the path of a chunk, and the numbers of the chunk in it.
    ///
    /// ```
    /// use arraylake_v1::NodePath;
    /// let (array, numbers) = NodePath::of_chunk("data/root/ocean/t/c0/12").unwrap();
    /// assert_eq!((array.as_str(), numbers), ("ocean/t", vec![0, 12]));
    /// ```
    #[must_use]
    pub fn of_chunk(path: &str) -> Option<(Self, Vec<u64>)> {
        let node = node_of_chunk(path);
        let numbers = path[node.len()..].strip_prefix("/c")?;
        let numbers: Option<Vec<u64>> = numbers.split(['/', '.']).map(|number| number.parse().ok()).collect();
        let bare = node.strip_prefix("data/root")?;
        let node = if bare.is_empty() { Self::root() } else { bare.strip_prefix('/')?.parse().ok()? };
        Some((node, numbers?))
    }
}

impl FromStr for NodePath {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bare = text.trim_matches('/');
        if bare.is_empty() || bare.split('/').all(is_segment) {
            return Ok(Self(bare.to_owned()));
        }
        Err(InvalidInput::new("node path", text, RULE))
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0)
    }
}

/// Checks the path of a document before anything is sent: `meta/...` for metadata, `data/...` for chunks.
pub(crate) fn check(collection: &Collection, path: &str) -> Result<(), InvalidInput> {
    let (what, first) = match collection {
        Collection::Chunks => ("chunk path", "data"),
        _ => ("document path", "meta"),
    };
    let mut segments = path.split('/');
    if segments.next() != Some(first) || !path.contains('/') {
        return Err(InvalidInput::new(what, path, format!("must begin with `{first}/`")));
    }
    if segments.all(is_segment) { Ok(()) } else { Err(InvalidInput::new(what, path, RULE)) }
}

/// Checks a place to list: nothing, the top of a collection, or a path below it. A slash at its end does not count.
pub(crate) fn check_place(collection: &Collection, place: &str) -> Result<(), InvalidInput> {
    let top = if *collection == Collection::Chunks { "data" } else { "meta" };
    match place.trim_end_matches('/') {
        "" => Ok(()),
        bare if bare == top => Ok(()),
        bare => check(collection, bare),
    }
}

/// The node of a chunk: what stands before the last `c`, digit and further digits. Paths that are of no chunk are
/// their own node. `data/root/a/c0/1` has `data/root/a`.
pub(crate) fn node_of_chunk(path: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = path.len();
    // From the right: digits, until a segment begins with `c`; the leftmost `c` does not count, the last one does.
    loop {
        let segment_start = path[..end].rfind('/').map_or(0, |slash| slash + 1);
        let segment = &path[segment_start..end];
        if let Some(digits) = segment.strip_prefix('c')
            && digits.split('.').all(is_number)
            && segment_start > 0
        {
            return &path[..segment_start - 1];
        }
        if !segment.split('.').all(is_number) || segment_start == 0 {
            return path;
        }
        end = segment_start - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_dots_is_refused_before_anything_is_sent() {
        for bad in ["..", "a/../b", "a//b", "a/./b", "a b", "ä", "a\\b", "a\nb"] {
            let error = bad.parse::<NodePath>().unwrap_err().to_string();
            assert!(error.contains("node path"), "{error}");
        }
        for bad in ["meta/root/../x", "meta", "data/root/x", "/meta/root", "meta/root/x/"] {
            assert!(check(&Collection::Metadata, bad).is_err(), "{bad}");
        }
        check(&Collection::Metadata, "meta/root/x.array.json").unwrap();
        check(&Collection::Chunks, "data/root/x/c0").unwrap();
        assert!(check(&Collection::Chunks, "data/root/../../c0").is_err());
    }

    #[test]
    fn chunks_know_their_node() {
        for (chunk, node) in [
            ("data/root/a/c0/1/2", "data/root/a"),
            ("data/root/a/c0.1.2", "data/root/a"),
            ("data/root/a/c0", "data/root/a"),
            ("data/root/c1/c0/1", "data/root/c1"),
            ("data/root/c1/2/c3", "data/root/c1/2"),
            ("data/root/a", "data/root/a"),
            ("data/root/a/cx", "data/root/a/cx"),
            ("data/root/a/c", "data/root/a/c"),
            ("c0", "c0"),
        ] {
            assert_eq!(node_of_chunk(chunk), node, "{chunk}");
        }
    }

    #[test]
    fn chunks_know_their_numbers() {
        let of = |path: &str| NodePath::of_chunk(path).map(|(node, numbers)| (node.to_string(), numbers));
        assert_eq!(of("data/root/a/c0.1"), Some(("/a".to_owned(), vec![0, 1])));
        assert_eq!(of("data/root/c0"), Some(("/".to_owned(), vec![0])));
        assert_eq!(of("data/root/a"), None);
        assert_eq!(of("meta/root/a/c0"), None);
        let path: NodePath = "a/b".parse().unwrap();
        assert_eq!(path.parent().unwrap().parent(), Some(NodePath::root()));
        assert_eq!(NodePath::root().parent(), None);
    }

    #[test]
    fn documents_know_their_node() {
        assert_eq!(NodePath::of_document("meta/root.group.json"), Some(NodePath::root()));
        assert_eq!(NodePath::of_document("meta/root/a/b.array.json").unwrap().as_str(), "a/b");
        assert_eq!(NodePath::of_document("meta/rooted.group.json"), None);
        assert_eq!(NodePath::of_document("meta/root/a"), None);
        let child = "a".parse::<NodePath>().unwrap().child("b").unwrap();
        assert_eq!((child.as_str(), child.name()), ("a/b", Some("b")));
        assert!(child.child("x/y").is_err());
    }
}
