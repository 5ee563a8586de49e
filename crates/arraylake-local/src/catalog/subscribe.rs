//! Subscriptions to repos that another org listed: direct ones, which show the data where it is; filtered ones, which have a
//! repository of their own that refers to the chunks of the parent; and private ones, which have those chunks, too.

use arraylake_types::{
    DatasetFilter, ExchangeListing, NewRepo, RepoModel, RepoStatus, RepoSubscriptionInfo, StatusInitiator,
    SubscriptionStatus, SubscriptionType,
};
use serde_json::{Value, json};

use super::access::{Found, Rights};
use super::body::Body;
use super::call::{Answer, Call};
use super::{exchange, filter, removal, reply, repo_new};
use crate::random;
use crate::refusal::Refusal;
use crate::repository::{self, Chunks};
use crate::s3::Access;
use crate::store::{Db, StoredRepo, Subscription};

/// What is asked for.
#[derive(Debug, Clone)]
struct Wanted {
    request: NewRepo,
    listing: String,
    kind: SubscriptionType,
    filter: Option<DatasetFilter>,
    nickname: Option<String>,
    prefix: Option<String>,
}

impl Wanted {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        let name = body.required_text("name");
        let both = [body.text("exchange_listing_id"), body.text("marketplace_listing_id")];
        let listing = both.into_iter().flatten().next();
        let (description, metadata) = (body.text("description"), body.metadata("metadata"));
        let kind = body.text("subscription_type").map_or(SubscriptionType::Direct, SubscriptionType::from);
        let filter = filter::read(&mut body, "target_filter");
        let nickname = body.text("bucket_nickname").filter(|it| !it.is_empty());
        let prefix = body.text("prefix").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        if listing.is_none() {
            let _: Option<()> = body.wrong("exchange_listing_id", "Field required", "missing");
        }
        body.finish()?;
        check_kind(&kind, filter.as_ref())?;
        let mut request = NewRepo::new(name);
        if let Some(text) = description {
            request = request.with_description(text);
        }
        if let Some(metadata) = metadata {
            request = request.with_metadata(metadata);
        }
        if let Some(prefix) = &prefix {
            request = request.with_prefix(prefix);
        }
        request.validate()?;
        repo_new::check_unreserved(&request.name)?;
        let listing = listing.unwrap_or_default().to_ascii_lowercase();
        Ok(Self { request, listing, kind, filter, nickname, prefix })
    }

    fn is_filtered(&self) -> bool {
        self.kind != SubscriptionType::Direct
    }

    fn chunks(&self) -> Chunks {
        if self.kind == SubscriptionType::Private { Chunks::Copied } else { Chunks::Referred }
    }
}

/// Refuses a kind that is not known, and a filter that does not go with it.
fn check_kind(kind: &SubscriptionType, filter: Option<&DatasetFilter>) -> Result<(), Refusal> {
    match (kind, filter) {
        (SubscriptionType::Direct, None) => Ok(()),
        (SubscriptionType::Direct, Some(_)) => {
            Err(Refusal::rule("target_filter: a direct subscription has no filter"))
        }
        (SubscriptionType::Filtered | SubscriptionType::Private, filter) => filter::check_target(filter),
        _ => {
            let text = "subscription_type: must be \"direct\", \"filtered\" or \"private\"";
            Err(Refusal::rule(text))
        }
    }
}

/// `POST /orgs/{org}/exchange-subscriptions`, `POST /orgs/{org}/marketplace/subscribe`
pub(crate) async fn create(call: Call) -> Answer {
    let body = call.body()?;
    subscribe(call, body).await
}

