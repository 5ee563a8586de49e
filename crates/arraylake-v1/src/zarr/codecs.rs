//! Filters and compressors of V1 arrays, and the codecs of Zarr v3 that do the same.
//!
//! Filters and compressors are those of numcodecs. Not all of them have a codec in zarrs, and not all codecs of zarrs
//! write what numcodecs reads: `packbits` fills bytes from the other end, for example.

use serde_json::{Map, Value, json};

mod back;

pub(super) use self::back::to_draft;
use super::dtype::{DataType, Order};
use super::unsupported;
use crate::error::Result;

type Config = Map<String, Value>;

/// Filters that change elements before they become bytes.
const OF_ARRAYS: [&str; 2] = ["fixedscaleoffset", "bitround"];
/// Filters that change bytes and are known under a name of numcodecs.
const OF_BYTES: [&str; 2] = ["shuffle", "fletcher32"];
/// Compressors, and filters that compress: their names in numcodecs and in Zarr v3.
const COMPRESSORS: [(&str, &str); 5] = [
    ("blosc", "blosc"),
    ("gzip", "gzip"),
    ("zstd", "zstd"),
    ("zlib", "numcodecs.zlib"),
    ("bz2", "numcodecs.bz2"),
];

const PREFIX: &str = "numcodecs.";
const URL: (&str, &str) = ("https://purl.org/zarr/spec/codec/", "/1.0");

/// A codec of numcodecs: its id, and its configuration without the id.
type Numcodec = (String, Config);

/// The filter that says what objects are.
pub(super) fn vlen(filters: &Value) -> Option<&str> {
    let ids = filters.as_array()?.iter().filter_map(|filter| filter["id"].as_str());
    ids.into_iter().find(|id| matches!(*id, "vlen-utf8" | "vlen-bytes"))
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
    mut order: Order,
    filter_list: &Value,
    compressor: Option<Numcodec>,
) -> Result<Vec<Value>> {
    let (mut of_arrays, mut of_bytes) = (Vec::new(), Vec::new());
    let mut item = data_type.size();
    for (id, config) in filters(filter_list)? {
        if Some(id.as_str()) == data_type.vlen() {
            continue;
        } else if OF_ARRAYS.contains(&id.as_str()) && of_bytes.is_empty() {
            if let Some(text) = config.get("astype").and_then(Value::as_str) {
                let (stored, mark) = DataType::of_draft(&json!(text), None)?;
                (item, order) = (stored.size(), mark);
            }
            of_arrays.push(json!({"name": format!("{PREFIX}{id}"), "configuration": config}));
        } else if OF_BYTES.contains(&id.as_str()) {
            of_bytes.push(json!({"name": format!("{PREFIX}{id}"), "configuration": config}));
        } else {
            let codec = compressing(&id, config, item);
            of_bytes.push(codec.ok_or_else(|| unsupported(format!("filter `{id}` has no codec in zarrs")))?);
        }
    }
    let to_bytes = match data_type.vlen() {
        Some(name) => json!({"name": name}),
        None if data_type.has_order() || item.is_some_and(|item| item > 1 && !of_arrays.is_empty()) => {
            json!({"name": "bytes", "configuration": {"endian": order.as_str()}})
        }
        None => json!({"name": "bytes"}),
    };
    let mut codecs = of_arrays;
    codecs.push(to_bytes);
    codecs.append(&mut of_bytes);
    if let Some((id, config)) = compressor {
        let codec = compressing(&id, config, item);
        codecs.push(codec.ok_or_else(|| unsupported(format!("compressor `{id}` has no codec in zarrs")))?);
    }
    Ok(codecs)
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
