//! [`OnBytes`]: compressors and a checksum.

use std::any::Any;
use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use lzma_rust2::{LzmaOptions, LzmaReader, LzmaWriter, XzOptions, XzReader, XzWriter};
use serde_json::{Map, Value};
use zarrs_codec::{
    ArrayBytesRaw, BytesRepresentation, BytesToBytesCodecTraits, Codec, CodecError, CodecMetadataOptions,
    CodecOptions, CodecPluginV3, CodecTraits, CodecTraitsV3, PartialDecoderCapability,
    PartialEncoderCapability, RecommendedConcurrency,
};
use zarrs_metadata::Configuration;
use zarrs_metadata::v3::MetadataV3;
use zarrs_plugin::{ExtensionName, PluginCreateError, ZarrVersion};

use super::{Names, fields, named, names};

static NAMES: Names = Names::new(|| names("numcodecs.lz4", &["numcodecs.lzma", "numcodecs.crc32"]));
named!(OnBytes, NAMES);

inventory::submit! {
    CodecPluginV3::new::<OnBytes>()
}

/// The most memory that a stream of the older format may ask for, in KiB.
const MEMORY: u32 = 256 << 10;

/// A checksum has so many bytes, and so has the length before what LZ4 makes.
const WORD: usize = 4;

/// A codec of numcodecs that changes bytes.
#[derive(Clone, Debug)]
pub(super) struct OnBytes {
    kind: Kind,
    configuration: Configuration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The length, then one block.
    Lz4,
    /// A stream that tells how it was made, and how much time to take for making one.
    Xz(u32),
    /// The same in the older format.
    LzmaAlone(u32),
    /// Whether the checksum is at the end.
    Crc32(bool),
}

impl Kind {
    fn new(name: &str, fields: &Map<String, Value>) -> Result<Self, String> {
        let number = |key: &str| fields.get(key).and_then(Value::as_u64);
        // Python's default is 6, and 9 the most.
        let preset = number("preset").map_or(6, |preset| preset.min(9) as u32);
        match name {
            "numcodecs.lz4" => Ok(Self::Lz4),
            "numcodecs.lzma" => match number("format").unwrap_or(1) {
                1 => Ok(Self::Xz(preset)),
                2 => Ok(Self::LzmaAlone(preset)),
                other => Err(format!("codec `{name}` does not know the format {other}")),
            },
            "numcodecs.crc32" => match fields.get("location").and_then(Value::as_str) {
                None | Some("start") => Ok(Self::Crc32(false)),
                Some("end") => Ok(Self::Crc32(true)),
                Some(other) => {
                    Err(format!("codec `{name}` puts a checksum at `start` or `end`, not {other:?}"))
                }
            },
            _ => Err(format!("codec `{name}` is unknown")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "numcodecs.lz4",
            Self::Xz(_) | Self::LzmaAlone(_) => "numcodecs.lzma",
            Self::Crc32(_) => "numcodecs.crc32",
        }
    }

    fn encode(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Lz4 => Ok(lz4_flex::block::compress_prepend_size(plain)),
            Self::Xz(preset) => {
                let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(preset))?;
                writer.write_all(plain)?;
                writer.finish()
            }
            Self::LzmaAlone(preset) => {
                let options = LzmaOptions::with_preset(preset);
                let mut writer = LzmaWriter::new_use_header(Vec::new(), &options, None)?;
                writer.write_all(plain)?;
                writer.finish()
            }
            Self::Crc32(at_end) => {
                let sum = crc32fast::hash(plain).to_le_bytes();
                Ok(if at_end { [plain, &sum].concat() } else { [&sum, plain].concat() })
            }
        }
    }

    /// `length` is how many bytes it will be, where that is known; nothing longer is made.
    fn decode(self, encoded: &[u8], length: Option<u64>, checked: bool) -> Result<Vec<u8>, CodecError> {
        let bad = |reason: String| CodecError::Other(format!("codec `{}`: {reason}", self.name()));
        match self {
            Self::Lz4 => {
                let (told, _) =
                    encoded.split_first_chunk::<WORD>().ok_or_else(|| bad("no length".to_owned()))?;
                let told = u64::from(u32::from_le_bytes(*told));
                if length.is_some_and(|length| length != told) {
                    return Err(bad(format!("{told} bytes are not those of a chunk")));
                }
                lz4_flex::block::decompress_size_prepended(encoded).map_err(|error| bad(error.to_string()))
            }
            Self::Xz(_) => read(XzReader::new(encoded, true), length).map_err(|error| bad(error.to_string())),
            Self::LzmaAlone(_) => {
                let reader = LzmaReader::new_mem_limit(encoded, MEMORY, None);
                reader.and_then(|reader| read(reader, length)).map_err(|error| bad(error.to_string()))
            }
            Self::Crc32(at_end) => {
                let rest = encoded.len().checked_sub(WORD).ok_or_else(|| bad("no checksum".to_owned()))?;
                let (sum, plain) = if at_end {
                    let (plain, sum) = encoded.split_at(rest);
                    (sum, plain)
                } else {
                    encoded.split_at(WORD)
                };
                if checked && crc32fast::hash(plain).to_le_bytes() != sum {
                    return Err(CodecError::InvalidChecksum);
                }
                Ok(plain.to_vec())
            }
        }
    }
}

