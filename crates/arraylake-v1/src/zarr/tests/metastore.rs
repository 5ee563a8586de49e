//! A metastore in memory: documents of one session, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use arraylake_transport::Transport;
use arraylake_types::Author;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::repo::{AsyncRepo, RepoOptions};
use crate::{Checkout, Metastore};

/// What the service keeps, and what was asked of it.
#[derive(Default)]
pub(in crate::zarr) struct State {
    /// By collection and path.
    pub(in crate::zarr) documents: BTreeMap<(String, String), Value>,
    /// Method and route of each request, without queries.
    pub(in crate::zarr) log: Vec<String>,
    /// Answers everything that writes with this. The session `over` is over in any case.
    pub(in crate::zarr) refusal: Option<&'static str>,
}

/// A metastore; clones share what is in it.
#[derive(Clone, Default)]
pub(in crate::zarr) struct Service {
    state: Arc<Mutex<State>>,
    /// No answer comes while somebody holds it for writing.
    pub(in crate::zarr) gate: Arc<tokio::sync::RwLock<()>>,
}

impl Service {
    pub(in crate::zarr) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Stores a document as Python would.
    pub(in crate::zarr) fn insert(&self, path: &str, document: Value) {
        let collection = if path.starts_with("data/") { "chunks" } else { "metadata" };
        self.state().documents.insert((collection.to_owned(), path.to_owned()), document);
    }

    pub(in crate::zarr) fn document(&self, path: &str) -> Option<Value> {
        let collection = if path.starts_with("data/") { "chunks" } else { "metadata" };
        self.state().documents.get(&(collection.to_owned(), path.to_owned())).cloned()
    }

    /// What was asked since this was called before.
    pub(in crate::zarr) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// A repo over it, that writes to a branch or only reads.
    pub(in crate::zarr) async fn repo(&self, checkout: Checkout) -> AsyncRepo {
        let service = self.clone();
        let leaf = tower::service_fn(move |request: Request<Full<Bytes>>| {
            let service = service.clone();
            async move { Ok::<_, std::convert::Infallible>(service.answer(request).await) }
        });
        let transport = Transport::builder()
            .with_base_uri("http://api.test".parse().unwrap())
            .with_leaf(leaf)
            .build()
            .unwrap();
        let metastore = Metastore::new(transport, "acme/old".parse().unwrap());
        let author = Author::new(Some("Ada L".into()), "ada@example.com");
        let repo = AsyncRepo::new(metastore, author, RepoOptions::new());
        repo.checkout("main", checkout).await.unwrap();
        self.take_log();
        repo
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Response<Full<Bytes>> {
        use http_body_util::BodyExt as _;
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        drop(self.gate.read().await);
        let path = head.uri.path().trim_start_matches("/repos/acme/old/").to_owned();
        let query: BTreeMap<String, String> = head
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| {
                let value = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
                (key.to_owned(), value.into_owned())
            })
            .collect();
        let mut state = self.state();
        state.log.push(format!("{} {path}", head.method));
        let route: Vec<&str> = path.splitn(3, '/').collect();
        let (status, answer) = match (head.method, route.as_slice()) {
            (_, ["branches" | "tags"]) => (200, json!([])),
            (Method::POST, ["sessions"]) => (200, session()),
            (method, ["contents", collection, rest]) => {
                state.contents(&method, collection, rest, &query, &body)
            }
            other => (404, json!({"detail": format!("{other:?}")})),
        };
        let body = Full::new(Bytes::from(answer.to_string()));
        Response::builder().status(status).body(body).unwrap()
    }
}

fn session() -> Value {
    json!({"_id": "5e55", "start_time": "2026-11-22T09:55:02.123000", "expiration": "2026-11-23T09:55:02.123000",
        "branch": "main", "base_commit": null, "author_email": "ada@example.com", "session_type": "write"})
}

impl State {
    fn contents(
        &mut self,
        method: &Method,
        collection: &str,
        rest: &str,
        query: &BTreeMap<String, String>,
        body: &[u8],
    ) -> (u16, Value) {
        let name = |path: &str| (collection.to_owned(), path.to_owned());
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let list = body.as_array().cloned().unwrap_or_default();
        let writes = *method == Method::DELETE || rest == "_bulk_set" || rest == "_bulk_delete";
        if let Some(refusal) = self.refusal.filter(|_| writes) {
            return (422, json!({"detail": refusal}));
        }
        if writes && query["session_id"] == "over" {
            return (422, json!({"detail": "Session expired"}));
        }
        match (method.as_str(), rest) {
            ("PUT", "_bulk_set") => {
                for entry in list {
                    let path = entry["path"].as_str().unwrap();
                    self.documents.insert(name(path), entry["content"].clone());
                }
                (200, json!({}))
            }
            ("POST", "_bulk_get") => {
                let found = list.iter().filter_map(|path| {
                    let path = path.as_str().unwrap();
                    let content = self.documents.get(&name(path))?;
                    Some(json!({"id": "1", "session_id": "5e55", "path": path, "content": content}))
                });
                (200, found.collect())
            }
            ("PUT", "_bulk_delete") => {
                for path in list {
                    self.documents.remove(&name(path.as_str().unwrap()));
                }
                (200, json!({}))
            }
            ("GET", "") => (200, self.list(collection, &query["prefix"], query["all_subdirs"] == "true")),
            ("DELETE", prefix) => {
                let node = prefix.trim_end_matches('/');
                let own = [node.to_owned(), format!("{node}.array.json"), format!("{node}.group.json")];
                self.documents.retain(|(kind, path), _| {
                    let is_own = !prefix.ends_with('/') && own.contains(path);
                    let below = prefix.is_empty() || path.starts_with(&format!("{node}/"));
                    kind != collection || !(is_own || below)
                });
                (200, json!({}))
            }
            other => (404, json!({"detail": format!("{other:?}")})),
        }
    }

    fn list(&self, collection: &str, prefix: &str, all: bool) -> Value {
        let paths = self.documents.keys().filter(|(kind, _)| kind == collection).map(|(_, path)| path);
        if all {
            return paths.filter(|path| path.starts_with(prefix)).cloned().collect();
        }
        let directory = format!("{}/", prefix.trim_end_matches('/'));
        let below = paths.filter_map(|path| path.strip_prefix(&directory));
        let names = below.map(|path| path.split('/').next().unwrap_or_default());
        names.map(|name| format!("{directory}{name}")).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
