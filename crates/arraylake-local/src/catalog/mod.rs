//! The catalog over HTTP: one router for every era of clients.
//!
//! A handler takes a [`Call`](call::Call), whose caller is known, and does its work in one transaction.

mod access;
mod admin;
mod admin_users;
mod body;
mod bucket_change;
mod bucket_new;
mod buckets;
pub(crate) mod call;
mod chunk_access;
mod compute;
mod compute_admin;
mod compute_config;
mod compute_logs;
mod credentials;
mod era;
mod exchange;
mod facts;
mod filter;
mod iceberg_rest;
mod namespace_list;
mod namespaces;
mod optimization;
mod paging;
mod people;
mod permissions;
mod policies;
mod removal;
pub(crate) mod reply;
mod repo_change;
mod repo_list;
mod repo_new;
mod repos;
mod results;
mod subscribe;
mod trial;
mod view;
mod virtual_chunks;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, patch, post, put};

use crate::identity;
use crate::lake::Lake;
use crate::metastore;
use crate::pages;
use crate::refusal::Refusal;

pub(crate) use self::bucket_new::{add_bucket, bucket_of};
pub(crate) use self::call::{Bare, Call, caller};
pub(crate) use self::removal::sweep;
pub(crate) use self::repo_list::wanted as wanted_repos;

