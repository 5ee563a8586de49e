//! What a call of ours returned against the value that Python made of the same answer.
//!
//! Ours is seen in the form of the wire. What Python has no field for, and what is nothing on one side and missing on
//! the other, is no difference; times are compared as moments, and a masked secret stands for any.

use arraylake_types::Timestamp;
use serde_json::Value;

/// A value of ours in the form of the wire.
pub(crate) fn shown(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Each difference between two values, as a line.
pub(crate) fn differences(theirs: &Value, ours: &Value, path: &str, lines: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(fields), Value::Object(own)) => {
            // Not the name of a class of Python.
            for (key, value) in fields.iter().filter(|(key, _)| *key != "class") {
                // Ids go by another name on the wire.
                let own = own.get(key).or_else(|| own.get(&format!("_{key}"))).unwrap_or(&Value::Null);
                differences(value, own, &format!("{path}.{key}"), lines);
            }
        }
        // A set in Python.
        (Value::Array(actions), Value::Array(own))
            if path.ends_with(".actions") && sorted(actions) == sorted(own) => {}
        (Value::Array(rows), Value::Array(own)) if rows.len() == own.len() => {
            for (row, own) in rows.iter().zip(own) {
                differences(row, own, &format!("{path}[]"), lines);
            }
        }
        (Value::Array(rows), Value::Array(own)) => {
            lines.push(format!("value {path}: {} rows instead of {}", own.len(), rows.len()));
        }
        _ if same(theirs, ours) => {}
        _ => lines.push(format!("value {path}: {ours} instead of {theirs}")),
    }
}

fn sorted(set: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = set.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

fn same(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::String(mask), Value::String(_)) if mask.starts_with("****") => true,
        (Value::String(their), Value::String(our)) => their == our || are_one_moment(their, our),
        (Value::Number(their), Value::Number(our)) => their.as_f64() == our.as_f64(),
        _ => theirs == ours,
    }
}

fn are_one_moment(their: &str, our: &str) -> bool {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    moment(their).is_some_and(|their| moment(our) == Some(their))
}
