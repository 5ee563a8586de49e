//! Every part of the suite, one file a role.

pub mod buckets;
pub mod repos;
pub mod users;

use arraylake_core::api::Api;
use arraylake_types::{BucketNickname, DeleteConfirmation, OrgName};

/// What a part of the suite works with.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The implementation.
    pub api: &'a dyn ApiDebug,
    /// An org in which anything may be done.
    pub org: &'a OrgName,
    /// A bucket config of it that takes repos.
    pub bucket: &'a BucketNickname,
}

/// An [`Api`] that can be shown when a test fails.
pub trait ApiDebug: Api + std::fmt::Debug {}

impl<T: Api + std::fmt::Debug + ?Sized> ApiDebug for T {}

/// A name that no other run uses.
pub fn fresh(stem: &str) -> String {
    format!("{stem}-{}", uuid_like())
}

fn uuid_like() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

pub fn sure() -> DeleteConfirmation {
    DeleteConfirmation::imsure().imreallysure()
}
