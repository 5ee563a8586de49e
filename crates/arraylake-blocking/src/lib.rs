//! The Arraylake client for synchronous code: the same calls, without `async`.
//!
//! ```no_run
//! use arraylake_blocking::{Client, prelude::*};
//!
//! fn main() -> arraylake_blocking::Result<()> {
//!     let client = Client::from_env()?;
//!     for repo in client.list_repos(&"acme".parse()?, ListRepos::new())? {
//!         println!("{}", repo.name);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Every method of every role of `arraylake-core` is here, generated from it, so nothing is missing and nothing
//! differs. [`Client`] works over any implementation of a role: the client, a mock, the local service.
//!
//! An open Icechunk repository is used through [`Repository`]: sessions, commits, branches, tags, history, and stores for
//! the crate `zarrs`.
//!
//! Calls run on a runtime of their own, which is made by the first call and shared by all clients of the process.
//! So they may be made from any thread, even from inside another runtime, where they block the thread they are made
//! on. A process that forks must not have made a call before.

mod client;
mod compute;
mod generated;
#[cfg(feature = "v1")]
mod generated_repo;
mod iceberg;
#[cfg(feature = "login")]
mod login;
mod pages;
#[cfg(all(feature = "icechunk", feature = "zarrs"))]
mod repository;
mod runtime;
#[cfg(all(feature = "icechunk", feature = "zarrs"))]
mod session;
#[cfg(feature = "v1")]
pub mod v1;

pub use self::client::Client;
pub use self::compute::{ComputeClient, LogLines};
pub use self::iceberg::IcebergCatalog;
#[cfg(feature = "login")]
pub use self::login::Login;
pub use self::pages::Pages;
#[cfg(all(feature = "icechunk", feature = "zarrs"))]
pub use self::repository::{Ancestry, Repository};
#[cfg(all(feature = "icechunk", feature = "zarrs"))]
pub use self::session::Session;
pub use arraylake_core::{self as core, Error, Result, types};

/// Everything that a call needs in scope: the types of its arguments.
pub mod prelude {
    pub use arraylake_core::prelude::{
        ApiToken, AuthConfig, BucketNickname, BucketRef, CredentialAccess, DeleteConfirmation, DeleteRepo,
        EnableService, IcebergProperties, ImportRepo, ListIcebergNamespaces, ListIcebergTables, ListRepos,
        LogQuery, ModifyBucket, ModifyIcebergNamespace, ModifyRepo, NamespaceIdent, NewAccessPolicy,
        NewBucket, NewIcebergNamespace, NewRepo, NewRepoStatus, OrgAction, OrgName, PageRequest, RepoAction,
        RepoKind, RepoName, RepoOperationMode, ServiceType, SubscribeRepo, TableIdent, UpdateContainers,
        UpdateService,
    };
    #[cfg(any(feature = "icechunk", feature = "v1"))]
    pub use arraylake_core::prelude::{OpenOptions, Repo};
}
