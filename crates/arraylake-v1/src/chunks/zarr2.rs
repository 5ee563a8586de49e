//! Documents and keys of Zarr v2, as documents and paths of V1 repos.

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::path::NodePath;

/// Where a node of a hierarchy goes that is put below another node.
pub(super) fn place(below: &NodePath, node: &str) -> Result<NodePath> {
    Ok(join(below.as_str(), node).parse()?)
}

/// As [`place`], for arrays, which the root group cannot be.
pub(super) fn place_of_array(below: &NodePath, node: &str) -> Result<NodePath> {
    let place = place(below, node)?;
    if place.is_root() {
        return Err(invalid("the root of the hierarchy is an array; give a path for it"));
    }
    Ok(place)
}

pub(super) fn group_document(attributes: &Map<String, Value>) -> Value {
    json!({"attributes": attributes})
}

/// The document of a V1 array for `.zarray` and `.zattrs`. The data type stays as Zarr v2 writes it, and filters, none,
/// too, are among the attributes; so does the Python client, and readers know it.
pub(super) fn array_document(
    node: &str,
    array: &Map<String, Value>,
    attributes: &Map<String, Value>,
) -> Result<Value> {
    let field = |name: &str| array.get(name).cloned().unwrap_or_default();
    for (name, is_right) in [
        ("shape", field("shape").is_array()),
        ("chunks", field("chunks").is_array()),
        ("dtype", field("dtype").is_string() || field("dtype").is_array()),
    ] {
        if !is_right {
            return Err(invalid(&format!("the array {node:?} has no {name:?}, or an odd one")));
        }
    }
    let compressor = match field("compressor") {
        Value::Object(mut config) => {
            let id = config.remove("id").and_then(|id| id.as_str().map(str::to_owned));
            let id = id.ok_or_else(|| invalid(&format!("the compressor of the array {node:?} has no id")))?;
            json!({"codec": format!("https://purl.org/zarr/spec/codec/{id}/1.0"), "configuration": config})
        }
        _ => Value::Null,
    };
    let mut attributes = attributes.clone();
    attributes.insert("filters".to_owned(), field("filters"));
    Ok(json!({
        "attributes": attributes,
        "chunk_grid": {"chunk_shape": field("chunks"), "separator": "/", "type": "regular"},
        "chunk_memory_layout": field("order").as_str().unwrap_or("C"),
        "compressor": compressor,
        "data_type": field("dtype"),
        "extensions": [],
        "fill_value": field("fill_value"),
        "shape": field("shape"),
    }))
}

pub(super) fn join(node: &str, name: &str) -> String {
    if node.is_empty() { name.to_owned() } else { format!("{node}/{name}") }
}

/// The array and the name of a chunk, from a key of Zarr v2: `x/0.1` is chunk `c0/1` of `x`, and so is `x/0/1` if `x` is
/// known to be an array. `x/` is the one chunk of an array without dimensions.
pub(super) fn chunk_of_array(key: &str, is_array: impl Fn(&str) -> bool) -> Option<(&str, String)> {
    let (node, name) = key.rsplit_once('/').unwrap_or(("", key));
    let mut above = Some(node);
    while let Some(array) = above {
        if is_array(array) {
            let name = key.strip_prefix(array)?.trim_start_matches('/');
            return Some((array, chunk_name(&name.replace('/', "."))?));
        }
        above = array.rsplit_once('/').map(|(above, _)| above).or((!array.is_empty()).then_some(""));
    }
    if name.is_empty() { None } else { Some((node, chunk_name(name)?)) }
}

/// `0.1` is `c0/1`, and nothing is `c0`; none for what names no chunk.
fn chunk_name(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("c0".to_owned());
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').all(is_number).then(|| format!("c{}", name.replace('.', "/")))
}

pub(super) fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
