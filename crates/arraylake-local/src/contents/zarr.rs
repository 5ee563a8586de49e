//! Zarr metadata, read leniently: what is odd is left out, and the rest is still told.

use serde_json::{Map, Value};

use super::Node;

/// What a person wants to know of an array.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ArrayFacts {
    pub(crate) shape: Vec<u64>,
    /// Of a regular grid.
    pub(crate) chunks: Option<Vec<u64>>,
    /// The pieces within each chunk, if it is a shard.
    pub(crate) inner_chunks: Option<Vec<u64>>,
    /// Its name, with its parameters if it has any.
    pub(crate) dtype: String,
    /// As many as the shape has, none for a dimension without a name; empty if there are no names at all.
    pub(crate) dimensions: Vec<Option<String>>,
    pub(crate) fill_value: Option<Value>,
    /// Their names, in the order of writing.
    pub(crate) codecs: Vec<String>,
}

/// Reads the metadata document of a node.
pub(super) fn node(path: String, document: &[u8], is_array: bool) -> Node {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let attributes = document["attributes"].as_object().cloned().unwrap_or_default();
    Node { path, attributes, array: is_array.then(|| array(&document)) }
}

fn array(document: &Value) -> ArrayFacts {
    let grid = &document["chunk_grid"];
    let codecs = document["codecs"].as_array().map_or(&[][..], Vec::as_slice);
    let sharding = codecs.iter().find(|codec| codec["name"] == "sharding_indexed");
    let inner = sharding.map(|codec| &codec["configuration"]);
    let names = inner.and_then(|inner| inner["codecs"].as_array()).map_or(codecs, Vec::as_slice);
    ArrayFacts {
        shape: numbers(&document["shape"]).unwrap_or_default(),
        chunks: numbers(&grid["configuration"]["chunk_shape"]).or_else(|| numbers(&grid["chunk_shape"])),
        inner_chunks: inner.and_then(|inner| numbers(&inner["chunk_shape"])),
        dtype: dtype(&document["data_type"]),
        // V1 repos write them as xarray does.
        dimensions: dimensions(
            document.get("dimension_names").unwrap_or(&document["attributes"]["_ARRAY_DIMENSIONS"]),
        ),
        fill_value: document.get("fill_value").cloned(),
        codecs: names.iter().filter_map(named).chain(compressor(&document["compressor"])).collect(),
    }
}

fn numbers(value: &Value) -> Option<Vec<u64>> {
    value.as_array()?.iter().map(Value::as_u64).collect()
}

/// A name by itself, or as a part of an object.
fn named(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value["name"].as_str()).map(str::to_owned)
}

/// The compressor of an array of a V1 repo: the name in its address.
fn compressor(value: &Value) -> Option<String> {
    let address = value["codec"].as_str()?;
    let name = address.rsplit_once("/codec/").map_or(address, |(_, name)| name);
    Some(name.split('/').next().unwrap_or(name).to_owned())
}

fn dtype(value: &Value) -> String {
    let of_v1 =
        || value["type"].as_str().map(str::to_owned).or_else(|| value.get("type").map(Value::to_string));
    let name = named(value).or_else(of_v1).unwrap_or_else(|| "unknown".to_owned());
    match value["configuration"].as_object().filter(|it| !it.is_empty()) {
        Some(configuration) => format!("{name} {}", parameters(configuration)),
        None => name,
    }
}

fn parameters(configuration: &Map<String, Value>) -> String {
    let parts = configuration.iter().map(|(key, value)| match value.as_str() {
        Some(text) => format!("{key}={text}"),
        None => format!("{key}={value}"),
    });
    format!("({})", parts.collect::<Vec<_>>().join(", "))
}

fn dimensions(value: &Value) -> Vec<Option<String>> {
    let names = value.as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<_> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    if names.iter().any(Option::is_some) { names } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(document: &Value) -> ArrayFacts {
        node("/a".to_owned(), document.to_string().as_bytes(), true).array.unwrap()
    }

    #[test]
    fn an_array_is_told_by_its_metadata() {
        let found = facts(&json!({
            "zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "float64",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 6]}},
            "fill_value": 0.0, "codecs": [{"name": "bytes"}, "zstd"], "dimension_names": ["y", null],
        }));
        assert_eq!((found.shape, found.chunks), (vec![4, 6], Some(vec![2, 6])));
        assert_eq!(found.dimensions, [Some("y".to_owned()), None]);
        assert_eq!(
            (found.dtype.as_str(), found.codecs.as_slice()),
            ("float64", &["bytes".to_owned(), "zstd".to_owned()][..])
        );
        assert_eq!(found.fill_value, Some(json!(0.0)));
    }

    #[test]
    fn shards_are_told_with_the_chunks_in_them() {
        let inner = json!({"chunk_shape": [1, 2], "codecs": [{"name": "bytes"}]});
        let found = facts(&json!({
            "shape": [4, 6], "data_type": {"name": "numpy.datetime64", "configuration": {"unit": "s"}},
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 6]}},
            "codecs": [{"name": "sharding_indexed", "configuration": inner}], "dimension_names": [null, null],
        }));
        assert_eq!(found.inner_chunks, Some(vec![1, 2]));
        assert_eq!(
            (found.dtype.as_str(), found.codecs),
            ("numpy.datetime64 (unit=s)", vec!["bytes".to_owned()])
        );
        assert!(found.dimensions.is_empty());
    }

    #[test]
    fn an_array_of_a_v1_repo_is_told_by_its_older_metadata() {
        let found = facts(&json!({
            "attributes": {"_ARRAY_DIMENSIONS": ["y", "x"], "units": "K"},
            "chunk_grid": {"chunk_shape": [2, 3], "separator": "/", "type": "regular"},
            "compressor": {"codec": "https://purl.org/zarr/spec/codec/blosc/1.0", "configuration": {}},
            "data_type": {"extension": "x", "type": "<M8[ns]", "fallback": null}, "shape": [4, 6],
        }));
        assert_eq!((found.chunks, found.dtype.as_str()), (Some(vec![2, 3]), "<M8[ns]"));
        assert_eq!(
            (found.dimensions, found.codecs),
            (vec![Some("y".to_owned()), Some("x".to_owned())], vec!["blosc".to_owned()])
        );
    }

    #[test]
    fn odd_documents_are_told_as_far_as_they_go() {
        for odd in
            [json!(null), json!([]), json!({"shape": "x", "codecs": {}, "attributes": 3, "data_type": 4})]
        {
            let found = facts(&odd);
            assert_eq!(
                (found.shape, found.chunks, found.dtype.as_str()),
                (Vec::new(), None, "unknown"),
                "{odd}"
            );
        }
        assert!(node("/".to_owned(), b"not JSON", false).array.is_none());
    }
}
