//! [`OnArrays`]: codecs that change elements.

use std::num::NonZeroU64;
use std::sync::{Arc, Once};

use zarrs_codec::{
    ArrayBytes, ArrayCodecTraits, ArrayPartialDecoderTraits, ArrayPartialEncoderTraits,
    ArrayToArrayCodecTraits, AsyncArrayPartialDecoderTraits, AsyncArrayPartialEncoderTraits, CodecError,
    CodecOptions, CodecPluginV3, CodecRuntimePluginV3, CodecTraitsV3, RecommendedConcurrency,
};
use zarrs_data_type::{DataType, FillValue};
use zarrs_metadata::v3::MetadataV3;
use zarrs_metadata::{ChunkShape, Configuration};
use zarrs_plugin::{ExtensionName, ZarrVersion};

use super::filter::{Filter, SCALED};
use super::whole::Whole;
use super::{Names, codec, named, names};

static NAMES: Names = Names::new(|| {
    let more = ["numcodecs.astype", "numcodecs.quantize", "numcodecs.packbits", "numcodecs.categorize"];
    names("numcodecs.delta", &more)
});
named!(OnArrays, NAMES);

/// Puts the codec before that of zarrs, once.
pub(in crate::zarr) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let plugin = CodecRuntimePluginV3::new(|name| name == SCALED, <OnArrays as CodecTraitsV3>::create);
        drop(zarrs_codec::register_codec_v3(plugin));
    });
}

inventory::submit! {
    CodecPluginV3::new::<OnArrays>()
}

/// A codec of numcodecs that changes elements.
#[derive(Clone, Debug)]
pub(super) struct OnArrays {
    filter: Filter,
    configuration: Configuration,
}

impl OnArrays {
    fn check(&self, data_type: &DataType) -> Result<(), CodecError> {
        let is_called = |name: &str| data_type.name(ZarrVersion::V3).as_deref() == Some(name);
        let fits = match &self.filter {
            Filter::Delta(number, _)
            | Filter::AsType(number, _)
            | Filter::Quantize(_, number, _)
            | Filter::Scale(_, number, _) => data_type.fixed_size() == Some(number.size()),
            Filter::PackBits => is_called("bool"),
            Filter::Categorize(labels) if labels.width().is_none() => is_called("string"),
            Filter::Categorize(labels) => {
                is_called("fixed_length_utf32") && data_type.fixed_size() == labels.width()
            }
        };
        let odd = || CodecError::UnsupportedDataType(data_type.clone(), self.filter.name().to_owned());
        if fits { Ok(()) } else { Err(odd()) }
    }

    /// The decoded elements of a whole chunk.
    pub(super) fn decoded(
        &self,
        bytes: &[u8],
        shape: &[NonZeroU64],
        data_type: &DataType,
    ) -> Result<ArrayBytes<'static>, CodecError> {
        self.check(data_type)?;
        let count = shape.iter().map(|length| length.get()).product::<u64>();
        let decoded = self.filter.decode(bytes);
        decoded.filter(|decoded| decoded.validate(count, data_type).is_ok()).ok_or_else(|| {
            CodecError::Other(format!(
                "codec `{}`: {} bytes are not those of a chunk",
                self.filter.name(),
                bytes.len()
            ))
        })
    }

    /// The shape of what is encoded.
    pub(super) fn shape(&self, decoded: &[NonZeroU64]) -> ChunkShape {
        if self.filter != Filter::PackBits {
            return decoded.to_vec();
        }
        let count = decoded.iter().map(|length| length.get()).product::<u64>();
        vec![NonZeroU64::MIN.saturating_add(count.div_ceil(8))]
    }
}

codec!(OnArrays { filter: Filter }, ArrayToArray, |codec| codec.filter.is_by_element());

impl ArrayCodecTraits for OnArrays {
    fn recommended_concurrency(
        &self,
        _: &[NonZeroU64],
        _: &DataType,
    ) -> Result<RecommendedConcurrency, CodecError> {
        Ok(RecommendedConcurrency::new_maximum(1))
    }
}

#[async_trait::async_trait]
impl ArrayToArrayCodecTraits for OnArrays {
    fn into_dyn(self: Arc<Self>) -> Arc<dyn ArrayToArrayCodecTraits> {
        self
    }

    fn encoded_data_type(&self, decoded: &DataType) -> Result<DataType, CodecError> {
        self.check(decoded)?;
        let name = self.filter.encoded().name();
        DataType::from_metadata(&MetadataV3::new(name)).map_err(|error| CodecError::Other(error.to_string()))
    }

    fn encoded_fill_value(&self, _: &DataType, fill: &FillValue) -> Result<FillValue, CodecError> {
        Ok(FillValue::new(self.filter.encode_one(fill.as_ne_bytes())))
    }

    fn encoded_shape(&self, decoded: &[NonZeroU64]) -> Result<ChunkShape, CodecError> {
        Ok(self.shape(decoded))
    }

    fn decoded_shape(&self, encoded: &[NonZeroU64]) -> Result<Option<ChunkShape>, CodecError> {
        Ok((self.filter != Filter::PackBits).then(|| encoded.to_vec()))
    }

    fn encode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        _: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        self.check(data_type)?;
        Ok(self.filter.encode(bytes)?.into())
    }

    fn decode<'a>(
        &self,
        bytes: ArrayBytes<'a>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        self.decoded(&bytes.into_fixed()?, shape, data_type)
    }

    fn partial_decoder(
        self: Arc<Self>,
        input: Arc<dyn ArrayPartialDecoderTraits>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
        _: &CodecOptions,
    ) -> Result<Arc<dyn ArrayPartialDecoderTraits>, CodecError> {
        Ok(Arc::new(Whole::new(input, self, shape, data_type, fill)))
    }

    fn partial_encoder(
        self: Arc<Self>,
        _: Arc<dyn ArrayPartialEncoderTraits>,
        _: &[NonZeroU64],
        _: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<Arc<dyn ArrayPartialEncoderTraits>, CodecError> {
        Err(self.in_parts())
    }

    async fn async_partial_decoder(
        self: Arc<Self>,
        input: Arc<dyn AsyncArrayPartialDecoderTraits>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
        _: &CodecOptions,
    ) -> Result<Arc<dyn AsyncArrayPartialDecoderTraits>, CodecError> {
        Ok(Arc::new(Whole::new(input, self, shape, data_type, fill)))
    }

    async fn async_partial_encoder(
        self: Arc<Self>,
        _: Arc<dyn AsyncArrayPartialEncoderTraits>,
        _: &[NonZeroU64],
        _: &DataType,
        _: &FillValue,
        _: &CodecOptions,
    ) -> Result<Arc<dyn AsyncArrayPartialEncoderTraits>, CodecError> {
        Err(self.in_parts())
    }
}

impl OnArrays {
    fn in_parts(&self) -> CodecError {
        CodecError::Other(format!("codec `{}` cannot write a part of a chunk", self.filter.name()))
    }
}
