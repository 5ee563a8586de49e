//! Documents of both sides: those of V1 repos, which follow a draft of Zarr v3, and those of Zarr v3 as it became.

mod back;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

pub use self::back::{array_to_draft, group_to_draft};
use super::codecs::{self, compressor, knows_the_shape, of_objects, of_texts, refused};
use super::dtype::DataType;
use super::unsupported;
use crate::error::Result;

type Object = Map<String, Value>;

const DIMENSIONS: &str = "_ARRAY_DIMENSIONS";
const FILTERS: &str = "filters";

/// The document of a group, for Zarr v3.
///
/// ```
/// use arraylake_v1::zarr::group_to_v3;
/// let stored = serde_json::from_str(r#"{"attributes":{"title":"root"}}"#).unwrap();
/// let shown = serde_json::json!({"zarr_format": 3, "node_type": "group", "attributes": {"title": "root"}});
/// assert_eq!(group_to_v3(&stored), shown);
/// ```
#[must_use]
pub fn group_to_v3(stored: &Object) -> Value {
    let attributes = stored.get("attributes").filter(|it| it.is_object()).cloned().unwrap_or(json!({}));
    json!({"zarr_format": 3, "node_type": "group", "attributes": attributes})
}

/// The document of an array, for Zarr v3.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) with the name of what zarrs cannot read, and what to do about it:
/// objects of Python other than texts and bytes, filters and compressors that have no codec.
pub fn array_to_v3(stored: &Object) -> Result<Value> {
    let field = |name: &str| stored.get(name).unwrap_or(&Value::Null);
    if field("storage_transformers").as_array().is_some_and(|list| !list.is_empty()) {
        return Err(unsupported("storage transformers of a V1 array have no place in zarrs".to_owned()));
    }
    let mut attributes = field("attributes").as_object().cloned().unwrap_or_default();
    let filters = attributes.remove(FILTERS).unwrap_or_default();
    let shape = field("shape").as_array().cloned().unwrap_or_default();
    let data_type = DataType::of_draft(field("data_type"), of_texts(&filters));
    let (data_type, order) = data_type.map_err(|error| match of_objects(&filters) {
        Some(id) => unsupported(format!("{error}: {}", refused("filter", id))),
        None => error,
    })?;
    let mut list = codecs::to_v3(&data_type, order, &filters, compressor(field("compressor"))?)?;
    if field("chunk_memory_layout") == "F" && shape.len() > 1 && !knows_the_shape(&filters) {
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        list.insert(0, json!({"name": "transpose", "configuration": {"order": order}}));
    }
    let grid = field("chunk_grid");
    let chunks = chunk_shape(&grid["chunk_shape"], &shape);
    let separator = grid.get("separator").and_then(Value::as_str).unwrap_or("/");
    let mut document = json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": shape,
        "data_type": data_type.to_v3(),
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": separator}},
        "fill_value": data_type.fill_to_v3(field("fill_value"), order),
        "codecs": list,
    });
    if let Some(names) = dimension_names(&attributes, shape.len()) {
        document["dimension_names"] = names;
        attributes.remove(DIMENSIONS);
    }
    document["attributes"] = Value::Object(attributes);
    Ok(document)
}

/// The shape of chunks. Along a dimension of no length Python writes that they have none either, where Zarr v3 has no
/// such chunks; no chunk is there to be found.
fn chunk_shape(stored: &Value, shape: &[Value]) -> Value {
    let Value::Array(chunks) = stored else { return stored.clone() };
    let lengths = chunks.iter().enumerate();
    lengths
        .map(
            |(at, length)| {
                if *length == 0 && shape.get(at) == Some(&json!(0)) { json!(1) } else { length.clone() }
            },
        )
        .collect()
}

/// The document of an array that moves to a Zarr v3 store, where others read it: raw bytes have the name by which Python
/// knows them.
///
/// # Errors
/// As [`array_to_v3`]; and [`Unsupported`](crate::ErrorKind::Unsupported) for what only this crate understands, so that
/// others would not read it, or read it wrongly.
pub fn array_for_others(stored: &Object) -> Result<Value> {
    let mut document = array_to_v3(stored)?;
    if let Some(what) = codecs::known_here_alone(&document) {
        return Err(unsupported(format!("other readers of Zarr v3 do not understand {what}")));
    }
    name_raw_bytes(&mut document["data_type"]);
    if let Value::Array(bytes) = &document["fill_value"]
        && document["data_type"]["name"] == "raw_bytes"
    {
        document["fill_value"] = json!(STANDARD.encode(vec![0; bytes.len()]));
    }
    Ok(document)
}

/// Whether zarrs may take other texts of an array for its fill value: it looks at all of them one after the other, not at
/// where one ends. No texts at all are no doubt.
pub(super) fn is_fill_doubtful(stored: &Object) -> bool {
    let data_type = stored.get("data_type").unwrap_or(&Value::Null);
    let is_object =
        data_type.get("type").unwrap_or(data_type).as_str().is_some_and(|name| name.ends_with('O'));
    is_object && stored.get("fill_value").and_then(Value::as_str).is_some_and(|fill| !fill.is_empty())
}

/// `r24` is raw bytes, three of them; in fields, too.
fn name_raw_bytes(data_type: &mut Value) {
    let bits = data_type.as_str().and_then(|name| name.strip_prefix('r')?.parse::<u64>().ok());
    if let Some(bits) = bits {
        *data_type = json!({"name": "raw_bytes", "configuration": {"length_bytes": bits / 8}});
    } else if let Some(Value::Array(fields)) = data_type.pointer_mut("/configuration/fields") {
        fields.iter_mut().filter_map(|field| field.get_mut(1)).for_each(name_raw_bytes);
    }
}

/// The names of dimensions as xarray keeps them, if there is one for each.
fn dimension_names(attributes: &Object, dimensions: usize) -> Option<Value> {
    let names = attributes.get(DIMENSIONS)?;
    let list = names.as_array()?;
    (list.len() == dimensions && list.iter().all(Value::is_string)).then(|| names.clone())
}
