//! What an Arraylake service and its clients say to each other, as serde types and nothing else.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`name`] | [`OrgName`], [`RepoName`], [`BucketNickname`]: parsed once, safe everywhere after |
//! | [`id`] | opaque ids: [`RepoId`], [`BucketId`], [`PrincipalId`] |
//! | [`secret`] | [`Secret`]: text that no `Debug` prints |
//! | [`shared`], [`recall`] | [`Shared`]: bucket, status and permissions, one in memory for many repos; [`Recall`] |
//! | [`time`] | [`Timestamp`]: lenient in, UTC out |
//! | [`page`] | [`Page`], [`PageRequest`] |
//! | [`rows`] | [`Rows`]: a bad one does not spoil the rest |
//! | [`repo`] | [`RepoModel`] and all it contains, [`NewRepo`], [`ModifyRepo`], [`ImportRepo`], [`RepoStatus`] |
//! | [`bucket`] | [`BucketResponse`], [`Platform`], [`NewBucket`], [`ModifyBucket`] |
//! | [`auth_config`] | [`AuthConfig`]: how credentials of a bucket are had |
//! | [`credentials`] | [`StorageCredentials`] of S3, GCS and Azure |
//! | [`open`] | [`OpenRepo`]: everything needed to open a repository, in one answer |
//! | [`user`] | [`Principal`]: a person or a service account |
//! | [`login`] | [`AuthProviderConfig`], [`DeviceCode`], [`OauthTokens`]: logging in |
//! | [`org`] | [`OrgResponse`], [`OrgInfo`] |
//! | [`action`], [`permission`] | what a principal may do: [`Permission`], [`PrincipalPermissions`], [`ApiClient`] |
//! | [`exchange`] | [`RepoSubscription`], [`ExchangeListing`] |
//! | [`virtual_chunks`] | [`UpdateContainers`], [`AccessPolicy`] |
//! | [`iceberg`] | [`IcebergNamespace`], [`IcebergTableSummary`] |
//! | [`iceberg_catalog`] | [`IcebergConfig`], [`IcebergProperties`], [`NamespaceIdent`], [`TableIdent`], [`LoadedTable`] |
//! | [`compute`] | [`DeploymentInfo`], [`EnableService`], [`LogQuery`], [`LogLine`] |
//! | [`v1`] | what is said about V1 repos: sessions, commits, documents |
//! | [`maintenance`], [`diagnostics`] | what is reported to the service: [`GcResult`], [`UserDiagnostics`] |
//! | [`error`] | [`ErrorBody`]: the `detail` of a refusal |
//!
//! **Lenient coming in.** Enums are open (`Other(text)`), optional fields may be missing or null, fields nobody
//! knows are kept in `other`. **Strict going out.** Requests are built with `new` and `with_*`, and their rules
//! are checked before anything is sent.
//!
//! ```
//! use arraylake_types::{RepoKind, RepoModel};
//! let text = r#"{"id": "65f0c0ffee0123456789abcd", "org": "acme", "name": "sea-ice", "kind": "zarr-on-mars"}"#;
//! let repo: RepoModel = serde_json::from_str(text).unwrap();
//! assert_eq!(repo.kind, RepoKind::Other("zarr-on-mars".into()));
//! assert_eq!(repo.prefix, "");
//! ```

#[macro_use]
mod setters;
#[macro_use]
mod wire;

pub mod action;
pub mod auth_config;
pub mod bucket;
pub mod bucket_change;
mod bucket_fit;
mod build;
pub mod compute;
pub mod compute_request;
pub mod credentials;
mod cursor;
pub mod diagnostics;
pub mod error;
pub mod exchange;
pub mod extra_config;
pub mod iceberg;
pub mod iceberg_catalog;
pub mod iceberg_list;
pub mod id;
pub mod initiator;
pub mod log_line;
pub mod login;
pub mod maintenance;
pub mod metadata;
pub mod name;
pub mod new_bucket;
pub mod open;
pub mod optimization;
pub mod org;
pub mod other;
pub mod page;
pub mod permission;
pub mod recall;
pub mod repo;
pub mod repo_change;
pub mod repo_import;
pub mod repo_request;
pub mod rows;
pub mod secret;
pub mod shared;
pub mod status;
pub mod time;
pub mod token;
pub mod user;
pub mod v1;
pub mod virtual_chunks;

