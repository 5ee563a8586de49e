//! The tree of groups and arrays: nested lists that open and close by themselves, without a script.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::words;
use crate::contents::{ArrayFacts, Contents, Node};

/// Up to how many nodes the whole tree is open from the start.
const OPEN: usize = 100;
/// How deep lists are nested; what lies deeper is listed at this depth, by its path.
const DEPTH: usize = 32;

/// A place in the tree. Without a node it is only known from what lies below.
#[derive(Default)]
struct Place<'n> {
    node: Option<&'n Node>,
    below: BTreeMap<&'n str, Place<'n>>,
}

impl<'n> Place<'n> {
    fn of(nodes: &'n [Node]) -> Self {
        let mut root = Self::default();
        for node in nodes {
            let mut place = &mut root;
            let names = node.path.trim_matches('/').splitn(DEPTH, '/').filter(|name| !name.is_empty());
            for name in names {
                place = place.below.entry(name).or_default();
            }
            place.node = Some(node);
        }
        root
    }
}

/// The part of a repo's page that shows its tree.
pub(super) fn section(contents: &Contents) -> Markup {
    let root = Place::of(&contents.nodes);
    let arrays = contents.nodes.iter().filter(|node| node.array.is_some()).count();
    let groups = contents.nodes.len() - arrays;
    html! {
        h2 #tree { "Arrays" }
        @if contents.nodes.is_empty() {
            p { "There is nothing in it yet." }
        } @else {
            p.quiet { (words::count(groups, "group")) ", " (words::count(arrays, "array"))
                @if contents.cut { ", and more that are not shown" } }
            div.tree { ul aria-labelledby="tree" { (group("/", &root, contents.nodes.len() <= OPEN, true)) } }
        }
    }
}

fn place(name: &str, place: &Place<'_>, open: bool) -> Markup {
    match place.node.and_then(|node| Some((node, node.array.as_ref()?))) {
        Some((node, facts)) => array(name, node, facts),
        None => group(name, place, open, false),
    }
}

fn group(name: &str, here: &Place<'_>, open: bool, is_root: bool) -> Markup {
    let attributes = here.node.map(|node| &node.attributes).filter(|it| !it.is_empty());
    html! {
        li {
            details open[open || is_root] {
                summary {
                    span.name { (name) } " "
                    span.about { @if is_root { "root group" } @else { "group" } ", "
                        @if here.below.is_empty() { "empty" } @else { (here.below.len()) " inside" } }
                }
                @if let Some(attributes) = attributes { div.inner { (words::attributes(attributes)) } }
                @if !here.below.is_empty() {
                    ul { @for (name, below) in &here.below { (place(name, below, open)) } }
                }
            }
        }
    }
}

fn array(name: &str, node: &Node, facts: &ArrayFacts) -> Markup {
    let mut all = vec![
        ("Path", html! { code { (node.path) } }),
        ("Shape", html! { (dimensions(facts)) }),
        ("Data type", html! { code { (facts.dtype) } }),
    ];
    let sizes = |sizes: &Option<Vec<u64>>| sizes.as_deref().map(|sizes| html! { (tuple(sizes)) });
    let label = if facts.inner_chunks.is_some() { "Shard shape" } else { "Chunk shape" };
    all.extend(sizes(&facts.chunks).map(|shape| (label, shape)));
    all.extend(sizes(&facts.inner_chunks).map(|shape| ("Chunk shape", shape)));
    all.extend(facts.fill_value.as_ref().map(|value| ("Fill value", words::value_of(value))));
    if !facts.codecs.is_empty() {
        all.push(("Codecs", html! { (facts.codecs.join(", ")) }));
    }
    html! {
        li {
            details {
                summary {
                    span.name { (name) } " "
                    span.about {
                        code { (facts.dtype) } " " (dimensions(facts))
                        @if let Some(chunks) = &facts.chunks { ", " (chunk_words(facts)) " " (tuple(chunks)) }
                    }
                }
                div.inner {
                    (words::facts(&all))
                    @if !node.attributes.is_empty() {
                        p.quiet { "Attributes" }
                        (words::attributes(&node.attributes))
                    }
                }
            }
        }
    }
}

fn chunk_words(facts: &ArrayFacts) -> &'static str {
    if facts.inner_chunks.is_some() { "shards" } else { "chunks" }
}

/// `(y: 4, x: 6)`, or `(4, 6)` where the dimensions have no names.
fn dimensions(facts: &ArrayFacts) -> String {
    let name = |at: usize| facts.dimensions.get(at).and_then(Option::as_deref);
    let parts = facts.shape.iter().enumerate().map(|(at, size)| match name(at) {
        Some(name) => format!("{name}: {size}"),
        None => size.to_string(),
    });
    format!("({})", parts.collect::<Vec<_>>().join(", "))
}

fn tuple(sizes: &[u64]) -> String {
    format!("({})", sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    fn node(path: &str, array: Option<ArrayFacts>) -> Node {
        Node { path: path.to_owned(), attributes: Map::new(), array }
    }

    fn rendered(nodes: Vec<Node>) -> String {
        let (branches, tags, history) = (Vec::new(), Vec::new(), Vec::new());
        let contents = Contents {
            unit: "commit",
            branches,
            tags,
            version: None,
            history,
            older: None,
            nodes,
            cut: false,
        };
        section(&contents).into_string()
    }

    #[test]
    fn arrays_are_found_below_their_groups_with_shape_and_type() {
        let facts = ArrayFacts {
            shape: vec![4, 6],
            chunks: Some(vec![2, 6]),
            dtype: "float64".to_owned(),
            dimensions: vec![Some("y".to_owned()), None],
            ..ArrayFacts::default()
        };
        let text = rendered(vec![node("/", None), node("/a/b/t", Some(facts))]);
        for part in ["(y: 4, 6)", "chunks (2, 6)", "<code>/a/b/t</code>", "1 group, 1 array"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let names: Vec<_> =
            text.split("<span class=\"name\">").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
        assert_eq!(names, ["/", "a", "b", "t"], "groups that have no node of their own are shown too");
    }

    #[test]
    fn a_tree_is_never_deeper_than_pages_can_be() {
        let deep = format!("/{}", vec!["g"; 5000].join("/"));
        let text = rendered(vec![node(&deep, None)]);
        assert_eq!(text.matches("<ul").count(), DEPTH + 1);
        assert!(text.contains(&deep[deep.len() - 100..]), "the rest of the path is the name of the last");
    }
}
