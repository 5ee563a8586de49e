//! Where the provider is, codes, logging out.

use std::sync::Arc;

use arraylake_types::{OauthError, Secret};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, header};
use serde_json::json;

use super::CLIENT_ID;
use crate::catalog::Bare;
use crate::lake::Lake;
use crate::random;
use crate::refusal::Refusal;
use crate::store::{CodeState, LoginCode};

/// `GET /auth/config`: the provider is this very service, at the address by which it was asked.
///
/// Python clients put `https://` before the name, and reach the same port by TLS; for others the scheme stands there.
pub(super) async fn config(State(lake): State<Arc<Lake>>, uri: Uri, headers: HeaderMap) -> Response {
    let own = Arc::clone(&lake);
    let at = match authority(&uri, &headers) {
        Some(at) => at,
        None => match own.store.run(move |db| Ok(lake.catalog_uri(db)?)).await {
            Ok(uri) => uri.trim_start_matches("http://").to_owned(),
            Err(refusal) => return refusal.into_response(),
        },
    };
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let domain = if is_python(agent) { at } else { format!("http://{at}") };
    answer(StatusCode::OK, &json!({"domain": domain, "client_id": CLIENT_ID}))
}

fn is_python(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    agent.contains("python") && !agent.contains("rust")
}

/// By which name the service was asked.
fn authority(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    host.or_else(|| uri.authority().cloned()).map(|at| at.to_string())
}

/// `POST /oauth/device/code`
pub(super) async fn device_code(
    State(lake): State<Arc<Lake>>,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let bare = Bare::read(request, &lake).await?;
    if bare.form("client_id").as_deref() != Some(CLIENT_ID) {
        return Ok(refuse(StatusCode::FORBIDDEN, "unauthorized_client", "Unknown client"));
    }
    let now = lake.now_millis();
    let policy = lake.config.logins.clone();
    let device = Secret::new(random::letters(43));
    let code = LoginCode {
        user_code: random::user_code(),
        expires: now + policy.code_lifetime.num_milliseconds(),
        asked: None,
        state: CodeState::Waiting,
    };
    let (kept, waits) = (code.clone(), device.clone());
    lake.store.run(move |db| Ok(db.insert_login_code(&waits, &kept, now)?)).await?;
    // Browsers come by plain HTTP, on the port that a client may have reached by TLS.
    let page = format!("http://{}/activate", authority(&uri, &headers).unwrap_or_default());
    let code = json!({
        "device_code": device,
        "user_code": code.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", code.user_code),
        "expires_in": policy.code_lifetime.num_seconds(),
        "interval": policy.interval.num_seconds(),
    });
    Ok(answer(StatusCode::OK, &code))
}

/// `POST /oauth/revoke`: a refresh token ends its login. One that is unknown has ended.
pub(super) async fn revoke(State(lake): State<Arc<Lake>>, request: Request) -> Result<StatusCode, Refusal> {
    let bare = Bare::read(request, &lake).await?;
    let token = Secret::new(bare.form("token").unwrap_or_default());
    let job = move |db: &crate::store::Db<'_>| {
        if let Some(found) = db.refresh_token(&token)? {
            db.delete_login(&found.login)?;
        }
        Ok(StatusCode::OK)
    };
    lake.store.run(job).await
}

/// `GET /v2/logout`: ends the session of a browser. Command lines have none.
pub(super) async fn log_out() -> &'static str {
    "OK"
}

/// A refusal in the form of OAuth.
pub(super) fn refuse(status: StatusCode, error: &str, words: &str) -> Response {
    answer(status, &OauthError::new(error).with_description(words))
}

/// An answer that nobody may keep: it may hold tokens.
pub(super) fn answer(status: StatusCode, value: &impl serde::Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match serde_json::to_vec(value) {
        Ok(body) => (status, headers, body).into_response(),
        Err(error) => Refusal::internal("an answer", &error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_put_https_before_the_name_are_told_from_others() {
        assert!(is_python("python-httpx/0.28.1") && is_python("arraylake-python/1.7.0"));
        assert!(!is_python("arraylake-rust/0.15.1") && !is_python("arraylake-rust-sdk/0.1.0"));
        assert!(!is_python(""));
    }

    #[test]
    fn the_service_goes_by_the_name_it_was_asked_by() {
        let mut headers = HeaderMap::new();
        let uri = Uri::from_static("http://local.example.com/auth/config");
        assert_eq!(authority(&uri, &headers).as_deref(), Some("local.example.com"));
        headers.insert(header::HOST, "127.0.0.1:8000".parse().unwrap());
        assert_eq!(authority(&uri, &headers).as_deref(), Some("127.0.0.1:8000"));
    }
}
