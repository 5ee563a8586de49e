//! One module a command. A command is a function over `&dyn` roles, a [`Console`](crate::Console) and its arguments.

pub(crate) mod auth;
pub(crate) mod bucket;
pub(crate) mod compute;
pub(crate) mod config;
pub(crate) mod diagnostics;
pub(crate) mod generate;
#[cfg(feature = "v1")]
pub(crate) mod migrate;
pub(crate) mod org;
pub(crate) mod repo;
#[cfg(feature = "serve")]
pub(crate) mod serve;

use arraylake_core::types::{InvalidInput, Metadata, Rows};
use serde::de::IgnoredAny;

use crate::console::Console;

/// Rows that could not be read are reported and do not spoil the others.
fn warn_of_bad_rows<T>(console: &mut Console, what: &str, rows: &Rows<T>) {
    for row in &rows.bad {
        let name = row.name.as_deref().or(row.id.as_deref()).unwrap_or("without a name");
        console.warn(&format!("{what} {name} is left out, it cannot be read: {}", row.reason));
    }
}

/// Facts: a JSON object, or `KEY=VALUE`, where the value is JSON or else a text.
fn metadata(text: &str) -> Result<Metadata, String> {
    if text.trim_start().starts_with('{') {
        return text.parse().map_err(|fault: InvalidInput| fault.to_string());
    }
    let (key, value) = text.split_once('=').ok_or("must be a JSON object or `KEY=VALUE`")?;
    let key = key.trim();
    if serde_json::from_str::<IgnoredAny>(value).is_err() {
        return Ok(Metadata::new().with(key, value));
    }
    let object = format!("{{{}: {value}}}", serde_json::Value::from(key));
    object.parse().map_err(|fault: InvalidInput| fault.to_string())
}

/// Facts that were given in several parts.
fn joined(parts: &[Metadata]) -> Option<Metadata> {
    let mut all = Metadata::new();
    all.0.extend(parts.iter().flat_map(|part| part.0.clone()));
    (!parts.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_json_or_pairs() {
        assert_eq!(metadata(r#"{"a": 1}"#).unwrap(), Metadata::new().with("a", 1));
        assert_eq!(metadata("a=1").unwrap(), Metadata::new().with("a", 1));
        assert_eq!(metadata("a=b=c").unwrap(), Metadata::new().with("a", "b=c"));
        assert_eq!(metadata("a=1, \"b\": 2").unwrap(), Metadata::new().with("a", "1, \"b\": 2"));
        assert!(metadata("{a").is_err() && metadata("a").is_err());
        for long in ["a=12345678901234567890123", r#"{"a": [12345678901234567890123]}"#] {
            assert!(metadata(long).unwrap_err().contains("\"12345678901234567890123\": integers must fit"));
        }
        let both = joined(&[metadata("a=1").unwrap(), metadata("b=2").unwrap()]).unwrap();
        assert_eq!(both, Metadata::new().with("a", 1).with("b", 2));
        assert_eq!(joined(&[]), None);
    }
}
