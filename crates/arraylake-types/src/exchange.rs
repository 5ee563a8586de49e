//! Subscriptions and exchange listings: as part of a repo, and seen from the repo that is offered.

use serde_json::Value;

use crate::{ExchangeId, RepoModel, Timestamp};

open_enum! {
    /// Whether a subscription is alive.
    pub enum SubscriptionStatus {
        /// Alive.
        Active = "active",
        /// The parent is gone.
        Orphaned = "orphaned",
        /// Waiting to be claimed.
        PendingClaim = "pending_claim",
    }
}

open_enum! {
    /// How much of the parent a subscription sees.
    pub enum SubscriptionType {
        /// All of it, in place.
        Direct = "direct",
        /// Part of it, through a repo of its own.
        Filtered = "filtered",
        /// Part of it, for one subscriber.
        Private = "private",
    }
}

open_enum! {
    /// What a subscription costs.
    pub enum SubscriptionPricingType {
        /// Nothing.
        Free = "free",
        /// Once.
        OneTime = "one_time",
        /// Every month.
        Monthly = "monthly",
    }
}

wire_struct! {
    /// What a repo subscribes to.
    pub struct RepoSubscriptionInfo {
        /// The parent; none if it is gone.
        pub parent_repo: Option<Box<RepoModel>> = lenient("parent_repo"),
        /// Whether it is alive.
        pub status: SubscriptionStatus = or(SubscriptionStatus::Active, "status"),
        /// How much of the parent it sees.
        pub subscription_type: SubscriptionType = or(SubscriptionType::Direct, "subscription_type"),
        /// The listing it came from; older services call it `marketplace_listing`.
        pub exchange_listing: Option<ExchangeListing> = lenient("exchange_listing" | "marketplace_listing"),
        /// What the provider offers.
        pub source_filter: Option<DatasetFilter> = lenient("source_filter"),
        /// What the subscriber took.
        pub target_filter: Option<DatasetFilter> = lenient("target_filter"),
        /// What it costs.
        pub pricing_type: Option<SubscriptionPricingType> = lenient("pricing_type"),
        /// Price in the currency's smallest unit.
        pub price_minor_units: Option<i64> = lenient("price_minor_units"),
        /// Currency of the price.
        pub currency: String = or("USD".to_owned(), "currency"),
    }
}

wire_struct! {
    /// Which part of a dataset is meant; no nodes means all.
    pub struct DatasetFilter {
        /// Which nodes.
        pub nodes: Option<NodeFilter> = lenient("nodes"),
    }
}

wire_struct! {
    /// Which nodes of a hierarchy are meant; exclusion wins.
    pub struct NodeFilter {
        /// Paths that are in.
        pub include_paths: Vec<String> = lenient("include_paths"),
        /// Paths that are out.
        pub exclude_paths: Vec<String> = lenient("exclude_paths"),
    }
}

wire_struct! {
    /// A repo offered on an exchange.
    pub struct ExchangeListing {
        /// Id.
        pub id: String = required("id"),
        /// The repo offered.
        pub repo_id: Option<String> = lenient("repo_id"),
        /// The org that offers.
        pub org: String = lenient("org"),
        /// A word, such as `published`.
        pub status: String = lenient("status"),
        /// Description at length.
        pub repo_readme: String = lenient("repo_readme"),
        /// Title.
        pub listing_name: String = lenient("listing_name"),
        /// When it was created.
        pub created_on: Option<Timestamp> = lenient("created_on"),
        /// When it was last changed.
        pub last_updated: Option<Timestamp> = lenient("last_updated"),
        /// What the provider offers.
        pub source_filter: Option<DatasetFilter> = lenient("source_filter"),
        /// A word, such as `free`.
        pub pricing_model: String = or("free".to_owned(), "pricing_model"),
        /// Rank among the featured.
        pub featured_rank: Option<Value> = lenient("featured_rank"),
    }
}

wire_struct! {
    /// Who subscribes to a repo. Row of `GET /repo/{id}/subscriptions`.
    pub struct RepoSubscription {
        /// Id.
        pub id: String = required("id" | "_id"),
        /// Id of the repo subscribed to.
        pub parent_repo: String = lenient("parent_repo"),
        /// The org that offers it.
        pub parent_org: String = lenient("parent_org"),
        /// Id of the subscribing repo; none until it is claimed.
        pub subscriber: Option<String> = lenient("subscriber"),
        /// Id of the listing; newer services may say `exchange_listing`.
        pub marketplace_listing: Option<String> = lenient("marketplace_listing" | "exchange_listing"),
        /// Since when.
        pub subscribed_at: Option<Timestamp> = lenient("subscribed_at"),
        /// Whether it is alive.
        pub status: SubscriptionStatus = or(SubscriptionStatus::Active, "status"),
        /// How much of the parent it sees.
        pub subscription_type: SubscriptionType = or(SubscriptionType::Direct, "subscription_type"),
        /// What the provider offers.
        pub source_filter: Option<DatasetFilter> = lenient("source_filter"),
        /// What the subscriber took.
        pub target_filter: Option<DatasetFilter> = lenient("target_filter"),
        /// Id of the exchange.
        pub exchange_id: Option<ExchangeId> = lenient("exchange_id"),
        /// Who runs the exchange.
        pub exchange_owner: Option<String> = lenient("exchange_owner"),
        /// Name of the exchange.
        pub exchange_slug: Option<String> = lenient("exchange_slug"),
    }
}

wire_struct! {
    /// The exchange that is used unless told otherwise. Answer of `GET /default-exchange`.
    pub struct DefaultExchange {
        /// Id.
        pub id: ExchangeId = required("id"),
        /// Who runs it.
        pub owner: String = lenient("owner"),
        /// Name.
        pub slug: String = lenient("slug"),
    }
}
