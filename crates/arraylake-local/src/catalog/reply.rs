//! Answers that say yes.

use arraylake_types::{RepoModel, ValidationItem};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::Serialize;

use super::call::Answer;
use crate::refusal::Refusal;

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn bytes(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(|error| Refusal::internal("an answer", &error))
}

/// 200 with a body.
pub(crate) fn ok(value: &impl Serialize) -> Answer {
    Ok(json(StatusCode::OK, bytes(value)?))
}

/// 201 with a body.
pub(crate) fn created(value: &impl Serialize) -> Answer {
    Ok(json(StatusCode::CREATED, bytes(value)?))
}

/// 204.
pub(crate) fn done() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// 200 with an array of repos.
pub(crate) fn repos(repos: &[RepoModel]) -> Answer {
    Ok(json(StatusCode::OK, rows(repos)?))
}

/// 200 with a page of repos.
pub(crate) fn repo_page(repos: &[RepoModel], total: u64, page: u64, size: u64) -> Answer {
    let mut body = br#"{"items":"#.to_vec();
    body.extend(rows(repos)?);
    let pages = total.div_ceil(size.max(1));
    let numbers = format!(r#","total":{total},"page":{page},"size":{size},"pages":{pages}}}"#);
    body.extend(numbers.into_bytes());
    Ok(json(StatusCode::OK, body))
}

/// Repos as rows. A row has its id under `id`, a single repo under `_id`, and never both.
fn rows(repos: &[RepoModel]) -> Result<Vec<u8>, Refusal> {
    let mut rows = vec![b'['];
    for (at, repo) in repos.iter().enumerate() {
        let row = bytes(repo)?;
        let rest = row.strip_prefix(br#"{"_id""#).unwrap_or_default();
        rows.extend_from_slice(if at == 0 { br#"{"id""# } else { br#",{"id""# });
        rows.extend_from_slice(rest);
    }
    rows.push(b']');
    Ok(rows)
}

/// A value of the query that is not of its form.
pub(crate) fn bad_query(name: &str, msg: &str, kind: &str) -> Refusal {
    Refusal::shape(vec![ValidationItem::new(&["query", name], msg, kind)])
}
