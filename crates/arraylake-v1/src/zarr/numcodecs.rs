//! What Python writes into V1 arrays and `zarrs` does not know by itself: codecs of numcodecs, and data types.
//!
//! They are plugins of `zarrs`: a program that links this crate has them. Names and bytes are those of `numcodecs` in
//! Zarr v3, so that arrays that were moved to another store are read by others, too.
//!
//! | name | what it does |
//! | --- | --- |
//! | `numcodecs.delta` | differences between neighbours |
//! | `numcodecs.astype` | elements as another type of number |
//! | `numcodecs.quantize` | fewer decimal digits |
//! | `numcodecs.fixedscaleoffset` | numbers moved and stretched; that of `zarrs` is not as exact |
//! | `numcodecs.packbits` | eight booleans in a byte |
//! | `numcodecs.lz4`, `numcodecs.lzma` | compressors |
//! | `numcodecs.crc32`, `numcodecs.jenkins_lookup3` | checksums |
//! | `numcodecs.categorize` | numbers in place of texts; numcodecs has it for Zarr v2 alone |
//! | `numcodecs.json2`, `numcodecs.msgpack2` | objects that are texts, all of a chunk in one document; for Zarr v2 alone, too |
//! | `null_terminated_bytes` | data type: bytes of a fixed length, `\|S3` in NumPy |
//! | `raw_bytes` | data type: the same where NULs at the end count, `\|V3` in NumPy |
//! | `structured` | data type: several named fields. That one of them is in big order and others are not (`big_endian`), or has several elements (`subarray`), is known here alone |

mod arrays;
mod bytes;
mod filter;
mod labels;
mod lookup3;
mod lzma;
mod numbers;
mod objects;
mod pack;
mod texts;
mod types;
mod whole;

use std::borrow::Cow;
use std::sync::{LazyLock, RwLock};

use serde_json::{Map, Value};
use zarrs_metadata::Configuration;
use zarrs_metadata::v3::MetadataV3;
use zarrs_plugin::ExtensionAliasesConfig;

pub(super) use self::arrays::register;

/// Where the names of a plugin are kept.
type Names = LazyLock<RwLock<ExtensionAliasesConfig>>;

/// The names of a plugin.
fn names(first: &'static str, more: &[&'static str]) -> RwLock<ExtensionAliasesConfig> {
    let more = more.iter().copied().map(Cow::Borrowed).collect();
    RwLock::new(ExtensionAliasesConfig::new(first, more, Vec::new()))
}

/// The configuration of a codec or data type.
fn fields(metadata: &MetadataV3) -> Map<String, Value> {
    metadata.configuration().map(|fields: &Configuration| (**fields).clone()).unwrap_or_default()
}

/// Lets zarrs find a type under its names.
macro_rules! named {
    ($type:ty, $names:ident) => {
        impl zarrs_plugin::ExtensionAliases<zarrs_plugin::ZarrVersion3> for $type {
            fn aliases() -> std::sync::RwLockReadGuard<'static, zarrs_plugin::ExtensionAliasesConfig> {
                $names.read().unwrap_or_else(std::sync::PoisonError::into_inner)
            }

            fn aliases_mut() -> std::sync::RwLockWriteGuard<'static, zarrs_plugin::ExtensionAliasesConfig> {
                $names.write().unwrap_or_else(std::sync::PoisonError::into_inner)
            }
        }
    };
}
use named;

/// Makes a codec of a type by what makes it of its configuration. The kind says what it is made of and what it is named
/// by; `$parts` whether a part of a chunk can be decoded.
macro_rules! codec {
    ($type:ident { $kind:ident: $kinds:ty }, $variant:ident, |$codec:ident| $parts:expr) => {
        impl zarrs_codec::CodecTraitsV3 for $type {
            fn create(
                metadata: &zarrs_metadata::v3::MetadataV3,
            ) -> Result<zarrs_codec::Codec, zarrs_plugin::PluginCreateError> {
                let fields = super::fields(metadata);
                let $kind = <$kinds>::new(metadata.name(), &fields)?;
                let codec = Self { $kind, configuration: fields.into() };
                Ok(zarrs_codec::Codec::$variant(std::sync::Arc::new(codec)))
            }
        }

        impl zarrs_plugin::ExtensionName for $type {
            fn name(&self, version: zarrs_plugin::ZarrVersion) -> Option<std::borrow::Cow<'static, str>> {
                let name = std::borrow::Cow::Borrowed(self.$kind.name());
                (version == zarrs_plugin::ZarrVersion::V3).then_some(name)
            }
        }

        impl zarrs_codec::CodecTraits for $type {
            fn as_any(&self) -> &dyn std::any::Any {
                self
            }

            fn configuration(
                &self,
                _: zarrs_plugin::ZarrVersion,
                _: &zarrs_codec::CodecMetadataOptions,
            ) -> Option<zarrs_metadata::Configuration> {
                Some(self.configuration.clone())
            }

            fn partial_decoder_capability(&self) -> zarrs_codec::PartialDecoderCapability {
                let $codec = self;
                let parts = $parts;
                zarrs_codec::PartialDecoderCapability { partial_read: parts, partial_decode: parts }
            }

            fn partial_encoder_capability(&self) -> zarrs_codec::PartialEncoderCapability {
                zarrs_codec::PartialEncoderCapability { partial_encode: false }
            }
        }
    };
}
use codec;

#[cfg(test)]
mod tests;
