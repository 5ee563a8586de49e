//! `/_local/`: people, tokens, keys.

use arraylake_types::{Secret, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::admin::find;
use super::call::{AdminCall, Answer};
use super::reply;
use crate::random;
use crate::s3::Grant;
use crate::setup::{self, NewKey, NewUser};
use crate::store::Db;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// Id or e-mail address of its owner.
    user: String,
    /// Its text; random by default.
    token: Option<Secret>,
    expires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedKey {
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    grants: Option<Vec<Grant>>,
}

/// `POST /_local/users`
pub(crate) async fn create_user(AdminCall(call): AdminCall) -> Answer {
    let wanted: NewUser = call.body_as()?;
    let now = call.lake.now();
    let job = move |db: &Db<'_>| reply::created(&setup::add_user(db, &wanted, now)?);
    call.lake.store.run(job).await
}

/// `POST /_local/tokens`: the only answer that holds the token.
pub(crate) async fn create_token(AdminCall(call): AdminCall) -> Answer {
    let wanted: NewToken = call.body_as()?;
    let now = call.lake.now();
    let job = move |db: &Db<'_>| {
        let (who, text) = (find(db, &wanted.user)?, wanted.token.as_ref().map(Secret::expose));
        let token = setup::add_token(db, who, text, wanted.expires, now)?;
        reply::created(&json!({"token": token, "principal_id": who}))
    };
    call.lake.store.run(job).await
}

/// `POST /_local/s3-keys`: random by default; without grants the key may do everything.
pub(crate) async fn create_s3_key(AdminCall(call): AdminCall) -> Answer {
    let wanted: WantedKey = call.body_as()?;
    let lake = std::sync::Arc::clone(&call.lake);
    let job = move |db: &Db<'_>| {
        let key = NewKey {
            access_key_id: wanted.access_key_id.unwrap_or_else(|| random::letters(20).to_ascii_uppercase()),
            secret_access_key: wanted.secret_access_key.unwrap_or_else(|| Secret::new(random::letters(40))),
            grants: wanted.grants,
        };
        setup::add_key(db, &lake.ring, &key)?;
        reply::created(&json!({
            "access_key_id": key.access_key_id,
            "secret_access_key": key.secret_access_key,
            "grants": key.grants,
        }))
    };
    call.lake.store.run(job).await
}
