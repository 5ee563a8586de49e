//! Data types of several named fields, one after the other.
//!
//! Zarr v3 knows fields of one order of bytes, of one element each. What else NumPy knows has names of our own here:
//! `big_endian` for a field in the other order than that of the codec, and `subarray` for one of several elements.

use serde_json::{Value, json};

use super::{DataType, Order};

/// What a field is called whose bytes are in big order, and others' are not.
pub(super) const BIG_ENDIAN: &str = "big_endian";
/// What a field of several elements is called.
pub(super) const SUB_ARRAY: &str = "subarray";

/// Parts of an element, at most.
const PARTS: usize = 1 << 16;

/// A part of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::zarr) struct Part {
    /// How many bytes it has.
    pub(in crate::zarr) bytes: usize,
    /// How many of them are a number that has an order.
    pub(in crate::zarr) number: usize,
    /// Whether they are in big order, whatever the order of the others is.
    pub(in crate::zarr) is_big: bool,
}

/// Fields as NumPy describes them: names, types, and how many elements they have; and the order of the bytes of all
/// of them. Where orders differ it is the little one, and fields in the other say so. None where there is something
/// else.
///
/// Raw bytes are one field without a name. Gaps between fields have no name either; NumPy gives them one when it reads.
pub(super) fn of_numpy(fields: &[Value]) -> Option<(DataType, Order)> {
    let kind = described_by(fields)?;
    let parts = kind.parts();
    let is_any = |is_big: bool| parts.iter().any(|part| part.number > 1 && part.is_big == is_big);
    match (is_any(true), is_any(false)) {
        (true, false) => Some((kind.without_orders(), Order::Big)),
        _ => Some((kind, Order::Little)),
    }
}

/// The type that NumPy describes, where each number in big order is marked.
fn described_by(fields: &[Value]) -> Option<DataType> {
    let kind = |stored: &Value| {
        if let Some(fields) = stored.as_array() {
            return described_by(fields);
        }
        let (kind, order) = DataType::of_draft(stored, None).ok()?;
        let is_marked = order == Order::Big && kind.parts().iter().any(|part| part.number > 1);
        Some(if is_marked { DataType::BigEndian(Box::new(kind)) } else { kind })
    };
    let field = |(at, field): (usize, &Value)| {
        let (name, kind) = match field.as_array()?.as_slice() {
            [Value::String(name), stored] => (name, kind(stored)?),
            [Value::String(name), stored, shape] => (name, several(kind(stored)?, shape)?),
            _ => return None,
        };
        let name = if name.is_empty() { format!("f{at}") } else { name.clone() };
        kind.size().map(|_| (name, kind))
    };
    let is_raw = matches!(fields, [only] if only[0] == "");
    let fields: Vec<_> = fields.iter().enumerate().map(field).collect::<Option<_>>()?;
    if let ([(_, DataType::Raw(size))], true) = (fields.as_slice(), is_raw) {
        return Some(DataType::Raw(*size));
    }
    (!fields.is_empty()).then_some(DataType::Structured(fields))
}

/// Several elements of a type.
fn several(kind: DataType, shape: &Value) -> Option<DataType> {
    let shape: Vec<u64> = match shape {
        Value::Array(lengths) => lengths.iter().map(Value::as_u64).collect::<Option<_>>()?,
        length => vec![length.as_u64()?],
    };
    let several = DataType::SubArray(Box::new(kind), shape);
    let parts = several.count_of_parts()?;
    (several.size()? > 0 && parts <= PARTS).then_some(several)
}

/// A field as NumPy describes it.
pub(super) fn described((name, kind): &(String, DataType), order: Order) -> Value {
    match kind {
        DataType::SubArray(_, shape) => json!([name, kind.field_to_draft(order), shape]),
        kind => json!([name, kind.field_to_draft(order)]),
    }
}

/// The same from Zarr v3.
pub(super) fn of_v3(configuration: &Value) -> Option<DataType> {
    let field = |field: &Value| {
        let [Value::String(name), stored] = field.as_array()?.as_slice() else { return None };
        let kind = field_of_v3(stored)?;
        (kind.size().is_some() && !name.is_empty()).then(|| (name.clone(), kind))
    };
    let fields: Vec<_> = configuration["fields"].as_array()?.iter().map(field).collect::<Option<_>>()?;
    (!fields.is_empty()).then_some(DataType::Structured(fields))
}

