//! Iceberg namespaces and tables, as the management API knows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;
use crate::repo_change::check_metadata_edit;
use crate::repo_request::check_description;
use crate::{
    BucketId, BucketNickname, Metadata, NamespaceId, RepoHealth, RepoVisibility, SubscriptionStatus, TableId,
    Timestamp,
};

open_enum! {
    /// What may be done with an Iceberg namespace or table.
    pub enum NamespaceAction {
        /// Read.
        CanRead = "CAN_READ",
        /// Read and write.
        CanWrite = "CAN_WRITE",
        /// Manage who may do what.
        CanManageUsers = "CAN_MANAGE_USERS",
    }
}

wire_struct! {
    /// An Iceberg namespace.
    ///
    /// Answer of `GET /orgs/{org}/iceberg/namespaces/{name}`, row of the list.
    pub struct IcebergNamespace {
        /// Id.
        pub id: NamespaceId = required("id"),
        /// Name of the org.
        pub org: String = required("org"),
        /// Name within the org.
        pub name: String = required("name"),
        /// Id of its bucket config; none for a linked namespace.
        pub bucket_id: Option<BucketId> = lenient("bucket_id"),
        /// Nickname of its bucket config.
        pub bucket_nickname: Option<String> = lenient("bucket_nickname"),
        /// Key prefix in the bucket, chosen by the service.
        pub prefix: String = lenient("prefix"),
        /// Who may see it.
        pub visibility: RepoVisibility = lenient("visibility"),
        /// What the caller may do.
        pub effective_actions: Vec<NamespaceAction> = lenient("effective_actions"),
        /// Iceberg properties; the Iceberg catalog edits them.
        pub properties: BTreeMap<String, String> = lenient("properties"),
        /// Free text.
        pub description: Option<String> = lenient("description"),
        /// Free-form metadata.
        pub metadata: Option<Metadata> = lenient("metadata"),
        /// How many tables it has.
        pub table_count: u64 = lenient("table_count"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// When its entry was last changed.
        pub updated: Option<Timestamp> = lenient("updated"),
        /// When it was deleted; only its name is held.
        pub deleted_at: Option<Timestamp> = lenient("deleted_at"),
        /// Findings about it.
        pub health: Option<RepoHealth> = lenient("health"),
        /// Who may do what.
        pub permissions: Vec<NamespaceGrant> = lenient("permissions"),
        /// If it is linked: to what.
        pub subscription: Option<NamespaceSubscription> = lenient("subscription"),
    }
}

wire_struct! {
    /// A grant on a namespace, or on one of its tables.
    pub struct NamespaceGrant {
        /// Id of the namespace.
        pub namespace_id: Option<NamespaceId> = lenient("namespace_id"),
        /// Name of the namespace.
        pub namespace_name: Option<String> = lenient("namespace_name"),
        /// Name of the table; none means the whole namespace.
        pub table_name: Option<String> = lenient("table_name"),
        /// What.
        pub actions: Vec<NamespaceAction> = lenient("actions"),
    }
}

wire_struct! {
    /// What a linked namespace is linked to.
    pub struct NamespaceSubscription {
        /// The org that offers it.
        pub provider_org: Option<String> = lenient("provider_org"),
        /// The namespace offered.
        pub provider_namespace: Option<String> = lenient("provider_namespace"),
        /// Id of the listing.
        pub listing_id: Option<String> = lenient("listing_id"),
        /// Whether it is alive.
        pub status: SubscriptionStatus = or(SubscriptionStatus::Active, "status"),
    }
}

wire_struct! {
    /// An Iceberg table. Row of `GET /orgs/{org}/iceberg/namespaces/{name}/tables/paginated`.
    pub struct IcebergTableSummary {
        /// Name within the namespace.
        pub name: String = required("name"),
        /// Name of the namespace.
        pub namespace: String = required("namespace"),
        /// Id.
        pub table_uuid: TableId = required("table_uuid"),
        /// What the caller may do.
        pub effective_actions: Vec<NamespaceAction> = lenient("effective_actions"),
        /// Whether it lies elsewhere than its namespace.
        pub has_storage_override: bool = lenient("has_storage_override"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// When it was last changed.
        pub updated: Option<Timestamp> = lenient("updated"),
    }
}

/// Checks a name that goes into a path: there must be one, and it must not be taken for another route.
///
/// # Errors
/// Names the rule.
pub fn check_namespace_name(name: &str) -> Result<(), InvalidInput> {
    let rule = match name {
        "" => "must not be empty",
        "." | ".." => "must be more than dots",
        "paginated" => "is a word of the service's own addresses",
        _ => return Ok(()),
    };
    Err(InvalidInput::new("namespace name", name, rule))
}

/// Request: `POST /orgs/{org}/iceberg/namespaces`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewIcebergNamespace {
    /// Name within the org.
    pub name: String,
    /// Which bucket; none means the org's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket_nickname: Option<BucketNickname>,
    /// Free text, at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free-form metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Iceberg properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "is_private")]
    pub visibility: RepoVisibility,
}

fn is_private(visibility: &RepoVisibility) -> bool {
    *visibility == RepoVisibility::Private
}

impl NewIcebergNamespace {
    /// A private namespace in the org's default bucket.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bucket_nickname: None,
            description: None,
            metadata: None,
            properties: None,
            visibility: RepoVisibility::Private,
        }
    }

    /// Puts the namespace into a bucket.
    ///
    /// # Errors
    /// If the nickname breaks a rule.
    pub fn with_bucket(mut self, nickname: impl AsRef<str>) -> Result<Self, InvalidInput> {
        self.bucket_nickname = Some(nickname.as_ref().parse()?);
        Ok(self)
    }

    described_setters!();

    /// Sets the Iceberg properties.
    #[must_use]
    pub fn with_properties(mut self, properties: BTreeMap<String, String>) -> Self {
        self.properties = Some(properties);
        self
    }

    /// Says who may see it.
    #[must_use]
    pub fn with_visibility(mut self, visibility: RepoVisibility) -> Self {
        self.visibility = visibility;
        self
    }

    /// Checks every rule for a new namespace.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        check_namespace_name(&self.name)?;
        check_description(self.description.as_deref())?;
        self.metadata.as_ref().map_or(Ok(()), Metadata::validate)
    }
}

