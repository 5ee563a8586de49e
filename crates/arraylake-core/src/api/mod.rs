//! What can be asked for: one small trait a role, each implemented by [`AsyncClient`](crate::AsyncClient).
//!
//! | role | what it is about |
//! | --- | --- |
//! | [`Repos`] | entries of repos in the catalog |
//! | [`Buckets`] | bucket configs |
//! | [`VirtualChunks`] | containers of virtual chunks, and who may refer to which bucket |
//! | [`Users`], [`Orgs`] | who is asking, and their orgs |
//! | [`Permissions`], [`ApiClients`] | who may do what, and who a token belongs to |
//! | [`Exchange`] | repos that orgs offer each other |
//! | [`IcebergNamespaces`] | Iceberg namespaces and tables |
//! | [`Compute`] | compute services |
//! | [`Maintenance`], [`Diagnostics`] | what is reported to the service |
#![cfg_attr(feature = "object-store", doc = "| [`ObjectStores`] | whole buckets as object stores |")]
#![cfg_attr(
    any(feature = "icechunk", feature = "v1"),
    doc = "| [`Repositories`] | open repositories: their data |"
)]
//!
//! Code that lists repos takes `&dyn Repos`, and its tests mock one role instead of all (feature `mock`). `&T`,
//! `Box<T>` and `Arc<T>` of a role play it too. [`Api`] joins the roles.

mod api_clients;
mod buckets;
mod compute;
mod diagnostics;
mod exchange;
mod forward;
mod iceberg;
mod maintenance;
mod missing;
#[cfg(feature = "object-store")]
mod object_stores;
mod orgs;
mod permissions;
mod repos;
#[cfg(any(feature = "icechunk", feature = "v1"))]
mod repositories;
mod users;
mod virtual_chunks;

pub use self::api_clients::ApiClients;
pub use self::buckets::Buckets;
pub use self::compute::Compute;
pub use self::diagnostics::Diagnostics;
pub use self::exchange::Exchange;
pub use self::iceberg::IcebergNamespaces;
pub use self::maintenance::Maintenance;
#[cfg(feature = "icechunk")]
pub(crate) use self::missing::names_a_thing;
#[cfg(feature = "object-store")]
pub use self::object_stores::ObjectStores;
pub use self::orgs::Orgs;
pub use self::permissions::Permissions;
pub use self::repos::Repos;
pub(crate) use self::repos::is_missing_route;
#[cfg(any(feature = "icechunk", feature = "v1"))]
pub use self::repositories::Repositories;
pub use self::users::Users;
pub use self::virtual_chunks::VirtualChunks;

#[cfg(all(feature = "mock", feature = "object-store"))]
pub use self::object_stores::MockObjectStores;
#[cfg(all(feature = "mock", any(feature = "icechunk", feature = "v1")))]
pub use self::repositories::MockRepositories;
#[cfg(feature = "mock")]
pub use self::{
    api_clients::MockApiClients, buckets::MockBuckets, compute::MockCompute, diagnostics::MockDiagnostics,
    exchange::MockExchange, iceberg::MockIcebergNamespaces, maintenance::MockMaintenance, orgs::MockOrgs,
    permissions::MockPermissions, repos::MockRepos, users::MockUsers, virtual_chunks::MockVirtualChunks,
};

/// Every role of the catalog.
pub trait Api:
    ApiClients
    + Buckets
    + Compute
    + Diagnostics
    + Exchange
    + IcebergNamespaces
    + Maintenance
    + Orgs
    + Permissions
    + Repos
    + Users
    + VirtualChunks
{
}

impl<T> Api for T where
    T: ApiClients
        + Buckets
        + Compute
        + Diagnostics
        + Exchange
        + IcebergNamespaces
        + Maintenance
        + Orgs
        + Permissions
        + Repos
        + Users
        + VirtualChunks
        + ?Sized
{
}

/// What the signatures of the roles name, for generated code.
#[doc(hidden)]
pub mod codegen_prelude {
    #[cfg(feature = "object-store")]
    pub use super::ObjectStores;
    #[cfg(any(feature = "icechunk", feature = "v1"))]
    pub use super::Repositories;
    pub use super::{
        ApiClients, Buckets, Compute, Diagnostics, Exchange, IcebergNamespaces, Maintenance, Orgs,
        Permissions, Repos, Users, VirtualChunks,
    };
    pub use crate::error::Result;
    #[cfg(any(feature = "icechunk", feature = "v1"))]
    pub use crate::repository::{OpenOptions, Repo};
    #[cfg(feature = "icechunk")]
    pub use crate::repository::{Upkeep, UpkeepReport};
    #[cfg(feature = "object-store")]
    pub use arraylake_icechunk::BucketStore;
    #[cfg(feature = "icechunk")]
    pub use arraylake_icechunk::{RepoStorage, icechunk::config::Credentials};
    pub use arraylake_types::{
        AccessPolicy, Action, ApiClient, ApiToken, BucketId, BucketNickname, BucketRef, BucketResponse,
        ComputeConfig, ComputeRegion, CredentialAccess, DefaultExchange, DeleteConfirmation, DeleteRepo,
        DeploymentInfo, EnableService, ExpirationResult, GcResult, IcebergNamespace, IcebergTableSummary,
        ImportRepo, ListIcebergNamespaces, ListIcebergTables, ListRepos, LoadResults, LogQuery, ModifyBucket,
        ModifyIcebergNamespace, ModifyRepo, NewAccessPolicy, NewBucket, NewIcebergNamespace, NewRepo,
        NewRepoStatus, NewRepoVisibility, OpenRepo, OrgInfo, OrgName, OrgResponse, Page, PageRequest,
        Principal, PrincipalId, PrincipalPermissions, RepoId, RepoModel, RepoName, RepoStatus,
        RepoSubscription, Rows, ServiceInfo, ServiceReply, StorageCredentials, SubscribeRepo,
        UpdateContainers, UpdateService, UserDiagnostics, VirtualChunkContainers,
    };
    pub use async_trait::async_trait;
    pub use serde_json::Value;
    pub use std::collections::BTreeMap;
}
