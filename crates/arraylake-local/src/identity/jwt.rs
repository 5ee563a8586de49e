//! The tokens that calls are made with: JWTs, signed with a key of the lake.

use arraylake_types::{Principal, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::random;
use crate::store::Db;

/// Where the key is kept.
const KEY: &str = "login_key";

/// A token for somebody, from `issued` to `expires`, in Unix seconds.
pub(super) fn id_token(
    db: &Db<'_>,
    issuer: &str,
    who: &Principal,
    issued: i64,
    expires: i64,
) -> rusqlite::Result<Secret> {
    let mut claims = json!({
        "iss": issuer,
        "sub": who.id(),
        "aud": super::CLIENT_ID,
        "iat": issued,
        "exp": expires,
        "email": who.email(),
        // Two tokens of one second differ.
        "jti": random::letters(16),
    });
    if let Principal::User(user) = who {
        claims["given_name"] = json!(user.first_name);
        claims["family_name"] = json!(user.family_name);
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(&key(db)?, &signed));
    Ok(Secret::new(format!("{signed}.{signature}")))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn sign(key: &str, text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length is a key");
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

fn key(db: &Db<'_>) -> rusqlite::Result<String> {
    if let Some(key) = db.setting(KEY)? {
        return Ok(key);
    }
    let key = random::letters(48);
    db.set_setting(KEY, &key)?;
    Ok(key)
}
