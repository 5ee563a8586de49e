//! [`OnBytes`]: compressors and checksums.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use serde_json::{Map, Value};
use zarrs_codec::{
    ArrayBytesRaw, BytesRepresentation, BytesToBytesCodecTraits, CodecError, CodecOptions, CodecPluginV3,
    RecommendedConcurrency,
};
use zarrs_metadata::Configuration;

use super::lookup3::lookup3;
use super::lzma::Lzma;
use super::{Names, codec, named, names};

static NAMES: Names = Names::new(|| {
    names("numcodecs.lz4", &["numcodecs.lzma", "numcodecs.crc32", "numcodecs.jenkins_lookup3"])
});
named!(OnBytes, NAMES);

inventory::submit! {
    CodecPluginV3::new::<OnBytes>()
}

/// A checksum has so many bytes, and so has the length before what LZ4 makes.
const WORD: usize = 4;

/// A codec of numcodecs that changes bytes.
#[derive(Clone, Debug)]
pub(super) struct OnBytes {
    kind: Kind,
    configuration: Configuration,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// The length, then one block.
    Lz4,
    Lzma(Lzma),
    /// And whether it is at the end.
    Checksum(Sum, bool),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sum {
    Crc32,
    /// And what it begins with.
    Lookup3(u32),
}

impl Sum {
    fn of(self, bytes: &[u8]) -> [u8; WORD] {
        let sum = match self {
            Self::Crc32 => crc32fast::hash(bytes),
            Self::Lookup3(begin) => lookup3(bytes, begin),
        };
        sum.to_le_bytes()
    }
}

impl Kind {
    fn new(name: &str, fields: &Map<String, Value>) -> Result<Self, String> {
        match name {
            "numcodecs.lz4" => Ok(Self::Lz4),
            "numcodecs.lzma" => {
                Lzma::new(fields).map(Self::Lzma).map_err(|reason| format!("codec `{name}` {reason}"))
            }
            "numcodecs.crc32" => match fields.get("location").and_then(Value::as_str) {
                None | Some("start") => Ok(Self::Checksum(Sum::Crc32, false)),
                Some("end") => Ok(Self::Checksum(Sum::Crc32, true)),
                Some(other) => {
                    Err(format!("codec `{name}` puts a checksum at `start` or `end`, not {other:?}"))
                }
            },
            "numcodecs.jenkins_lookup3" => {
                if fields.get("prefix").is_some_and(|prefix| !prefix.is_null()) {
                    return Err(format!(
                        "codec `{name}` knows no `prefix`, which numcodecs cannot write down"
                    ));
                }
                let begin = fields.get("initval").map_or(Some(0), Value::as_u64);
                let begin = begin.and_then(|begin| u32::try_from(begin).ok());
                let begin = begin.ok_or_else(|| format!("codec `{name}` needs an `initval` of 32 bits"))?;
                Ok(Self::Checksum(Sum::Lookup3(begin), true))
            }
            _ => Err(format!("codec `{name}` is unknown")),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Lz4 => "numcodecs.lz4",
            Self::Lzma(_) => "numcodecs.lzma",
            Self::Checksum(Sum::Crc32, _) => "numcodecs.crc32",
            Self::Checksum(Sum::Lookup3(_), _) => "numcodecs.jenkins_lookup3",
        }
    }

    fn encode(&self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Lz4 => Ok(lz4_flex::block::compress_prepend_size(plain)),
            Self::Lzma(lzma) => lzma.encode(plain),
            Self::Checksum(sum, true) => Ok([plain, &sum.of(plain)].concat()),
            Self::Checksum(sum, false) => Ok([&sum.of(plain), plain].concat()),
        }
    }

    /// `length` is how many bytes it will be, where that is known; anything else is an error, and nothing much longer
    /// is made.
    fn decode(&self, encoded: &[u8], length: Option<u64>, checked: bool) -> Result<Vec<u8>, CodecError> {
        let plain = self.plain(encoded, length, checked)?;
        self.check(plain.len() as u64, length)?;
        Ok(plain)
    }

    fn plain(&self, encoded: &[u8], length: Option<u64>, checked: bool) -> Result<Vec<u8>, CodecError> {
        match self {
            Self::Lz4 => {
                let (told, _) =
                    encoded.split_first_chunk::<WORD>().ok_or_else(|| self.bad("there is no length"))?;
                self.check(u32::from_le_bytes(*told).into(), length)?;
                lz4_flex::block::decompress_size_prepended(encoded).map_err(|error| self.bad(error))
            }
            Self::Lzma(lzma) => {
                // One more tells whether there are more.
                let most = length.map_or(u64::MAX, |length| length.saturating_add(1));
                lzma.decode(encoded, most).map_err(|error| self.bad(error))
            }
            Self::Checksum(sum, at_end) => {
                let parts = match at_end {
                    true => encoded.split_last_chunk::<WORD>(),
                    false => encoded.split_first_chunk::<WORD>().map(|(found, plain)| (plain, found)),
                };
                let (plain, found) = parts.ok_or_else(|| self.bad("there is no checksum"))?;
                if checked && sum.of(plain) != *found {
                    return Err(CodecError::InvalidChecksum);
                }
                Ok(plain.to_vec())
            }
        }
    }

    /// Refuses what has another length than it should have, before the next codec takes it.
    fn check(&self, found: u64, length: Option<u64>) -> Result<(), CodecError> {
        match length {
            Some(length) if length != found => {
                let at_least = if found > length { "at least " } else { "" };
                Err(self.bad(format!("{length} bytes are wanted, and it holds {at_least}{found}")))
            }
            _ => Ok(()),
        }
    }

    fn bad(&self, reason: impl Display) -> CodecError {
        CodecError::Other(format!("codec `{}`: {reason}", self.name()))
    }
}

codec!(OnBytes { kind: Kind }, BytesToBytes, |_codec| false);

#[async_trait::async_trait]
impl BytesToBytesCodecTraits for OnBytes {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn BytesToBytesCodecTraits> {
        self
    }

    fn recommended_concurrency(&self, _: &BytesRepresentation) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }

    fn encoded_representation(&self, decoded: &BytesRepresentation) -> BytesRepresentation {
        match (&self.kind, decoded) {
            (Kind::Checksum(..), BytesRepresentation::FixedSize(size)) => {
                BytesRepresentation::FixedSize(size + WORD as u64)
            }
            (Kind::Checksum(..), BytesRepresentation::BoundedSize(size)) => {
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
