//! The exchange, as far as it works inside one lake: who subscribed to a repo.

use arraylake_types::Page;
use serde_json::Value;

use super::call::{Answer, Call};
use super::paging::Paging;
use super::reply;
use crate::refusal::Refusal;

/// `GET /default-exchange`: a lake has none, which is what 404 says here.
pub(crate) async fn default_exchange(_: Call) -> Answer {
    Err(Refusal::missing("There is no default exchange"))
}

/// `GET /repo/{id}/subscriptions`
pub(crate) async fn subscriptions(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    call.run(move |call, db| {
        call.repo_to_write(db)?;
        let mut page: Page<Value> = paging.cut(Vec::new());
        // The published crate asks on and on for the last page, so that there must be one.
        page.pages = page.pages.max(1);
        reply::ok(&page)
    })
    .await
}
