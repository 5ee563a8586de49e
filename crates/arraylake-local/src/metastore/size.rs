//! How much lies under a path.

use std::collections::HashMap;

use arraylake_types::v1::PathSize;
use serde::Deserialize;

use super::call::RepoCall;
use super::path::node_of;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::store::v1::{Entry, Kept};

/// `GET /repos/{org}/{repo}/size/`
pub(crate) async fn size(call: RepoCall) -> Answer {
    let size = call.read(|call, meta| {
        let view = call.view(meta)?;
        let prefix = call.query("prefix").unwrap_or_default();
        let below =
            if prefix.is_empty() || prefix.ends_with('/') { prefix.to_owned() } else { format!("{prefix}/") };
        let mut entries = meta.entries(&view, Kept::Chunks, &below, true)?;
        if below != prefix {
            entries.extend(meta.entry(&view, Kept::Chunks, prefix)?);
        }
        let (chunks, bytes) = total(&entries);
        Ok(PathSize::new(prefix, chunks, bytes))
    });
    reply::ok(&size.await?)
}

/// As much of a reference as tells which object it means. References may be incomplete.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference {
    uri: Option<String>,
    offset: u64,
    length: u64,
    hash: Option<Hash>,
    v: Option<u64>,
    sid: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hash {
    token: String,
}

/// Which bytes a reference means.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// An object by its hash and its session.
    Named(String, Option<String>),
    /// An object, or a part of one, by its URI.
    At(Option<String>, u64, u64),
}

impl Reference {
    fn identity(self) -> Identity {
        match (self.v, self.hash) {
            (Some(1), Some(hash)) => Identity::Named(hash.token, self.sid),
            (_, Some(_)) => Identity::At(self.uri, 0, 0),
            _ => Identity::At(self.uri, self.offset, self.length),
        }
    }
}

/// Number and bytes of the chunks; those of one array that are the same object count once.
fn total(entries: &[Entry]) -> (u64, u64) {
    let mut lengths = HashMap::new();
    for entry in entries {
        let reference = serde_json::from_str::<Reference>(&entry.content).unwrap_or_default();
        let length = reference.length;
        lengths.entry((node_of(&entry.path), reference.identity())).or_insert(length);
    }
    (lengths.len() as u64, lengths.values().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, content: &str) -> Entry {
        let session = "s".parse().unwrap();
        Entry { doc: 0, made: 0, session, path: path.to_owned(), content: content.to_owned() }
    }

    fn named(path: &str, token: &str, sid: &str) -> Entry {
        let text = format!(
            r#"{{"uri":null,"offset":0,"length":10,"hash":{{"method":"m","token":"{token}"}},"v":1,"sid":"{sid}"}}"#
        );
        entry(path, &text)
    }

    #[test]
    fn the_same_object_counts_once_an_array() {
        let (a, b) = ("data/root/a/c0", "data/root/b/c0");
        let twice = [named(a, "t", "s"), named("data/root/a/c1", "t", "s"), named(b, "t", "s")];
        assert_eq!(total(&twice), (2, 20));
        let sessions = [named(a, "t", "s"), named("data/root/a/c1", "t", "other")];
        assert_eq!(total(&sessions), (2, 20));
    }

    #[test]
    fn parts_of_one_file_count_each_and_what_is_no_reference_counts_nothing() {
        let part = |path: &str, offset: u64| {
            entry(path, &format!(r#"{{"uri":"s3://b/f","offset":{offset},"length":5,"hash":null}}"#))
        };
        assert_eq!(total(&[part("data/root/a/c0", 0), part("data/root/a/c1", 5)]), (2, 10));
        assert_eq!(total(&[entry("data/root/a/c0", r#"{"uri":"s3://b/f"}"#)]), (1, 0));
    }
}
