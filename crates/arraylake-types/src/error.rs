//! Refusals: [`ErrorBody`] as a service writes it, [`InvalidInput`] as we raise it before anything is sent.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Other;

/// A value that breaks a rule, found before anything was sent.
///
/// Says what was wrong with which value. Values that may be secret are never put here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} {value:?}: {rule}")]
#[non_exhaustive]
pub struct InvalidInput {
    /// What was given: `"repo name"`, `"bucket prefix"`.
    pub what: &'static str,
    /// The value as given, or a description of it if it may be secret.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
}

impl InvalidInput {
    /// Names the value and the rule.
    pub fn new(what: &'static str, value: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { what, value: value.into(), rule: rule.into() }
    }
}

/// Says what is wrong with a JSON text without quoting any text out of it: it may hold secrets.
#[must_use]
pub fn describe_json_error(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match (message.find("string \""), message.rfind("\", expected")) {
        (Some(start), Some(end)) if start + 7 <= end => {
            format!("{}{}", &message[..start + 6], &message[end + 1..])
        }
        _ => message,
    }
}

/// The JSON body of a refusal: `{"detail": ...}`, where `detail` is a text or a list of validation items.
///
/// Other shapes are no error: what is not understood is left out.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The explanation, if it was a text.
    pub detail: Option<String>,
    /// What was wrong with the request, field by field, if it was a list.
    pub items: Vec<ValidationItem>,
}

wire_struct! {
    /// One thing wrong with a request.
    pub struct ValidationItem {
        /// Where: `["body", "name"]`.
        pub loc: Vec<Value> = lenient("loc"),
        /// What is wrong, in words.
        pub msg: String = lenient("msg"),
        /// A machine-readable name of the rule.
        pub r#type: String = lenient("type"),
    }
}

impl ErrorBody {
    /// A body with a text.
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), items: Vec::new() }
    }

    /// Reads whatever came: a JSON object with a `detail`, or with an `error` that has a `message` as those of Iceberg
    /// catalogs do, or nothing usable.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return Self::default() };
        match fields.remove("detail") {
            Some(Value::String(text)) => Self::new(text),
            Some(Value::Array(items)) => Self {
                detail: None,
                items: items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect(),
            },
            Some(Value::Null) | None => match fields.get("error").and_then(|error| error["message"].as_str())
            {
                Some(message) => Self::new(message),
                None => Self::default(),
            },
            Some(odd) => Self::new(odd.to_string()),
        }
    }

    /// One line: the text, or the items joined.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        self.detail.clone().or_else(|| {
            let lines: Vec<String> = self.items.iter().map(ToString::to_string).collect();
            (!lines.is_empty()).then(|| lines.join("; "))
        })
    }
}

impl ValidationItem {
    /// An item for a place in the body.
    pub fn new(loc: &[&str], msg: impl Into<String>, kind: impl Into<String>) -> Self {
        let loc = loc.iter().map(|part| Value::from(*part)).collect();
        Self { loc, msg: msg.into(), r#type: kind.into(), other: Other::new() }
    }
}

impl fmt::Display for ValidationItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.loc {
            match part {
                Value::String(text) => write!(f, "{text}.")?,
                other => write!(f, "{other}.")?,
            }
        }
        write!(f, " {}", self.msg)
    }
}

impl Serialize for ErrorBody {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(Some(1))?;
        match &self.detail {
            None if !self.items.is_empty() => map.serialize_entry("detail", &self.items)?,
            detail => map.serialize_entry("detail", detail)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ErrorBody {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self::parse(value.to_string().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_of_bad_json_does_not_quote_it() {
        let error = serde_json::from_str::<u8>("\"MARK\\\"ER\"").unwrap_err();
        assert!(error.to_string().contains("MARK"));
        assert_eq!(describe_json_error(&error), "invalid type: string, expected u8 at line 1 column 10");
    }

    #[test]
    fn both_forms_of_detail_are_read_and_anything_else_is_no_error() {
        assert_eq!(ErrorBody::parse(br#"{"detail":"no"}"#).message().unwrap(), "no");
        let list = br#"{"detail":[{"loc":["body","name",0],"msg":"too long","type":"x"}]}"#;
        assert_eq!(ErrorBody::parse(list).message().unwrap(), "body.name.0. too long");
        assert_eq!(ErrorBody::parse(br#"{"error":{"message":"no","code":404}}"#).message().unwrap(), "no");
        for odd in [r#"{"error":"no"}"#, "", "<html>", "[]", "{}", r#"{"detail":null}"#] {
            assert_eq!(ErrorBody::parse(odd.as_bytes()), ErrorBody::default(), "{odd}");
        }
    }
}
