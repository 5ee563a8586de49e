//! Requests that bring repos in which exist already: [`ImportRepo`] and [`SubscribeRepo`].

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;
use crate::repo_request::{check_description, key_fault, prefix_fault, validate_new_name};
use crate::{BucketNickname, CreateMode, DatasetFilter, Metadata, NewRepo, RepoKind, SubscriptionType};

/// Request: `POST /orgs/{org}/repos/import`, for a repository that lies in a bucket already.
///
/// ```
/// use arraylake_types::ImportRepo;
/// let request = ImportRepo::new("era5", "cold-store", "some/prefix")?;
/// request.validate()?;
/// # Ok::<(), arraylake_types::InvalidInput>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImportRepo {
    /// Name within the org.
    pub name: String,
    /// Free text, at most 255 characters.
    pub description: Option<String>,
    /// Which bucket.
    pub bucket_nickname: BucketNickname,
    /// Kind of store.
    pub kind: RepoKind,
    /// Free-form metadata.
    pub metadata: Option<Metadata>,
    /// Key prefix of the repository within the bucket, relative to the bucket's own; empty means its top.
    pub prefix: String,
}

impl ImportRepo {
    /// An Icechunk repository in a bucket.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn new(
        name: impl Into<String>,
        bucket: impl AsRef<str>,
        prefix: impl Into<String>,
    ) -> Result<Self, InvalidInput> {
        Ok(Self {
            name: name.into(),
            description: None,
            bucket_nickname: bucket.as_ref().parse()?,
            kind: RepoKind::Icechunk,
            metadata: None,
            prefix: prefix.into(),
        })
    }

    described_setters!();

    /// Checks every rule for an import.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_new_name(&self.name)?;
        check_description(self.description.as_deref())?;
        self.metadata.as_ref().map_or(Ok(()), Metadata::validate)?;
        if self.kind != RepoKind::Icechunk {
            return Err(InvalidInput::new(
                "repo kind",
                self.kind.as_str(),
                "only `icechunk` can be imported",
            ));
        }
        check_prefix(&self.prefix)
    }

    /// The same request for services that import by way of the route that creates.
    #[must_use]
    pub fn as_new_repo(&self) -> NewRepo {
        let mut request = NewRepo::new(&self.name).with_create_mode(CreateMode::Import);
        request.description = self.description.clone();
        request.bucket_nickname = Some(self.bucket_nickname.clone());
        request.metadata = self.metadata.clone();
        request.prefix = Some(self.prefix.clone());
        request
    }
}

fn check_prefix(prefix: &str) -> Result<(), InvalidInput> {
    if prefix.chars().count() > 256 {
        return Err(InvalidInput::new("repo prefix", prefix, "must be at most 256 characters long"));
    }
    match prefix_fault(prefix).or_else(|| key_fault(prefix)) {
        Some(rule) => Err(InvalidInput::new("repo prefix", prefix, rule)),
        None => Ok(()),
    }
}

/// Request: `POST /orgs/{org}/exchange-subscriptions`, for a repo that another org offers on an exchange.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SubscribeRepo {
    /// Name within the subscriber's org.
    pub name: String,
    /// Id of the listing.
    pub listing_id: String,
    /// Free text, at most 255 characters.
    pub description: Option<String>,
    /// Which bucket; a direct subscription needs none.
    pub bucket_nickname: Option<BucketNickname>,
    /// Free-form metadata.
    pub metadata: Option<Metadata>,
    /// Key prefix within the bucket.
    pub prefix: Option<String>,
    /// How much of the parent it sees.
    pub subscription_type: SubscriptionType,
    /// Which part of the parent is taken; none for a direct subscription.
    pub target_filter: Option<DatasetFilter>,
}

