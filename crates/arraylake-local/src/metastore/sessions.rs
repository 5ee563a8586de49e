//! Sessions, and what they have touched.

use arraylake_types::Timestamp;
use arraylake_types::v1::{
    DocSession, NewSession, SessionExpirationUpdate, SessionId, SessionInfo, SessionPath, TimeSpan, WireTime,
};
use chrono::TimeDelta;
use serde::Deserialize;

use super::call::{RepoCall, check_open, unknown_session};
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::setup::check_email;
use crate::store::v1::{Meta, StoredSession, Touched};

/// `GET /repos/{org}/{repo}/sessions`
pub(crate) async fn list(call: RepoCall) -> Answer {
    reply::ok(&call.read(|call, meta| Ok(meta.active_sessions(call.now())?)).await?)
}

/// `POST /repos/{org}/{repo}/sessions`
pub(crate) async fn create(call: RepoCall) -> Answer {
    let request: NewSession = call.body_as()?;
    if request.branch.as_ref().is_none_or(String::is_empty) && request.base_commit.is_none() {
        return Err(Refusal::rule("At least one of branch, base_commit must be given"));
    }
    check_email(&request.author_email)?;
    let now = WireTime::from(call.now());
    let expiration = end(now.timestamp(), request.expires_in)?;
    let id: SessionId = uuid::Uuid::new_v4().simple().to_string().parse()?;
    let info = SessionInfo::new(id, request, now, expiration);
    call.write(move |_, meta| {
        meta.insert_session(&info)?;
        reply::ok(&info)
    })
    .await
}

/// `GET /repos/{org}/{repo}/sessions/{session}`
pub(crate) async fn get(call: RepoCall) -> Answer {
    reply::ok(&call.read(|call, meta| Ok(open_session(call, meta)?.1)).await?)
}

/// `PUT /repos/{org}/{repo}/sessions/{session}`
pub(crate) async fn update(call: RepoCall) -> Answer {
    let request: SessionExpirationUpdate = call.body_as()?;
    let expiration = end(call.now(), request.expires_in)?;
    call.write(move |call, meta| {
        let (session, info) = open_session(call, meta)?;
        reply::ok(&meta.set_expiration(&session, info, expiration)?)
    })
    .await
}

/// `DELETE /repos/{org}/{repo}/sessions/{session}`
pub(crate) async fn expire(call: RepoCall) -> Answer {
    call.write(|call, meta| {
        let (session, info) = open_session(call, meta)?;
        reply::ok(&meta.abandon(&session, info, call.now().into())?)
    })
    .await
}

/// The session named in the path, if it goes on.
fn open_session(call: &RepoCall, meta: &Meta<'_>) -> Result<(StoredSession, SessionInfo), Refusal> {
    let id: SessionId = call.path("session").parse()?;
    let session = meta.session(&id)?.ok_or_else(|| unknown_session(&id))?;
    check_open(&session, call.now())?;
    let info = session.info.clone().ok_or_else(|| unknown_session(&id))?;
    Ok((session, info))
}

/// When a session ends that lives so long from now.
fn end(now: Timestamp, expires_in: TimeSpan) -> Result<WireTime, Refusal> {
    let too_long = || Refusal::rule("Max expiry exceeded: sessions live for 7 days at most");
    if expires_in > TimeSpan::MAX_SESSION {
        return Err(too_long());
    }
    let end = now.to_chrono().checked_add_signed(TimeDelta::microseconds(expires_in.as_micros()));
    end.map(WireTime::from).ok_or_else(too_long)
}

/// `GET /repos/{org}/{repo}/sessions/{collection}/{path}`
pub(crate) async fn of_path(call: RepoCall) -> Answer {
    let found = call.read(|call, meta| match call.kept()? {
        Some(kept) => Ok(meta.touchers(kept, call.path("path"))?),
        None => Ok(Vec::new()),
    });
    let rows = found.await?.into_iter().map(|toucher| {
        let size = toucher.content.as_deref().map_or(0, length);
        DocSession::new(doc_id(toucher.doc), toucher.session, toucher.content.is_none(), size)
    });
    reply::ok(&rows.collect::<Vec<_>>())
}

/// The length of a chunk by its reference; 0 for what is none.
fn length(content: &str) -> u64 {
    #[derive(Default, Deserialize)]
    struct Length {
        length: u64,
    }
    serde_json::from_str::<Length>(content).unwrap_or_default().length
}

/// `GET /repos/{org}/{repo}/modified_paths/{collection}`
pub(crate) async fn modified_paths(call: RepoCall) -> Answer {
    let touched = call.read(|call, meta| {
        let limit = call.number("limit")?;
        let session = call.view(meta)?.session;
        // The collection of nodes is made of the others: what is touched there is told with them.
        match (session, call.kept()?) {
            (Some(session), Some(kept)) => Ok(meta.touched(&session, kept, limit)?),
            _ => Ok(Vec::new()),
        }
    });
    reply_paths(touched.await?)
}

/// `GET /repos/{org}/{repo}/modified_paths_commit/{collection}`
pub(crate) async fn modified_paths_of_commit(call: RepoCall) -> Answer {
    let touched = call.read(|call, meta| {
        let limit = call.number("limit")?;
        let missing = || Refusal::rule("commit_id: Field required");
        let point = call.point(meta, "commit_id")?.ok_or_else(missing)?;
        match call.kept()? {
            Some(kept) => Ok(meta.touched_by(&point, kept, limit)?),
            None => Ok(Vec::new()),
        }
    });
    reply_paths(touched.await?)
}

fn reply_paths(touched: Vec<Touched>) -> Answer {
    let rows = touched.into_iter().map(|it| SessionPath::new(doc_id(it.doc), it.path, it.deleted));
    reply::ok(&rows.collect::<Vec<_>>())
}

/// The number of a version as clients know it.
pub(super) fn doc_id(number: i64) -> String {
    format!("{number:024x}")
}
