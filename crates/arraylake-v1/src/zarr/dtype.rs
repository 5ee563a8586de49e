//! [`DataType`]: data types of both sides.
//!
//! V1 repos write data types as NumPy does (`<f8`), plain or within an object that names an extension of the Zarr v3
//! draft. Zarr v3 has names without byte order, which is said by the codec `bytes` instead.

mod structured;

pub(super) use self::structured::{Part, turn_around};

use serde_json::{Value, json};

use super::unsupported;
use crate::error::Result;

const COMPLEX: &str = "https://zarr-specs.readthedocs.io/en/core-protocol-v3.0-dev/protocol/extensions/complex-dtypes/v1.0.html";
const DATETIME: &str = "https://zarr-specs.readthedocs.io/en/latest/extensions/data-types/datetime/v1.0.html";
const UNICODE: &str = "TODO: unicode array protocol URL";
const BYTES: &str = "TODO: bytestring array protocol URL";
const OBJECT: &str = "TODO: object array protocol URL";
const STRUCTURED: &str = "TODO: structured array protocol URL";

/// How the bytes of a number are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The order that a type of NumPy names, or implies.
    pub(super) fn of_numpy(text: &str) -> Self {
        if text.starts_with('>') { Self::Big } else { Self::Little }
    }

    fn mark(self) -> char {
        match self {
            Self::Little => '<',
            Self::Big => '>',
        }
    }

    /// As the codec `bytes` says it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }
}

/// What an element is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    Bool,
    /// `i`, `u` or `f`, and bytes.
    Number(char, u64),
    /// Bytes of both parts together.
    Complex(u64),
    /// `M` or `m`, the scale, and the unit.
    Time(char, u64, String),
    /// Characters.
    Utf32(u64),
    /// Bytes.
    Raw(u64),
    /// Bytes of which NULs at the end do not count.
    FixedBytes(u64),
    /// Named fields, one after the other.
    Structured(Vec<(String, DataType)>),
    /// A field whose bytes are in big order among others whose bytes are not.
    BigEndian(Box<DataType>),
    /// A field of several elements, and how many of them in each direction.
    SubArray(Box<DataType>, Vec<u64>),
    /// Texts of any length.
    Text,
    /// Bytes of any length.
    Bytes,
}

impl DataType {
    /// As it is stored, and in which order of bytes. `filter` is the one that says what an object is.
    pub(super) fn of_draft(stored: &Value, filter: Option<&str>) -> Result<(Self, Order)> {
        let inner = stored.get("type").unwrap_or(stored);
        let odd = || unsupported(format!("data type {inner} of a V1 array has no place in zarrs"));
        if let Some(fields) = inner.as_array() {
            return structured::of_numpy(fields).ok_or_else(odd);
        }
        let text = inner.as_str().ok_or_else(odd)?;
        if text == "bool" {
            return Ok((Self::Bool, Order::Little));
        }
        let bare = text.strip_prefix(['<', '>', '|', '=']).unwrap_or(text);
        let order = Order::of_numpy(text);
        let kind = bare.chars().next().ok_or_else(odd)?;
        let rest = bare.get(kind.len_utf8()..).unwrap_or_default();
        let size = rest.parse::<u64>();
        let data_type = match (kind, size) {
            ('b', Ok(1)) => Self::Bool,
            ('i' | 'u', Ok(size @ (1 | 2 | 4 | 8))) | ('f', Ok(size @ (2 | 4 | 8))) => {
                Self::Number(kind, size)
            }
            ('c', Ok(size @ (8 | 16))) => Self::Complex(size),
            ('U', Ok(size)) if size > 0 => Self::Utf32(size),
            ('V', Ok(size)) if size > 0 => Self::Raw(size),
            ('S', Ok(size)) if size > 0 => Self::FixedBytes(size),
            ('M' | 'm', _) => time(kind, rest).ok_or_else(odd)?,
            ('O', _) if rest.is_empty() => match filter {
                Some("vlen-utf8" | "categorize" | "json2" | "msgpack2") => Self::Text,
                Some("vlen-bytes") => Self::Bytes,
                _ => return Err(odd()),
            },
            _ => return Err(odd()),
        };
        Ok((data_type, order))
    }

