use serde_json::json;

use super::*;

fn below(text: &str) -> NodePath {
    text.parse().unwrap()
}

fn zarray(more: &Value) -> Value {
    let mut array = json!({"zarr_format": 2, "shape": [4, 2], "chunks": [2, 2], "dtype": "<f4", "fill_value": null,
        "order": "C", "filters": [{"id": "shuffle", "elementsize": 4}], "compressor": {"id": "zlib", "level": 4}});
    array.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    array
}

fn read(refs: Value, at: &str) -> Result<ReferenceSet> {
    ReferenceSet::from_map(json!({"version": 1, "refs": refs}).as_object().unwrap().clone(), &below(at))
}

#[test]
fn a_set_becomes_the_documents_that_the_contract_shows() {
    let refs = json!({
        ".zgroup": "{\"zarr_format\": 2}",
        ".zattrs": {"title": "model"},
        ".zmetadata": "{}",
        "g/.zgroup": {"zarr_format": 2},
        "g/x/.zarray": zarray(&json!({})).to_string(),
        "g/x/.zattrs": "{\"_ARRAY_DIMENSIONS\": [\"y\", \"x\"], \"missing\": NaN}",
        "g/x/0.0": ["s3://files/a.nc", 100, 16],
        "g/x/1.0": "base64:AAE=",
        "g/x/0.1": ["gs://files/whole"],
        "scalar/.zarray": zarray(&json!({"shape": [], "chunks": [], "compressor": null, "filters": null})),
        "scalar/": "raw",
        "odd": "text",
    });
    let set = read(refs, "model").unwrap();
    let x = json!({"attributes": {"_ARRAY_DIMENSIONS": ["y", "x"], "missing": "NaN", "filters": [{"id": "shuffle", "elementsize": 4}]},
        "chunk_grid": {"chunk_shape": [2, 2], "separator": "/", "type": "regular"}, "chunk_memory_layout": "C",
        "compressor": {"codec": "https://purl.org/zarr/spec/codec/zlib/1.0", "configuration": {"level": 4}},
        "data_type": "<f4", "extensions": [], "fill_value": null, "shape": [4, 2]});
    assert_eq!(set.documents["meta/root/model/g/x.array.json"], x);
    let scalar = &set.documents["meta/root/model/scalar.array.json"];
    assert_eq!((&scalar["compressor"], &scalar["attributes"]), (&Value::Null, &json!({"filters": null})));
    assert_eq!(set.documents["meta/root/model.group.json"], json!({"attributes": {"title": "model"}}));
    assert_eq!(set.documents["meta/root/model/g.group.json"], json!({"attributes": {}}));
    assert_eq!(set.documents.len(), 4);
    let part = |uri: &str, offset, length| SetChunk::Virtual { uri: uri.to_owned(), offset, length };
    assert_eq!(set.chunks["data/root/model/g/x/c0/0"], part("s3://files/a.nc", 100, Some(16)));
    assert_eq!(set.chunks["data/root/model/g/x/c0/1"], part("gs://files/whole", 0, None));
    assert_eq!(set.chunks["data/root/model/g/x/c1/0"], SetChunk::Data(Bytes::from_static(&[0, 1])));
    assert_eq!(set.chunks["data/root/model/scalar/c0"], SetChunk::Data(Bytes::from_static(b"raw")));
    assert_eq!(set.skipped, ["odd"]);
}

#[test]
fn a_set_without_a_version_and_one_for_the_root_are_read_too() {
    let set = json!({".zgroup": "{}", "x/.zarray": zarray(&json!({})), "x/0/1": ["s3://b/k", 0, 1]});
    let set = ReferenceSet::from_map(set.as_object().unwrap().clone(), &NodePath::root()).unwrap();
    assert_eq!(set.documents.keys().collect::<Vec<_>>(), ["meta/root.group.json", "meta/root/x.array.json"]);
    assert!(set.chunks.contains_key("data/root/x/c0/1"), "slashes between indices, too");
    let array = json!({".zarray": zarray(&json!({})), "0.0": ["s3://b/k", 0, 1]});
    let set = read(array.clone(), "there").unwrap();
    assert!(set.documents.contains_key("meta/root/there.array.json"));
    assert!(set.chunks.contains_key("data/root/there/c0/0"));
    let error = read(array, "").unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("give a path"), "{error}");
}

#[test]
fn what_is_malformed_is_named() {
    for (refs, named) in [
        (json!({"x/0": ["s3://b/k", 0]}), "x/0"),
        (json!({"x/0": ["s3://b/k", -1, 5]}), "x/0"),
        (json!({"x/0": ["https://b/k", 0, 5]}), "https://b/k"),
        (json!({"x/0": ["s3://bucket", 0, 5]}), "no object"),
        (json!({"x/0": 5}), "x/0"),
        (json!({"x/0": "base64:$"}), "base64"),
        (json!({"x/.zarray": "{"}), "x/.zarray"),
        (json!({"x/.zarray": {"shape": [1], "chunks": [1]}}), "dtype"),
        (json!({"x/.zarray": zarray(&json!({"compressor": {}}))}), "compressor"),
        (json!({"../x/.zgroup": {}}), "node path"),
    ] {
        let error = read(refs, "").unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(named), "{error}");
    }
    let generated = json!({"version": 1, "templates": {"u": "s3://b"}, "refs": {}});
    let error = ReferenceSet::from_map(generated.as_object().unwrap().clone(), &below("")).unwrap_err();
    assert!(*error.kind() == ErrorKind::Unsupported && error.to_string().contains("templates"), "{error}");
    let empty = json!({"version": 1, "templates": {}, "gen": [], "refs": {}});
    assert!(ReferenceSet::from_map(empty.as_object().unwrap().clone(), &below("")).is_ok());
    assert!(ReferenceSet::from_json(b"[1]", &below("")).is_err());
}
