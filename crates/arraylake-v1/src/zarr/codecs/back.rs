//! From the codecs of Zarr v3 to the filters and the compressor of a V1 array.

use serde_json::{Value, json};

use super::{
    CATEGORIZE, COMPRESSORS, Config, Numcodec, OF_ARRAYS, OF_BYTES, OF_TEXTS, PREFIX, compressor_document,
};
use crate::error::Result;
use crate::zarr::dtype::{DataType, Order};
use crate::zarr::unsupported;

/// What the codecs of a Zarr v3 array come to in a V1 array.
#[derive(Debug)]
pub(in crate::zarr) struct Draft {
    pub(in crate::zarr) is_f: bool,
    /// None as long as nothing has told it.
    order: Option<Order>,
    pub(in crate::zarr) filters: Vec<Value>,
    pub(in crate::zarr) compressor: Option<Value>,
}

/// The codecs as filters, a compressor, and the order of dimensions and bytes.
pub(in crate::zarr) fn to_draft(data_type: &DataType, dimensions: usize, codecs: &Value) -> Result<Draft> {
    let mut draft = Draft { is_f: false, order: None, filters: Vec::new(), compressor: None };
    let mut is_bytes = false;
    let codecs = codecs.as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, codec) in codecs.iter().enumerate() {
        let name = codec.as_str().or_else(|| codec["name"].as_str()).unwrap_or_default();
        let config = codec["configuration"].as_object().cloned().unwrap_or_default();
        if is_bytes {
            draft.on_bytes(name, config, index + 1 == codecs.len())?;
        } else {
            is_bytes = draft.on_array(name, config, data_type, dimensions)?;
        }
    }
    if is_bytes { Ok(draft) } else { Err(unsupported("an array without the codec `bytes`".to_owned())) }
}

fn odd(name: &str) -> crate::Error {
    unsupported(format!("codec `{name}` has no place in a V1 repo"))
}

impl Draft {
    /// The order of bytes of the elements.
    pub(in crate::zarr) fn order(&self) -> Order {
        self.order.unwrap_or(Order::Little)
    }

    /// Takes a codec on arrays, and says whether what comes out of it are bytes.
    fn on_array(
        &mut self,
        name: &str,
        config: Config,
        data_type: &DataType,
        dimensions: usize,
    ) -> Result<bool> {
        if name == "transpose" && self.filters.is_empty() {
            // One after the other: two that reverse leave the order as it was.
            self.is_f ^= transposes(&config, dimensions).ok_or_else(|| {
                let message = "codec `transpose` has no place in a V1 repo unless it reverses all dimensions";
                unsupported(message.to_owned())
            })?;
            return Ok(false);
        }
        let of_one_length =
            data_type.vlen().is_none() || self.filters.iter().any(|it| it["id"] == CATEGORIZE);
        if name == "bytes" && of_one_length {
            self.order.get_or_insert_with(|| endian(&config));
            return Ok(true);
        }
        if Some(name) == data_type.vlen() {
            // The first of them says what objects are.
            self.filters.insert(0, json!({"id": name}));
            return Ok(true);
        }
        let id = name.strip_prefix(PREFIX).unwrap_or(name);
        if OF_TEXTS.contains(&id) && *data_type == DataType::Text && self.filters.is_empty() {
            return self.on_texts(id, config);
        }
        let known = OF_ARRAYS.iter().find(|(known, ..)| *known == id);
        // By its own name `packbits` is another codec.
        let (_, takes, _) = known.filter(|_| name != "packbits").ok_or_else(|| odd(name))?;
        // The codec `bytes` tells the order of what the filters have made.
        if let (None, Some(text)) = (self.order, config.get(*takes).and_then(Value::as_str)) {
            self.order = Some(Order::of_numpy(text));
        }
        self.filters.push(with_id(id, config));
        Ok(false)
    }

    /// Takes a codec that writes down the shape of a chunk, which Python takes for that of the array.
    fn on_texts(&mut self, id: &str, config: Config) -> Result<bool> {
        if self.is_f {
            let message = format!("codec `{PREFIX}{id}` has no place in a V1 repo behind `transpose`");
            return Err(unsupported(message));
        }
        self.filters.push(with_id(id, config));
        Ok(true)
    }

    fn on_bytes(&mut self, name: &str, config: Config, is_last: bool) -> Result<()> {
        let (id, config) = numcodec(name, config).ok_or_else(|| odd(name))?;
        if is_last && COMPRESSORS.iter().any(|(known, _)| *known == id) {
            self.compressor = Some(compressor_document(&id, &config));
        } else {
            self.filters.push(with_id(&id, config));
        }
        Ok(())
    }
}

/// The order of bytes that the codec `bytes` says.
fn endian(config: &Config) -> Order {
    let is_big = config.get("endian").and_then(Value::as_str) == Some("big");
    if is_big { Order::Big } else { Order::Little }
}

/// Whether a transposition reverses more than one dimension; none if it does something else.
fn transposes(config: &Config, dimensions: usize) -> Option<bool> {
    let order = config.get("order")?.as_array()?;
    let order: Vec<u64> = order.iter().map(Value::as_u64).collect::<Option<_>>()?;
    let same: Vec<u64> = (0..dimensions as u64).collect();
    let reversed: Vec<u64> = same.iter().rev().copied().collect();
    if order == same { Some(false) } else { (order == reversed).then_some(true) }
}

/// A codec on bytes as numcodecs has it; none if that would not read the same.
fn numcodec(name: &str, mut config: Config) -> Option<Numcodec> {
    if let Some((id, _)) = OF_BYTES.into_iter().find(|(id, known)| *known == name || *id == name) {
        return Some((id.to_owned(), config));
    }
    let (id, _) = COMPRESSORS.into_iter().find(|(_, known)| *known == name)?;
    if id == "blosc" {
        config.remove("typesize");
        let shuffle = match config.get("shuffle").and_then(Value::as_str) {
            None | Some("noshuffle") => 0,
            Some("shuffle") => 1,
            Some("bitshuffle") => 2,
            Some(_) => return None,
        };
        config.insert("shuffle".to_owned(), json!(shuffle));
    }
    Some((id.to_owned(), config))
}

fn with_id(id: &str, mut config: Config) -> Value {
    config.insert("id".to_owned(), json!(id));
    Value::Object(config)
}
