//! Filters and compressors of V1 arrays, and the codecs of Zarr v3 that do the same.
//!
//! Filters and compressors are those of numcodecs. Not all of them have a codec in zarrs, or among the plugins of this
//! crate, and not all codecs of zarrs write what numcodecs reads: its own `packbits` fills bytes from the other end.

use serde_json::{Map, Value, json};

mod back;

pub(super) use self::back::to_draft;
use super::dtype::{DataType, Order};
use super::unsupported;
use crate::error::Result;

type Config = Map<String, Value>;

/// Filters that change elements before they become bytes, the key that tells the type of elements that they take, and
/// the one that tells what they make of it.
const OF_ARRAYS: [(&str, &str, &str); 7] = [
    ("fixedscaleoffset", "dtype", "astype"),
    ("bitround", "", ""),
    ("delta", "dtype", "astype"),
    ("astype", "decode_dtype", "encode_dtype"),
    ("quantize", "dtype", "astype"),
    ("packbits", "", ""),
    (CATEGORIZE, "dtype", "astype"),
];
/// Filters that change bytes: their names in numcodecs and in Zarr v3.
const OF_BYTES: [(&str, &str); 6] = [
    ("shuffle", "numcodecs.shuffle"),
    ("fletcher32", "numcodecs.fletcher32"),
    ("crc32", "numcodecs.crc32"),
    ("adler32", "numcodecs.adler32"),
    ("jenkins_lookup3", "numcodecs.jenkins_lookup3"),
    ("crc32c", "crc32c"),
];
/// Compressors, and filters that compress: their names in numcodecs and in Zarr v3.
const COMPRESSORS: [(&str, &str); 7] = [
    ("blosc", "blosc"),
    ("gzip", "gzip"),
    ("zstd", "zstd"),
    ("zlib", "numcodecs.zlib"),
    ("bz2", "numcodecs.bz2"),
    ("lz4", "numcodecs.lz4"),
    ("lzma", "numcodecs.lzma"),
];

/// Numbers in place of texts. Of objects it makes elements of one length, so that it also says what objects are.
const CATEGORIZE: &str = "categorize";

const PREFIX: &str = "numcodecs.";
const URL: (&str, &str) = ("https://purl.org/zarr/spec/codec/", "/1.0");

/// A codec of numcodecs: its id, and its configuration without the id.
type Numcodec = (String, Config);

/// The filter that says what objects are, if it makes them texts or bytes.
pub(super) fn of_texts(filters: &Value) -> Option<&str> {
    let ids = filters.as_array()?.iter().filter_map(|filter| filter["id"].as_str());
    ids.into_iter().find(|id| matches!(*id, "vlen-utf8" | "vlen-bytes" | CATEGORIZE))
}

/// The first filter, which says what objects are.
pub(super) fn of_objects(filters: &Value) -> Option<&str> {
    filters.as_array()?.first()?["id"].as_str()
}

