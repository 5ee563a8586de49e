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

/// Filters that write texts of any length, all of a chunk together, with its shape.
const OF_TEXTS: [&str; 2] = ["json2", "msgpack2"];

/// Numbers in place of texts. Of objects it makes elements of one length, so that it also says what objects are.
const CATEGORIZE: &str = "categorize";

const PREFIX: &str = "numcodecs.";
const URL: (&str, &str) = ("https://purl.org/zarr/spec/codec/", "/1.0");

/// A codec of numcodecs: its id, and its configuration without the id.
type Numcodec = (String, Config);

/// The filter that says what objects are, if it makes them texts or bytes.
pub(super) fn of_texts(filters: &Value) -> Option<&str> {
    let ids = filters.as_array()?.iter().filter_map(|filter| filter["id"].as_str());
    ids.into_iter().find(|id| matches!(*id, "vlen-utf8" | "vlen-bytes" | CATEGORIZE) || OF_TEXTS.contains(id))
}

/// Whether the first filter writes down the shape of a chunk, so that its elements are in the order of C whatever the
/// array says.
pub(super) fn knows_the_shape(filters: &Value) -> bool {
    of_objects(filters).is_some_and(|id| OF_TEXTS.contains(&id))
}

/// Why a codec is refused, and what to do about it.
pub(super) fn refused(what: &str, id: &str) -> String {
    let reason = match id {
        "pickle" => {
            "reading it runs whatever code it holds. Where you trust it, read the array with Python and write it again \
             with `numcodecs.VLenUTF8` for texts or `numcodecs.VLenBytes` for bytes"
        }
        "vlen-array" => {
            "zarrs knows no elements that are arrays. Read the array with Python and write it again with one dimension \
             more, or the bytes of its elements with `numcodecs.VLenBytes`"
        }
        "zfpy" => {
            "it needs a library in C. Read the array with Python and write it again with another codec, such as \
             `numcodecs.Quantize` or `numcodecs.BitRound` before a compressor"
        }
        _ => "it has no codec in zarrs. Read the array with Python and write it again with another one",
    };
    format!("{what} `{id}` is refused: {reason}")
}

/// The first filter, which says what objects are.
pub(super) fn of_objects(filters: &Value) -> Option<&str> {
    filters.as_array()?.first()?["id"].as_str()
}

/// What of the document of a Zarr v3 array is understood by this crate alone, so that it should not leave a V1 repo: a
/// codec that numcodecs has for Zarr v2 only, or an order of bytes that others pass over.
pub(super) fn known_here_alone(document: &Value) -> Option<String> {
    let codecs = document["codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut names = codecs.iter().filter_map(|codec| codec["name"].as_str());
    let is_ours =
        |name: &&str| name.strip_prefix(PREFIX).is_some_and(|id| id == CATEGORIZE || OF_TEXTS.contains(&id));
    if let Some(name) = names.find(is_ours) {
        return Some(format!("the codec `{name}`"));
    }
    let data_type = DataType::of_v3(&document["data_type"]).ok();
    if let Some(field) = data_type.as_ref().and_then(DataType::odd_field) {
        return Some(format!(
            "the field `{field}`, which has several elements or another order of bytes than others"
        ));
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
    let mut of_texts = data_type.vlen().map(|name| json!({"name": name}));
    for (index, (id, config)) in filters(filter_list)?.into_iter().enumerate() {
        if Some(id.as_str()) == data_type.vlen() {
            continue;
        }
        if index == 0 && *data_type == DataType::Text && OF_TEXTS.contains(&id.as_str()) {
            of_texts = Some(json!({"name": format!("{PREFIX}{id}"), "configuration": config}));
            continue;
        }
        if let Some(filter) = OF_ARRAYS.iter().find(|(known, ..)| *known == id && of_bytes.is_empty()) {
            stored = stored.after(filter, &config)?;
            codecs.push(json!({"name": format!("{PREFIX}{id}"), "configuration": config}));
        } else {
            let codec = on_bytes(&id, &config).or_else(|| compressing(&id, config, stored.item));
            of_bytes.push(codec.ok_or_else(|| unsupported(refused("filter", &id)))?);
        }
    }
    // A filter may have made elements of one length of those that have none.
    let of_texts = of_texts.filter(|_| stored.item.is_none());
    codecs.push(of_texts.unwrap_or_else(|| stored.to_bytes(data_type, !codecs.is_empty())));
    codecs.append(&mut of_bytes);
    if let Some((id, config)) = compressor {
        let codec = compressing(&id, config, stored.item);
        codecs.push(codec.ok_or_else(|| unsupported(refused("compressor", &id)))?);
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
    /// The codec that makes bytes of them, behind filters or as they are.
    fn to_bytes(self, data_type: &DataType, is_filtered: bool) -> Value {
        let has_order = data_type.has_order()
            || self.item.is_some_and(|item| item > 1 && is_filtered)
            || (data_type.is_structured() && self.order == Order::Big);
        match has_order {
            true => json!({"name": "bytes", "configuration": {"endian": self.order.as_str()}}),
            false => json!({"name": "bytes"}),
        }
    }

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
