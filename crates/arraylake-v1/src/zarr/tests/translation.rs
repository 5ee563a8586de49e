//! Documents of both sides, against those that Python wrote and against what zarrs understands.

use proptest::prelude::*;
use serde_json::Map;
use zarrs::array::ArrayMetadata;
use zarrs::storage::store::MemoryStore;

use super::*;

pub(super) fn fields(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

pub(super) fn to_v3(stored: &Value) -> Value {
    array_to_v3(fields(stored)).unwrap()
}

pub(super) fn to_draft(document: &Value) -> Value {
    array_to_draft(fields(document)).unwrap()
}

/// Whether zarrs knows all that a document says.
pub(super) fn understood(document: &Value) -> Result<(), String> {
    let metadata: ArrayMetadata =
        serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let store = Arc::new(MemoryStore::new());
    zarrs::array::Array::new_with_metadata(store, "/a", metadata).map(drop).map_err(|error| error.to_string())
}

const BLOSC: &str = r#""compressor":{"codec":"https://purl.org/zarr/spec/codec/blosc/1.0","configuration":{"blocksize":0,"clevel":5,"cname":"lz4","shuffle":1}},"#;
const GRID: &str = r#""chunk_grid":{"chunk_shape":[2],"separator":"/","type":"regular"},"chunk_memory_layout":"C","extensions":[],"shape":[3],"#;

fn extension(url: &str, name: &str) -> String {
    format!(r#""data_type":{{"extension":"{url}","fallback":null,"type":"{name}"}},"#)
}

/// Arrays as Python writes them, all but those that zarrs has no place for.
pub(super) fn of_python() -> Vec<(String, &'static str)> {
    let complex = "https://zarr-specs.readthedocs.io/en/core-protocol-v3.0-dev/protocol/extensions/complex-dtypes/v1.0.html";
    let datetime = "https://zarr-specs.readthedocs.io/en/latest/extensions/data-types/datetime/v1.0.html";
    let codec = |name: &str, configuration: &str| {
        format!(
            r#""compressor":{{"codec":"https://purl.org/zarr/spec/codec/{name}/1.0","configuration":{configuration}}},"#
        )
    };
    vec![
        (format!(r#"{{"attributes":{{}},{GRID}{}"data_type":">i2","fill_value":-1}}"#, codec("zstd", r#"{"checksum":false,"level":3}"#)), "int16"),
        (format!(r#"{{"attributes":{{}},{GRID}{}"data_type":"u1","fill_value":0}}"#, codec("gzip", r#"{"level":2}"#)), "uint8"),
        (format!(r#"{{"attributes":{{}},{GRID}{}"data_type":"i1","fill_value":0}}"#, codec("zlib", r#"{"level":2}"#)), "int8"),
        (format!(r#"{{"attributes":{{}},{GRID}{}"data_type":"bool","fill_value":true}}"#, codec("bz2", r#"{"level":1}"#)), "bool"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":[1.0,2.0]}}"#, extension(complex, "<c16")), "complex128"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":[1.0,"NaN"]}}"#, extension(complex, ">c8")), "complex64"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":7}}"#, extension(datetime, "<M8[ns]")), "numpy.datetime64"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":-9223372036854775808}}"#, extension(datetime, ">m8[10s]")), "numpy.timedelta64"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":"x"}}"#, extension("TODO: unicode array protocol URL", "<U2")), "fixed_length_utf32"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}"data_type":{{"extension":"TODO: structured array protocol URL","fallback":null,"type":[["","|V3"]]}},"fill_value":"AAAA"}}"#), "r24"),
        (format!(r#"{{"attributes":{{"filters":[{{"id":"vlen-utf8"}}]}},{GRID}{BLOSC}{}"fill_value":""}}"#, extension("TODO: object array protocol URL", "|O")), "string"),
        (format!(r#"{{"attributes":{{"filters":[{{"id":"vlen-bytes"}}]}},{GRID}{BLOSC}{}"fill_value":"AAE="}}"#, extension("TODO: object array protocol URL", "|O")), "bytes"),
        (format!(r#"{{"attributes":{{"filters":[{{"elementsize":4,"id":"shuffle"}}]}},{GRID}{}"data_type":"<f4","fill_value":"NaN"}}"#, codec("zlib", r#"{"level":4}"#)), "float32"),
        (format!(r#"{{"attributes":{{"filters":[{{"keepbits":3,"id":"bitround"}},{{"id":"fletcher32"}}]}},{GRID}"data_type":"<f4","fill_value":"-Infinity"}}"#), "float32"),
        (r#"{"attributes":{"_ARRAY_DIMENSIONS":["y","x"],"units":"K"},"chunk_grid":{"chunk_shape":[2,2],"separator":".","type":"regular"},"chunk_memory_layout":"F","data_type":"<f8","dimension_separator":".","extensions":[],"fill_value":0.5,"shape":[3,3]}"#.to_owned(), "float64"),
        (r#"{"attributes":{},"chunk_grid":{"chunk_shape":[],"separator":"/","type":"regular"},"chunk_memory_layout":"C","data_type":"<i4","extensions":[],"fill_value":0,"shape":[]}"#.to_owned(), "int32"),
        (format!(r#"{{"attributes":{{}},{GRID}"data_type":"<f2","fill_value":1.5}}"#), "float16"),
        (format!(r#"{{"attributes":{{}},{GRID}{}{}"fill_value":[1.0,2.0]}}"#, codec("lzma", r#"{"check":-1,"filters":null,"format":1,"preset":null}"#), extension(complex, "<c16")), "complex128"),
        (format!(r#"{{"attributes":{{}},{GRID}{}{}"fill_value":7}}"#, codec("lz4", r#"{"acceleration":1}"#), extension(datetime, "<M8[ns]")), "numpy.datetime64"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}{}"fill_value":"eHg="}}"#, extension("TODO: bytestring array protocol URL", "|S3")), "null_terminated_bytes"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}"data_type":{{"extension":"TODO: structured array protocol URL","fallback":null,"type":[["a","<i4"],["b","<f8"],["c",[["d","|u1"],["e","|b1"],["f","<M8[s]"]]]]}},"fill_value":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}}"#), "structured"),
        (format!(r#"{{"attributes":{{"filters":[{{"astype":"<i4","dtype":"<i4","id":"delta"}}]}},{GRID}{BLOSC}"data_type":"<i4","fill_value":0}}"#), "int32"),
        (format!(r#"{{"attributes":{{"filters":[{{"astype":"<i2","dtype":">i4","id":"delta"}},{{"id":"crc32"}}]}},{GRID}{}"data_type":">i4","fill_value":0}}"#, codec("zlib", r#"{"level":4}"#)), "int32"),
        (format!(r#"{{"attributes":{{"filters":[{{"decode_dtype":">f8","encode_dtype":"|i1","id":"astype"}}]}},{GRID}"data_type":">f8","fill_value":0.0}}"#), "float64"),
        (format!(r#"{{"attributes":{{"filters":[{{"astype":">f4","digits":2,"dtype":"<f8","id":"quantize"}},{{"id":"adler32"}},{{"id":"crc32c"}}]}},{GRID}"data_type":"<f8","fill_value":0.0}}"#), "float64"),
        (format!(r#"{{"attributes":{{"filters":[{{"id":"packbits"}}]}},{GRID}{BLOSC}"data_type":"bool","fill_value":false}}"#), "bool"),
        (format!(r#"{{"attributes":{{}},{GRID}"data_type":">u8","fill_value":18446744073709551615}}"#), "uint64"),
        (format!(r#"{{"attributes":{{"filters":[{{"astype":"|u1","dtype":"|O","id":"categorize","labels":["a","é"]}}]}},{GRID}{BLOSC}{}"fill_value":""}}"#, extension("TODO: object array protocol URL", "|O")), "string"),
        (format!(r#"{{"attributes":{{"filters":[{{"astype":"<u2","dtype":"<U3","id":"categorize","labels":["a"]}},{{"id":"jenkins_lookup3","initval":0,"prefix":null}}]}},{GRID}{}"fill_value":"a"}}"#, extension("TODO: unicode array protocol URL", "<U3")), "fixed_length_utf32"),
        (format!(r#"{{"attributes":{{"filters":[{{"allow_nan":true,"check_circular":true,"encoding":"utf-8","ensure_ascii":true,"id":"json2","indent":null,"separators":[",",":"],"skipkeys":false,"sort_keys":true,"strict":true}}]}},{GRID}{BLOSC}{}"fill_value":""}}"#, extension("TODO: object array protocol URL", "|O")), "string"),
        (format!(r#"{{"attributes":{{"filters":[{{"id":"msgpack2","raw":false,"use_bin_type":true,"use_single_float":false}},{{"id":"crc32"}}]}},{GRID}{}"fill_value":"a"}}"#, extension("TODO: object array protocol URL", "|O")), "string"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}"data_type":{{"extension":"TODO: structured array protocol URL","fallback":null,"type":[["z",">i4"],["b",[["c","<i2"],["d","|S2",[3]],["e",">c8",[1,2]]]],["f",[["g",">u2"],["h","|u1"]],[2]]]}},"fill_value":"AAAAAQIAYWJjZGVmP4AAAAAAAAAAAAAAAAAAAAABAgACAw=="}}"#), "structured"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}"data_type":{{"extension":"TODO: structured array protocol URL","fallback":null,"type":[["a",">i2",[2,2]],["b","|u1"]]}},"fill_value":"AAEAAgADAAQF"}}"#), "structured"),
        (format!(r#"{{"attributes":{{}},{GRID}{}"data_type":"<i4","fill_value":0}}"#, codec("lzma", r#"{"check":-1,"filters":[{"dist":4,"id":3},{"id":33,"preset":6}],"format":3,"preset":null}"#)), "int32"),
        (format!(r#"{{"attributes":{{}},{GRID}{BLOSC}"data_type":{{"extension":"TODO: structured array protocol URL","fallback":null,"type":[["a",">i4"],["b",[["c","|u1"],["d",">c8"],["e",">U1"]]]]}},"fill_value":"AAAAAQI/gAAAQAAAAAAAAGE="}}"#), "structured"),
    ]
}

#[test]
fn documents_of_python_are_understood_by_zarrs_and_go_back_as_they_were() {
    for (text, data_type) in of_python() {
        let stored: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let shown = to_v3(&stored);
        let name = shown["data_type"].get("name").unwrap_or(&shown["data_type"]);
        assert_eq!(name, data_type, "{text}");
        understood(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
        assert_eq!(to_draft(&shown), stored);
    }
}

#[test]
fn transpositions_count_together() {
    let stored = json!({"attributes": {}, "chunk_grid": {"chunk_shape": [2, 2], "separator": "/", "type": "regular"},
        "chunk_memory_layout": "F", "data_type": "<f8", "extensions": [], "fill_value": 0.5, "shape": [3, 3]});
    let mut shown = to_v3(&stored);
    let codecs = shown["codecs"].as_array_mut().unwrap();
    codecs.insert(0, codecs[0].clone());
    assert_eq!(codecs[0]["name"], "transpose");
    assert_eq!(to_draft(&shown)["chunk_memory_layout"], "C", "two that reverse leave the order as it was");
}

#[test]
fn an_array_is_shown_as_the_contract_shows_it() {
    let text = format!(
        r#"{{"attributes":{{"_ARRAY_DIMENSIONS":["y","x"],"units":"K"}},"chunk_grid":{{"chunk_shape":[2,3],"separator":"/","type":"regular"}},
        "chunk_memory_layout":"C",{BLOSC}"data_type":"<f8","extensions":[],"fill_value":0.0,"shape":[4,6]}}"#
    );
    let stored = serde_json::from_str(&text).unwrap();
    let shown: Value = serde_json::from_str(
        r#"{"attributes":{"units":"K"},"data_type":"float64","fill_value":0.0,"shape":[4,6],"dimension_names":["y","x"],"zarr_format":3,"node_type":"array",
        "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,3]}},
        "chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},
        "codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"blosc","configuration":{"typesize":8,"cname":"lz4","clevel":5,"shuffle":"shuffle","blocksize":0}}]}"#,
    )
    .unwrap();
    assert_eq!(to_v3(&stored), shown);
}

#[test]
fn documents_of_virtual_arrays_are_understood() {
    for (data_type, fill, shown_type, shown_fill) in [
        ("|u1", json!(null), json!("uint8"), json!(0)),
        ("f8", json!(null), json!("float64"), json!(0)),
        ("<i4", json!(-1.0), json!("int32"), json!(-1)),
        ("|b1", json!(1), json!("bool"), json!(true)),
        ("<c8", json!(null), json!("complex64"), json!([0.0, 0.0])),
        ("|V3", json!(null), json!("r24"), json!([0, 0, 0])),
        (
            "<U1",
            json!(null),
            json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 4}}),
            json!(""),
        ),
    ] {
        let stored = json!({"attributes": {"filters": null}, "compressor": null, "data_type": data_type,
            "chunk_grid": {"chunk_shape": [], "separator": "/", "type": "regular"},
            "chunk_memory_layout": "C", "extensions": [], "fill_value": fill, "shape": []});
        let shown = to_v3(&stored);
        assert_eq!((&shown["data_type"], &shown["fill_value"]), (&shown_type, &shown_fill), "{data_type}");
        understood(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    }
}

#[test]
fn an_array_of_no_length_is_understood_though_its_chunks_have_none_either() {
    let mut stored = array(&[0, 3], "/");
    stored["chunk_grid"]["chunk_shape"] = json!([0, 3]);
    let shown = to_v3(&stored);
    assert_eq!(shown["chunk_grid"]["configuration"]["chunk_shape"], json!([1, 3]));
    understood(&shown).unwrap();
    stored["shape"] = json!([4, 3]);
    assert!(understood(&to_v3(&stored)).is_err(), "chunks of no length in an array that has one");
}

#[test]
fn what_zarrs_has_no_place_for_is_named() {
    let with = |changes: Value| {
        let mut stored = array(&[4], "/");
        stored.as_object_mut().unwrap().extend(fields(&changes).clone());
        array_to_v3(fields(&stored)).unwrap_err()
    };
    let codec = |id: &str| json!({"codec": format!("https://purl.org/zarr/spec/codec/{id}/1.0"), "configuration": {}});
    let objects = |id: &str| json!({"data_type": {"type": "|O"}, "attributes": {"filters": [{"id": id}]}});
    for (changes, named) in [
        (json!({"data_type": {"type": [["a", "<i4", [0]]]}}), "<i4"),
        (
            json!({"data_type": {"type": [["a", [["b", "u1"], ["c", "u1"]], [1_099_511_627_776_u64]]]}}),
            "1099511627776",
        ),
        (json!({"data_type": {"type": [["a", "|O"]]}}), "|O"),
        (json!({"data_type": {"type": []}}), "[]"),
        (json!({"data_type": {"type": "|O"}}), "|O"),
        (objects("json"), "`json` is refused: it has no codec"),
        (objects("pickle"), "`pickle` is refused: reading it runs whatever code it holds"),
        (objects("vlen-array"), "`vlen-array` is refused: zarrs knows no elements that are arrays"),
        (json!({"attributes": {"filters": [{"id": "json2"}]}}), "json2"),
        (json!({"data_type": 7}), "7"),
        (json!({"attributes": {"filters": [{"id": "delta", "dtype": ">i4"}]}}), "delta"),
        (json!({"attributes": {"filters": [{"id": "crc32c", "location": "start"}]}}), "crc32c"),
        (json!({"attributes": {"filters": [{"id": "zfpy"}]}}), "`zfpy` is refused: it needs a library in C"),
        (json!({"compressor": codec("pcodec")}), "write it again with another one"),
        (json!({"compressor": {"codec": "https://example.com/x"}}), "https://example.com/x"),
        (json!({"storage_transformers": [{}]}), "storage transformers"),
    ] {
        let error = with(changes);
        assert_eq!(*error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn what_a_v1_repo_has_no_place_for_is_named() {
    let with = |changes: Value| {
        let mut document = to_v3(&array(&[4, 4], "/"));
        document.as_object_mut().unwrap().extend(fields(&changes).clone());
        array_to_draft(fields(&document))
    };
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    for (changes, named) in [
        (json!({"codecs": [{"name": "sharding_indexed", "configuration": {}}]}), "sharding_indexed"),
        (
            json!({"codecs": [{"name": "transpose", "configuration": {"order": [0, 2, 1]}}, bytes]}),
            "transpose",
        ),
        (json!({"codecs": [bytes, {"name": "gdeflate"}]}), "gdeflate"),
        (json!({"codecs": [{"name": "packbits"}]}), "packbits"),
        (json!({"codecs": [{"name": "numcodecs.json2"}]}), "json2"),
        (
            json!({"data_type": "string", "codecs": [
                {"name": "transpose", "configuration": {"order": [1, 0]}},
                {"name": "numcodecs.json2"}
            ]}),
            "json2",
        ),
        (
            json!({"data_type": {"name": "subarray", "configuration": {"data_type": "int8", "shape": [2]}}}),
            "subarray",
        ),
        (json!({"codecs": []}), "`bytes`"),
        (json!({"data_type": "bfloat16"}), "bfloat16"),
        (json!({"data_type": "int4"}), "int4"),
        (json!({"chunk_key_encoding": {"name": "v2"}}), "v2"),
        (json!({"chunk_grid": {"name": "rectangular"}}), "rectangular"),
        (json!({"dimension_names": ["y", null]}), "dimension names"),
        (json!({"attributes": {"filters": 1}}), "filters"),
        (json!({"storage_transformers": [{}]}), "storage transformers"),
        (json!({"mine": {"name": "odd"}}), "mine"),
    ] {
        let error = with(changes).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(named), "{error}");
    }
    with(json!({"mine": {"must_understand": false}})).unwrap();
    assert_eq!(with(json!({"dimension_names": [null, null]})).unwrap()["attributes"], json!({}));
}

#[test]
fn more_than_one_codec_on_bytes_become_filters_and_a_compressor() {
    let mut document = to_v3(&array(&[4], "/"));
    document["codecs"] = json!(["bytes", {"name": "numcodecs.shuffle", "configuration": {"elementsize": 4}},
        {"name": "gzip", "configuration": {"level": 1}}, {"name": "zstd", "configuration": {"level": 1, "checksum": true}}]);
    let stored = to_draft(&document);
    let filters = json!([{"id": "shuffle", "elementsize": 4}, {"id": "gzip", "level": 1}]);
    assert_eq!(stored["attributes"]["filters"], filters);
    assert_eq!(stored["compressor"]["codec"], "https://purl.org/zarr/spec/codec/zstd/1.0");
    document["codecs"][0] = json!({"name": "bytes", "configuration": {"endian": "little"}});
    assert_eq!(to_v3(&stored)["codecs"], document["codecs"]);
}

#[test]
fn fill_values_that_only_zarr_v3_knows_become_those_of_numpy() {
    for (data_type, fill, stored) in [
        (json!("float32"), json!("0x7fc00001"), json!("NaN")),
        (json!("float64"), json!("0x3ff0000000000000"), json!(1.0)),
        (json!("float16"), json!("0x7e01"), json!("NaN")),
        (json!("complex64"), json!(["0x7fc00001", 1.0]), json!(["NaN", 1.0])),
        (json!("r16"), json!([1, 2]), json!("AQI=")),
        (
            json!({"name": "numpy.datetime64", "configuration": {"unit": "s", "scale_factor": 1}}),
            json!("NaT"),
            json!(i64::MIN),
        ),
    ] {
        let mut document = to_v3(&array(&[4], "/"));
        document["data_type"] = data_type;
        document["fill_value"] = fill;
        assert_eq!(to_draft(&document)["fill_value"], stored);
    }
}

fn data_types() -> impl Strategy<Value = (Value, Value, Value)> {
    let number = prop_oneof![
        Just("NaN".into()),
        Just("Infinity".into()),
        any::<i16>().prop_map(|n| json!(f64::from(n) / 4.0))
    ];
    let order = prop_oneof![Just('<'), Just('>')];
    let of = |name: String| json!({"extension": "any", "type": name, "fallback": null});
    prop_oneof![
        (order.clone(), prop_oneof![Just("i2"), Just("i4"), Just("i8")], any::<i16>())
            .prop_map(|(order, kind, fill)| (json!(format!("{order}{kind}")), json!(fill), json!({}))),
        (order.clone(), prop_oneof![Just("u2"), Just("u4"), Just("u8")], any::<u16>())
            .prop_map(|(order, kind, fill)| (json!(format!("{order}{kind}")), json!(fill), json!({}))),
        (prop_oneof![Just("i1"), Just("u1")], 0..100u8).prop_map(|(kind, fill)| (
            json!(kind),
            json!(fill),
            json!({})
        )),
        (order.clone(), prop_oneof![Just("f2"), Just("f4"), Just("f8")], number.clone())
            .prop_map(|(order, kind, fill)| (json!(format!("{order}{kind}")), fill, json!({}))),
        any::<bool>().prop_map(|fill| (json!("bool"), json!(fill), json!({}))),
        (order.clone(), prop_oneof![Just("c8"), Just("c16")], number.clone(), number).prop_map(
            move |(order, kind, re, im)| (of(format!("{order}{kind}")), json!([re, im]), json!({}))
        ),
        (
            order.clone(),
            prop_oneof![Just("M8"), Just("m8")],
            prop_oneof![Just("ns"), Just("D"), Just("15m")],
            any::<i64>()
        )
            .prop_map(move |(order, kind, unit, fill)| (
                of(format!("{order}{kind}[{unit}]")),
                json!(fill),
                json!({})
            )),
        (order, 1..9usize, "[a-zé]{0,1}").prop_map(move |(order, length, fill)| (
            of(format!("{order}U{length}")),
            json!(fill),
            json!({})
        )),
        "[a-z ]{0,5}".prop_map(move |fill| (
            of("|O".to_owned()),
            json!(fill),
            json!({"filters": [{"id": "vlen-utf8"}]})
        )),
    ]
}

fn compressors() -> impl Strategy<Value = Option<Value>> {
    let of = |id: &str, configuration: Value| {
        Some(
            json!({"codec": format!("https://purl.org/zarr/spec/codec/{id}/1.0"), "configuration": configuration}),
        )
    };
    prop_oneof![
        Just(None),
        (0..10u8, 0..3i8, prop_oneof![Just("lz4"), Just("zstd"), Just("blosclz")]).prop_map(
            move |(level, shuffle, name)| {
                of("blosc", json!({"cname": name, "clevel": level, "shuffle": shuffle, "blocksize": 0}))
            }
        ),
        (0..10u8).prop_map(move |level| of("gzip", json!({"level": level}))),
        (0..10u8).prop_map(move |level| of("zlib", json!({"level": level}))),
        (1..10u8).prop_map(move |level| of("bz2", json!({"level": level}))),
        (-5..20i8, any::<bool>())
            .prop_map(move |(level, checksum)| of("zstd", json!({"level": level, "checksum": checksum}))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_python_writes_goes_back_as_it_was(
        (data_type, fill, mut attributes) in data_types(),
        compressor in compressors(),
        shape in proptest::collection::vec(0..9u64, 0..4),
        dots in any::<bool>(),
        f in any::<bool>(),
        named in any::<bool>(),
        title in "[ -~é]{0,8}",
    ) {
        attributes["title"] = json!(title);
        if named && !shape.is_empty() {
            attributes["_ARRAY_DIMENSIONS"] = json!(vec!["x"; shape.len()]);
        }
        let separator = if dots { "." } else { "/" };
        let layout = if f && shape.len() > 1 { "F" } else { "C" };
        let mut stored = json!({"attributes": attributes, "chunk_grid": {"chunk_shape": vec![3; shape.len()],
            "separator": separator, "type": "regular"}, "chunk_memory_layout": layout, "data_type": data_type,
            "extensions": [], "fill_value": fill, "shape": shape});
        if dots { stored["dimension_separator"] = json!("."); }
        if let Some(compressor) = compressor { stored["compressor"] = compressor; }
        let shown = to_v3(&stored);
        prop_assert_eq!(understood(&shown), Ok(()), "{}", shown);
        let mut back = to_draft(&shown);
        if stored["data_type"].is_object() {
            stored["data_type"]["extension"] = back["data_type"]["extension"].take();
            back["data_type"]["extension"] = stored["data_type"]["extension"].clone();
        }
        prop_assert_eq!(back, stored);
    }
}
