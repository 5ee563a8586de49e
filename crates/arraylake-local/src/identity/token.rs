//! `POST /oauth/token`: tokens for a confirmed code, and for a refresh token.

use std::sync::Arc;

use arraylake_types::{PrincipalId, Secret};
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::provider::{answer, refuse};
use super::{CLIENT_ID, jwt};
use crate::catalog::Bare;
use crate::lake::Lake;
use crate::random;
use crate::refusal::Refusal;
use crate::store::{CodeState, Db};

const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Why no tokens are given: the status and the word of the real provider.
struct No(StatusCode, &'static str, &'static str);

const UNKNOWN_CODE: No = No(StatusCode::FORBIDDEN, "invalid_grant", "Invalid or expired device code.");
const PENDING: No =
    No(StatusCode::FORBIDDEN, "authorization_pending", "User has yet to authorize device code.");
const TOO_SOON: No =
    No(StatusCode::TOO_MANY_REQUESTS, "slow_down", "You are polling faster than the specified interval.");
const DENIED: No = No(StatusCode::FORBIDDEN, "access_denied", "User denied the authorization.");
const EXPIRED: No =
    No(StatusCode::FORBIDDEN, "expired_token", "The device code has expired; begin the login again.");
const UNKNOWN_TOKEN: No = No(StatusCode::FORBIDDEN, "invalid_grant", "Unknown or invalid refresh token.");

/// `POST /oauth/token`
pub(super) async fn token(State(lake): State<Arc<Lake>>, request: Request) -> Result<Response, Refusal> {
    let bare = Bare::read(request, &lake).await?;
    if bare.form("client_id").as_deref() != Some(CLIENT_ID) {
        return Ok(refuse(StatusCode::UNAUTHORIZED, "invalid_client", "Unknown client"));
    }
    let given = |name: &str| Secret::new(bare.form(name).unwrap_or_default());
    let store = lake.store.clone();
    let outcome = match bare.form("grant_type").as_deref() {
        Some(DEVICE_GRANT) => {
            let device = given("device_code");
            store.run(move |db| for_code(db, &lake, &device)).await?
        }
        Some("refresh_token") => {
            let token = given("refresh_token");
            store.run(move |db| for_refresh_token(db, &lake, &token)).await?
        }
        _ => return Ok(refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "Unknown grant type")),
    };
    Ok(match outcome {
        Ok(tokens) => answer(StatusCode::OK, &tokens),
        Err(No(status, error, words)) => refuse(status, error, words),
    })
}

type Outcome = Result<serde_json::Value, No>;

/// The client asks whether its code was confirmed.
fn for_code(db: &Db<'_>, lake: &Lake, device: &Secret) -> Result<Outcome, Refusal> {
    let now = lake.now_millis();
    let Some(code) = db.login_code(device)? else { return Ok(Err(UNKNOWN_CODE)) };
    db.touch_login_code(device, now)?;
    // Early by a fifth is not too soon: messages do not all travel equally fast.
    let soonest = code.asked.map(|last| last + lake.config.logins.interval.num_milliseconds() * 4 / 5);
    let who = match code.state {
        _ if code.expires <= now => return Ok(Err(EXPIRED)),
        CodeState::Denied => return Ok(Err(DENIED)),
        CodeState::Confirmed(who) => who,
        CodeState::Waiting if soonest.is_some_and(|soonest| now < soonest) => return Ok(Err(TOO_SOON)),
        CodeState::Waiting => return Ok(Err(PENDING)),
    };
    db.delete_login_code(device)?;
    let login = random::letters(24);
    db.insert_login(&login, who, now)?;
    give(db, lake, who, Some(&login)).map(Ok)
}

/// The client renews its login.
fn for_refresh_token(db: &Db<'_>, lake: &Lake, token: &Secret) -> Result<Outcome, Refusal> {
    let now = lake.now_millis();
    let policy = &lake.config.logins;
    let Some(found) = db.refresh_token(token)? else { return Ok(Err(UNKNOWN_TOKEN)) };
    if found.replaced.is_some_and(|at| at + policy.leeway.num_milliseconds() < now) {
        if policy.ends_on_reuse {
            tracing::warn!("a refresh token came a second time, and its login was ended");
            db.delete_login(&found.login)?;
        }
        return Ok(Err(UNKNOWN_TOKEN));
    }
    if policy.rotates {
        db.replace_refresh_token(token, now)?;
    }
    give(db, lake, found.principal, policy.rotates.then_some(&found.login)).map(Ok)
}

/// Tokens for somebody; with a refresh token if there is a login to put it under.
fn give(
    db: &Db<'_>,
    lake: &Lake,
    who: PrincipalId,
    login: Option<&String>,
) -> Result<serde_json::Value, Refusal> {
    let gone = || Refusal::missing("the user is gone");
    let (who, now) = (db.principal(who)?.ok_or_else(gone)?, lake.now().unix_seconds());
    let lifetime = lake.config.logins.token_lifetime.num_seconds();
    let id_token = jwt::id_token(db, &lake.catalog_uri(db)?, &who, now, now + lifetime)?;
    db.insert_login_token(&id_token, who.id(), (now + lifetime) * 1000)?;
    let mut tokens = json!({
        "access_token": random::letters(40),
        "id_token": id_token,
        "scope": "openid profile email offline_access",
        "expires_in": lifetime,
        "token_type": "Bearer",
    });
    if let Some(login) = login {
        let token = Secret::new(random::letters(43));
        db.insert_refresh_token(&token, login)?;
        tokens["refresh_token"] = json!(token);
    }
    Ok(tokens)
}