/// What may be in a field, and nowhere else, too.
fn field_of_v3(stored: &Value) -> Option<DataType> {
    let configuration = &stored["configuration"];
    let inner = || field_of_v3(&configuration["data_type"]);
    match stored["name"].as_str() {
        Some(BIG_ENDIAN) => {
            let kind = inner()?;
            (kind.has_order() && kind.size().is_some()).then(|| DataType::BigEndian(Box::new(kind)))
        }
        Some(SUB_ARRAY) => several(inner()?, &configuration["shape"]),
        _ => DataType::of_v3(stored).ok(),
    }
}

impl DataType {
    /// What an element is made of. Nothing where elements have different lengths.
    pub(in crate::zarr) fn parts(&self) -> Vec<Part> {
        match self {
            Self::Structured(fields) => return fields.iter().flat_map(|(_, kind)| kind.parts()).collect(),
            Self::BigEndian(kind) => {
                return kind.parts().into_iter().map(|part| Part { is_big: true, ..part }).collect();
            }
            Self::SubArray(kind, shape) => return repeated(kind.parts(), shape),
            _ => {}
        }
        let size = self.size().and_then(|size| usize::try_from(size).ok());
        let number = |size: usize| match self {
            Self::Complex(_) => size / 2,
            Self::Utf32(_) => 4,
            _ if self.has_order() => size,
            _ => 1,
        };
        let part = |size: usize| Part { bytes: size, number: number(size), is_big: false };
        size.map(part).into_iter().collect()
    }

    /// How many parts an element has.
    fn count_of_parts(&self) -> Option<usize> {
        match self {
            Self::Structured(fields) => fields.iter().map(|(_, kind)| kind.count_of_parts()).sum(),
            Self::SubArray(kind, shape) => match kind.count_of_parts()? {
                1 => Some(1),
                parts => shape
                    .iter()
                    .try_fold(parts, |parts, length| parts.checked_mul(usize::try_from(*length).ok()?)),
            },
            _ => Some(1),
        }
    }

    /// The same type, where the order of bytes is not said any more.
    fn without_orders(self) -> Self {
        match self {
            Self::BigEndian(kind) => *kind,
            Self::SubArray(kind, shape) => Self::SubArray(Box::new(kind.without_orders()), shape),
            Self::Structured(fields) => {
                let field = |(name, kind): (String, Self)| (name, kind.without_orders());
                Self::Structured(fields.into_iter().map(field).collect())
            }
            kind => kind,
        }
    }

    /// A field that has no name that others know, if there is one.
    pub(in crate::zarr) fn odd_field(&self) -> Option<&str> {
        let Self::Structured(fields) = self else { return None };
        fields.iter().find_map(|(name, kind)| match kind {
            Self::BigEndian(_) | Self::SubArray(..) => Some(name.as_str()),
            kind => kind.odd_field(),
        })
    }
}

/// The parts of so many elements.
fn repeated(parts: Vec<Part>, shape: &[u64]) -> Vec<Part> {
    // Both are small, as was looked at when the type was made.
    let count = shape.iter().product::<u64>() as usize;
    match parts.as_slice() {
        [part] => vec![Part { bytes: part.bytes * count, ..*part }],
        parts => parts.repeat(count),
    }
}

/// Turns around the bytes of each number in elements that are made of such parts, in those parts that are to be turned.
pub(in crate::zarr) fn turn_around(elements: &mut [u8], parts: &[Part], is_turned: impl Fn(&Part) -> bool) {
    let size = parts.iter().map(|part| part.bytes).sum::<usize>().max(1);
    for element in elements.chunks_exact_mut(size) {
        let mut rest = element;
        for part in parts {
            let (field, later) = rest.split_at_mut(part.bytes);
            if is_turned(part) {
                field.chunks_exact_mut(part.number).for_each(<[u8]>::reverse);
            }
            rest = later;
        }
    }
}
