//! Data types of several named fields, one after the other.

use serde_json::Value;

use super::{DataType, Order};

/// Fields as NumPy describes them: names and types, the bytes of each in little order. None where there is something
/// else: other orders, fields of several elements, gaps.
pub(super) fn of_numpy(fields: &[Value]) -> Option<DataType> {
    let field = |field: &Value| {
        let [Value::String(name), stored] = field.as_array()?.as_slice() else { return None };
        let (kind, order) = DataType::of_draft(stored, None).ok()?;
        let fits = kind.size().is_some() && (order == Order::Little || !kind.has_order()) && !name.is_empty();
        fits.then(|| (name.clone(), kind))
    };
    let fields: Vec<_> = fields.iter().map(field).collect::<Option<_>>()?;
    (!fields.is_empty()).then_some(DataType::Structured(fields))
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
