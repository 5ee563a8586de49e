//! [`Call`]: a request with everything the handlers need, its caller known.

use std::sync::Arc;

use arraylake_types::{Principal, PrincipalId, Secret};
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::percent_decode_str;

use super::body::Body;
use super::era::Era;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::Db;

/// What a handler returns.
pub(crate) type Answer = Result<Response, Refusal>;

/// The largest body that is read.
const MAX_BODY: usize = 4 << 20;

/// A request without its caller.
// Never printed: query and body may hold secrets.
#[derive(Clone)]
pub(crate) struct Bare {
    /// What the request is about.
    pub(crate) lake: Arc<Lake>,
    /// Which client asks.
    pub(crate) era: Era,
    /// Which process asks; empty if it does not say.
    pub(crate) session: String,
    bearer: Option<Secret>,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Bytes,
}

/// A request whose caller is known.
#[derive(Clone)]
pub(crate) struct Call {
    bare: Bare,
    /// Who is asking.
    pub(crate) who: Principal,
}

/// A request of the administrator.
#[derive(Clone)]
pub(crate) struct AdminCall(pub(crate) Bare);

impl Bare {
    /// Reads a request to its end.
    pub(crate) async fn read(request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        Self::read_up_to(MAX_BODY, request, lake).await
    }

    async fn read_up_to(most: usize, request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let path = path_of(&mut parts).await?;
        let query = pairs(parts.uri.query().unwrap_or_default());
        // Whatever the type of the content: Python clients send none.
        let body = Limited::new(body, most).collect().await;
        let body = body.map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
        let session = text(&parts.headers, "arraylake-session-id").unwrap_or_default().to_owned();
        let bearer = text(&parts.headers, header::AUTHORIZATION.as_str()).and_then(bearer);
        let (lake, era) = (Arc::clone(lake), Era::of(&parts.headers));
        Ok(Self { lake, era, session, bearer, path, query, body: body.to_bytes() })
    }

    /// A part of the path.
    pub(crate) fn path(&self, name: &str) -> &str {
        find(&self.path, name).unwrap_or_default()
    }

    /// A value of the query; an empty one counts as missing.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name).filter(|value| !value.is_empty())
    }

    /// All values of the query under a name, empty ones too.
    pub(crate) fn queries<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a switch of the query is on.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|flag| flag == "1" || flag.eq_ignore_ascii_case("true"))
    }

    /// A value of the body, read as a form.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body);
        pairs(&body).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The body, read as a JSON object.
    pub(crate) fn body(&self) -> Result<Body, Refusal> {
        Body::parse(&self.body)
    }

    /// The body as any type that fits.
    pub(crate) fn body_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refusal> {
        let bad = |error: serde_json::Error| {
            Refusal::rule(format!("the body: {}", arraylake_types::error::describe_json_error(&error)))
        };
        serde_json::from_slice(&self.body).map_err(bad)
    }
}

impl Call {
    /// A request of somebody who is known by other means than a token.
    pub(crate) fn of(bare: Bare, who: Principal) -> Self {
        Self { bare, who }
    }

    /// The caller's id.
    pub(crate) fn id(&self) -> PrincipalId {
        self.who.id()
    }

    /// Runs `job` as one transaction.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        job: impl FnOnce(&Self, &Db<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.lake.store.clone();
        store.run(move |db| job(&self, db)).await
    }

    /// Reads a request whose body may have so many bytes.
    pub(crate) async fn read_up_to(most: usize, request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        Self::identify(Bare::read_up_to(most, request, lake).await?).await
    }

    async fn identify(bare: Bare) -> Result<Self, Refusal> {
        let Some(token) = bare.bearer.clone() else {
            return Err(Refusal::unknown_caller("Not authenticated"));
        };
        let (store, lake) = (bare.lake.store.clone(), Arc::clone(&bare.lake));
        let who = store.run(move |db| caller(db, &lake, &token)).await?;
        Ok(Self { bare, who })
    }
}

/// Whose a token is.
pub(crate) fn caller(db: &Db<'_>, lake: &Lake, token: &Secret) -> Result<Principal, Refusal> {
    let id = match db.token(token)? {
        Some(record) if record.expires > lake.now() => record.principal,
        None => logged_in(db, lake, token)?,
        Some(_) if lake.config.accept_any_token => lake.owner,
        Some(_) => return Err(Refusal::unknown_caller("Token expired")),
    };
    db.principal(id)?.ok_or_else(|| Refusal::unknown_caller("Invalid token"))
}

/// Whose login a token is of.
fn logged_in(db: &Db<'_>, lake: &Lake, token: &Secret) -> Result<PrincipalId, Refusal> {
    match db.login_token(token)? {
        Some((who, expires)) if expires > lake.now_millis() => Ok(who),
        Some(_) => Err(Refusal::unknown_caller("Token expired")),
        None if lake.config.accept_any_token => Ok(lake.owner),
        None => Err(Refusal::unknown_caller("Invalid token")),
    }
}

impl std::ops::Deref for Call {
    type Target = Bare;

    fn deref(&self) -> &Bare {
        &self.bare
    }
}

impl FromRequest<Arc<Lake>> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        Self::read_up_to(MAX_BODY, request, lake).await
    }
}

impl FromRequest<Arc<Lake>> for AdminCall {
    type Rejection = Refusal;

    async fn from_request(request: Request, lake: &Arc<Lake>) -> Result<Self, Refusal> {
        let bare = Bare::read(request, lake).await?;
        match &bare.bearer {
            Some(token) if same(token, &lake.admin_token) => Ok(Self(bare)),
            Some(_) => {
                Err(Refusal::forbidden("this needs the admin token, which lies in the lake's directory"))
            }
            None => Err(Refusal::unknown_caller("Not authenticated")),
        }
    }
}

/// Compares digests, so that the time it takes says nothing about the token.
fn same(one: &Secret, other: &Secret) -> bool {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(one.expose()) == Sha256::digest(other.expose())
}

async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>, Refusal> {
    let bad = |_| Refusal::missing("Not Found");
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(bad)?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn bearer(value: &str) -> Option<Secret> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

/// Reads a form-encoded query: `+` is a blank.
fn pairs(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (plain(name), plain(value))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn find<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_a_form() {
        let query = pairs("a=x+y%20z&b=&c&filter_metadata=%7B%22k%22%3A+%22%C3%BC%22%7D");
        assert_eq!(find(&query, "a"), Some("x y z"));
        assert_eq!(find(&query, "b"), Some(""));
        assert_eq!(find(&query, "c"), Some(""));
        assert_eq!(find(&query, "filter_metadata"), Some(r#"{"k": "ü"}"#));
        assert_eq!(find(&query, "d"), None);
    }

    #[test]
    fn only_a_bearer_token_counts() {
        assert_eq!(bearer("Bearer ema_x"), Some(Secret::new("ema_x")));
        assert_eq!(bearer("bearer  ema_x "), Some(Secret::new("ema_x")));
        for bad in ["Basic x", "Bearer", "Bearer ", "ema_x"] {
            assert_eq!(bearer(bad), None, "{bad}");
        }
    }
}