/// All that a reader gives, and an error if it is more than it should be.
fn read(reader: impl std::io::Read, length: Option<u64>) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    // One more tells whether there are more.
    reader.take(length.map_or(u64::MAX, |length| length.saturating_add(1))).read_to_end(&mut plain)?;
    Ok(plain)
}

impl CodecTraitsV3 for OnBytes {
    fn create(metadata: &MetadataV3) -> Result<Codec, PluginCreateError> {
        let fields = fields(metadata);
        let kind = Kind::new(metadata.name(), &fields)?;
        Ok(Codec::BytesToBytes(Arc::new(Self { kind, configuration: fields.into() })))
    }
}

impl ExtensionName for OnBytes {
    fn name(&self, version: ZarrVersion) -> Option<Cow<'static, str>> {
        (version == ZarrVersion::V3).then_some(Cow::Borrowed(self.kind.name()))
    }
}

impl CodecTraits for OnBytes {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn configuration(&self, _: ZarrVersion, _: &CodecMetadataOptions) -> Option<Configuration> {
        Some(self.configuration.clone())
    }

    fn partial_decoder_capability(&self) -> PartialDecoderCapability {
        PartialDecoderCapability { partial_read: false, partial_decode: false }
    }

    fn partial_encoder_capability(&self) -> PartialEncoderCapability {
        PartialEncoderCapability { partial_encode: false }
    }
}

#[async_trait::async_trait]
impl BytesToBytesCodecTraits for OnBytes {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(&self, _: &BytesRepresentation) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }

    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        match (self.kind, decoded) {
            (Kind::Crc32(_), BytesRepresentation::FixedSize(size)) => {
                BytesRepresentation::FixedSize(size + WORD as u64)
            }
            (Kind::Crc32(_), BytesRepresentation::BoundedSize(size)) => {
                BytesRepresentation::BoundedSize(size + WORD as u64)
            }
            _ => BytesRepresentation::UnboundedSize,
        }
    }

    fn encode<'a>(
        &self,
        plain: ArrayBytesRaw<'a>,
        _: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        Ok(Cow::Owned(self.kind.encode(&plain)?))
    }

    fn decode<'a>(
        &self,
        encoded: ArrayBytesRaw<'a>,
        decoded: &BytesRepresentation,
        options: &CodecOptions,
    ) -> Result<ArrayBytesRaw<'a>, CodecError> {
        let length = match decoded {
            BytesRepresentation::FixedSize(size) => Some(*size),
            _ => None,
        };
        Ok(Cow::Owned(self.kind.decode(&encoded, length, options.validate_checksums())?))
    }
}
