//! [`Body`]: a JSON object in a request, read field by field; what does not fit is reported all at once.

use std::collections::HashMap;

use arraylake_types::{Metadata, ValidationItem};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// A JSON object in a request. Null counts as missing.
#[derive(Debug)]
pub(crate) struct Body {
    fields: Map<String, Value>,
    items: Vec<ValidationItem>,
}

impl Body {
    /// Reads the bytes as a JSON object.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let item = |msg: &str, kind: &str| Refusal::shape(vec![ValidationItem::new(&["body"], msg, kind)]);
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => {
                let mut body = Self::of(fields);
                body.items = digits_lost(&body.fields, bytes);
                Ok(body)
            }
            Ok(_) => Err(item("Input should be a valid dictionary", "dict_type")),
            Err(_) if bytes.is_empty() => Err(item("Field required", "missing")),
            Err(_) => Err(item("JSON decode error", "json_invalid")),
        }
    }

    /// An object that is read already.
    pub(crate) fn of(mut fields: Map<String, Value>) -> Self {
        fields.retain(|_, value| !value.is_null());
        Self { fields, items: Vec::new() }
    }

    /// Whether the field is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.fields.remove(key)? {
            Value::String(text) => Some(text),
            _ => self.wrong(key, "Input should be a valid string", "string_type"),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(&mut self, key: &str) -> String {
        if !self.has(key) {
            return self.wrong::<String>(key, "Field required", "missing").unwrap_or_default();
        }
        self.text(key).unwrap_or_default()
    }

    /// A JSON object.
    pub(crate) fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.fields.remove(key)? {
            Value::Object(fields) => Some(fields),
            _ => self.wrong(key, "Input should be a valid dictionary", "dict_type"),
        }
    }

    /// Metadata; its rules are checked elsewhere.
    pub(crate) fn metadata(&mut self, key: &str) -> Option<Metadata> {
        self.object(key).map(Metadata)
    }

    /// Anything else, by its type; `what` names it in an error.
    pub(crate) fn any<T: DeserializeOwned>(&mut self, key: &str, what: &str) -> Option<T> {
        match serde_json::from_value(self.fields.remove(key)?) {
            Ok(value) => Some(value),
            Err(_) => self.wrong(key, &format!("Input should be {what}"), "value_error"),
        }
    }

    /// The same for a field that must be there.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, key: &str, what: &str) -> Option<T> {
        if !self.has(key) {
            return self.wrong(key, "Field required", "missing");
        }
        self.any(key, what)
    }

    /// Reports a field.
    pub(crate) fn wrong<T>(&mut self, key: &str, msg: &str, kind: &str) -> Option<T> {
        self.items.push(ValidationItem::new(&["body", key], msg, kind));
        None
    }

    /// Refuses the request if a field did not fit.
    pub(crate) fn check(&mut self) -> Result<(), Refusal> {
        let items = std::mem::take(&mut self.items);
        if items.is_empty() { Ok(()) } else { Err(Refusal::shape(items)) }
    }

    /// The same, when everything is read.
    pub(crate) fn finish(mut self) -> Result<(), Refusal> {
        self.check()
    }
}

/// Metadata with numbers that would be others once they are stored: better none than those.
fn digits_lost(fields: &Map<String, Value>, bytes: &[u8]) -> Vec<ValidationItem> {
    let facts = fields.iter().filter(|(key, value)| key.ends_with("metadata") && value.is_object());
    let mut facts = facts.map(|(key, _)| key).peekable();
    if facts.peek().is_none() {
        return Vec::new();
    }
    let raw: HashMap<String, &RawValue> = serde_json::from_slice(bytes).unwrap_or_default();
    facts
        .filter_map(|key| {
            let fault = raw.get(key)?.get().parse::<Metadata>().err()?;
            Some(ValidationItem::new(&["body", key], &fault.rule, "int_parsing_size"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_does_not_fit_is_named() {
        let mut body = Body::parse(br#"{"name": 1, "prefix": null, "metadata": []}"#).unwrap();
        assert_eq!(body.required_text("name"), "");
        assert_eq!(body.required_text("prefix"), "");
        assert_eq!(body.metadata("metadata"), None);
        let message = body.finish().unwrap_err().message();
        for place in ["body.name.", "body.prefix. Field required", "body.metadata."] {
            assert!(message.contains(place), "{message}");
        }
    }

    #[test]
    fn metadata_that_would_lose_digits_is_refused_and_other_numbers_are_not_looked_at() {
        let long = "18446744073709551616";
        for key in ["metadata", "add_metadata", "update_metadata"] {
            let body = Body::parse(format!(r#"{{"size": {long}, "{key}": {{"n": [{long}]}}}}"#).as_bytes());
            let message = body.unwrap().finish().unwrap_err().message();
            assert!(message.contains(&format!("body.{key}. integers must fit into 64 bits")), "{message}");
        }
        let fine = format!(r#"{{"size": {long}, "metadata": {{"n": "{long}", "r": 1e40}}}}"#);
        Body::parse(fine.as_bytes()).unwrap().finish().unwrap();
    }

    #[test]
    fn only_an_object_is_a_body() {
        for bad in [&b""[..], b"[]", b"{", b"null"] {
            assert!(Body::parse(bad).is_err());
        }
        Body::parse(b"{}").unwrap().finish().unwrap();
    }
}
