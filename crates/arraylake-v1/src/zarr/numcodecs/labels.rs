//! [`Labels`]: texts that are known, and the numbers that stand for them.

use std::collections::HashMap;

use serde_json::{Map, Value};
use zarrs_codec::{ArrayBytes, ArrayBytesOffsets, CodecError};

use super::numbers::Number;

/// Texts, and the numbers that stand for them: 1 for the first, and 0 for all texts that are not among them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labels {
    /// As elements have them: in UTF-8, or in numbers of four bytes.
    labels: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u64>,
    /// Bytes of an element where all have as many.
    width: Option<usize>,
    encoded: Number,
}

impl Labels {
    /// By the configuration that numcodecs writes.
    pub(super) fn new(fields: &Map<String, Value>) -> Result<Self, String> {
        let labels =
            fields.get("labels").and_then(Value::as_array).map(|list| list.iter().map(Value::as_str));
        let labels: Vec<&str> = labels.and_then(Iterator::collect).ok_or("needs a list of `labels`")?;
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let decoded = text("dtype").unwrap_or("|O");
        let width = match decoded.trim_start_matches(['<', '>', '|', '=']) {
            "O" => None,
            kind => {
                let length = kind.strip_prefix('U').and_then(|length| length.parse::<usize>().ok());
                let length = length.filter(|length| (1..=1 << 28).contains(length));
                Some(4 * length.ok_or_else(|| format!("knows no texts of the type dtype = {decoded}"))?)
            }
        };
        let encoded = text("astype").unwrap_or("|u1");
        let encoded = Number::of_numpy(encoded)
            .ok_or_else(|| format!("knows no numbers of the type astype = {encoded}"))?;
        let labels: Vec<Vec<u8>> = labels.into_iter().map(|label| element(label, width)).collect();
        let numbers = labels.iter().cloned().zip(1..).collect();
        Ok(Self { labels, numbers, width, encoded })
    }

    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }

    pub(super) fn encoded(&self) -> Number {
        self.encoded
    }

    /// The number of one element, as it is stored.
    pub(super) fn number(&self, element: &[u8]) -> Vec<u8> {
        let number = self.numbers.get(element).copied().unwrap_or_default();
        Number::U64.cast(number.to_ne_bytes().to_vec(), self.encoded)
    }

    /// The numbers of elements.
    pub(super) fn encode(&self, texts: ArrayBytes<'_>) -> Result<Vec<u8>, CodecError> {
        let Some(width) = self.width else {
            let (bytes, offsets) = texts.into_variable()?.into_parts();
            let texts = offsets.windows(2).map(|ends| bytes.get(ends[0]..ends[1]).unwrap_or_default());
            return Ok(texts.flat_map(|text| self.number(text)).collect());
        };
        Ok(texts.into_fixed()?.chunks_exact(width).flat_map(|text| self.number(text)).collect())
    }

    /// The other way round. Numbers that stand for nothing become empty texts.
    pub(super) fn decode(&self, numbers: &[u8]) -> Result<ArrayBytes<'static>, CodecError> {
        let numbers = self.encoded.cast(numbers.to_vec(), Number::U64);
        let none = element("", self.width);
        let label = |number: &[u8; 8]| {
            let at = u64::from_ne_bytes(*number).checked_sub(1).and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| self.labels.get(at)).unwrap_or(&none).as_slice()
        };
        let (mut bytes, mut offsets) = (Vec::new(), vec![0]);
        for number in numbers.as_chunks::<8>().0 {
            bytes.extend_from_slice(label(number));
            offsets.push(bytes.len());
        }
        if self.width.is_some() {
            return Ok(ArrayBytes::from(bytes));
        }
        let offsets =
            ArrayBytesOffsets::new(offsets).map_err(|error| CodecError::Other(error.to_string()))?;
        ArrayBytes::new_vlen(bytes, offsets).map_err(|error| CodecError::Other(error.to_string()))
    }
}

/// A text as an element: in UTF-8; or as so many bytes, four for a character, cut or filled up with nothing.
fn element(text: &str, width: Option<usize>) -> Vec<u8> {
    let Some(width) = width else { return text.as_bytes().to_vec() };
    let mut bytes: Vec<u8> = text.chars().take(width / 4).flat_map(|c| u32::from(c).to_ne_bytes()).collect();
    bytes.resize(width, 0);
    bytes
}
