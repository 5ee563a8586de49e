//! Fill values of both sides. Zarr v3 wants one for each array, and of the right kind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::dtype::{DataType, Order, turn_around};
use super::unsupported;
use crate::error::Result;

impl DataType {
    /// A fill value for Zarr v3, of an array in that order of bytes.
    pub(super) fn fill_to_v3(&self, fill: &Value, order: Order) -> Value {
        match (self, fill) {
            (Self::Bool, Value::Number(number)) => json!(number.as_f64() != Some(0.0)),
            (Self::Bool, Value::Null) => json!(false),
            (Self::Complex(_), Value::Null) => json!([0.0, 0.0]),
            (Self::Complex(_), Value::Number(number)) => json!([number, 0.0]),
            // Bytes in base64, as Python reads them, too.
            (Self::Text | Self::Utf32(_) | Self::Bytes, Value::Null | Value::Number(_)) => json!(""),
            (Self::Raw(size), Value::Null | Value::Number(_)) => {
                json!(vec![0; usize::try_from(*size).unwrap_or_default()])
            }
            (Self::FixedBytes(_), Value::Null | Value::Number(_)) => json!(""),
            (Self::Structured(_), Value::Null | Value::Number(_)) => {
                let size = self.size().and_then(|size| usize::try_from(size).ok());
                json!(STANDARD.encode(vec![0; size.unwrap_or_default()]))
            }
            (Self::Structured(_), Value::String(text)) => {
                self.turned_around(text, order).unwrap_or_else(|| fill.clone())
            }
            (Self::Number('i' | 'u', _) | Self::Time(..), Value::Number(number)) => whole(number),
            (_, Value::Null) => json!(0),
            (_, fill) => fill.clone(),
        }
    }

    /// A fill value for a V1 array in that order of bytes.
    pub(super) fn fill_to_draft(&self, fill: &Value, order: Order) -> Result<Value> {
        Ok(match (self, fill) {
            (Self::Time(..), Value::String(text)) if text == "NaT" => json!(i64::MIN),
            (Self::Raw(_) | Self::Bytes, Value::Array(bytes)) => {
                let bytes: Option<Vec<u8>> =
                    bytes.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
                let bytes =
                    bytes.ok_or_else(|| unsupported(format!("fill value {fill} is no list of bytes")))?;
                json!(STANDARD.encode(bytes))
            }
            (Self::Structured(_), Value::String(text)) => self
                .turned_around(text, order)
                .ok_or_else(|| unsupported(format!("fill value {fill} is none of {}", self.to_v3())))?,
            (Self::Number('f', size), Value::String(text)) => float(text, *size)?,
            (Self::Complex(size), Value::Array(parts)) => {
                let part = |part: &Value| match part.as_str() {
                    Some(text) => float(text, size / 2),
                    None => Ok(part.clone()),
                };
                Value::Array(parts.iter().map(part).collect::<Result<_>>()?)
            }
            (_, fill) => fill.clone(),
        })
    }
}

impl DataType {
    /// An element in base64: one whose numbers have this order of bytes in little order, or the other way round.
    fn turned_around(&self, text: &str, order: Order) -> Option<Value> {
        let mut element = STANDARD.decode(text).ok()?;
        turn_around(&mut element, &self.parts(), |part| part.is_big || order == Order::Big);
        Some(json!(STANDARD.encode(element)))
    }
}

/// `0.0` is written for integers, too.
fn whole(number: &serde_json::Number) -> Value {
    let float = number.as_f64().filter(|float| !number.is_i64() && !number.is_u64() && float.fract() == 0.0);
    match float {
        // Integers of this size are exact.
        Some(float) if float.abs() < 9e15 => json!(float as i64),
        _ => Value::Number(number.clone()),
    }
}

/// Zarr v3 may write the bits of a number; V1 arrays know one NaN.
fn float(text: &str, size: u64) -> Result<Value> {
    if matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Ok(json!(text));
    }
    let bits = text.strip_prefix("0x").and_then(|bits| u64::from_str_radix(bits, 16).ok());
    let number = match (size, bits) {
        (4, Some(bits)) => u32::try_from(bits).ok().map(|bits| f64::from(f32::from_bits(bits))),
        (8, Some(bits)) => Some(f64::from_bits(bits)),
        (2, Some(bits)) if bits & 0x7c00 == 0x7c00 && bits & 0x3ff != 0 => Some(f64::NAN),
        _ => None,
    };
    match number {
        Some(number) if number.is_nan() => Ok(json!("NaN")),
        Some(number) if number.is_finite() => Ok(json!(number)),
        Some(number) => Ok(json!(if number > 0.0 { "Infinity" } else { "-Infinity" })),
        None => Err(unsupported(format!("fill value {text:?} has no place in a V1 array"))),
    }
}