/// Every route. Words that are fixed win over names, whatever the order.
pub(crate) fn router(lake: Arc<Lake>) -> Router {
    Router::new()
        .merge(people_routes())
        .merge(identity::routes())
        .merge(repo_routes())
        .merge(bucket_routes())
        .merge(iceberg_routes())
        .merge(compute_routes())
        .merge(admin_routes())
        .merge(metastore::routes())
        .merge(pages::router())
        .merge(trial_routes())
        .fallback(async || Refusal::missing("Not Found"))
        .method_not_allowed_fallback(async || {
            Refusal::new(http::StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .with_state(lake)
}

fn people_routes() -> Router<Arc<Lake>> {
    Router::new()
        .route("/", get(people::about))
        .route("/default-exchange", get(exchange::default_exchange))
        .route("/user", get(people::user))
        .route("/auth/update-user", post(people::user))
        .route("/user/diagnostics", post(people::diagnostics))
        .route("/user/orgs", get(people::orgs))
        .route("/user/permissions", get(permissions::own))
        .route("/orgs/{org}", get(people::org))
        .route("/orgs/{org}/api-clients/authenticate", get(people::authenticate))
        .route("/orgs/{org}/api-clients/permissions/check", get(permissions::check))
        .route("/orgs/{org}/permissions/check", get(permissions::check))
}

fn repo_routes() -> Router<Arc<Lake>> {
    let containers = get(virtual_chunks::list).patch(virtual_chunks::change);
    Router::new()
        .route("/orgs/{org}/repos", get(repo_list::plain).post(repo_new::create))
        .route("/orgs/{org}/repos/paginated", get(repo_list::paginated))
        .route("/orgs/{org}/repos/import", post(repo_new::import))
        .route("/orgs/{org}/{repo}", patch(repo_change::modify).delete(removal::delete))
        .route("/orgs/{org}/{repo}/status", put(repo_change::set_status))
        .route("/orgs/{org}/{repo}/visibility", put(repo_change::set_visibility))
        .route("/repos/{org}/{repo}", get(repos::get))
        .route("/repos/{org}/{repo}/open", get(credentials::open))
        .route("/repos/{org}/{repo}/bucket-credentials", get(credentials::of_repo))
        .route("/repo/{id}", get(repos::get))
        .route("/repo/{id}/bucket-credentials", get(credentials::of_repo))
        .route("/orgs/{org}/exchange-listings", post(exchange::publish))
        .route("/orgs/{org}/exchange-subscriptions", post(subscribe::create))
        .route("/orgs/{org}/marketplace/listings", post(exchange::publish))
        .route("/orgs/{org}/marketplace/subscribe", post(subscribe::create))
        .route("/repo/{id}/subscriptions", get(exchange::subscriptions))
        .route("/repos/icechunk/{org}/{repo}/gc_results", post(results::gc))
        .route("/repos/icechunk/{org}/{repo}/expiration_results", post(results::expiration))
        .route("/repos/icechunk/{org}/{repo}/virtual-chunk-containers", containers)
}

fn bucket_routes() -> Router<Arc<Lake>> {
    let policies = get(policies::list).put(policies::put).delete(policies::delete);
    let one = get(buckets::get).patch(bucket_change::modify).delete(buckets::delete);
    Router::new()
        .route("/orgs/{org}/buckets", get(buckets::list).post(bucket_new::create))
        .route("/orgs/{org}/buckets/{bucket}", one)
        .route("/orgs/{org}/buckets/{bucket}/default", post(buckets::set_default))
        .route("/orgs/{org}/buckets/{bucket}/repos", get(repo_list::of_bucket))
        .route("/orgs/{org}/buckets/{bucket}/credentials", get(credentials::of_bucket))
        .route("/orgs/{org}/settings/virtual-chunk-access-policies", policies)
}

fn iceberg_routes() -> Router<Arc<Lake>> {
    let one = get(namespaces::get).patch(namespaces::modify).delete(namespaces::delete);
    let all = get(namespace_list::plain).post(namespaces::create);
    Router::new()
        .route("/orgs/{org}/iceberg/namespaces", all)
        .route("/orgs/{org}/iceberg/namespaces/paginated", get(namespace_list::paginated))
        .route("/orgs/{org}/iceberg/namespaces/{name}", one)
        .route("/orgs/{org}/iceberg/namespaces/{name}/restore", post(namespaces::restore))
        .route("/orgs/{org}/iceberg/namespaces/{name}/tables/paginated", get(namespaces::tables))
        .route("/iceberg/v1/config", get(iceberg_rest::config))
        .route("/iceberg/v1/{org}/namespaces", get(iceberg_rest::list).fallback(iceberg_rest::other))
        .route(
            "/iceberg/v1/{org}/namespaces/{namespace}",
            get(iceberg_rest::get).head(iceberg_rest::get).fallback(iceberg_rest::other),
        )
        .route(
            "/iceberg/v1/{org}/namespaces/{namespace}/tables",
            get(iceberg_rest::tables).fallback(iceberg_rest::other),
        )
        .route("/iceberg/{*rest}", any(iceberg_rest::other))
}

fn compute_routes() -> Router<Arc<Lake>> {
    let one = get(compute::status).patch(compute::update).delete(compute::disable);
    Router::new()
        .route("/compute/orgs/{org}/services", get(compute::list).post(compute::enable))
        .route("/compute/orgs/{org}/services/{service}", one)
        .route("/compute/orgs/{org}/services/{service}/logs", get(compute_logs::logs))
        .route("/compute/orgs/{org}/regions", get(compute::regions))
        .route("/compute/config", get(compute_admin::config))
        .route("/compute/dump", get(compute_admin::dump))
        .route("/compute/load", post(compute_admin::load))
}

fn admin_routes() -> Router<Arc<Lake>> {
    Router::new()
        .route("/_local/about", get(admin::about))
        .route("/_local/orgs", post(admin::create_org))
        .route("/_local/orgs/{org}/permissions", put(admin::set_org_permissions))
        .route("/_local/users", post(admin_users::create_user))
        .route("/_local/tokens", post(admin_users::create_token))
        .route("/_local/s3-buckets", post(admin::create_s3_bucket))
        .route("/_local/s3-keys", post(admin_users::create_s3_key))
        .route("/_local/repos/{org}/{repo}/status", put(admin::set_status))
        .route("/_local/repos/{org}/{repo}/permissions", put(admin::set_repo_permissions))
}

fn trial_routes() -> Router<Arc<Lake>> {
    Router::new()
        .route("/orgs_test_create", post(trial::create_org))
        .route("/repo_status_system", post(trial::set_status))
        .route("/repo_status_system/{org}/{repo}", post(trial::set_status))
}
