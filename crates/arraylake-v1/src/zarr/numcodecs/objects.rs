//! [`OnTexts`]: codecs that make one document of all texts of a chunk.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use serde_json::{Map, Value};
use zarrs_codec::{
    ArrayBytes, ArrayBytesOffsets, ArrayBytesRaw, ArrayCodecTraits, ArrayToBytesCodecTraits,
    BytesRepresentation, CodecError, CodecOptions, CodecPluginV3, RecommendedConcurrency,
};
use zarrs_data_type::{DataType, FillValue};
use zarrs_metadata::Configuration;
use zarrs_plugin::{ExtensionName, ZarrVersion};

use super::texts::Texts;
use super::{Names, codec, named, names};

static NAMES: Names = Names::new(|| names(Format::JSON, &[Format::MESSAGE_PACK]));
named!(OnTexts, NAMES);

inventory::submit! {
    CodecPluginV3::new::<OnTexts>()
}

/// A codec of numcodecs that makes one document of all texts of a chunk.
#[derive(Clone, Debug)]
pub(super) struct OnTexts {
    format: Format,
    configuration: Configuration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// And whether it has nothing but the characters of ASCII.
    Json {
        ascii: bool,
    },
    MessagePack,
}

impl Format {
    const JSON: &str = "numcodecs.json2";
    const MESSAGE_PACK: &str = "numcodecs.msgpack2";

    fn new(name: &str, fields: &Map<String, Value>) -> Result<Self, String> {
        let is_set = |key: &str, usual: bool| fields.get(key).and_then(Value::as_bool).unwrap_or(usual);
        match name {
            Self::JSON => {
                let encoding = fields.get("encoding").and_then(Value::as_str).unwrap_or("utf-8");
                match encoding.to_ascii_lowercase().replace('_', "-").as_str() {
                    "utf-8" | "utf8" => Ok(Self::Json { ascii: is_set("ensure_ascii", true) }),
                    "ascii" | "us-ascii" => Ok(Self::Json { ascii: true }),
                    _ => Err(format!("codec `{name}` knows the encoding utf-8, and not {encoding}")),
                }
            }
            Self::MESSAGE_PACK if is_set("raw", false) => Err(format!(
                "codec `{name}` makes bytes of texts where `raw` is set, which are not told apart"
            )),
            Self::MESSAGE_PACK => Ok(Self::MessagePack),
            _ => Err(format!("codec `{name}` is unknown")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json { .. } => Self::JSON,
            Self::MessagePack => Self::MESSAGE_PACK,
        }
    }
}

impl OnTexts {
    fn check(&self, data_type: &DataType) -> Result<(), CodecError> {
        if data_type.name(ZarrVersion::V3).as_deref() == Some("string") {
            return Ok(());
        }
        Err(CodecError::UnsupportedDataType(data_type.clone(), self.format.name().to_owned()))
    }

    fn bad(&self, reason: impl std::fmt::Display) -> CodecError {
        CodecError::Other(format!("codec `{}`: {reason}", self.format.name()))
    }

    fn read<'d>(&self, document: &'d [u8], fill: &FillValue) -> Result<Texts<'d>, String> {
        let may_lack = fill.as_ne_bytes().is_empty();
        match self.format {
            Format::Json { .. } => Texts::of_json(document, may_lack),
            Format::MessagePack => Texts::of_message_pack(document, may_lack),
        }
    }
}

codec!(OnTexts { format: Format }, ArrayToBytes, |_codec| false);

impl ArrayCodecTraits for OnTexts {
    fn recommended_concurrency(
        &self,
        _: &[NonZeroU64],
        _: &DataType,
    ) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }
}

#[async_trait::async_trait]
impl ArrayToBytesCodecTraits for OnTexts {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn ArrayToBytesCodecTraits> {
        self
    }

    fn encoded_representation(
        &self,
        _: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
    ) -> Result<BytesRepresentation, CodecError> {
        self.check(data_type)?;
        Ok(BytesRepresentation::UnboundedSize)
    }

    fn encode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        self.check(data_type)?;
        let shape: Vec<u64> = shape.iter().map(|length| length.get()).collect();
        bytes.validate(shape.iter().product(), data_type)?;
        let (bytes, offsets) = bytes.into_variable()?.into_parts();
        let text = |(at, ends): (usize, &[usize])| {
            let text = std::str::from_utf8(bytes.get(ends[0]..ends[1]).unwrap_or_default());
            text.map(Cow::Borrowed).map_err(|error| self.bad(format!("element {at} is no text: {error}")))
        };
        let texts = offsets.windows(2).enumerate().map(text).collect::<Result<_, _>>()?;
        let texts = Texts { texts, shape };
        let document = match self.format {
            Format::Json { ascii } => texts.to_json(ascii),
            Format::MessagePack => texts.to_message_pack(),
        };
        document.map(Cow::Owned).map_err(|reason| self.bad(reason))
    }

    fn decode<'a>(
        &self,
        bytes: ArrayBytesRaw<'a>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        self.check(data_type)?;
        let found = self.read(&bytes, fill).map_err(|reason| self.bad(reason))?;
        if !shape.iter().map(|length| length.get()).eq(found.shape.iter().copied()) {
            return Err(
                self.bad(format!("the chunk has the shape {:?} and should have {shape:?}", found.shape))
            );
        }
        let mut offsets = Vec::with_capacity(found.texts.len() + 1);
        offsets.push(0);
        let mut end = 0;
        offsets.extend(found.texts.iter().map(|text| {
            end += text.len();
            end
        }));
        let offsets = ArrayBytesOffsets::new(offsets).map_err(|error| self.bad(error))?;
        ArrayBytes::new_vlen(found.texts.concat().into_bytes(), offsets).map_err(|error| self.bad(error))
    }
}
