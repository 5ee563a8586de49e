//! [`Whole`]: parts of a chunk out of all of it, for codecs whose elements depend on each other.

use std::num::NonZeroU64;
use std::sync::Arc;

use async_trait::async_trait;
use zarrs_chunk_grid::{ArraySubset, Indexer};
use zarrs_codec::{
    ArrayBytes, ArrayPartialDecoderTraits, AsyncArrayPartialDecoderTraits, CodecError, CodecOptions,
};
use zarrs_data_type::{DataType, FillValue};
use zarrs_storage::StorageError;

use super::arrays::OnArrays;

/// Reads the whole chunk, decodes it, and takes a part of it. A chunk that is not there has the fill value, which the
/// encoded form of one element does not tell.
pub(super) struct Whole<T: ?Sized> {
    input: Arc<T>,
    codec: Arc<OnArrays>,
    shape: Vec<NonZeroU64>,
    data_type: DataType,
    fill: FillValue,
}

impl<T: ?Sized> Whole<T> {
    pub(super) fn new(
        input: Arc<T>,
        codec: Arc<OnArrays>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
    ) -> Self {
        let (data_type, fill) = (data_type.clone(), fill.clone());
        Self { input, codec, shape: shape.to_vec(), data_type, fill }
    }

    /// All of what is encoded.
    fn all(&self) -> ArraySubset {
        ArraySubset::new_with_shape(self.codec.shape(&self.shape).iter().map(|length| length.get()).collect())
    }

    fn filled(&self, indexer: &dyn Indexer) -> Result<ArrayBytes<'static>, CodecError> {
        Ok(ArrayBytes::new_fill_value(&self.data_type, indexer.len(), &self.fill)?)
    }

    fn part(
        &self,
        encoded: ArrayBytes<'_>,
        indexer: &dyn Indexer,
    ) -> Result<ArrayBytes<'static>, CodecError> {
        let decoded = self.codec.decoded(&encoded.into_fixed()?, &self.shape, &self.data_type)?;
        let shape: Vec<u64> = self.shape.iter().map(|length| length.get()).collect();
        Ok(decoded.extract_array_subset(indexer, &shape, &self.data_type)?.into_owned())
    }
}

impl<T: ArrayPartialDecoderTraits + ?Sized> ArrayPartialDecoderTraits for Whole<T> {
    fn data_type(&self) -> &DataType {
        &self.data_type
    }

    fn exists(&self) -> Result<bool, StorageError> {
        self.input.exists()
    }

    fn size_held(&self) -> usize {
        self.input.size_held()
    }

    fn partial_decode(
        &self,
        indexer: &dyn Indexer,
        options: &CodecOptions,
    ) -> Result<ArrayBytes<'_>, CodecError> {
        if !self.input.exists()? {
            return self.filled(indexer);
        }
        self.part(self.input.partial_decode(&self.all(), options)?, indexer)
    }

    fn supports_partial_decode(&self) -> bool {
        false
    }
}

#[async_trait]
impl<T: AsyncArrayPartialDecoderTraits + ?Sized> AsyncArrayPartialDecoderTraits for Whole<T> {
    fn data_type(&self) -> &DataType {
        &self.data_type
    }

    async fn exists(&self) -> Result<bool, StorageError> {
        self.input.exists().await
    }

    fn size_held(&self) -> usize {
        self.input.size_held()
    }

    async fn partial_decode<'a>(
        &'a self,
        indexer: &dyn Indexer,
        options: &CodecOptions,
    ) -> Result<ArrayBytes<'a>, CodecError> {
        if !self.input.exists().await? {
            return self.filled(indexer);
        }
        let all = self.all();
        let encoded = self.input.partial_decode(&all, options).await?;
        self.part(encoded, indexer)
    }

    fn supports_partial_decode(&self) -> bool {
        false
    }
}
