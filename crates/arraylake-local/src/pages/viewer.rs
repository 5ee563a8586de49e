//! [`Viewer`]: a request of somebody who is signed in.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::layout::{Failure, Page};
use crate::catalog::{Bare, Call};
use crate::lake::Lake;
use crate::refusal::Refusal;

/// A request of somebody who is signed in. Others are sent to sign in, and come back.
#[derive(Clone)]
pub(crate) struct Viewer(Call);

impl Viewer {
    /// The call this is, as if it came with a token.
    pub(crate) fn into_call(self) -> Call {
        self.0
    }

    /// A page for the one who asks.
    pub(crate) fn page(&self, page: Page) -> Page {
        page.with_viewer(self.0.who.email())
    }
}

impl std::ops::Deref for Viewer {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.0
    }
}

impl FromRequest<Arc<Lake>> for Viewer {
    type Rejection = Response;

    async fn from_request(request: Request, lake: &Arc<Lake>) -> Result<Self, Response> {
        let safe = request.method().is_safe();
        let here = request.uri().path_and_query().map_or("", |it| it.as_str()).to_owned();
        let Some(id) = lake.web.who(request.headers(), lake.config.clock.now()) else {
            return Err(sign_in(if safe { &here } else { super::CONSOLE }));
        };
        let refused = |refusal: Refusal| Failure::from(refusal).into_response();
        let bare = Bare::read(request, lake).await.map_err(refused)?;
        let who = lake.store.run(move |db| Ok(db.principal(id)?)).await.map_err(refused)?;
        match who {
            Some(who) => Ok(Self(Call::of(bare, who))),
            None => Err(sign_in(&here)),
        }
    }
}

/// To the page for signing in, which leads back to `next`.
fn sign_in(next: &str) -> Response {
    let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
    Redirect::to(&format!("/console/sign-in?next={next}")).into_response()
}
