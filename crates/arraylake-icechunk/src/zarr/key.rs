//! [`Key`]: what a key of a Zarr store means to Icechunk.

use icechunk::format::{ChunkIndices, Path};

/// What a key means. Zarr knows more keys than Icechunk has places for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// `zarr.json` of a node.
    Node(Path),
    /// `c/i/j/..` of an array, or `c` if it has no dimensions.
    Chunk(Path, ChunkIndices),
    /// Nothing that Icechunk could hold.
    Other,
}

impl Key {
    pub(super) fn parse(key: &str) -> Self {
        if let Some(node) = without_name(key, "zarr.json") {
            return path(node).map_or(Self::Other, Self::Node);
        }
        let mut indices = Vec::new();
        let mut rest = key;
        loop {
            if let Some(node) = without_name(rest, "c") {
                indices.reverse();
                return path(node).map_or(Self::Other, |path| Self::Chunk(path, ChunkIndices(indices)));
            }
            let Some((before, index)) = rest.rsplit_once('/') else { return Self::Other };
            // As Icechunk counts, and only as it writes numbers itself.
            match index.parse::<u32>() {
                Ok(number) if number.to_string() == index => indices.push(number),
                _ => return Self::Other,
            }
            rest = before;
        }
    }
}

/// What is before the last part of a key, if that part has the name.
fn without_name<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    let node = key.strip_suffix(name)?;
    if node.is_empty() { Some(node) } else { node.strip_suffix('/') }
}

/// A node by its path in a store, which begins without a slash.
pub(super) fn path(node: &str) -> Option<Path> {
    Path::try_from(format!("/{node}").as_str()).ok()
}

/// The part of a path that keys begin with: nothing for the root, else it ends in a slash.
pub(super) fn base(path: &Path) -> String {
    let text = path.to_string();
    let text = text.trim_matches('/');
    if text.is_empty() { String::new() } else { format!("{text}/") }
}

pub(super) fn chunk_key(path: &Path, indices: &ChunkIndices) -> String {
    let mut key = base(path);
    key.push('c');
    for index in &indices.0 {
        key.push('/');
        key.push_str(&index.to_string());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Path {
        path(text).unwrap()
    }

    #[test]
    fn keys_of_icechunk_are_told_from_all_others() {
        assert_eq!(Key::parse("zarr.json"), Key::Node(Path::root()));
        assert_eq!(Key::parse("a/b/zarr.json"), Key::Node(node("a/b")));
        assert_eq!(Key::parse("c/zarr.json"), Key::Node(node("c")));
        assert_eq!(Key::parse("c"), Key::Chunk(Path::root(), ChunkIndices(vec![])));
        assert_eq!(Key::parse("a/c"), Key::Chunk(node("a"), ChunkIndices(vec![])));
        assert_eq!(Key::parse("a/c/1/20"), Key::Chunk(node("a"), ChunkIndices(vec![1, 20])));
        assert_eq!(Key::parse("c/c/0"), Key::Chunk(node("c"), ChunkIndices(vec![0])));
        for other in
            ["a", "a/b", "abc/1", "a/c/01", "a/c/-1", "a/c/4294967296", ".zgroup", "a/.zarray", "1/2"]
        {
            assert_eq!(Key::parse(other), Key::Other, "{other}");
        }
    }

    #[test]
    fn a_chunk_key_is_read_as_it_is_written() {
        for key in ["c", "a/c", "a/b/c/1/2", "c/0"] {
            let Key::Chunk(path, indices) = Key::parse(key) else { panic!("{key}") };
            assert_eq!(chunk_key(&path, &indices), key);
        }
    }
}
