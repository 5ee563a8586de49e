//! Data types of several named fields, one after the other.

use serde_json::Value;

use super::{DataType, Order};

/// Fields as NumPy describes them: names and types, and the order of the bytes of all of them. None where there is
/// something else: fields in different orders, fields of several elements.
///
/// Raw bytes are one field without a name. Gaps between fields have no name either; NumPy gives them one when it reads.
pub(super) fn of_numpy(fields: &[Value]) -> Option<(DataType, Order)> {
    let mut orders = Vec::new();
    let field = |(at, field): (usize, &Value)| {
        let [Value::String(name), stored] = field.as_array()?.as_slice() else { return None };
        let (kind, order) = DataType::of_draft(stored, None).ok()?;
        if kind.parts().iter().any(|(_, part)| *part > 1) {
            orders.push(order);
        }
        let name = if name.is_empty() { format!("f{at}") } else { name.clone() };
        kind.size().map(|_| (name, kind))
    };
    let is_raw = matches!(fields, [only] if only[0] == "");
    let fields: Vec<_> = fields.iter().enumerate().map(field).collect::<Option<_>>()?;
    if let ([(_, DataType::Raw(size))], true) = (fields.as_slice(), is_raw) {
        return Some((DataType::Raw(*size), Order::Little));
    }
    let order = orders.first().copied().unwrap_or(Order::Little);
    let is_one = orders.iter().all(|other| *other == order);
    (is_one && !fields.is_empty()).then_some((DataType::Structured(fields), order))
}

/// The same from Zarr v3.
pub(super) fn of_v3(configuration: &Value) -> Option<DataType> {
    let field = |field: &Value| {
        let [Value::String(name), stored] = field.as_array()?.as_slice() else { return None };
        let kind = DataType::of_v3(stored).ok()?;
        (kind.size().is_some() && !name.is_empty()).then(|| (name.clone(), kind))
    };
    let fields: Vec<_> = configuration["fields"].as_array()?.iter().map(field).collect::<Option<_>>()?;
    (!fields.is_empty()).then_some(DataType::Structured(fields))
}

impl DataType {
    /// What an element is made of: bytes, and how many of them are a number that has an order. Nothing where elements
    /// have different lengths.
    pub(in crate::zarr) fn parts(&self) -> Vec<(usize, usize)> {
        if let Self::Structured(fields) = self {
            return fields.iter().flat_map(|(_, kind)| kind.parts()).collect();
        }
        let size = self.size().and_then(|size| usize::try_from(size).ok());
        let part = |size: usize| match self {
            Self::Complex(_) => size / 2,
            Self::Utf32(_) => 4,
            _ if self.has_order() => size,
            _ => 1,
        };
        size.map(|size| (size, part(size))).into_iter().collect()
    }
}

/// Turns around the bytes of each number in elements that are made of such parts.
pub(in crate::zarr) fn turn_around(elements: &mut [u8], parts: &[(usize, usize)]) {
    let size = parts.iter().map(|(bytes, _)| bytes).sum::<usize>().max(1);
    for element in elements.chunks_exact_mut(size) {
        let mut rest = element;
        for (bytes, part) in parts {
            let (field, later) = rest.split_at_mut(*bytes);
            field.chunks_exact_mut(*part).for_each(<[u8]>::reverse);
            rest = later;
        }
    }
}
