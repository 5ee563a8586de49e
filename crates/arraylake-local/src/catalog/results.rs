//! What maintenance jobs report: garbage collection and expiration. Checked and kept; nothing lists it.

use serde_json::{Map, Value, json};

use super::body::Body;
use super::call::{Answer, Call};
use super::reply;

const COUNTS: [&str; 6] = [
    "bytes_deleted",
    "chunks_deleted",
    "manifests_deleted",
    "snapshots_deleted",
    "attributes_deleted",
    "transaction_logs_deleted",
];

const SETS: [&str; 4] = ["released_snapshots", "edited_snapshots", "deleted_tags", "deleted_branches"];

/// `POST /repos/icechunk/{org}/{repo}/gc_results`
pub(crate) async fn gc(call: Call) -> Answer {
    let mut body = call.body()?;
    let count = |key: &str, body: &mut Body| body.required::<u64>(key, "a valid integer").map(Value::from);
    let result = read(&mut body, &COUNTS, count);
    keep(call, body, "gc", result).await
}

/// `POST /repos/icechunk/{org}/{repo}/expiration_results`
pub(crate) async fn expiration(call: Call) -> Answer {
    let mut body = call.body()?;
    let set =
        |key: &str, body: &mut Body| body.required::<Vec<String>>(key, "a list of strings").map(Value::from);
    let result = read(&mut body, &SETS, set);
    keep(call, body, "expiration", result).await
}

fn read(
    body: &mut Body,
    keys: &[&str],
    value: impl Fn(&str, &mut Body) -> Option<Value>,
) -> Map<String, Value> {
    let mut result: Map<String, Value> =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), value(key, body)?))).collect();
    result.insert("job_run_id".to_owned(), json!(body.text("job_run_id")));
    result
}

async fn keep(call: Call, body: Body, kind: &'static str, result: Map<String, Value>) -> Answer {
    body.finish()?;
    call.run(move |call, db| {
        let repo = call.repo_to_write(db)?.repo.model;
        db.keep_result(&repo.id, (kind, &result), (call.lake.now(), &call.id().to_string()))?;
        reply::done()
    })
    .await
}
