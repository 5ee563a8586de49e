//! [`Metadata`]: free-form facts about a repo, and their rules.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::InvalidInput;

/// Facts about a repo: text keys, each with a scalar or a list of scalars.
///
/// Answers may hold anything; [`Metadata::validate`] checks the rules for what is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub Map<String, Value>);

impl Metadata {
    /// The most that fits, in bytes, as the service counts them.
    pub const MAX_BYTES: usize = 4096;

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Size as the service counts it: JSON with a blank behind `:` and `,`, everything beyond ASCII as `\uXXXX`.
    #[must_use]
    pub fn wire_size(&self) -> usize {
        measure(&Value::Object(self.0.clone()))
    }

    /// Checks the rules: scalars and lists of scalars only, at most 4 kB.
    ///
    /// # Errors
    /// Names the key or the size.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        for (key, value) in &self.0 {
            let plain = match value {
                Value::Array(items) => items.iter().all(is_scalar),
                value => is_scalar(value),
            };
            if !plain {
                return Err(InvalidInput::new("metadata", key, "values must be scalars or lists of scalars"));
            }
        }
        let size = self.wire_size();
        if size > Self::MAX_BYTES {
            return Err(InvalidInput::new(
                "metadata",
                format!("<{size} bytes>"),
                "Metadata can be at most 4kB",
            ));
        }
        Ok(())
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn measure(value: &Value) -> usize {
    let between = |count: usize| 2 * count.saturating_sub(1);
    match value {
        Value::Array(items) => 2 + between(items.len()) + items.iter().map(measure).sum::<usize>(),
        Value::Object(fields) => {
            let inside: usize =
                fields.iter().map(|(key, value)| measure_text(key) + 2 + measure(value)).sum();
            2 + between(fields.len()) + inside
        }
        Value::String(text) => measure_text(text),
        scalar => scalar.to_string().len(),
    }
}

fn measure_text(text: &str) -> usize {
    let size = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        ' '..='~' | '\u{7f}' => 1,
        other => 6 * other.len_utf16(),
    };
    2 + text.chars().map(size).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_counted_on_the_escaped_text() {
        assert_eq!(
            Metadata::new().with("a", 1).with("b", vec![1, 2]).wire_size(),
            r#"{"a": 1, "b": [1, 2]}"#.len()
        );
        assert_eq!(Metadata::new().with("k", "é𝄞\"").wire_size(), r#"{"k": "\u00e9\ud834\udd1e\""}"#.len());
        assert!(Metadata::new().with("k", "é".repeat(700)).validate().is_err());
        assert!(Metadata::new().with("k", "e".repeat(700)).validate().is_ok());
    }

    #[test]
    fn nested_values_are_refused() {
        assert!(Metadata::new().with("k", serde_json::json!({"a": 1})).validate().is_err());
        assert!(Metadata::new().with("k", serde_json::json!([[1]])).validate().is_err());
        assert!(Metadata::new().with("k", serde_json::json!([1, null, "x", true])).validate().is_ok());
    }
}
