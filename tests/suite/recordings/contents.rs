//! What a V1 repo holds, out of what it told when a call was recorded. It answers calls that ask in other steps than
//! Python's Zarr store: what was there is there, and what is written stays.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::record::{Answer, Exchange, Sent};

/// Documents and references by collection and path; nothing where no more is known than that there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents(BTreeMap<(String, String), Option<Value>>);

/// A request about contents: the collection, and the rest of the path.
fn about(sent: &Sent) -> Option<(&str, String)> {
    match &sent.path[..] {
        [_, repos, _, _, contents, collection, rest @ ..] if repos == "repos" && contents == "contents" => {
            Some((collection, rest.join("/")))
        }
        _ => None,
    }
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn answered(exchange: &Exchange) -> Value {
    let is_well = exchange.status().is_some_and(|status| status < 300);
    if is_well { exchange.read_answer() } else { Value::Null }
}

impl Contents {
    /// What was there before the recorded requests.
    pub(crate) fn before(exchanges: &[Exchange]) -> Self {
        let mut there = Self::default();
        let mut written = Self::default();
        for exchange in exchanges {
            let Some((collection, rest)) = about(&exchange.sent) else { continue };
            let (answer, sent) = (answered(exchange), exchange.sent.body.clone().unwrap_or_default());
            match rest.as_str() {
                "_bulk_set" => written.put(collection, rows(&sent)),
                "_bulk_get" => there.learn(
                    collection,
                    rows(&answer).map(|row| (&row["path"], &row["content"])),
                    &written,
                ),
                "_bulk_delete" => {
                    there.learn(collection, rows(&sent).map(|path| (path, &Value::Null)), &written)
                }
                "" => there.learn(collection, rows(&answer).map(|path| (path, &Value::Null)), &written),
                _ => {}
            }
        }
        there
    }

    fn learn<'a>(
        &mut self,
        collection: &str,
        found: impl Iterator<Item = (&'a Value, &'a Value)>,
        written: &Self,
    ) {
        for (path, content) in found {
            let key = (collection.to_owned(), path.as_str().unwrap_or_default().to_owned());
            if written.0.contains_key(&key) {
                continue;
            }
            let known = self.0.entry(key).or_default();
            if !content.is_null() {
                *known = Some(content.clone());
            }
        }
    }

    fn put<'a>(&mut self, collection: &str, sent: impl Iterator<Item = &'a Value>) {
        for row in sent {
            let path = row["path"].as_str().unwrap_or_default().to_owned();
            self.0.insert((collection.to_owned(), path), Some(row["content"].clone()));
        }
    }

    /// The answer to a request, if it is about contents.
    pub(crate) fn answer(&mut self, sent: &Sent) -> Option<Answer> {
        let (collection, rest) = about(sent)?;
        let body = sent.body.clone().unwrap_or_default();
        let answer = match (sent.method.as_str(), rest.as_str()) {
            ("POST", "_bulk_get") => {
                rows(&body).filter_map(|path| self.row(collection, path.as_str()?)).collect()
            }
            ("PUT", "_bulk_set") => {
                self.put(collection, rows(&body));
                Value::Null
            }
            ("PUT", "_bulk_delete") => {
                let gone: Vec<&str> = rows(&body).filter_map(Value::as_str).collect();
                self.0.retain(|(of, path), _| of != collection || !gone.contains(&path.as_str()));
                Value::Null
            }
            ("DELETE", prefix) => {
                self.0.retain(|(of, path), _| of != collection || !path.starts_with(prefix));
                Value::Null
            }
            ("GET", "") => self.list(collection, sent),
            _ => return None,
        };
        Some(Answer::Whole { status: 200, body: answer.to_string(), headers: Vec::new() })
    }

    fn row(&self, collection: &str, path: &str) -> Option<Value> {
        let empty = json!({"uri": "inline://", "offset": 0, "length": 0, "hash": {"method": "hashlib.sha256", "token": ""}});
        let content = match self.0.get(&(collection.to_owned(), path.to_owned()))? {
            Some(content) => content,
            // Nobody looks at it.
            None if collection == "chunks" => &empty,
            None => &json!({"attributes": {}}),
        };
        Some(json!({"id": path, "session_id": "session0000000000000000", "path": path, "content": content,
            "deleted": false}))
    }

    fn list(&self, collection: &str, sent: &Sent) -> Value {
        let text =
            |key: &str| sent.query.iter().find(|pair| pair.0 == key).map_or("", |pair| pair.1.as_str());
        let (prefix, deep) = (text("prefix"), text("all_subdirs") == "true");
        let directory = format!("{}/", prefix.trim_end_matches('/'));
        let in_it = |path: &str| path.strip_prefix(&directory).is_some_and(|rest| !rest.contains('/'));
        let paths = self.0.keys().filter(|(of, _)| of == collection).map(|(_, path)| path.as_str());
        paths.filter(|path| if deep { path.starts_with(prefix) } else { in_it(path) }).collect()
    }
}
