//! [`FixedBytes`], [`RawBytes`] and [`Structured`]: data types whose elements are some bytes each.

use std::any::Any;
use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zarrs_data_type::codec_traits::bytes::{BytesCodecEndiannessMissingError, BytesDataTypeTraits};
use zarrs_data_type::{
    DataType, DataTypeFillValueError, DataTypeFillValueMetadataError, DataTypePluginV3, DataTypeTraits,
    DataTypeTraitsV3, FillValue,
};
use zarrs_metadata::v3::MetadataV3;
use zarrs_metadata::{Configuration, DataTypeSize, Endianness, FillValueMetadata};
use zarrs_plugin::{ExtensionName, PluginCreateError, ZarrVersion};

use super::{Names, fields, named, names};
use crate::zarr::dtype;

static FIXED_NAMES: Names = Names::new(|| names("null_terminated_bytes", &[]));
static RAW_NAMES: Names = Names::new(|| names("raw_bytes", &[]));
static STRUCTURED_NAMES: Names = Names::new(|| names("structured", &[]));
named!(FixedBytes, FIXED_NAMES);
named!(RawBytes, RAW_NAMES);
named!(Structured, STRUCTURED_NAMES);

inventory::submit! {
    DataTypePluginV3::new::<FixedBytes>()
}
inventory::submit! {
    DataTypePluginV3::new::<RawBytes>()
}
inventory::submit! {
    DataTypePluginV3::new::<Structured>()
}

/// Bytes of one length; NULs at the end stand for nothing.
#[derive(Clone, Copy, Debug)]
struct FixedBytes {
    length: usize,
}

/// Bytes of one length, as Python calls them; zarrs has them as `r24` and the like.
#[derive(Clone, Copy, Debug)]
struct RawBytes {
    length: usize,
}

/// Named fields, one after the other.
#[derive(Clone, Debug)]
struct Structured {
    fields: Value,
    parts: Vec<dtype::Part>,
    length: usize,
}

/// The bytes of a fill value: base64 in metadata, filled up with NULs.
fn fill_of(fill: &FillValueMetadata, length: usize) -> Result<FillValue, DataTypeFillValueMetadataError> {
    let text = fill.as_str().ok_or(DataTypeFillValueMetadataError)?;
    let mut bytes = STANDARD.decode(text).map_err(|_| DataTypeFillValueMetadataError)?;
    if bytes.len() > length {
        return Err(DataTypeFillValueMetadataError);
    }
    bytes.resize(length, 0);
    Ok(FillValue::new(bytes))
}

/// Without NULs at the end.
fn without_end(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..length]
}

fn length_of(metadata: &MetadataV3) -> Result<usize, PluginCreateError> {
    let length = fields(metadata).get("length_bytes").and_then(Value::as_u64);
    let length = length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length > 0);
    Ok(length.ok_or_else(|| format!("data type `{}` needs a length", metadata.name()))?)
}

impl DataTypeTraitsV3 for FixedBytes {
    fn create(metadata: &MetadataV3) -> Result<DataType, PluginCreateError> {
        length_of(metadata).map(|length| DataType::new(Self { length }))
    }
}

impl DataTypeTraitsV3 for RawBytes {
    fn create(metadata: &MetadataV3) -> Result<DataType, PluginCreateError> {
        length_of(metadata).map(|length| DataType::new(Self { length }))
    }
}

impl DataTypeTraitsV3 for Structured {
    fn create(metadata: &MetadataV3) -> Result<DataType, PluginCreateError> {
        let fields = fields(metadata).remove("fields").unwrap_or_default();
        let stored = json!({"name": "structured", "configuration": {"fields": fields}});
        let structured = dtype::DataType::of_v3(&stored);
        let structured =
            structured.map_err(|_| format!("data type `structured` cannot have the fields {fields}"))?;
        let parts = structured.parts();
        let length = parts.iter().map(|part| part.bytes).sum();
        Ok(DataType::new(Self { fields, parts, length }))
    }
}

/// What they do in the same way.
macro_rules! data_type {
    ($type:ty, $name:literal, $configuration:expr, $told:expr) => {
        impl ExtensionName for $type {
            fn name(&self, version: ZarrVersion) -> Option<Cow<'static, str>> {
                (version == ZarrVersion::V3).then_some(Cow::Borrowed($name))
            }
        }

        impl DataTypeTraits for $type {
            fn configuration(&self, _: ZarrVersion) -> Configuration {
                let (key, value): (&str, Value) = $configuration(self);
                Map::from_iter([(key.to_owned(), value)]).into()
            }

            fn size(&self) -> DataTypeSize {
                DataTypeSize::Fixed(self.length)
            }

            fn fill_value(
                &self,
                fill: &FillValueMetadata,
                _: ZarrVersion,
            ) -> Result<FillValue, DataTypeFillValueMetadataError> {
                fill_of(fill, self.length)
            }

            fn metadata_fill_value(
                &self,
                fill: &FillValue,
            ) -> Result<FillValueMetadata, DataTypeFillValueError> {
                Ok(FillValueMetadata::from(STANDARD.encode($told(fill.as_ne_bytes()))))
            }

            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    };
}

data_type!(
    FixedBytes,
    "null_terminated_bytes",
    |this: &FixedBytes| ("length_bytes", json!(this.length)),
    without_end
);
data_type!(
    RawBytes,
    "raw_bytes",
    |this: &RawBytes| ("length_bytes", json!(this.length)),
    std::convert::identity
);
data_type!(
    Structured,
    "structured",
    |this: &Structured| ("fields", this.fields.clone()),
    std::convert::identity
);

zarrs_data_type::codec_traits::impl_bytes_data_type_traits!(FixedBytes, 1);
zarrs_data_type::codec_traits::impl_bytes_data_type_traits!(RawBytes, 1);

/// In memory numbers have the order of this machine. The codec `bytes` mostly says nothing, and means little order then.
impl BytesDataTypeTraits for Structured {
    fn encode<'a>(
        &self,
        bytes: Cow<'a, [u8]>,
        order: Option<Endianness>,
    ) -> Result<Cow<'a, [u8]>, BytesCodecEndiannessMissingError> {
        let order = order.unwrap_or(Endianness::Little);
        let is_turned = |part: &dtype::Part| {
            let stored = if part.is_big { Endianness::Big } else { order };
            part.number > 1 && stored != Endianness::native()
        };
        if !self.parts.iter().any(is_turned) {
            return Ok(bytes);
        }
        let mut bytes = bytes.into_owned();
        dtype::turn_around(&mut bytes, &self.parts, is_turned);
        Ok(Cow::Owned(bytes))
    }

    fn decode<'a>(
        &self,
        bytes: Cow<'a, [u8]>,
        order: Option<Endianness>,
    ) -> Result<Cow<'a, [u8]>, BytesCodecEndiannessMissingError> {
        self.encode(bytes, order)
    }
}

zarrs_data_type::register_data_type_extension_codec!(
    Structured,
    zarrs_data_type::codec_traits::bytes::BytesDataTypePlugin,
    BytesDataTypeTraits
);
