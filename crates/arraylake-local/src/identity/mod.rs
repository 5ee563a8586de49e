//! The login provider: codes that a person confirms in a browser, tokens, their renewal.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `policy` | [`LoginPolicy`]: how long everything works |
//! | `provider` | `/auth/config`, `/oauth/device/code`, `/v2/logout`, `/oauth/revoke` |
//! | `token` | `/oauth/token`: tokens for a confirmed code, and for a refresh token |
//! | `jwt` | the tokens themselves |
//! | `confirm` | `/activate`: the page where a code is confirmed |
//!
//! It speaks as the real provider does, refusals included, and remembers in the records, so that a restart ends no
//! login.

mod confirm;
mod jwt;
mod policy;
mod provider;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use self::policy::LoginPolicy;

use crate::lake::Lake;
use crate::pages::guarded;

/// What the client is called at the provider.
const CLIENT_ID: &str = "arraylake-local";

/// The routes of the provider.
pub(crate) fn routes() -> Router<Arc<Lake>> {
    Router::new()
        .route("/auth/config", get(provider::config))
        .route("/oauth/device/code", post(provider::device_code))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(provider::revoke))
        .route("/v2/logout", get(provider::log_out))
        .merge(guarded(Router::new().route("/activate", get(confirm::form).post(confirm::decide))))
}
