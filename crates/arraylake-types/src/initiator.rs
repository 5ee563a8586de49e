//! [`StatusInitiator`]: who set the status of a repo.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::Other;

/// Who set a status: a principal, or the system. Any JSON is accepted; what is no object is kept in `raw`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StatusInitiator {
    /// Id of the person or service account.
    pub principal_id: Option<String>,
    /// Id of the part of the service.
    pub system_id: Option<String>,
    /// Everything else that came.
    pub raw: Other,
}

impl StatusInitiator {
    /// A person or a service account.
    pub fn principal(id: impl ToString) -> Self {
        Self { principal_id: Some(id.to_string()), ..Self::default() }
    }

    /// A part of the service.
    pub fn system(id: impl Into<String>) -> Self {
        Self { system_id: Some(id.into()), ..Self::default() }
    }
}

impl Serialize for StatusInitiator {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("principal_id", &self.principal_id)?;
        map.serialize_entry("system_id", &self.system_id)?;
        for (key, value) in &self.raw {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

wire_struct! {
    /// The usual form of a [`StatusInitiator`]. A row of a listing has one, so it is not read by way of a map.
    struct Ids {
        /// See there.
        pub principal_id: Option<Value> = lenient("principal_id"),
        /// See there.
        pub system_id: Option<Value> = lenient("system_id"),
    }
}

impl From<Ids> for StatusInitiator {
    fn from(ids: Ids) -> Self {
        let text = |id| match id {
            Value::String(text) => text,
            odd => odd.to_string(),
        };
        Self { principal_id: ids.principal_id.map(text), system_id: ids.system_id.map(text), raw: ids.other }
    }
}

impl<'de> serde::Deserialize<'de> for StatusInitiator {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyInitiator)
    }
}

/// Reads the fields of an object, and keeps what is no object.
struct AnyInitiator;

impl AnyInitiator {
    fn odd<E>(self, value: impl Into<Value>) -> Result<StatusInitiator, E> {
        let raw = Other::from_iter([("value".to_owned(), value.into())]);
        Ok(StatusInitiator { raw, ..StatusInitiator::default() })
    }
}

impl<'de> Visitor<'de> for AnyInitiator {
    type Value = StatusInitiator;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<StatusInitiator, A::Error> {
        Ids::deserialize(MapAccessDeserializer::new(fields)).map(StatusInitiator::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<StatusInitiator, A::Error> {
        self.odd(Value::deserialize(SeqAccessDeserializer::new(items))?)
    }

    fn visit_str<E>(self, text: &str) -> Result<StatusInitiator, E> {
        self.odd(text)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<StatusInitiator, E> {
        self.odd(flag)
    }

    fn visit_i64<E>(self, number: i64) -> Result<StatusInitiator, E> {
        self.odd(number)
    }

    fn visit_u64<E>(self, number: u64) -> Result<StatusInitiator, E> {
        self.odd(number)
    }

    fn visit_f64<E>(self, number: f64) -> Result<StatusInitiator, E> {
        self.odd(number)
    }

    fn visit_unit<E>(self) -> Result<StatusInitiator, E> {
        self.odd(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_initiator_of_any_form_is_read_and_nothing_of_it_is_lost() {
        let read = |value: Value| serde_json::from_str::<StatusInitiator>(&value.to_string()).unwrap();
        assert_eq!(read(json!({"principal_id": "p"})), StatusInitiator::principal("p"));
        assert_eq!(read(json!({"principal_id": 5, "system_id": null})), StatusInitiator::principal("5"));
        assert_eq!(read(json!({"since": [1]})).raw["since"], json!([1]));
        for odd in [json!("text"), json!(true), json!(-1), json!(1), json!(0.5), json!(null), json!([1, {}])]
        {
            assert_eq!(read(odd.clone()).raw, Other::from_iter([("value".to_owned(), odd)]));
        }
    }
}
