//! The async client of Arraylake.
//!
//! [`AsyncClient`] plays every role of [`api`]: repos, bucket configs, users, compute services. It is built from arguments, the
//! environment and the configuration files that the Python client shares ([`Config`]).
//!
//! ```no_run
//! use arraylake_core::{AsyncClient, prelude::*};
//!
//! # async fn example() -> arraylake_core::Result<()> {
//! let client = AsyncClient::builder().with_token("ema_...").build()?;
//! let repo = client.get_repo_object(&"acme/era5".parse()?).await?;
//! println!("{} lies under {}", repo.name, repo.prefix);
//! # Ok(())
//! # }
//! ```
//!
//! With the features `icechunk` and `v1` (on by default) it also opens and creates repositories of these kinds; without
//! them, and without the other defaults, it is a small catalog client. [`types`] and [`transport`] are re-exported, so that an application
//! names one crate.

mod access;
pub mod api;
mod builder;
mod call;
mod client;
mod compute;
mod config;
mod error;
#[cfg(any(feature = "config-file", feature = "login"))]
mod file;
mod iceberg_catalog;
mod listing;
#[cfg(feature = "login")]
pub mod login;
mod logs;
#[cfg(feature = "migrate")]
pub mod migrate;
mod openeo;
mod pages;
#[cfg(any(feature = "icechunk", feature = "v1"))]
mod repository;
#[cfg(test)]
mod test_support;
mod uri;

pub use arraylake_transport as transport;
pub use arraylake_transport::types;

pub use self::access::Access;
pub use self::builder::ClientBuilder;
pub use self::client::AsyncClient;
pub use self::compute::ComputeClient;
pub use self::config::{Config, ConfigError, Origin, Setting};
#[cfg(feature = "config-file")]
pub use self::config::{ConfigFile, ConfigFileError};
pub use self::config::{
    KNOWN as KNOWN_SETTINGS, KnownSetting, SettingKind, is_known as is_known_setting, known as known_setting,
    nearest as nearest_setting,
};
pub use self::error::{ApiError, DecodeError, Error, Result};
pub use self::iceberg_catalog::IcebergCatalog;
#[cfg(feature = "login")]
pub use self::login::{Login, LoginError, LoginOptions};
pub use self::logs::LogLines;
pub use self::openeo::OpeneoConnection;
pub use self::pages::Pages;
pub use self::uri::ServiceUri;

#[cfg(any(feature = "icechunk", feature = "v1"))]
pub use self::repository::{OpenOptions, Repo};
#[cfg(feature = "icechunk")]
pub use self::repository::{Upkeep, UpkeepReport, UpkeepStep};
#[cfg(feature = "icechunk")]
pub use arraylake_icechunk as icechunk;
#[cfg(feature = "v1")]
pub use arraylake_v1 as v1;

/// Everything that a call needs in scope: the roles, and the types of their arguments.
pub mod prelude {
    #[cfg(feature = "object-store")]
    pub use crate::api::ObjectStores;
    #[cfg(any(feature = "icechunk", feature = "v1"))]
    pub use crate::api::Repositories;
    pub use crate::api::{
        Api, ApiClients, Buckets, Compute, Diagnostics, Exchange, IcebergNamespaces, Maintenance, Orgs,
        Permissions, Repos, Users, VirtualChunks,
    };
    #[cfg(any(feature = "icechunk", feature = "v1"))]
    pub use crate::repository::{OpenOptions, Repo};
    pub use arraylake_types::{
        ApiToken, AuthConfig, BucketNickname, BucketRef, CredentialAccess, DeleteConfirmation, DeleteRepo,
        EnableService, IcebergProperties, ImportRepo, ListIcebergNamespaces, ListIcebergTables, ListRepos,
        LogQuery, ModifyBucket, ModifyIcebergNamespace, ModifyRepo, NamespaceIdent, NewAccessPolicy,
        NewBucket, NewIcebergNamespace, NewRepo, NewRepoStatus, OrgAction, OrgName, PageRequest, RepoAction,
        RepoKind, RepoName, RepoOperationMode, ServiceType, SubscribeRepo, TableIdent, UpdateContainers,
        UpdateService,
    };
}