/// What of the document of a Zarr v3 array is understood by this crate alone, so that it should not leave a V1 repo: a
/// codec that numcodecs has for Zarr v2 only, or an order of bytes that others pass over.
pub(super) fn known_here_alone(document: &Value) -> Option<String> {
    let codecs = document["codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = format!("{PREFIX}{CATEGORIZE}");
    if codecs.iter().any(|codec| codec["name"] == name) {
        return Some(format!("the codec `{name}`"));
    }
    let is_big = codecs.iter().any(|codec| codec["configuration"]["endian"] == "big");
    (is_big && document["data_type"]["name"] == "structured").then(|| "fields in big-endian order".to_owned())
}

/// The compressor of a V1 array, if it has one.
pub(super) fn compressor(stored: &Value) -> Result<Option<Numcodec>> {
    let Value::Object(stored) = stored else { return Ok(None) };
    let codec = stored.get("codec").and_then(Value::as_str).unwrap_or_default();
    let id = codec.strip_prefix(URL.0).and_then(|rest| rest.strip_suffix(URL.1));
    let id = id.ok_or_else(|| unsupported(format!("compressor {codec:?} is none that is known")))?;
    let config = stored.get("configuration").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(Some((id.to_owned(), config)))
}

/// The compressor as a V1 array has it.
fn compressor_document(id: &str, config: &Config) -> Value {
    json!({"codec": format!("{}{id}{}", URL.0, URL.1), "configuration": config})
}

/// The filters of a V1 array.
fn filters(stored: &Value) -> Result<Vec<Numcodec>> {
    let Value::Array(list) = stored else { return Ok(Vec::new()) };
    let filter = |stored: &Value| {
        let mut config = stored.as_object().cloned().unwrap_or_default();
        match config.remove("id") {
            Some(Value::String(id)) => Ok((id, config)),
            _ => Err(unsupported(format!("filter {stored} has no id"))),
        }
    };
    list.iter().map(filter).collect()
}

/// The codecs of Zarr v3 for a V1 array.
pub(super) fn to_v3(
    data_type: &DataType,
    order: Order,
    filter_list: &Value,
    compressor: Option<Numcodec>,
) -> Result<Vec<Value>> {
    let (mut codecs, mut of_bytes) = (Vec::new(), Vec::new());
    let mut stored = Stored { item: data_type.size(), order };
    for (id, config) in filters(filter_list)? {
        if Some(id.as_str()) == data_type.vlen() {
            continue;
        }
        if let Some(filter) = OF_ARRAYS.iter().find(|(known, ..)| *known == id && of_bytes.is_empty()) {
            stored = stored.after(filter, &config)?;
            codecs.push(json!({"name": format!("{PREFIX}{id}"), "configuration": config}));
        } else {
            let codec = on_bytes(&id, &config).or_else(|| compressing(&id, config, stored.item));
            of_bytes.push(codec.ok_or_else(|| unsupported(format!("filter `{id}` has no codec in zarrs")))?);
        }
    }
    // A filter may have made elements of one length of those that have none.
    codecs.push(match data_type.vlen().filter(|_| stored.item.is_none()) {
        Some(name) => json!({"name": name}),
        None if data_type.has_order()
            || stored.item.is_some_and(|item| item > 1 && !codecs.is_empty())
            || (data_type.is_structured() && stored.order == Order::Big) =>
        {
            json!({"name": "bytes", "configuration": {"endian": stored.order.as_str()}})
        }
        None => json!({"name": "bytes"}),
    });
    codecs.append(&mut of_bytes);
    if let Some((id, config)) = compressor {
        let codec = compressing(&id, config, stored.item);
        codecs.push(codec.ok_or_else(|| unsupported(format!("compressor `{id}` has no codec in zarrs")))?);
    }
    Ok(codecs)
}

/// What elements are on their way to bytes: their length, if it is fixed, and the order of their bytes.
#[derive(Clone, Copy)]
struct Stored {
    item: Option<u64>,
    order: Order,
}

impl Stored {
    /// What a filter makes of them.
    fn after(self, (id, takes, makes): &(&str, &str, &str), config: &Config) -> Result<Self> {
        if *id == "packbits" {
            return Ok(Self { item: Some(1), ..self });
        }
        let kind = |key: &str| {
            let text = config.get(key).and_then(Value::as_str).filter(|text| *text != "|O");
            text.map(|text| DataType::of_draft(&json!(text), None)).transpose()
        };
        let (taken, made) = (kind(takes)?, kind(makes)?);
        if let Some((kind, order)) = &taken
            && kind.has_order()
            && *order != self.order
        {
            let message =
                format!("filter `{id}` takes elements in another order of bytes than the array has");
            return Err(unsupported(message));
        }
        let made = made.or(taken);
        Ok(made.map_or(self, |(kind, order)| Self { item: kind.size(), order }))
    }
}

/// A filter on bytes that does not compress; none if there is no such codec.
fn on_bytes(id: &str, config: &Config) -> Option<Value> {
    let (_, name) = OF_BYTES.into_iter().find(|(known, _)| *known == id)?;
    if name.starts_with(PREFIX) {
        return Some(json!({"name": name, "configuration": config}));
    }
    // That of Zarr v3 puts the checksum at the end, and has no say in it.
    let at_end = config.get("location").is_none_or(|place| place.is_null() || place == "end");
    at_end.then(|| json!({"name": name}))
}

/// A compressor of numcodecs as a codec; none if there is no such codec.
fn compressing(id: &str, mut config: Config, item: Option<u64>) -> Option<Value> {
    let (_, name) = COMPRESSORS.into_iter().find(|(known, _)| *known == id)?;
    match id {
        "blosc" => {
            let item = item.unwrap_or(1);
            let shuffle = match config.get("shuffle").and_then(Value::as_i64).unwrap_or(1) {
                0 => "noshuffle",
                2 => "bitshuffle",
                -1 if item == 1 => "bitshuffle",
                _ => "shuffle",
            };
            config.insert("shuffle".to_owned(), json!(shuffle));
            config.insert("typesize".to_owned(), json!(item));
            config.entry("blocksize").or_insert(json!(0));
        }
        "zstd" => drop(config.entry("checksum").or_insert(json!(false))),
        // The default of the library, which zarrs does not take.
        "zlib" if config.get("level").and_then(Value::as_i64) == Some(-1) => {
            drop(config.insert("level".to_owned(), json!(6)));
        }
        _ => {}
    }
    Some(json!({"name": name, "configuration": config}))
}
