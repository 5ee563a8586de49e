//! Groups and arrays below a path.

use std::collections::HashMap;

use arraylake_types::v1::{ArrayDoc, Tree};
use serde_json::{Map, Value};

use super::call::RepoCall;
use super::filter::Filter;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::store::v1::Kept;

const GROUP: &str = ".group.json";
const ARRAY: &str = ".array.json";

/// How many groups deep a tree is that nobody limits.
const DEPTH: usize = 10;
/// The deepest tree that there is: many clients read no JSON that is nested more than 128 times.
const DEEPEST: usize = 60;

/// `GET /repos/{org}/{repo}/tree`
pub(crate) async fn tree(call: RepoCall) -> Answer {
    let filter = call.query("filter").map(Filter::parse).transpose()?;
    let tree = call.read(move |call, meta| {
        let view = call.view(meta)?;
        let depth = match call.query("depth") {
            Some(_) => usize::try_from(call.number("depth")?).unwrap_or(DEEPEST).min(DEEPEST),
            None => DEPTH,
        };
        let Some(top) = top(call.query("prefix").unwrap_or_default()) else { return Ok(Tree::new()) };
        let passes = |content: &str| filter.as_ref().is_none_or(|filter| filter.passes(content));
        let mut root = Node::default();
        if let Some(own) = meta.entry(&view, Kept::Metadata, &format!("{top}{GROUP}"))?
            && passes(&own.content)
        {
            root.attributes = attributes(&own.content);
        }
        let below = format!("{top}/");
        for entry in meta.entries(&view, Kept::Metadata, &below, true)? {
            if passes(&entry.content) {
                root.place(&entry.path[below.len()..], &entry.content, depth);
            }
        }
        Ok(root.into_tree())
    });
    reply::ok(&tree.await?)
}

/// The path of the node that a prefix names, without what follows its name; none outside the hierarchy.
fn top(prefix: &str) -> Option<&str> {
    match prefix.trim_end_matches('/') {
        "" | "meta" | "meta/root" => Some("meta/root"),
        node => node.starts_with("meta/root/").then_some(node),
    }
}

/// A group on the way to a [`Tree`], in which names are found at once.
#[derive(Debug, Default)]
struct Node {
    names: HashMap<String, usize>,
    trees: Vec<(String, Node)>,
    arrays: Vec<(String, ArrayDoc)>,
    attributes: Map<String, Value>,
}

impl Node {
    /// Puts a document to its place, with the groups that lead there, as far down as is wanted.
    fn place(&mut self, path: &str, content: &str, depth: usize) {
        if depth == 0 {
            return;
        }
        if let Some((group, rest)) = path.split_once('/') {
            self.group(group).place(rest, content, depth - 1);
        } else if let Some(name) = path.strip_suffix(GROUP) {
            self.group(name).attributes = attributes(content);
        } else if let Some(name) = path.strip_suffix(ARRAY) {
            let document = serde_json::from_str(content).unwrap_or_default();
            self.arrays.push((name.to_owned(), document));
        }
    }

    fn group(&mut self, name: &str) -> &mut Self {
        let at = *self.names.entry(name.to_owned()).or_insert_with(|| {
            self.trees.push((name.to_owned(), Self::default()));
            self.trees.len() - 1
        });
        &mut self.trees[at].1
    }

    fn into_tree(self) -> Tree {
        let mut tree = Tree::new();
        tree.trees = self.trees.into_iter().map(|(name, node)| (name, node.into_tree())).collect();
        tree.arrays = self.arrays.into_iter().collect();
        tree.attributes = self.attributes;
        tree
    }
}

fn attributes(content: &str) -> Map<String, Value> {
    match serde_json::from_str::<Map<String, Value>>(content).unwrap_or_default().remove("attributes") {
        Some(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(tree: &Tree) -> (Vec<&str>, Vec<&str>) {
        (
            tree.trees.iter().map(|(name, _)| name).collect(),
            tree.arrays.iter().map(|(name, _)| name).collect(),
        )
    }

    fn root(depth: usize) -> Tree {
        let mut root = Node::default();
        root.place("b.group.json", r#"{"attributes":{"k":1}}"#, depth);
        root.place("z.array.json", r#"{"shape":[1]}"#, depth);
        root.place("implicit/deep/x.array.json", "{}", depth);
        root.place("b/y.array.json", "{}", depth);
        root.place("a.group.json", "{}", depth);
        root.into_tree()
    }

    #[test]
    fn nodes_stand_in_the_order_in_which_they_came_to_be() {
        let tree = root(10);
        assert_eq!(names(&tree), (vec!["b", "implicit", "a"], vec!["z"]));
        let group = tree.trees.get("b").unwrap();
        assert_eq!((names(group), group.attributes["k"].as_u64()), ((vec![], vec!["y"]), Some(1)));
        let deep = tree.trees.get("implicit").unwrap().trees.get("deep").unwrap();
        assert_eq!(names(deep), (vec![], vec!["x"]));
    }

    #[test]
    fn at_the_depth_that_is_wanted_groups_are_empty() {
        let tree = root(1);
        assert_eq!(names(&tree), (vec!["b", "implicit", "a"], vec!["z"]));
        assert!(tree.trees.iter().all(|(_, group)| group.trees.is_empty() && group.arrays.is_empty()));
        assert_eq!(root(0), Tree::new());
    }

    #[test]
    fn all_names_of_the_root_are_understood() {
        for root in ["meta", "meta/", "meta/root", "meta/root/"] {
            assert_eq!(top(root), Some("meta/root"));
        }
        assert_eq!(
            (top("meta/root/a/b/"), top("meta/foo"), top("data")),
            (Some("meta/root/a/b"), None, None)
        );
    }
}