/// `POST /orgs/{org}/repos` with `create_mode: "subscribe"`
pub(super) async fn subscribe(call: Call, body: Body) -> Answer {
    let wanted = Wanted::read(body)?;
    let draft = wanted.clone();
    let made = call.clone().run(move |call, db| {
        call.org_to_write(db, call.path("org"))?;
        draw_up(call, db, draft)
    });
    let (repo, parent, subscription) = made.await?;
    // First the repository, then the entry: whoever finds the entry finds the data, and one that dies in between leaves
    // objects that belong to nobody, at a place of their own.
    let nodes = wanted.filter.as_ref().and_then(|filter| filter.nodes.clone());
    if let Some(nodes) = nodes.filter(|_| wanted.is_filtered()) {
        repository::make_subset(&call.lake, &parent, &repo, &nodes, wanted.chunks()).await?;
    }
    let (entry, lake) = (repo.clone(), std::sync::Arc::clone(&call.lake));
    let added = call.run(move |call, db| {
        let rights = call.org_to_write(db, call.path("org"))?;
        repo_new::check_free(db, &entry.model)?;
        db.insert_repo(&entry)?;
        db.insert_subscription(&subscription)?;
        let access = if entry.bucket.is_some() { Access::ReadWrite } else { Access::Read };
        reply::created(&call.show_repo(db, entry, &rights, access)?)
    });
    let added = added.await;
    if added.is_err() {
        removal::take_back(&lake, repo).await;
    }
    added
}

/// The new repo, its parent and the subscription, none of them kept yet.
fn draw_up(
    call: &Call,
    db: &Db<'_>,
    wanted: Wanted,
) -> Result<(StoredRepo, StoredRepo, Subscription), Refusal> {
    let missing = || Refusal::missing(format!("Exchange listing {} not found", wanted.listing));
    let listing = db.listing(&wanted.listing)?.filter(|it| it.status == "published").ok_or_else(missing)?;
    let whole = !wanted.is_filtered() && !call.era.may_have_all_for_money();
    if listing.pricing_model != "free" && whole {
        return Err(Refusal::conflict("Direct subscriptions are only allowed on free listings"));
    }
    let parent = listing.repo_id.as_deref().map(|id| db.repo_with_id(id)).transpose()?.flatten();
    let parent = parent.ok_or_else(missing)?;
    let now = call.lake.now();
    let (org, request) = (call.path("org"), &wanted.request);
    let id = random::repo_id(now.unix_seconds()).parse()?;
    let mut model = RepoModel::new(id, org, request.name.clone(), now);
    repo_new::check_free(db, &model)?;
    let mut bucket = None;
    if wanted.is_filtered() {
        let own = repo_new::bucket_or_default(db, org, wanted.nickname.as_deref())?;
        model.prefix = repo_new::complete_prefix(wanted.prefix.as_deref(), &request.name, Some(&own));
        repo_new::check_place(db, org, &own, &model.prefix, None)?;
        bucket = Some(own);
    }
    describe(call, &mut model, &wanted, listing)?;
    model.kind = parent.model.kind.clone();
    let subscription = Subscription {
        id: random::repo_id(now.unix_seconds()),
        subscriber: model.id.to_string(),
        parent: parent.model.id.to_string(),
        parent_org: parent.model.org.clone(),
        listing: wanted.listing,
        since: now,
    };
    Ok((StoredRepo { model, bucket }, parent, subscription))
}

/// What the new repo says about itself and its listing.
fn describe(
    call: &Call,
    model: &mut RepoModel,
    wanted: &Wanted,
    listing: ExchangeListing,
) -> Result<(), Refusal> {
    model.description = wanted.request.description.clone();
    model.metadata = wanted.request.metadata.clone();
    model.created_by = Some(call.id().to_string());
    model.status = RepoStatus::default().into();
    model.status.message = Some("new repo creation".to_owned());
    model.status.initiated_by = StatusInitiator::principal(call.id());
    let info = json!({
        "parent_repo": null, "exchange_listing": listing, "pricing_type": "free",
        "subscription_type": wanted.kind, "target_filter": wanted.filter,
    });
    let info: RepoSubscriptionInfo =
        serde_json::from_value(info).map_err(|error| Refusal::internal("a subscription", &error))?;
    model.subscription = Some(Box::new(info));
    Ok(())
}

impl Call {
    /// The repo that holds the data of the one found: itself, or what it subscribed to, for reading.
    pub(super) fn source(&self, db: &Db<'_>, found: Found) -> Result<Found, Refusal> {
        let model = &found.repo.model;
        // One with a filter has a place of its own.
        if found.repo.bucket.is_some() {
            return Ok(found);
        }
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
