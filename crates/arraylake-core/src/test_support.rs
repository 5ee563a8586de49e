//! What the unit tests of this crate share.

use arraylake_transport::testing::Script;

use crate::{AsyncClient, Config};

/// A client whose answers are scripted.
pub(crate) fn client_over(script: &Script) -> AsyncClient {
    let leaf = script.clone();
    AsyncClient::builder()
        .with_config(Config::empty())
        .with_service_uri("http://service.example.com")
        .with_token("ema_MARKER")
        .with_transport(|transport| transport.with_leaf(leaf))
        .build()
        .unwrap()
}

/// A repo as a service answers it, with as little as will do. Its id is made of its name.
pub(crate) fn repo_json(name: &str) -> String {
    let id: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!(r#"{{"_id":"{id}","org":"acme","name":"{name}","kind":"icechunk","prefix":"p-{name}"}}"#)
}