    /// As Zarr v3 names it.
    pub(super) fn of_v3(stored: &Value) -> Result<Self> {
        let name = stored.as_str().or_else(|| stored.get("name")?.as_str());
        let configuration = &stored["configuration"];
        let bytes = |name: &str, prefix: &str| {
            let bits: u64 = name.strip_prefix(prefix)?.parse().ok()?;
            (bits > 0 && bits.is_multiple_of(8)).then_some(bits / 8)
        };
        let number = |name: &str| {
            let (kind, size) = [("int", 'i'), ("uint", 'u'), ("float", 'f')]
                .into_iter()
                .find_map(|(prefix, kind)| Some((kind, bytes(name, prefix)?)))?;
            matches!((kind, size), ('i' | 'u', 1 | 2 | 4 | 8) | ('f', 2 | 4 | 8))
                .then_some(Self::Number(kind, size))
        };
        let length = configuration["length_bytes"].as_u64().filter(|length| *length > 0);
        let known = match name {
            Some("bool") => Some(Self::Bool),
            Some("complex64") => Some(Self::Complex(8)),
            Some("complex128") => Some(Self::Complex(16)),
            Some("string") => Some(Self::Text),
            Some("bytes" | "variable_length_bytes") => Some(Self::Bytes),
            Some("null_terminated_bytes") => length.map(Self::FixedBytes),
            Some("raw_bytes") => length.map(Self::Raw),
            Some("structured") => structured::of_v3(configuration),
            Some("fixed_length_utf32") => {
                length.filter(|length| length.is_multiple_of(4)).map(|length| Self::Utf32(length / 4))
            }
            Some(name @ ("numpy.datetime64" | "numpy.timedelta64")) => {
                let kind = if name == "numpy.datetime64" { 'M' } else { 'm' };
                let scale = configuration["scale_factor"].as_u64();
                let unit = configuration["unit"].as_str().map(|unit| if unit == "μs" { "us" } else { unit });
                scale.zip(unit).map(|(scale, unit)| Self::Time(kind, scale, unit.to_owned()))
            }
            Some(name) => number(name).or_else(|| bytes(name, "r").map(Self::Raw)),
            None => None,
        };
        known.ok_or_else(|| unsupported(format!("data type {stored} has no place in a V1 repo")))
    }

    pub(super) fn to_v3(&self) -> Value {
        match self {
            Self::Bool => json!("bool"),
            Self::Number(kind, size) => {
                let name = match kind {
                    'i' => "int",
                    'u' => "uint",
                    _ => "float",
                };
                json!(format!("{name}{}", size * 8))
            }
            Self::Complex(size) => json!(format!("complex{}", size * 8)),
            Self::Time(kind, scale, unit) => {
                let name = if *kind == 'M' { "numpy.datetime64" } else { "numpy.timedelta64" };
                json!({"name": name, "configuration": {"unit": unit, "scale_factor": scale}})
            }
            Self::Utf32(length) => {
                json!({"name": "fixed_length_utf32", "configuration": {"length_bytes": length * 4}})
            }
            Self::Raw(size) => json!(format!("r{}", size * 8)),
            Self::FixedBytes(length) => {
                json!({"name": "null_terminated_bytes", "configuration": {"length_bytes": length}})
            }
            Self::Structured(fields) => {
                let fields: Vec<Value> =
                    fields.iter().map(|(name, kind)| json!([name, kind.to_v3()])).collect();
                json!({"name": "structured", "configuration": {"fields": fields}})
            }
            Self::BigEndian(kind) => {
                json!({"name": structured::BIG_ENDIAN, "configuration": {"data_type": kind.to_v3()}})
            }
            Self::SubArray(kind, shape) => json!({"name": structured::SUB_ARRAY,
                "configuration": {"data_type": kind.to_v3(), "shape": shape}}),
            Self::Text => json!("string"),
            Self::Bytes => json!("bytes"),
        }
    }

