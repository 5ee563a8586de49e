//! [`Filter`]: what codecs do to elements.

use serde_json::{Map, Value};
use zarrs_codec::{ArrayBytes, CodecError};

use super::labels::Labels;
use super::numbers::{Number, Scale};
use super::pack::{pack, unpack};

/// zarrs has this one itself, but reckons with four bytes where numcodecs has eight.
pub(super) const SCALED: &str = "numcodecs.fixedscaleoffset";

/// What a codec does, from one type of number to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Delta(Number, Number),
    AsType(Number, Number),
    Quantize(i32, Number, Number),
    Scale(Scale, Number, Number),
    PackBits,
    Categorize(Labels),
}

impl Filter {
    pub(super) fn new(name: &str, fields: &Map<String, Value>) -> Result<Self, String> {
        let number = |key: &str| {
            let text = fields.get(key).and_then(Value::as_str);
            let known = text.and_then(Number::of_numpy);
            known.ok_or_else(|| {
                format!("codec `{name}` knows no numbers of the type {key} = {}", text.unwrap_or("?"))
            })
        };
        let encoded = || {
            if fields.get("astype").is_none_or(Value::is_null) { number("dtype") } else { number("astype") }
        };
        match name {
            "numcodecs.delta" => Ok(Self::Delta(number("dtype")?, encoded()?)),
            "numcodecs.astype" => Ok(Self::AsType(number("decode_dtype")?, number("encode_dtype")?)),
            "numcodecs.quantize" => {
                let digits = fields.get("digits").and_then(Value::as_i64);
                let digits = digits.and_then(|digits| i32::try_from(digits).ok());
                let digits = digits.ok_or_else(|| format!("codec `{name}` needs a number of digits"))?;
                let (decoded, encoded) = (number("dtype")?, encoded()?);
                let are_floats = decoded.is_float() && encoded.is_float();
                let quantize = are_floats.then_some(Self::Quantize(digits, decoded, encoded));
                quantize.ok_or_else(|| format!("codec `{name}` is for floats"))
            }
            SCALED => {
                let factor = |key: &str| {
                    let value = fields.get(key).and_then(Value::as_f64);
                    value.ok_or_else(|| format!("codec `{name}` needs the number `{key}`"))
                };
                let scale = Scale { offset: factor("offset")?, scale: factor("scale")? };
                Ok(Self::Scale(scale, number("dtype")?, encoded()?))
            }
            "numcodecs.packbits" => Ok(Self::PackBits),
            "numcodecs.categorize" => {
                Labels::new(fields).map(Self::Categorize).map_err(|reason| format!("codec `{name}` {reason}"))
            }
            _ => Err(format!("codec `{name}` is unknown")),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Delta(..) => "numcodecs.delta",
            Self::AsType(..) => "numcodecs.astype",
            Self::Quantize(..) => "numcodecs.quantize",
            Self::Scale(..) => SCALED,
            Self::PackBits => "numcodecs.packbits",
            Self::Categorize(_) => "numcodecs.categorize",
        }
    }

    /// Whether each element is made of one alone, in its place.
    pub(super) fn is_by_element(&self) -> bool {
        matches!(self, Self::AsType(..) | Self::Quantize(..) | Self::Scale(..))
    }

    pub(super) fn encoded(&self) -> Number {
        match self {
            Self::Delta(_, encoded)
            | Self::AsType(_, encoded)
            | Self::Quantize(_, _, encoded)
            | Self::Scale(_, _, encoded) => *encoded,
            Self::PackBits => Number::U8,
            Self::Categorize(labels) => labels.encoded(),
        }
    }

    pub(super) fn encode(&self, elements: ArrayBytes<'_>) -> Result<Vec<u8>, CodecError> {
        if let Self::Categorize(labels) = self {
            return labels.encode(elements);
        }
        Ok(self.encode_numbers(&elements.into_fixed()?))
    }

    /// One element.
    pub(super) fn encode_one(&self, element: &[u8]) -> Vec<u8> {
        match self {
            // Of several booleans, which are not one each.
            Self::PackBits => vec![0],
            Self::Categorize(labels) => labels.number(element),
            _ => self.encode_numbers(element),
        }
    }

    fn encode_numbers(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Delta(decoded, encoded) => decoded.cast(decoded.differences(bytes), *encoded),
            Self::AsType(decoded, encoded) => decoded.cast(bytes.to_vec(), *encoded),
            Self::Quantize(digits, decoded, encoded) => {
                decoded.cast(decoded.rounded(bytes, *digits), *encoded)
            }
            Self::Scale(scale, decoded, encoded) => {
                let float = decoded.float();
                let scaled = float.scaled(decoded.cast(bytes.to_vec(), float), *scale);
                float.cast(scaled, *encoded)
            }
            Self::PackBits => pack(bytes),
            Self::Categorize(labels) => labels.number(bytes),
        }
    }

    /// None if that is not what these bytes are.
    pub(super) fn decode(&self, bytes: &[u8]) -> Option<ArrayBytes<'static>> {
        let decoded = match self {
            Self::Delta(decoded, encoded) => decoded.sums(&encoded.cast(bytes.to_vec(), *decoded)),
            Self::AsType(decoded, encoded) | Self::Quantize(_, decoded, encoded) => {
                encoded.cast(bytes.to_vec(), *decoded)
            }
            Self::Scale(scale, decoded, encoded) => {
                let float = encoded.float();
                let plain = float.unscaled(encoded.cast(bytes.to_vec(), float), *scale);
                float.cast(plain, *decoded)
            }
            Self::PackBits => unpack(bytes)?,
            Self::Categorize(labels) => return labels.decode(bytes).ok(),
        };
        Some(ArrayBytes::from(decoded))
    }
}
