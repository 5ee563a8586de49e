//! The console: orgs, their repos, and what a repo holds.

mod history;
mod org;
mod orgs;
mod place;
mod repo;
mod tree;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::lake::Lake;

/// The pages of the console; all of them only show.
pub(super) fn routes() -> Router<Arc<Lake>> {
    Router::new()
        .route("/console", get(orgs::orgs))
        .route("/console/orgs/{org}", get(org::org))
        .route("/console/orgs/{org}/repos/{repo}", get(repo::repo))
}