    pub(super) fn to_draft(&self, order: Order) -> Value {
        let extension = |url: &str, name: String| json!({"extension": url, "type": name, "fallback": null});
        let mark = order.mark();
        match self {
            Self::Bool => json!("bool"),
            Self::Number(kind, 1) => json!(format!("{kind}1")),
            Self::Number(kind, size) => json!(format!("{mark}{kind}{size}")),
            Self::Complex(size) => extension(COMPLEX, format!("{mark}c{size}")),
            Self::Time(kind, scale, unit) => {
                let scale = if *scale == 1 { String::new() } else { scale.to_string() };
                let unit = if unit == "generic" { String::new() } else { format!("[{scale}{unit}]") };
                extension(DATETIME, format!("{mark}{kind}8{unit}"))
            }
            Self::Utf32(length) => extension(UNICODE, format!("{mark}U{length}")),
            // One field without a name, as NumPy describes them.
            Self::Raw(size) => {
                json!({"extension": STRUCTURED, "type": [["", format!("|V{size}")]], "fallback": null})
            }
            Self::FixedBytes(length) => extension(BYTES, format!("|S{length}")),
            Self::Structured(_) | Self::SubArray(..) => {
                json!({"extension": STRUCTURED, "type": self.field_to_draft(order), "fallback": null})
            }
            Self::BigEndian(kind) => kind.to_draft(Order::Big),
            Self::Text | Self::Bytes => extension(OBJECT, "|O".to_owned()),
        }
    }

    /// As NumPy describes it among the fields of another.
    fn field_to_draft(&self, order: Order) -> Value {
        match self {
            Self::Structured(fields) => {
                fields.iter().map(|field| structured::described(field, order)).collect()
            }
            Self::SubArray(kind, _) => kind.field_to_draft(order),
            Self::BigEndian(kind) => kind.field_to_draft(Order::Big),
            Self::Bool => json!("|b1"),
            Self::Raw(size) => json!(format!("|V{size}")),
            Self::Number(kind, 1) => json!(format!("|{kind}1")),
            kind => match kind.to_draft(order) {
                Value::Object(mut extension) => extension.remove("type").unwrap_or_default(),
                plain => plain,
            },
        }
    }

    /// Bytes of an element; none where they differ.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::Bool => Some(1),
            Self::Number(_, size) | Self::Complex(size) | Self::Raw(size) | Self::FixedBytes(size) => {
                Some(*size)
            }
            Self::Structured(fields) => fields.iter().map(|(_, kind)| kind.size()).sum(),
            Self::BigEndian(kind) => kind.size(),
            Self::SubArray(kind, shape) => {
                shape.iter().try_fold(kind.size()?, |size, length| size.checked_mul(*length))
            }
            Self::Time(..) => Some(8),
            Self::Utf32(length) => Some(4 * length),
            Self::Text | Self::Bytes => None,
        }
    }

    /// Whether the order of bytes means something.
    pub(super) fn has_order(&self) -> bool {
        !matches!(
            self,
            Self::Bool
                | Self::Number(_, 1)
                | Self::Raw(_)
                | Self::FixedBytes(_)
                | Self::Structured(_)
                | Self::BigEndian(_)
                | Self::SubArray(..)
                | Self::Text
                | Self::Bytes
        )
    }

    pub(super) fn is_structured(&self) -> bool {
        matches!(self, Self::Structured(_))
    }

    /// The filter that stands for it in V1 arrays.
    pub(super) fn vlen(&self) -> Option<&'static str> {
        match self {
            Self::Text => Some("vlen-utf8"),
            Self::Bytes => Some("vlen-bytes"),
            _ => None,
        }
    }
}

/// `8[10ns]` after the kind.
fn time(kind: char, rest: &str) -> Option<DataType> {
    let unit = rest.strip_prefix('8')?;
    if unit.is_empty() {
        return Some(DataType::Time(kind, 1, "generic".to_owned()));
    }
    let inner = unit.strip_prefix('[')?.strip_suffix(']')?;
    let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let scale = if digits == 0 { 1 } else { inner[..digits].parse().ok()? };
    Some(DataType::Time(kind, scale, inner[digits..].to_owned()))
}
