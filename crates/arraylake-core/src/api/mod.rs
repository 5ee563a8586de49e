//! What can be asked for: one small trait a role, each implemented by [`AsyncClient`](crate::AsyncClient).
//!
//! | role | what it is about |
//! | --- | --- |
//! | [`Repos`] | entries of repos in the catalog |
//! | [`Buckets`] | bucket configs |
//! | [`Users`] | who is asking |
#![cfg_attr(feature = "icechunk", doc = "| [`Repositories`] | open repositories: their data |")]
//!
//! Code that lists repos takes `&dyn Repos`, and its tests mock five methods instead of fifty (feature `mock`). `&T`,
//! `Box<T>` and `Arc<T>` of a role play it too. [`Api`] joins the roles.

mod buckets;
mod forward;
mod repos;
#[cfg(feature = "icechunk")]
mod repositories;
mod users;

pub use self::buckets::Buckets;
pub use self::repos::Repos;
#[cfg(feature = "icechunk")]
pub(crate) use self::repos::is_missing_route;
#[cfg(feature = "icechunk")]
pub use self::repositories::Repositories;
pub use self::users::Users;

#[cfg(feature = "mock")]
pub use self::buckets::MockBuckets;
#[cfg(feature = "mock")]
pub use self::repos::MockRepos;
#[cfg(all(feature = "mock", feature = "icechunk"))]
pub use self::repositories::MockRepositories;
#[cfg(feature = "mock")]
pub use self::users::MockUsers;

/// Every role of the catalog.
pub trait Api: Repos + Buckets + Users {}

impl<T: Repos + Buckets + Users + ?Sized> Api for T {}

/// What the signatures of the roles name, for generated code.
#[doc(hidden)]
pub mod codegen_prelude {
    #[cfg(feature = "icechunk")]
    pub use super::Repositories;
    pub use super::{Buckets, Repos, Users};
    pub use crate::error::Result;
    #[cfg(feature = "icechunk")]
    pub use crate::repository::{OpenOptions, Repo};
    pub use arraylake_types::{
        BucketId, BucketNickname, BucketResponse, DeleteConfirmation, DeleteRepo, ListRepos, NewBucket,
        NewRepo, OpenRepo, OrgName, Page, PageRequest, Principal, RepoModel, RepoName, Rows,
        StorageCredentials,
    };
    pub use async_trait::async_trait;
}