/// Request: `PATCH /orgs/{org}/iceberg/namespaces/{name}`. What is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModifyIcebergNamespace {
    /// Free text; empty removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Facts to add; the keys must be new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_metadata: Option<Metadata>,
    /// Keys to remove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_metadata: Option<Vec<String>>,
    /// Facts to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_metadata: Option<Metadata>,
    /// Who may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<RepoVisibility>,
}

impl ModifyIcebergNamespace {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described_edit_setters!();

    /// Says who may see it.
    #[must_use]
    pub fn with_visibility(mut self, visibility: RepoVisibility) -> Self {
        self.visibility = Some(visibility);
        self
    }

    /// Checks every rule for a change.
    ///
    /// # Errors
    /// Names the first value that breaks a rule.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        check_description(self.description.as_deref())?;
        let remove = self.remove_metadata.as_deref().unwrap_or_default();
        check_metadata_edit(self.add_metadata.as_ref(), remove, self.update_metadata.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_goes_out() {
        let body = |request: &NewIcebergNamespace| serde_json::to_string(request).unwrap();
        assert_eq!(body(&NewIcebergNamespace::new("tt")), r#"{"name":"tt"}"#);
        let public = NewIcebergNamespace::new("tt").with_visibility(RepoVisibility::AuthenticatedPublic);
        assert_eq!(body(&public), r#"{"name":"tt","visibility":"AUTHENTICATED_PUBLIC"}"#);
        assert_eq!(serde_json::to_string(&ModifyIcebergNamespace::new()).unwrap(), "{}");
    }

    #[test]
    fn a_name_that_would_be_taken_for_another_route_is_refused() {
        for bad in ["", ".", "..", "paginated"] {
            assert!(NewIcebergNamespace::new(bad).validate().is_err(), "{bad}");
        }
        NewIcebergNamespace::new("a/b").validate().unwrap();
    }
}
