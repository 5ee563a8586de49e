//! Subscriptions: repos without data of their own, which show those of a repo that another org listed.

use arraylake_types::{
    NewRepo, RepoModel, RepoStatus, RepoSubscriptionInfo, StatusInitiator, SubscriptionStatus,
};
use serde_json::{Value, json};

use super::access::{Found, Rights};
use super::body::Body;
use super::call::{Answer, Call};
use super::{exchange, reply, repo_new};
use crate::random;
use crate::refusal::Refusal;
use crate::s3::Access;
use crate::store::{Db, StoredRepo, Subscription};

/// What is asked for.
#[derive(Debug)]
struct Wanted {
    request: NewRepo,
    listing: String,
}

impl Wanted {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        let name = body.required_text("name");
        let both = [body.text("exchange_listing_id"), body.text("marketplace_listing_id")];
        let listing = both.into_iter().flatten().next();
        let (description, metadata) = (body.text("description"), body.metadata("metadata"));
        let kind = body.text("subscription_type").unwrap_or_else(|| "direct".to_owned());
        let filter = body.object("target_filter");
        if listing.is_none() {
            let _: Option<()> = body.wrong("exchange_listing_id", "Field required", "missing");
        }
        body.finish()?;
        if kind != "direct" || filter.is_some() {
            let text =
                "subscription_type: the local service has direct subscriptions alone, without a filter";
            return Err(Refusal::rule(text));
        }
        let mut request = NewRepo::new(name);
        if let Some(text) = description {
            request = request.with_description(text);
        }
        if let Some(metadata) = metadata {
            request = request.with_metadata(metadata);
        }
        request.validate()?;
        repo_new::check_unreserved(&request.name)?;
        Ok(Self { request, listing: listing.unwrap_or_default().to_ascii_lowercase() })
    }
}

/// `POST /orgs/{org}/repos` with `create_mode: "subscribe"`
pub(super) async fn subscribe(call: Call, body: Body) -> Answer {
    let wanted = Wanted::read(body)?;
    call.run(move |call, db| {
        let org = call.path("org");
        let rights = call.org_to_write(db, org)?;
        let name = wanted.request.name.clone();
        if db.repo(org, &name)?.is_some() {
            return Err(Refusal::conflict(format!("repo {org}/{name} already exists")));
        }
        let repo = insert(call, db, wanted)?;
        reply::created(&call.show_repo(db, repo, &rights, Access::Read)?)
    })
    .await
}

fn insert(call: &Call, db: &Db<'_>, wanted: Wanted) -> Result<StoredRepo, Refusal> {
    let missing = || Refusal::missing(format!("Exchange listing {} not found", wanted.listing));
    let listing = db.listing(&wanted.listing)?.filter(|it| it.status == "published").ok_or_else(missing)?;
    let parent = listing.repo_id.as_deref().map(|id| db.repo_with_id(id)).transpose()?.flatten();
    let parent = parent.ok_or_else(missing)?.model;
    let now = call.lake.now();
    let (org, request) = (call.path("org"), wanted.request);
    let mut model = RepoModel::new(random::repo_id(now.unix_seconds()).parse()?, org, request.name, now);
    model.description = request.description;
    model.metadata = request.metadata;
    model.kind = parent.kind;
    model.created_by = Some(call.id().to_string());
    model.status = RepoStatus::default();
    model.status.message = Some("new repo creation".to_owned());
    model.status.initiated_by = StatusInitiator::principal(call.id());
    let info = json!({"parent_repo": null, "exchange_listing": listing, "pricing_type": "free"});
    let info: RepoSubscriptionInfo =
        serde_json::from_value(info).map_err(|error| Refusal::internal("a subscription", &error))?;
    model.subscription = Some(Box::new(info));
    let subscription = Subscription {
        id: random::repo_id(now.unix_seconds()),
        subscriber: model.id.to_string(),
        parent: parent.id.to_string(),
        parent_org: parent.org,
        listing: wanted.listing,
        since: now,
    };
    let repo = StoredRepo { model, bucket: None };
    db.insert_repo(&repo)?;
    db.insert_subscription(&subscription)?;
    Ok(repo)
}

impl Call {
    /// The repo that holds the data of the one found: itself, or what it subscribed to, for reading.
    pub(super) fn source(&self, db: &Db<'_>, found: Found) -> Result<Found, Refusal> {
        let model = &found.repo.model;
        let Some(subscription) = db.subscription_of(model.id.as_str())? else { return Ok(found) };
        let gone = || {
            let (org, name) = (&model.org, &model.name);
            Refusal::conflict(format!("Repo {org}/{name} is orphaned: the repo it subscribed to is gone"))
        };
        let repo = exchange::parent(db, &subscription)?.ok_or_else(gone)?;
        Ok(Found { repo, access: Access::Read, rights: Rights::default() })
    }

    /// Fills in what a subscriber sees of the repo that holds the data; without that repo the subscription is orphaned.
    pub(crate) fn show_parent(&self, db: &Db<'_>, model: &mut RepoModel) -> Result<(), Refusal> {
        let Some(info) = &mut model.subscription else { return Ok(()) };
        // Older clients read the listing under its older name.
        let listing = serde_json::to_value(&info.exchange_listing).unwrap_or(Value::Null);
        info.other.insert("marketplace_listing".to_owned(), listing);
        let subscription = db.subscription_of(model.id.as_str())?;
        let parent = subscription.map(|it| exchange::parent(db, &it)).transpose()?.flatten();
        let Some(parent) = parent else {
            info.status = SubscriptionStatus::Orphaned;
            return Ok(());
        };
        let mut shown = self.show_repo(db, parent, &Rights::default(), Access::Read)?;
        // Who may do what over there is nobody's business here.
        shown.permissions.clear();
        info.parent_repo = Some(Box::new(shown));
        Ok(())
    }
}
