//! Virtual chunk containers, which the local service does not support yet.

use serde_json::json;

use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;

/// `GET /repos/icechunk/{org}/{repo}/virtual-chunk-containers`: there are none.
pub(crate) async fn list(call: Call) -> Answer {
    call.run(|call, db| call.repo(db).and_then(|_| reply::ok(&json!({})))).await
}

/// `PATCH` of the same.
pub(crate) async fn change(call: Call) -> Answer {
    call.run(|call, db| {
        call.repo_to_write(db)?;
        Err(Refusal::rule("virtual chunk containers are not yet supported by the local service"))
    })
    .await
}
