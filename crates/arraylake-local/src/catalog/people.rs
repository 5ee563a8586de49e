//! `GET /`, `/user`, `/user/orgs`, `/orgs/{org}` and the lookup of tokens.

use std::sync::Arc;

use arraylake_types::{OrgInfo, Secret};
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use http::{HeaderMap, header};
use serde_json::json;

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::reply;
use crate::lake::Lake;
use crate::pages::CONSOLE;
use crate::refusal::Refusal;

/// `GET /`: anybody may ask what is here. Browsers are led to the pages for people.
pub(crate) async fn about(State(lake): State<Arc<Lake>>, headers: HeaderMap) -> Answer {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        return Ok(Redirect::to(CONSOLE).into_response());
    }
    let version = env!("CARGO_PKG_VERSION");
    reply::ok(&json!({
        "arraylake_api_version": version,
        "service": "arraylake-local",
        "s3_uri": lake.s3_uri(),
    }))
}

/// `GET /user`
pub(crate) async fn user(call: Call) -> Answer {
    reply::ok(&call.who)
}

/// `POST /user/diagnostics`: nothing is kept.
pub(crate) async fn diagnostics(_: Call) -> Answer {
    reply::ok(&json!({}))
}

/// `GET /user/orgs`
pub(crate) async fn orgs(call: Call) -> Answer {
    call.run(|call, db| {
        let mut orgs = Vec::new();
        for (mut org, actions) in db.orgs_of(call.id())? {
            org.permissions = vec![json!({"principal_id": call.id(), "actions": actions})];
            orgs.push(org);
        }
        reply::ok(&orgs)
    })
    .await
}

/// `GET /orgs/{org}`
pub(crate) async fn org(call: Call) -> Answer {
    call.run(|call, db| {
        let name = call.path("org");
        let rights = call.org(db, name)?;
        let org = db.org(name)?.filter(|_| !rights.are_none()).ok_or_else(denied)?;
        reply::ok(&OrgInfo::new(org.id, org.name))
    })
    .await
}

/// `GET /orgs/{org}/api-clients/authenticate`: whose token it is. `client_id` is what the oldest clients read, `_id`
/// what the others do.
pub(crate) async fn authenticate(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        if call.org(db, org)?.are_none() {
            return Err(denied());
        }
        let missing = || Refusal::missing("no such token");
        let token = call.query("token").map(Secret::new);
        let token = token.ok_or_else(|| reply::bad_query("token", "Field required", "missing"))?;
        let record = db.token(&token)?.filter(|it| it.expires > call.lake.now()).ok_or_else(missing)?;
        let who = db.principal(record.principal)?.ok_or_else(missing)?;
        if Rights::new(db.org_actions(org, who.id())?).are_none() {
            return Err(missing());
        }
        let now = call.lake.now();
        db.touch_token(&token, now)?;
        reply::ok(&json!({
            "_id": who.id(),
            "client_id": who.id(),
            "email": who.email(),
            "created": record.created,
            "expiration": record.expires,
            "last_used": now,
        }))
    })
    .await
}