pub use action::{OrgAction, Permission, PermissionCheck, RepoAction};
pub use auth_config::{AuthConfig, AuthMethod};
pub use bucket::{BucketHealth, BucketResponse, Platform};
pub use bucket_change::{BucketRef, CredentialAccess, ModifyAuth, ModifyBucket};
pub use compute::{
    ComputeConfig, ComputeRegion, DeploymentInfo, LoadResults, ServiceConfig, ServiceReply, ServiceStatus,
    ServiceType,
};
pub use compute_request::{EnableService, LogQuery, UpdateService};
pub use credentials::{AzureCredentials, GcsCredentials, S3Credentials, StorageCredentials};
pub use diagnostics::{ServiceInfo, UserDiagnostics};
pub use error::{ErrorBody, InvalidInput, ValidationItem};
pub use exchange::{
    DatasetFilter, DefaultExchange, ExchangeListing, NodeFilter, RepoSubscription, RepoSubscriptionInfo,
    SubscriptionPricingType, SubscriptionStatus, SubscriptionType,
};
pub use extra_config::ExtraConfig;
pub use iceberg::{
    IcebergNamespace, IcebergTableSummary, ModifyIcebergNamespace, NamespaceAction, NewIcebergNamespace,
};
pub use iceberg_catalog::{
    CatalogNamespace, IcebergConfig, IcebergProperties, LoadedTable, NamespaceIdent, PropertiesUpdate,
    TableCredentials, TableIdent,
};
pub use iceberg_list::{ListIcebergNamespaces, ListIcebergTables, ListSort, SortDirection};
pub use id::{BucketId, ExchangeId, NamespaceId, PrincipalId, RepoId, TableId};
pub use initiator::StatusInitiator;
pub use log_line::LogLine;
pub use login::{AuthProviderConfig, DeviceCode, Lifetime, OauthError, OauthTokens, OauthTokensResponse};
pub use maintenance::{ExpirationResult, GcResult};
pub use metadata::Metadata;
pub use name::{BucketNickname, OrgName, RepoName};
pub use new_bucket::{BucketUri, NewBucket};
pub use open::{Author, OpenRepo, VirtualChunkCredentials};
pub use optimization::{ExpirationConfig, GcConfig, OptimizationConfig, OptimizationWindow, Retention};
pub use org::{OrgInfo, OrgResponse};
pub use other::Other;
pub use page::{Page, PageRequest};
pub use permission::{Action, ApiClient, OrgActions, PrincipalPermissions, ServiceAction};
pub use recall::Recall;
pub use repo::{RepoHealth, RepoKind, RepoModel, RepoVisibility};
pub use repo_change::{ModifyExpiration, ModifyGc, ModifyOptimization, ModifyRepo, NewRepoVisibility};
pub use repo_import::{ImportRepo, SubscribeRepo};
pub use repo_request::{CreateMode, DeleteConfirmation, DeleteRepo, ListRepos, NewRepo};
pub use rows::{BadRow, Rows};
pub use secret::Secret;
pub use shared::{Shared, SharedBucket};
pub use status::{NewRepoStatus, RepoOperationMode, RepoStatus};
pub use time::Timestamp;
pub use token::ApiToken;
pub use user::{ApiTokenInfo, Principal, UserInfo};
pub use virtual_chunks::{
    AccessPolicy, AccessPolicyKey, NewAccessPolicy, PolicyUseCase, UpdateContainers, VirtualChunkContainers,
};
