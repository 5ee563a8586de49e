//! The metastore of V1 repos over HTTP: sessions, commits, branches, tags, and documents.
//!
//! A handler takes a [`RepoCall`](call::RepoCall) and does its work in one transaction. Refusals that clients react to
//! are 422 with the words that they know.

mod call;
mod commits;
mod documents;
mod filter;
mod filter_text;
mod listing;
mod nodes;
mod path;
mod rebase;
mod refs;
mod sessions;
mod size;
mod tree;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::lake::Lake;

/// Every route below `/repos/{org}/{repo}`.
pub(crate) fn routes() -> Router<Arc<Lake>> {
    let repo = |rest: &str| format!("/repos/{{org}}/{{repo}}/{rest}");
    let one_session = get(sessions::get).put(sessions::update).delete(sessions::expire);
    Router::new()
        .route(&repo("sessions"), get(sessions::list).post(sessions::create))
        .route(&repo("sessions/{session}"), one_session)
        .route(&repo("sessions/{collection}/{*path}"), get(sessions::of_path))
        .route(&repo("modified_paths/{collection}"), get(sessions::modified_paths))
        .route(&repo("modified_paths_commit/{collection}"), get(sessions::modified_paths_of_commit))
        .route(&repo("commits"), get(commits::list).put(commits::create))
        .route(&repo("commits/{commit}"), get(commits::get))
        .route(&repo("rebase"), post(rebase::rebase))
        .route(&repo("branches"), get(refs::branches).put(refs::move_branch).delete(refs::delete_branch))
        .route(&repo("tags"), get(refs::tags).put(refs::create_tag).delete(refs::delete_tag))
        .route(&repo("size/"), get(size::size))
        .route(&repo("tree"), get(tree::tree))
        .route(&repo("contents/nodes/rename"), put(nodes::rename))
        .route(&repo("contents/{collection}/_bulk_set"), put(documents::set))
        .route(&repo("contents/{collection}/_bulk_get"), post(documents::get))
        .route(&repo("contents/{collection}/_bulk_delete"), put(documents::delete))
        .route(&repo("contents/{collection}/"), get(listing::list).delete(nodes::delete_prefix))
        .route(&repo("contents/{collection}/{*prefix}"), delete(nodes::delete_prefix))
}
