//! The Iceberg REST catalog, as far as it goes without tables: an org is a warehouse, and its namespaces can be seen.
//!
//! Errors have the form of that protocol, not of the rest of the catalog.

use axum::response::IntoResponse as _;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::namespace_list::visible;
use super::namespaces::seen;
use super::reply;
use crate::refusal::Refusal;

/// `GET /iceberg/v1/config`: the prefix of all other routes is the org, which is asked for as the warehouse.
pub(crate) async fn config(call: Call) -> Answer {
    let org = call.query("warehouse").unwrap_or_default().to_owned();
    let found = call.run(move |call, db| call.org(db, &org).map(|_| org)).await;
    told(found.map(|org| json!({"defaults": {}, "overrides": {"prefix": org}})))
}

/// `GET /iceberg/v1/{org}/namespaces`: none has others below it.
pub(crate) async fn list(call: Call) -> Answer {
    let found = call.run(|call, db| {
        let all = visible(call, db)?;
        let below = call.query("parent").is_some();
        Ok(all.into_iter().filter(|_| !below).map(|name| json!([name])).collect::<Vec<Value>>())
    });
    told(found.await.map(|names| json!({"namespaces": names})))
}

/// `GET`, `HEAD /iceberg/v1/{org}/namespaces/{namespace}`
pub(crate) async fn get(method: Method, call: Call) -> Answer {
    let found = one(call).await;
    if method == Method::HEAD && found.is_ok() {
        return reply::done();
    }
    told(found)
}

/// `GET /iceberg/v1/{org}/namespaces/{namespace}/tables`: there are none.
pub(crate) async fn tables(call: Call) -> Answer {
    told(one(call).await.map(|_| json!({"identifiers": []})))
}

/// Everything else.
pub(crate) async fn other(_: Call) -> Answer {
    let text =
        "the local service keeps Iceberg namespaces without tables; they are changed by the management API";
    told(Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, text)))
}

async fn one(call: Call) -> Result<Value, Refusal> {
    call.run(|call, db| {
        let name = call.path("namespace");
        let missing = || Refusal::missing(format!("Namespace does not exist: {name}"));
        let (found, _) = seen(call, db, name, missing)?;
        Ok(json!({"namespace": [found.name], "properties": found.properties}))
    })
    .await
}

fn told(found: Result<Value, Refusal>) -> Answer {
    let refusal = match found {
        Ok(value) => return reply::ok(&value),
        Err(refusal) => refusal,
    };
    let status = refusal.status();
    let kind = match status {
        StatusCode::NOT_FOUND => "NoSuchNamespaceException",
        StatusCode::FORBIDDEN => "ForbiddenException",
        StatusCode::NOT_ACCEPTABLE => "UnsupportedOperationException",
        _ => "BadRequestException",
    };
    let error = json!({"error": {"message": refusal.message(), "type": kind, "code": status.as_u16()}});
    Ok((status, [(header::CONTENT_TYPE, "application/json")], error.to_string()).into_response())
}
