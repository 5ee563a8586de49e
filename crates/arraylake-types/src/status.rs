//! Whether a repo may be used: [`RepoStatus`] and the request that changes it.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::{InvalidInput, Other, Timestamp};

open_enum! {
    /// Operation mode of a repo.
    #[derive(Default)]
    pub enum RepoOperationMode {
        /// In normal use.
        #[default]
        Online = "online",
        /// May be read; writing is discouraged.
        Maintenance = "maintenance",
        /// May not be opened.
        Offline = "offline",
    }
}

wire_struct! {
    /// Operation status of a repo, as answered.
    pub struct RepoStatus {
        /// The mode.
        pub mode: RepoOperationMode = lenient("mode"),
        /// Why, in words.
        pub message: Option<String> = lenient("message"),
        /// Who set it.
        pub initiated_by: StatusInitiator = lenient("initiated_by"),
        /// Whether users may change it.
        pub is_user_modifiable: bool = or(true, "is_user_modifiable"),
        /// When the mode is expected to end.
        pub estimated_end_time: Option<Timestamp> = lenient("estimated_end_time"),
    }
}

impl RepoStatus {
    /// A status of a mode, without a message.
    #[must_use]
    pub fn new(mode: RepoOperationMode) -> Self {
        Self {
            mode,
            message: None,
            initiated_by: StatusInitiator::default(),
            is_user_modifiable: true,
            estimated_end_time: None,
            other: Other::new(),
        }
    }

    /// Whether the repo may be opened at all.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.mode == RepoOperationMode::Offline
    }

    /// Whether the repo is under maintenance: readable, not to be written.
    #[must_use]
    pub fn is_maintenance(&self) -> bool {
        self.mode == RepoOperationMode::Maintenance
    }

    /// ` until {time}. {message}`, as far as known; for messages.
    #[must_use]
    pub fn explanation(&self) -> String {
        let until = self.estimated_end_time.map(|end| format!(" until {end}")).unwrap_or_default();
        match self.message.as_deref() {
            Some(message) if !message.is_empty() => format!("{until}. {message}"),
            _ => until,
        }
    }
}

impl Default for RepoStatus {
    fn default() -> Self {
        Self::new(RepoOperationMode::Online)
    }
}

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

/// Request: `PUT /orgs/{org}/{repo}/status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewRepoStatus {
    /// The mode wanted.
    pub mode: RepoOperationMode,
    /// Why, in words.
    pub message: Option<String>,
}

impl NewRepoStatus {
    /// A mode, without a message.
    #[must_use]
    pub fn new(mode: RepoOperationMode) -> Self {
        Self { mode, message: None }
    }

    /// Says why.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Checks that the mode is a known one.
    ///
    /// # Errors
    /// Names an unknown one.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        match &self.mode {
            RepoOperationMode::Other(text) => {
                Err(InvalidInput::new("operation mode", text, "must be online, maintenance or offline"))
            }
            _ => Ok(()),
        }
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
