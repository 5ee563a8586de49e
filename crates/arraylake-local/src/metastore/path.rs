//! Paths of documents, as far as the service looks into them.

/// The node that a chunk belongs to: what stands before the last `/c0/1/2`. A path that is none of a chunk is its own
/// node.
pub(super) fn node_of(path: &str) -> &str {
    let starts = path.match_indices("/c").map(|(at, _)| at);
    let last = starts.filter(|at| is_coordinates(&path[at + 2..])).last();
    last.map_or(path, |at| &path[..at])
}

/// Numbers with `/` or `.` between them.
fn is_coordinates(text: &str) -> bool {
    text.split(['/', '.']).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_belongs_to_what_stands_before_its_coordinates() {
        for (path, node) in [
            ("data/root/a/c0/1/2", "data/root/a"),
            ("data/root/a/c0.1", "data/root/a"),
            ("/foo/c0", "/foo"),
            ("data/root/c1/c0", "data/root/c1"),
            ("data/root/c1/c0/2/c3", "data/root/c1/c0/2"),
            ("data/root/a/c", "data/root/a/c"),
            ("data/root/a/c0/", "data/root/a/c0/"),
            ("not-a-path", "not-a-path"),
        ] {
            assert_eq!(node_of(path), node, "{path}");
        }
    }
}
