//! The exchange, as far as it works inside one lake: listings, and who subscribed to a repo.

use arraylake_types::{ExchangeListing, SubscriptionType};
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::paging::Paging;
use super::reply;
use super::repo_change::check_public_bucket;
use crate::random;
use crate::refusal::Refusal;
use crate::store::{Db, StoredRepo, Subscription};

/// `GET /default-exchange`: a lake has none, which is what 404 says here.
pub(crate) async fn default_exchange(_: Call) -> Answer {
    Err(Refusal::missing("There is no default exchange"))
}

/// What a listing says.
#[derive(Debug)]
struct Wanted {
    repo: String,
    status: String,
    readme: String,
    name: String,
    /// Free, or not; nothing is charged here, but a listing that costs something gives filtered subscriptions alone.
    pricing: String,
}

/// `POST /orgs/{org}/exchange-listings`, `POST /orgs/{org}/marketplace/listings`
pub(crate) async fn publish(call: Call) -> Answer {
    let mut body = call.body()?;
    let wanted = Wanted {
        pricing: body.text("pricing_model").unwrap_or_else(|| "free".to_owned()),
        repo: body.required_text("repo_id").to_ascii_lowercase(),
        status: body.text("status").unwrap_or_else(|| "published".to_owned()),
        readme: body.text("repo_readme").unwrap_or_default(),
        name: body.required_text("listing_name"),
    };
    body.finish()?;
    if !["published", "draft"].contains(&wanted.status.as_str()) {
        return Err(Refusal::rule("status: must be \"published\" or \"draft\""));
    }
    if !["free", "paid"].contains(&wanted.pricing.as_str()) {
        return Err(Refusal::rule("pricing_model: must be \"free\" or \"paid\""));
    }
    call.run(move |call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        let missing = || Refusal::missing(format!("Repo {} not found", wanted.repo));
        let repo = db.repo_with_id(&wanted.repo)?.filter(|it| it.model.org == org).ok_or_else(missing)?;
        check_shareable(&repo)?;
        let listing = listing(call, wanted)?;
        db.insert_listing(repo.model.id.as_str(), &listing)?;
        reply::created(&listing)
    })
    .await
}

/// Refuses a repo whose data nobody else can be shown.
fn check_shareable(repo: &StoredRepo) -> Result<(), Refusal> {
    let name = format!("{}/{}", repo.model.org, repo.model.name);
    let Some(bucket) = &repo.bucket else {
        return Err(Refusal::conflict(format!("Repo {name} has no data of its own to list")));
    };
    check_public_bucket(&format!("Repo {name}"), bucket)
}

fn listing(call: &Call, wanted: Wanted) -> Result<ExchangeListing, Refusal> {
    let now = call.lake.now();
    let listing = json!({
        "id": random::repo_id(now.unix_seconds()),
        "repo_id": wanted.repo,
        "org": call.path("org"),
        "status": wanted.status,
        "repo_readme": wanted.readme,
        "listing_name": wanted.name,
        "created_on": now,
        "last_updated": now,
        "pricing_model": wanted.pricing,
    });
    serde_json::from_value(listing).map_err(|error| Refusal::internal("a listing", &error))
}

/// `GET /repo/{id}/subscriptions`: who subscribed to the repo.
pub(crate) async fn subscriptions(call: Call) -> Answer {
    let paging = Paging::of(&call)?;
    call.run(move |call, db| {
        let repo = call.repo_to_write(db)?.repo.model;
        let (rows, total) = db.subscriptions_to(repo.id.as_str(), paging.window())?;
        let rows: Vec<Value> = rows.iter().map(|it| row(db, it)).collect::<Result<_, Refusal>>()?;
        let mut page = paging.page_of(rows, total);
        // The published crate asks on and on for the last page, so that there must be one.
        page.pages = page.pages.max(1);
        reply::ok(&page)
    })
    .await
}

fn row(db: &Db<'_>, subscription: &Subscription) -> Result<Value, Refusal> {
    let subscriber = db.repo_with_id(&subscription.subscriber)?;
    let info = subscriber.and_then(|repo| repo.model.subscription);
    let (kind, filter) = info.map(|info| (info.subscription_type, info.target_filter)).unzip();
    Ok(json!({
        "id": subscription.id,
        "parent_repo": subscription.parent,
        "parent_org": subscription.parent_org,
        "subscriber": subscription.subscriber,
        "marketplace_listing": subscription.listing,
        // Without a zone, as the real service writes it here.
        "subscribed_at": subscription.since.to_chrono().format("%Y-%m-%dT%H:%M:%S").to_string(),
        "status": "active",
        "subscription_type": kind.unwrap_or(SubscriptionType::Direct),
        "source_filter": null,
        "target_filter": filter,
        "exchange_id": null,
        "exchange_owner": null,
        "exchange_slug": null,
    }))
}

/// The repo that a subscription shows, if it is still there.
pub(super) fn parent(db: &Db<'_>, subscription: &Subscription) -> Result<Option<StoredRepo>, Refusal> {
    Ok(db.repo_with_id(&subscription.parent)?)
}
