//! Documents: writing, reading, deleting many at once.

use std::collections::BTreeSet;

use arraylake_types::v1::{Doc, NewDoc};
use serde_json::json;
use serde_json::value::RawValue;

use super::call::RepoCall;
use super::path::node_of;
use super::sessions::doc_id;
use crate::catalog::call::Answer;
use crate::catalog::reply;
use crate::refusal::Refusal;
use crate::store::v1::{Entry, Kept};

/// `PUT /repos/{org}/{repo}/contents/{collection}/_bulk_set`
pub(crate) async fn set(call: RepoCall) -> Answer {
    let docs: Vec<NewDoc<Box<RawValue>>> = call.body_as()?;
    if let Some(odd) = docs.iter().find(|doc| !doc.content.get().starts_with('{')) {
        return Err(Refusal::rule(format!("the content of {:?} must be a JSON object", odd.path)));
    }
    call.write(move |call, meta| {
        let kept = call.kept_documents()?;
        let view = call.view(meta)?;
        let (session, published) = call.writer(meta)?;
        for doc in &docs {
            // Documents of metadata are listed in the order in which their paths came to be.
            let before = match kept {
                Kept::Metadata => meta.entry(&view, kept, &doc.path)?,
                Kept::Chunks => None,
            };
            let made = before.map(|entry| entry.made);
            meta.write((&session, published), (kept, &doc.path), Some(doc.content.get()), made)?;
        }
        Ok(())
    })
    .await?;
    reply::ok(&json!({}))
}

/// `POST /repos/{org}/{repo}/contents/{collection}/_bulk_get`
pub(crate) async fn get(call: RepoCall) -> Answer {
    let paths: BTreeSet<String> = call.body_as()?;
    let docs = call.read(move |call, meta| {
        let kept = call.kept_documents()?;
        if kept == Kept::Chunks {
            check_one_node(&paths)?;
        }
        let view = call.view(meta)?;
        let mut docs = Vec::with_capacity(paths.len());
        for path in &paths {
            docs.extend(meta.entry(&view, kept, path)?.map(shown).transpose()?);
        }
        Ok(docs)
    });
    reply::ok(&docs.await?)
}

fn check_one_node(paths: &BTreeSet<String>) -> Result<(), Refusal> {
    let nodes: BTreeSet<&str> = paths.iter().map(|path| node_of(path)).collect();
    if nodes.len() > 1 {
        let nodes = nodes.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Refusal::rule(format!("Multiple nodes detected in chunk request: {nodes}")));
    }
    Ok(())
}

fn shown(entry: Entry) -> Result<Doc<Box<RawValue>>, Refusal> {
    let content = RawValue::from_string(entry.content);
    let content = content.map_err(|error| Refusal::internal("a stored document", &error))?;
    Ok(Doc::new(doc_id(entry.doc), entry.session, entry.path, content))
}

/// `PUT /repos/{org}/{repo}/contents/{collection}/_bulk_delete`
pub(crate) async fn delete(call: RepoCall) -> Answer {
    let paths: BTreeSet<String> = call.body_as()?;
    call.write(move |call, meta| {
        let kept = call.kept_documents()?;
        let view = call.view(meta)?;
        let (session, published) = call.writer(meta)?;
        for path in &paths {
            // What is not there stays untouched: else it would count as a change, and conflict with others.
            if meta.entry(&view, kept, path)?.is_some() {
                meta.write((&session, published), (kept, path), None, None)?;
            }
        }
        Ok(())
    })
    .await?;
    reply::ok(&json!({}))
}
