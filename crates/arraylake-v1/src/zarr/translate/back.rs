//! From the documents of Zarr v3 to those of V1 repos.

use serde_json::{Value, json};

use super::{DIMENSIONS, FILTERS, Object};
use crate::error::Result;
use crate::zarr::dtype::DataType;
use crate::zarr::{codecs, unsupported};

/// The document of a group, for a V1 repo: its attributes.
#[must_use]
pub fn group_to_draft(document: &Object) -> Value {
    json!({"attributes": document.get("attributes").filter(|it| it.is_object()).cloned().unwrap_or(json!({}))})
}

/// The document of an array, for a V1 repo.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) with the name of what has no place in a V1 repo: sharding and other
/// codecs, data types, chunk key encodings, names for some dimensions only, storage transformers.
pub fn array_to_draft(document: &Object) -> Result<Value> {
    let field = |name: &str| document.get(name).unwrap_or(&Value::Null);
    refuse_extensions(document)?;
    let shape = field("shape").as_array().cloned().unwrap_or_default();
    let data_type = DataType::of_v3(field("data_type"))?;
    let separator = separator(field("chunk_key_encoding"))?;
    let grid = regular(field("chunk_grid"))?;
    let draft = codecs::to_draft(&data_type, shape.len(), field("codecs"))?;
    let order = draft.order();
    let stored_type = data_type.to_draft(order);
    let mut attributes = field("attributes").as_object().cloned().unwrap_or_default();
    if attributes.contains_key(FILTERS) {
        let message = "an attribute `filters` has no place in a V1 repo, which keeps its own under this name";
        return Err(unsupported(message.to_owned()));
    }
    if let Some(names) = array_dimensions(field("dimension_names"))? {
        attributes.insert(DIMENSIONS.to_owned(), names);
    }
    if !draft.filters.is_empty() {
        attributes.insert(FILTERS.to_owned(), Value::Array(draft.filters));
    }
    let chunks = &grid["configuration"]["chunk_shape"];
    let mut stored = json!({
        "attributes": attributes,
        "chunk_grid": {"chunk_shape": chunks, "separator": separator, "type": "regular"},
        "chunk_memory_layout": if draft.is_f { "F" } else { "C" },
        "data_type": stored_type,
        "extensions": [],
        "fill_value": data_type.fill_to_draft(field("fill_value"), order)?,
        "shape": shape,
    });
    if let Some(compressor) = draft.compressor {
        stored["compressor"] = compressor;
    }
    if separator != "/" {
        stored["dimension_separator"] = json!(separator);
    }
    Ok(stored)
}

fn refuse_extensions(document: &Object) -> Result<()> {
    const KNOWN: [&str; 11] = [
        "zarr_format",
        "node_type",
        "shape",
        "data_type",
        "chunk_grid",
        "chunk_key_encoding",
        "fill_value",
        "codecs",
        "dimension_names",
        "attributes",
        "storage_transformers",
    ];
    if document.get("storage_transformers").and_then(Value::as_array).is_some_and(|list| !list.is_empty()) {
        return Err(unsupported("storage transformers have no place in a V1 repo".to_owned()));
    }
    let may_ignore = |value: &Value| value.get("must_understand") == Some(&Value::Bool(false));
    let extension = document.iter().find(|(key, value)| !KNOWN.contains(&key.as_str()) && !may_ignore(value));
    match extension {
        Some((key, _)) => Err(unsupported(format!("extension `{key}` has no place in a V1 repo"))),
        None => Ok(()),
    }
}

fn regular(grid: &Value) -> Result<&Value> {
    match &grid["name"] {
        Value::String(name) if name == "regular" => Ok(grid),
        name => Err(unsupported(format!("chunk grid {name} has no place in a V1 repo"))),
    }
}

fn separator(encoding: &Value) -> Result<&str> {
    let name = encoding.as_str().or_else(|| encoding["name"].as_str());
    let separator = encoding["configuration"]["separator"].as_str().unwrap_or("/");
    match (name, separator) {
        (Some("default") | None, "/" | ".") => Ok(separator),
        _ => Err(unsupported(format!("chunk key encoding {encoding} has no place in a V1 repo"))),
    }
}

/// The names of dimensions as xarray keeps them; none if no dimension has one.
fn array_dimensions(names: &Value) -> Result<Option<Value>> {
    let list = names.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.iter().all(Value::is_null) {
        return Ok(None);
    }
    if list.iter().all(Value::is_string) {
        return Ok(Some(names.clone()));
    }
    Err(unsupported(format!("dimension names {names} have no place in a V1 repo: some are missing")))
}
