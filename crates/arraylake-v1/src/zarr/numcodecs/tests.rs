//! Against bytes that numcodecs 0.15 made.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, ArraySubset};
use zarrs::storage::store::MemoryStore;
use zarrs::storage::{ReadableStorageTraits as _, StoreKey, WritableStorageTraits as _};
use zarrs_codec::{BytesRepresentation, Codec, CodecOptions};
use zarrs_metadata::v3::MetadataV3;

fn hex(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

fn bytes_of<T: Copy>(values: &[T], of: impl Fn(T) -> Vec<u8>) -> Vec<u8> {
    values.iter().flat_map(|value| of(*value)).collect()
}

fn codec(name: &str, configuration: Value) -> Result<Codec, String> {
    let metadata = json!({"name": name, "configuration": configuration});
    let metadata: MetadataV3 = serde_json::from_value(metadata).unwrap();
    Codec::from_metadata(&metadata).map_err(|error| error.to_string())
}

/// An array of one dimension and one chunk, behind codecs.
fn array(data_type: Value, fill: Value, length: u64, codecs: Value) -> Array<MemoryStore> {
    let metadata = json!({"zarr_format": 3, "node_type": "array", "shape": [length], "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [length]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill, "codecs": codecs});
    let metadata: ArrayMetadata = serde_json::from_value(metadata).unwrap();
    Array::new_with_metadata(Arc::new(MemoryStore::new()), "/a", metadata).unwrap()
}

/// The second and the third element.
fn middle() -> ArraySubset {
    ArraySubset::new_with_ranges(std::slice::from_ref(&(1..3)))
}

const SCALED: &str = "numcodecs.fixedscaleoffset";

const LITTLE: &str = r#"{"name": "bytes", "configuration": {"endian": "little"}}"#;

fn little() -> Value {
    serde_json::from_str(LITTLE).unwrap()
}

/// Name, configuration, data type, elements, what is stored of them, and elements as they are read again.
type Case = (&'static str, Value, &'static str, Vec<u8>, &'static str, Vec<u8>);

fn filters() -> Vec<Case> {
    let i16s = |values: &[i16]| bytes_of(values, |value| value.to_ne_bytes().to_vec());
    let f32s = |values: &[f32]| bytes_of(values, |value| value.to_ne_bytes().to_vec());
    let f64s = |values: &[f64]| bytes_of(values, |value| value.to_ne_bytes().to_vec());
    let same = |elements: Vec<u8>| (elements.clone(), elements);
    let mut all = Vec::new();
    let (from, to) = same(i16s(&[100, 102, 90, -5]));
    all.push(("numcodecs.delta", json!({"dtype": "<i2", "astype": "<i1"}), "int16", from, "6402f4a1", to));
    let (from, to) = same(vec![5, 3, 250]);
    all.push(("numcodecs.delta", json!({"dtype": "|u1"}), "uint8", from, "05fef7", to));
    let (from, to) = same(f32s(&[1.5, 2.0, -1.0]));
    all.push((
        "numcodecs.delta",
        json!({"dtype": "<f4", "astype": "<f4"}),
        "float32",
        from,
        "0000c03f0000003f000040c0",
        to,
    ));
    let astype = json!({"encode_dtype": "<i2", "decode_dtype": "<f8"});
    all.push((
        "numcodecs.astype",
        astype,
        "float64",
        f64s(&[1.7, -2.2, 300.0]),
        "0100feff2c01",
        f64s(&[1.0, -2.0, 300.0]),
    ));
    let quantize = json!({"digits": 2, "dtype": "<f8", "astype": "<f4"});
    let quantized = f64s(&[0.0, 0.3359375, 0.6640625, 1.0]);
    all.push((
        "numcodecs.quantize",
        quantize,
        "float64",
        f64s(&[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]),
        "000000000000ac3e00002a3f0000803f",
        quantized,
    ));
    let far = json!({"offset": 1000, "scale": 0.1, "dtype": "<f8", "astype": "<i4"});
    let (from, to) = ([1000.0, 1234567.5, -5e8, 1050.0, 1150.0], [1000.0, 1234570.0, -5e8, 1050.0, 1150.0]);
    all.push((SCALED, far, "float64", f64s(&from), "00000000dde101001c0f05fd050000000f000000", f64s(&to)));
    let near = json!({"offset": 0.1, "scale": 100, "dtype": "<f4", "astype": "<i2"});
    all.push((
        SCALED,
        near,
        "float32",
        f32s(&[0.1, 1.25, -3.3333]),
        "00007300a9fe",
        f32s(&[0.1, 1.25, -3.33]),
    ));
    let (from, to) = same(vec![1, 0, 1, 1, 0, 0, 0, 1, 1]);
    all.push(("numcodecs.packbits", json!({}), "bool", from, "07b180", to));
    all
}

#[test]
fn filters_store_what_numcodecs_stores_and_read_it_again_whole_and_in_parts() {
    super::register();
    for (name, configuration, data_type, elements, stored, read) in filters() {
        let size = match data_type {
            "int16" => 2,
            "float32" => 4,
            "float64" => 8,
            _ => 1,
        };
        let length = (elements.len() / size) as u64;
        let fill = if data_type == "bool" { json!(false) } else { json!(0) };
        let codecs = json!([{"name": name, "configuration": configuration}, little()]);
        let array = array(json!(data_type), fill, length, codecs);
        array.store_chunk(&[0], ArrayBytes::from(elements)).unwrap();
        let found = array.storage().get(&StoreKey::new("a/c/0").unwrap()).unwrap().unwrap();
        assert_eq!(found, hex(stored), "{name} {data_type}");
        let whole: ArrayBytes<'_> = array.retrieve_chunk(&[0]).unwrap();
        assert_eq!(whole, ArrayBytes::from(read.clone()), "{name} {data_type}");
        let part = middle();
        let part: ArrayBytes<'_> = array.retrieve_chunk_subset(&[0], &part).unwrap();
        assert_eq!(part, ArrayBytes::from(read[size..3 * size].to_vec()), "{name} {data_type}");
        let metadata = array.metadata().to_string();
        assert!(metadata.contains(name), "{metadata}");
    }
}

#[test]
fn a_part_of_a_chunk_that_is_not_there_has_the_fill_value() {
    let delta =
        json!([{"name": "numcodecs.delta", "configuration": {"dtype": "<i2", "astype": "<i2"}}, little()]);
    let array = array(json!("int16"), json!(7), 4, delta);
    let part: Vec<i16> = array.retrieve_chunk_subset(&[0], &middle()).unwrap();
    assert_eq!(part, [7, 7]);
}

#[test]
fn chunks_that_are_damaged_are_errors() {
    let packed = array(json!("bool"), json!(false), 9, json!([{"name": "numcodecs.packbits"}, "bytes"]));
    for damaged in ["", "07b1", "0fb180", "ffb180"] {
        packed.storage().set(&StoreKey::new("a/c/0").unwrap(), hex(damaged).into()).unwrap();
        assert!(packed.retrieve_chunk::<Vec<bool>>(&[0]).is_err(), "{damaged:?}");
    }
    let options = CodecOptions::default();
    for (name, damaged) in [
        ("numcodecs.lz4", "7c00"),
        ("numcodecs.lz4", "ffffff7f3f616263"),
        ("numcodecs.lzma", "fd377a585a00"),
        ("numcodecs.crc32", "c2412436616263"),
        ("numcodecs.crc32", "c241"),
    ] {
        let Codec::BytesToBytes(codec) = codec(name, json!({})).unwrap() else { panic!("{name}") };
        let size = BytesRepresentation::FixedSize(124);
        assert!(codec.decode(Cow::Owned(hex(damaged)), &size, &options).is_err(), "{name} {damaged}");
    }
}

const LZ4: &str = "7c0000003f6162630300021f0001004b500000000000";
const XZ: &str = "fd377a585a000004e6d6b4460200210116000000742fe5a3e0007b000c5d00309888aaed9b6df455b1800000c220c830709edf950001287c962668241fb6f37d010000000004595a";
const ALONE: &str = "5d00008000ffffffffffffffff00309888aaed9b6df45f98bdfffffb582000";
const WITH_DELTA: &str = "fd377a585a000004e6d6b4460201030103210110a22a1215e0007b00145d0030988897e56f3e097221f368ec862ecc9867400000c220c830709edf950001307ccfbe73a61fb6f37d010000000004595a";

/// As Python's `lzma` writes the same bytes without saying how.
const RAW: &str = "e0007b000c5d00309888aaed9b6df455b1800000";
const RAW_OLDER: &str = "00309888aaed9b6df45f98bdfffffb582000";
const RAW_SMALL: &str = "e0007b0014120030994d933a25376f2f142dd3db9659d95ae3800000";
const RAW_EXTREME: &str = "0030806dfd604127401da841efffffffe1000000";
const LZMA1: u64 = 0x4000_0000_0000_0001;
const EXTREME: u64 = 0x8000_0009;

#[test]
fn compressors_read_what_numcodecs_stores_and_what_they_store_themselves() {
    let raw = |filters: Value| json!({"format": 3, "check": -1, "preset": null, "filters": filters});
    let small = json!({"id": 33, "preset": 1, "dict_size": 65536, "lc": 0, "lp": 2, "pb": 0});
    let mut plain = b"abc".repeat(8);
    plain.resize(124, 0);
    let options = CodecOptions::default();
    for (name, configuration, stored) in [
        ("numcodecs.lz4", json!({"acceleration": 1}), LZ4),
        ("numcodecs.lzma", json!({"format": 1, "check": -1, "preset": null, "filters": null}), XZ),
        ("numcodecs.lzma", json!({"format": 1, "preset": 9}), XZ),
        ("numcodecs.lzma", json!({"format": 2, "check": -1}), ALONE),
        ("numcodecs.lzma", raw(json!([{"id": 33, "preset": 6}])), RAW),
        ("numcodecs.lzma", raw(json!([{"id": LZMA1, "preset": 6}])), RAW_OLDER),
        ("numcodecs.lzma", raw(json!([{"id": 3, "dist": 4}, small])), RAW_SMALL),
        ("numcodecs.lzma", raw(json!([{"id": 3}, {"id": LZMA1, "preset": EXTREME}])), RAW_EXTREME),
    ] {
        let Codec::BytesToBytes(codec) = codec(name, configuration).unwrap() else { panic!("{name}") };
        for size in [BytesRepresentation::FixedSize(124), BytesRepresentation::UnboundedSize] {
            let read = codec.decode(Cow::Owned(hex(stored)), &size, &options).unwrap();
            assert_eq!(read, plain, "{name}");
            let own = codec.encode(Cow::Borrowed(&plain), &options).unwrap();
            assert!(own.len() < plain.len(), "{name}");
            assert_eq!(codec.decode(own, &size, &options).unwrap(), plain, "{name}");
        }
    }
    let Codec::BytesToBytes(lzma) = codec("numcodecs.lzma", json!({})).unwrap() else { panic!("lzma") };
    let size = BytesRepresentation::FixedSize(124);
    assert_eq!(
        lzma.decode(Cow::Owned(hex(WITH_DELTA)), &size, &options).unwrap(),
        plain,
        "the stream tells its filters"
    );
}

#[test]
fn a_checksum_stands_where_it_is_wanted() {
    let options = CodecOptions::default();
    for (name, configuration, plain, stored) in [
        ("crc32", json!({}), "abc", "c2412435616263"),
        ("crc32", json!({"location": "end"}), "abc", "616263c2412435"),
        ("jenkins_lookup3", json!({"initval": 0, "prefix": null}), "abc", "6162633176390e"),
        (
            "jenkins_lookup3",
            json!({"initval": 5}),
            "The quick brown fox",
            "54686520717569636b2062726f776e20666f78fca91828",
        ),
    ] {
        let codec = codec(&format!("numcodecs.{name}"), configuration).unwrap();
        let Codec::BytesToBytes(codec) = codec else { panic!("{name}") };
        assert_eq!(codec.encode(Cow::Borrowed(plain.as_bytes()), &options).unwrap(), hex(stored));
        let size = BytesRepresentation::FixedSize(plain.len() as u64);
        assert_eq!(codec.decode(Cow::Owned(hex(stored)), &size, &options).unwrap(), plain.as_bytes());
        let mut damaged = hex(stored);
        damaged[0] ^= 1;
        assert!(codec.decode(Cow::Owned(damaged), &size, &options).is_err(), "{name}");
    }
}

#[test]
fn what_has_another_length_than_a_chunk_is_named_before_the_next_codec_takes_it() {
    let raw = json!({"format": 3, "filters": [{"id": 33}]});
    let hash = json!({"initval": 0});
    for (name, configuration, stored, found) in [
        ("numcodecs.lz4", json!({}), LZ4, 124),
        ("numcodecs.lzma", json!({}), XZ, 124),
        ("numcodecs.lzma", json!({"format": 2}), ALONE, 124),
        ("numcodecs.lzma", raw, RAW, 124),
        ("numcodecs.crc32", json!({}), "c2412435616263", 3),
        ("numcodecs.jenkins_lookup3", hash, "efbeadde", 0),
    ] {
        let Codec::BytesToBytes(codec) = codec(name, configuration).unwrap() else { panic!("{name}") };
        let decode = |size: u64| {
            let size = BytesRepresentation::FixedSize(size);
            codec.decode(Cow::Owned(hex(stored)), &size, &CodecOptions::default()).map(Cow::into_owned)
        };
        assert_eq!(decode(found).unwrap().len() as u64, found, "{name}");
        let short = decode(found + 1).unwrap_err().to_string();
        assert!(
            short.contains(name) && short.contains(&format!("{} bytes are wanted", found + 1)),
            "{short}"
        );
        assert!(short.ends_with(&format!("it holds {found}")), "{short}");
        if let Some(less) = found.checked_sub(1) {
            let long = decode(less).unwrap_err().to_string();
            assert!(long.contains(name) && long.contains(&format!("{less} bytes are wanted")), "{long}");
        }
    }
}

/// Texts as zarrs has them in memory.
fn texts(texts: &[&str]) -> ArrayBytes<'static> {
    let mut offsets = vec![0];
    offsets.extend(texts.iter().scan(0, |end, text| {
        *end += text.len();
        Some(*end)
    }));
    ArrayBytes::new_vlen(texts.concat().into_bytes(), offsets.try_into().unwrap()).unwrap()
}

#[test]
fn texts_become_numbers_and_those_that_are_not_known_nothing() {
    let categorize = |dtype: &str, astype: &str| {
        let configuration = json!({"labels": ["warm", "k\u{fc}hl"], "dtype": dtype, "astype": astype});
        json!([{"name": "numcodecs.categorize", "configuration": configuration}, little()])
    };
    let given = ["k\u{fc}hl", "", "other", "warm"];
    let read = ["k\u{fc}hl", "", "", "warm"];
    let objects = array(json!("string"), json!(""), 4, categorize("|O", "|u1"));
    objects.store_chunk(&[0], texts(&given)).unwrap();
    let stored = |array: &Array<MemoryStore>| array.storage().get(&StoreKey::new("a/c/0").unwrap()).unwrap();
    assert_eq!(stored(&objects).unwrap(), hex("02000001"));
    assert_eq!(objects.retrieve_chunk::<Vec<String>>(&[0]).unwrap(), read);
    assert_eq!(objects.retrieve_chunk_subset::<Vec<String>>(&[0], &middle()).unwrap(), ["", ""]);
    let wide = |text: &str| {
        let mut wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect();
        wide.resize(4 * 5, 0);
        wide
    };
    let utf32 = json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": 20}});
    let fixed = array(utf32, json!("warm"), 4, categorize("<U5", "<u2"));
    let empty: ArrayBytes<'_> = fixed.retrieve_chunk(&[0]).unwrap();
    assert_eq!(empty, ArrayBytes::from(wide("warm").repeat(4)), "nothing is stored yet");
    fixed.store_chunk(&[0], ArrayBytes::from(given.map(wide).concat())).unwrap();
    assert_eq!(stored(&fixed).unwrap(), hex("0200000000000100"));
    let whole: ArrayBytes<'_> = fixed.retrieve_chunk(&[0]).unwrap();
    assert_eq!(whole, ArrayBytes::from(read.map(wide).concat()));
}

#[test]
fn numbers_in_fields_are_turned_around_and_bytes_are_not() {
    let fields = json!([["a", "int16"], ["b", "r24"], ["c", [["d", "complex64"]]]]);
    let fields = {
        let mut fields = fields;
        fields[2][1] = json!({"name": "structured", "configuration": {"fields": fields[2][1]}});
        json!({"name": "structured", "configuration": {"fields": fields}})
    };
    let big = json!([{"name": "bytes", "configuration": {"endian": "big"}}]);
    let array = array(fields, json!("AAAAAAAAAAAAAAAAAA=="), 1, big);
    let element = [&1_i16.to_ne_bytes()[..], b"xyz", &2_f32.to_ne_bytes(), &3_f32.to_ne_bytes()].concat();
    array.store_chunk(&[0], ArrayBytes::from(element.clone())).unwrap();
    let stored = array.storage().get(&StoreKey::new("a/c/0").unwrap()).unwrap().unwrap();
    assert_eq!(stored, [&[0, 1][..], b"xyz", &2_f32.to_be_bytes(), &3_f32.to_be_bytes()].concat());
    let whole: ArrayBytes<'_> = array.retrieve_chunk(&[0]).unwrap();
    assert_eq!(whole, ArrayBytes::from(element));
}

#[test]
fn what_a_codec_cannot_do_is_named() {
    super::register();
    for (name, configuration, named) in [
        ("numcodecs.delta", json!({"dtype": "<M8[ns]"}), "<M8[ns]"),
        ("numcodecs.delta", json!({}), "dtype"),
        ("numcodecs.astype", json!({"encode_dtype": "|O", "decode_dtype": "<i4"}), "encode_dtype"),
        (SCALED, json!({"dtype": "<i4", "scale": 1}), "offset"),
        ("numcodecs.quantize", json!({"digits": 1, "dtype": "<i4"}), "floats"),
        ("numcodecs.lzma", json!({"format": 3}), "filters"),
        ("numcodecs.lzma", json!({"format": 4}), "format"),
        ("numcodecs.lzma", json!({"format": 3, "filters": [{"id": 10}, {"id": 33}]}), "filter"),
        ("numcodecs.lzma", json!({"format": 3, "filters": [{"id": 3}]}), "last filter"),
        ("numcodecs.lzma", json!({"format": 3, "filters": [{"id": 3, "dist": 0}, {"id": 33}]}), "distance"),
        ("numcodecs.lzma", json!({"format": 3, "filters": [{"id": 33, "dict_size": 1}]}), "sizes"),
        (
            "numcodecs.lzma",
            json!({"format": 3, "filters": [{"id": 33, "dict_size": 4294967295_u64}]}),
            "sizes",
        ),
        ("numcodecs.lzma", json!({"format": 3, "filters": [{"id": 33, "lc": 4, "lp": 4}]}), "sizes"),
        ("numcodecs.json2", json!({"encoding": "latin-1"}), "latin-1"),
        ("numcodecs.msgpack2", json!({"raw": true}), "raw"),
        ("numcodecs.jenkins_lookup3", json!({"prefix": "abc"}), "numcodecs cannot write down"),
        ("numcodecs.jenkins_lookup3", json!({"initval": -1}), "initval"),
        ("numcodecs.categorize", json!({"dtype": "|O"}), "labels"),
        ("numcodecs.categorize", json!({"labels": [1]}), "labels"),
        ("numcodecs.categorize", json!({"labels": ["a"], "dtype": "<i4"}), "<i4"),
        ("numcodecs.categorize", json!({"labels": ["a"], "astype": "|O"}), "astype"),
        ("numcodecs.crc32", json!({"location": "middle"}), "middle"),
    ] {
        let error = codec(name, configuration).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn elements_of_some_bytes_each_are_kept_as_they_are() {
    let fixed = json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": 3}});
    let structured =
        json!({"name": "structured", "configuration": {"fields": [["a", "int32"], ["b", "float64"]]}});
    for (data_type, fill, size) in [(fixed, "eHg=", 3), (structured, "AAAAAAAAAAAAAAAA", 12)] {
        let array = array(data_type.clone(), json!(fill), 2, json!(["bytes"]));
        let metadata: Value = serde_json::from_str(&array.metadata().to_string()).unwrap();
        assert_eq!((&metadata["data_type"], &metadata["fill_value"]), (&data_type, &json!(fill)));
        let elements: Vec<u8> = (0..2 * size).collect();
        let empty: ArrayBytes<'_> = array.retrieve_chunk(&[0]).unwrap();
        assert_eq!(empty.into_fixed().unwrap().len(), elements.len());
        array.store_chunk(&[0], ArrayBytes::from(elements.clone())).unwrap();
        let read: ArrayBytes<'_> = array.retrieve_chunk(&[0]).unwrap();
        assert_eq!(read, ArrayBytes::from(elements));
    }
    let long = json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": 1}});
    let metadata: MetadataV3 = serde_json::from_value(long).unwrap();
    let data_type = zarrs_data_type::DataType::from_metadata(&metadata).unwrap();
    assert!(data_type.fill_value_v3(&"eHg=".into()).is_err(), "two bytes in one");
    for odd in [
        json!([]),
        json!([["a", "string"]]),
        json!([["a", "int32", [2]]]),
        json!([["a", {"name": "big_endian"}]]),
    ] {
        let odd = json!({"name": "structured", "configuration": {"fields": odd}});
        let metadata: MetadataV3 = serde_json::from_value(odd).unwrap();
        assert!(zarrs_data_type::DataType::from_metadata(&metadata).is_err());
    }
}