impl SubscribeRepo {
    /// A direct subscription: all of the parent, in place.
    #[must_use]
    pub fn new(name: impl Into<String>, listing_id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            listing_id: listing_id.into(),
            description: None,
            bucket_nickname: None,
            metadata: None,
            prefix: None,
            subscription_type: SubscriptionType::Direct,
            target_filter: None,
        }
    }

    described_setters!();

    /// Puts the subscriber's own part into a bucket.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn with_bucket(mut self, nickname: impl AsRef<str>) -> Result<Self, InvalidInput> {
        self.bucket_nickname = Some(nickname.as_ref().parse()?);
        Ok(self)
    }

    /// Takes a part of the parent only.
    #[must_use]
    pub fn with_filter(mut self, kind: SubscriptionType, filter: DatasetFilter) -> Self {
        self.subscription_type = kind;
        self.target_filter = Some(filter);
        self
    }

    /// Checks every rule for a subscription.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        validate_new_name(&self.name)?;
        check_description(self.description.as_deref())?;
        self.metadata.as_ref().map_or(Ok(()), Metadata::validate)?;
        self.prefix.as_deref().map_or(Ok(()), check_prefix)?;
        if self.listing_id.trim().is_empty() {
            return Err(InvalidInput::new("listing id", &self.listing_id, "must not be empty"));
        }
        let paths = self.target_filter.as_ref().and_then(|filter| filter.nodes.as_ref());
        let paths = paths.map(|nodes| nodes.include_paths.as_slice()).unwrap_or_default();
        let bad = |rule| Err(InvalidInput::new("subscription type", self.subscription_type.as_str(), rule));
        match &self.subscription_type {
            SubscriptionType::Direct if self.target_filter.is_some() => bad("takes no target filter"),
            SubscriptionType::Direct => Ok(()),
            SubscriptionType::Filtered | SubscriptionType::Private if paths.is_empty() || paths == ["/"] => {
                bad("needs a target filter that includes less than everything")
            }
            SubscriptionType::Filtered | SubscriptionType::Private => Ok(()),
            SubscriptionType::Other(_) => bad("must be `direct`, `filtered` or `private`"),
        }
    }

    /// The body for the routes that take subscriptions alone. The listing goes out under both of its names: services
    /// before 1.6 know the older one alone.
    #[must_use]
    pub fn body(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name,
            "description": self.description,
            "bucket_nickname": self.bucket_nickname,
            "kind": RepoKind::Icechunk,
            "metadata": self.metadata,
            "prefix": self.prefix,
            "exchange_listing_id": self.listing_id,
            "marketplace_listing_id": self.listing_id,
            "subscription_type": self.subscription_type,
            "target_filter": self.target_filter,
        })
    }
}

impl Serialize for SubscribeRepo {
    /// The body for the route that makes repos.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = self.body();
        body["create_mode"] = CreateMode::Subscribe.as_str().into();
        body.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_checked_and_has_an_older_form() {
        let request = ImportRepo::new("era5", "cold-store", "p").unwrap();
        request.validate().unwrap();
        let older = serde_json::to_value(request.as_new_repo()).unwrap();
        assert_eq!((&older["create_mode"], &older["prefix"]), (&"import".into(), &"p".into()));
        assert!(ImportRepo::new("era5", "cold-store", "a/").unwrap().validate().is_err());
        for prefix in ["caf\u{e9}", "a%20b"] {
            let error = ImportRepo::new("era5", "cold-store", prefix).unwrap().validate().unwrap_err();
            assert!(error.to_string().contains("ASCII"), "{error}");
        }
        assert!(ImportRepo::new("settings", "cold-store", "a").unwrap().validate().is_err());
        ImportRepo::new("era5", "cold-store", "").unwrap().validate().unwrap();
    }

    #[test]
    fn a_subscription_names_its_listing_twice_and_its_filter_fits_its_type() {
        let request = SubscribeRepo::new("era5", "0123");
        request.validate().unwrap();
        let body = serde_json::to_value(&request).unwrap();
        assert_eq!(body["marketplace_listing_id"], body["exchange_listing_id"]);
        assert_eq!(body["create_mode"], "subscribe");
        let all: DatasetFilter = serde_json::from_str(r#"{"nodes":{"include_paths":["/"]}}"#).unwrap();
        let part: DatasetFilter = serde_json::from_str(r#"{"nodes":{"include_paths":["/a"]}}"#).unwrap();
        let with =
            |kind, filter: &DatasetFilter| request.clone().with_filter(kind, filter.clone()).validate();
        assert!(with(SubscriptionType::Direct, &part).is_err());
        assert!(with(SubscriptionType::Filtered, &all).is_err());
        assert!(with("odd".into(), &part).is_err());
        with(SubscriptionType::Private, &part).unwrap();
        assert!(SubscribeRepo::new("era5", " ").validate().is_err());
    }
}
