//! [`Key`]: what a key of a Zarr v3 store means in a V1 repo.

use crate::path::NodePath;

/// What a key means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// `zarr.json` of a node.
    Node(NodePath),
    /// A chunk, by the path of its reference.
    Chunk(String),
    /// Nothing that a V1 repo could hold.
    Other,
}

impl Key {
    pub(super) fn parse(key: &str) -> Self {
        if let Some(node) = without_name(key, "zarr.json") {
            return node.parse().map_or(Self::Other, Self::Node);
        }
        let Some((node, chunk)) = split_chunk(key) else { return Self::Other };
        let Ok(node) = node.parse::<NodePath>() else { return Self::Other };
        let chunk = match chunk.strip_prefix("c").unwrap_or_default() {
            "" => "c0".to_owned(),
            indices => format!("c{}", &indices[1..]),
        };
        Self::Chunk(format!("{}/{chunk}", node.chunk_directory()))
    }
}

/// What is before the last part of a key, if that part has the name.
fn without_name<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    let node = key.strip_suffix(name)?;
    if node.is_empty() { Some(node) } else { node.strip_suffix('/') }
}

fn is_index(text: &str) -> bool {
    // As Zarr writes numbers, so that every chunk has one key.
    let plain = text == "0" || !text.starts_with('0');
    !text.is_empty() && plain && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits a key into the path of an array and what names the chunk: `c`, `c/1/2` or `c.1.2`. Of several parts `c` the
/// last one counts.
pub(super) fn split_chunk(key: &str) -> Option<(&str, &str)> {
    let mut start = key.len();
    loop {
        let end = start;
        start = key[..end].rfind('/').map_or(0, |slash| slash + 1);
        let part = &key[start..end];
        let dotted = || part.strip_prefix("c.").is_some_and(|rest| rest.split('.').all(is_index));
        if part == "c" || (end == key.len() && dotted()) {
            return Some((key[..start].trim_end_matches('/'), &key[start..]));
        }
        if start == 0 || !is_index(part) {
            return None;
        }
        start -= 1;
    }
}

/// How the chunks of an array are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// The array has no dimension.
    Single,
    /// `c.1.2`
    Dots,
    /// `c/1/2`
    Slashes,
}

/// The key of a chunk, from the path of its reference. `naming` is asked where the path does not tell.
pub(super) fn chunk_key(path: &str, naming: impl FnOnce(&NodePath) -> Naming) -> Option<String> {
    let (node, _) = NodePath::of_chunk(path)?;
    let chunk = path.strip_prefix(&node.chunk_directory())?.strip_prefix("/c")?;
    let separator = if chunk.contains('.') {
        "."
    } else if chunk.contains('/') {
        "/"
    } else {
        match naming(&node) {
            Naming::Single if chunk == "0" => return Some(format!("{}c", base(&node))),
            Naming::Dots => ".",
            Naming::Single | Naming::Slashes => "/",
        }
    };
    Some(format!("{}c{separator}{chunk}", base(&node)))
}

/// Whether the path of a reference does not tell how the chunk is named.
pub(super) fn is_ambiguous(path: &str) -> bool {
    let chunk = path.strip_prefix(crate::path::node_of_chunk(path)).unwrap_or_default();
    !chunk.contains('.') && !chunk[1.min(chunk.len())..].contains('/')
}

/// The part that keys of a node begin with: nothing for the root, else it ends in a slash.
pub(super) fn base(node: &NodePath) -> String {
    if node.is_root() { String::new() } else { format!("{}/", node.as_str()) }
}

/// The key of a node's document.
pub(super) fn node_key(node: &NodePath) -> String {
    format!("{}zarr.json", base(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(key: &str) -> Option<String> {
        match Key::parse(key) {
            Key::Chunk(path) => Some(path),
            _ => None,
        }
    }

    #[test]
    fn keys_of_chunks_become_paths_of_references() {
        for (key, path) in [
            ("a/b/c/0/1", "data/root/a/b/c0/1"),
            ("a/b/c.0.1", "data/root/a/b/c0.1"),
            ("a/b/c", "data/root/a/b/c0"),
            ("c/0", "data/root/c0"),
            ("c", "data/root/c0"),
            ("c/c/0", "data/root/c/c0"),
            ("a/c/1/c/20", "data/root/a/c/1/c20"),
            ("c1/c/3", "data/root/c1/c3"),
        ] {
            assert_eq!(chunk(key).as_deref(), Some(path), "{key}");
        }
        for other in
            [".zgroup", "a/.zarray", "a/b", "a/c/01", "a/c/-1", "a/c/x", "a/c.x", "a/c.1/2", "1/2", "ä/c/0"]
        {
            assert_eq!(Key::parse(other), Key::Other, "{other}");
        }
        assert_eq!(Key::parse("zarr.json"), Key::Node(NodePath::root()));
        assert_eq!(Key::parse("c/zarr.json"), Key::Node("c".parse().unwrap()));
    }

    #[test]
    fn a_chunk_is_listed_under_the_key_by_which_it_is_read() {
        for (key, naming) in [
            ("a/b/c/0/1", Naming::Slashes),
            ("a/b/c.0.1", Naming::Dots),
            ("a/c", Naming::Single),
            ("c/c/0", Naming::Slashes),
            ("a/c.5", Naming::Dots),
            ("c/12", Naming::Slashes),
        ] {
            let path = chunk(key).unwrap();
            assert_eq!(chunk_key(&path, |_| naming).as_deref(), Some(key), "{path}");
        }
        assert!(is_ambiguous("data/root/a/c0") && is_ambiguous("data/root/c5"));
        assert!(!is_ambiguous("data/root/a/c0/1") && !is_ambiguous("data/root/a/c0.1"));
        for other in ["data/root/a/odd", "data/rooted/a/c0", "data/c0", "data/root/a/c"] {
            assert_eq!(chunk_key(other, |_| Naming::Slashes), None, "{other}");
        }
    }
}
