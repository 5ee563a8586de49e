//! [`Node`]: a group or an array of a repo of either kind, and how it is drawn.

use serde::Serialize;
use serde_json::Value;
use termtree::Tree;

use crate::look::{Look, plain, value};

/// A group or an array, as `--output json` shows it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) path: String,
    /// `group` or `array`.
    pub(super) node_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shape: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_type: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) chunk_shape: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dimension_names: Option<Vec<Option<String>>>,
    pub(super) attributes: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Self>,
}

impl Node {
    /// A group without anything in it.
    pub(super) fn group(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let attributes = serde_json::json!({});
        Self { name, path: path.to_owned(), node_type: "group", attributes, ..Self::default() }
    }

    /// It and all below it, as a tree.
    pub(super) fn drawn(&self, look: &Look, name: String, attributes: bool) -> Tree<String> {
        let mut tree = Tree::new(self.label(look, &name));
        if attributes && let Some(fields) = self.attributes.as_object() {
            for (key, fact) in fields {
                tree.push(plain(&format!("@{key}: {}", value(fact))));
            }
        }
        for child in &self.children {
            tree.push(child.drawn(look, child.name.clone(), attributes));
        }
        tree
    }

    /// `t2m (time: 24, lat: 180) float32`
    fn label(&self, look: &Look, name: &str) -> String {
        let name = plain(name);
        let Some(shape) = &self.shape else {
            let style = anstyle::AnsiColor::Blue.on_default().bold();
            return if look.colour { format!("{style}{name}{style:#}") } else { name };
        };
        let names = self.dimension_names.as_deref().unwrap_or_default();
        let axis = |(at, length): (usize, &u64)| match names.get(at).and_then(Option::as_deref) {
            Some(axis) => format!("{}: {length}", plain(axis)),
            None => length.to_string(),
        };
        let axes: Vec<String> = shape.iter().enumerate().map(axis).collect();
        // A type with parameters is an object with a name.
        let kind = self.data_type.as_ref().map(|kind| value(kind.get("name").unwrap_or(kind)));
        format!("{name} ({}) {}", axes.join(", "), plain(&kind.unwrap_or_default()))
    }
}
