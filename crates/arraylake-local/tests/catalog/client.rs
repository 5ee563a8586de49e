//! A small client for the tests.

use std::fmt::Write as _;

use arraylake_local::{LocalConfig, LocalService};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::Service as _;

/// A caller of a lake: who, and with which program.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) service: LocalService,
    token: String,
    headers: Vec<(&'static str, &'static str)>,
}

/// An answer: its status and its JSON, null when it has none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Answer {
    /// The JSON of an answer that says yes.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }

    /// Checks the status and a part of the words of an answer that says no.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, words: &str) {
        let detail = self.json["detail"].to_string();
        assert!(self.status == status && detail.contains(words), "{self:?}, not {status} {words:?}");
    }
}

/// A new lake and the seeded user.
pub(crate) fn lake() -> Client {
    open(LocalConfig::temporary().unwrap())
}

/// The seeded user of a lake.
pub(crate) fn open(config: LocalConfig) -> Client {
    let service = LocalService::open(config).unwrap();
    let token = service.token();
    Client::of(service, token.expose())
}

impl Client {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// This project's client.
    pub(crate) fn of(service: LocalService, token: &str) -> Self {
        let headers = vec![("x-arraylake-client", "arraylake-rust-sdk/0.1.0")];
        Self { service, token: token.to_owned(), headers }
    }

    /// The same with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// The same as a Python client.
    pub(crate) fn python(&self, version: &'static str) -> Self {
        let headers = vec![("client-name", "arraylake-python-client"), ("client-version", version)];
        Self { headers, ..self.clone() }
    }

    /// The same as the published crate.
    pub(crate) fn published(&self) -> Self {
        Self { headers: vec![("x-arraylake-client", "rust/0.15.1")], ..self.clone() }
    }

    /// The same as a client that does not name itself.
    pub(crate) fn nameless(&self) -> Self {
        Self { headers: Vec::new(), ..self.clone() }
    }

    /// The same with one more header.
    pub(crate) fn with_header(&self, name: &'static str, value: &'static str) -> Self {
        let mut client = self.clone();
        client.headers.push((name, value));
        client
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> Self {
        self.with_token(self.service.admin_token().expose())
    }

    /// A new principal with rights in `local`.
    pub(crate) async fn other(&self, name: &str, actions: &[&str]) -> Self {
        let user = json!({"email": format!("{name}@example.com"), "permissions": {"local": actions}});
        self.admin().post("/_local/users", &user).await.ok();
        let token = json!({"user": format!("{name}@example.com")});
        let token = self.admin().post("/_local/tokens", &token).await.ok();
        self.with_token(token["token"].as_str().unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, &body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, &body.to_string()).await
    }

    /// Sends a body without a content type, as Python clients do.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = self.service.clone().call(request).await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, json }
    }

    /// Makes a repo in `local`.
    pub(crate) async fn repo(&self, name: &str) -> Value {
        self.post("/orgs/local/repos", &json!({"name": name})).await.ok()
    }

    /// The id of a bucket config in `local`.
    pub(crate) async fn bucket_id(&self, nickname: &str) -> String {
        let buckets = self.get("/orgs/local/buckets").await.ok();
        let found = buckets.as_array().unwrap().iter().find(|bucket| bucket["nickname"] == nickname);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// Text for a query.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        let _ = write!(escaped, "%{byte:02X}");
        escaped
    })
}

/// A bucket config that nothing local is behind.
pub(crate) fn remote(nickname: &str, name: &str) -> Value {
    json!({"nickname": nickname, "platform": "s3", "name": name, "prefix": "",
        "extra_config": {"region_name": "us-east-1"}, "em_managed": false,
        "auth_config": {"method": "anonymous", "storage_account": null}})
}
