//! What people see in a browser: pages made here, without scripts and without anything from elsewhere.
//!
//! | module | what lives there |
//! | --- | --- |
//! | `layout` | [`Page`]: title, landmarks, heading, and the answer it becomes |
//! | `guard` | who may ask: only pages of this service, under an address and not a name |
//! | `session` | [`WebSessions`]: who is signed in, known by a cookie |
//! | `viewer` | [`Viewer`]: a request of somebody who is signed in |
//! | `sign_in` | signing in with a token, signing out |
//! | `assets` | the stylesheet and the icon |
//!
//! A page elsewhere must not read these, nor act through them: requests under a name that may have been bound to this
//! machine are refused, as are forms sent from other origins; nothing may frame a page, and no answer allows another
//! origin to read it. The cookie holds a random value that means nothing outside this process.

mod assets;
mod console;
mod guard;
mod layout;
mod session;
mod sign_in;
mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use self::guard::guarded;
pub(crate) use self::layout::{Failure, Page};
pub(crate) use self::session::WebSessions;
pub(crate) use self::viewer::Viewer;
use crate::lake::Lake;

/// Where the console begins.
pub(crate) const CONSOLE: &str = "/console";

/// The pages, behind their guard.
pub(crate) fn router() -> Router<Arc<Lake>> {
    guarded(
        console::routes()
            .route("/console/sign-in", get(sign_in::form).post(sign_in::sign_in))
            .route("/console/sign-out", post(sign_in::sign_out))
            .route("/console/assets/style.css", get(assets::style))
            .route("/console/assets/icon.svg", get(assets::icon)),
    )
}
