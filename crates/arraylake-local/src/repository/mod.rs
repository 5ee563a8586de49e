//! Icechunk repositories whose data lies in the S3 endpoint beside the catalog, read and written in this process.

mod container;
#[cfg(feature = "icechunk")]
mod containers;
#[cfg(feature = "icechunk")]
mod storage;
#[cfg(feature = "icechunk")]
mod subset;
#[cfg(not(feature = "icechunk"))]
mod without;

#[cfg(feature = "icechunk")]
use std::sync::Arc;

#[cfg(feature = "icechunk")]
use icechunk::format::format_constants::SpecVersionBin;
#[cfg(feature = "icechunk")]
use icechunk::{Repository, Storage};

pub(crate) use self::container::{Container, NewContainer};
#[cfg(feature = "icechunk")]
pub(crate) use self::containers::{change_containers, containers};
#[cfg(feature = "icechunk")]
use self::storage::BucketStorage;
#[cfg(feature = "icechunk")]
pub(crate) use self::subset::{SOURCE, chunk_folder, make_subset};
#[cfg(not(feature = "icechunk"))]
pub(crate) use self::without::{SOURCE, change_containers, chunk_folder, containers, create, make_subset};
#[cfg(feature = "icechunk")]
use crate::lake::Lake;
#[cfg(feature = "icechunk")]
use crate::refusal::Refusal;
#[cfg(feature = "icechunk")]
use crate::store::StoredRepo;

/// What becomes of the chunks of a repository of which a part is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// They stay where they are and are referred to.
    Referred,
    /// They are copied.
    Copied,
}

/// The storage of a repo. `None` if its data lies somewhere else.
#[cfg(feature = "icechunk")]
fn storage(lake: &Lake, repo: &StoredRepo) -> Option<Arc<dyn Storage + Send + Sync>> {
    let bucket = repo.bucket.as_ref().filter(|bucket| bucket.is_local())?;
    Some(Arc::new(BucketStorage::new(lake.endpoint.clone(), &bucket.model.name, &repo.model.prefix)))
}

/// Opens the repository of a repo for reading. `None` if its data lies somewhere else.
#[cfg(feature = "icechunk")]
pub(crate) async fn open(lake: &Lake, repo: &StoredRepo) -> Result<Option<Repository>, Refusal> {
    let Some(storage) = storage(lake, repo) else { return Ok(None) };
    let opened = Repository::open(storage).execute().await;
    opened.map(Some).map_err(|error| unreadable(name_of(repo), &error))
}

/// Makes an empty repository at the place of a repo, for clients that leave that to the service.
#[cfg(feature = "icechunk")]
pub(crate) async fn create(lake: &Lake, repo: &StoredRepo, version: Option<u8>) -> Result<(), Refusal> {
    let (org, name) = name_of(repo);
    let apart = format!("The data of {org}/{name} would not lie in the object store of this service");
    let storage = storage(lake, repo).ok_or_else(|| Refusal::conflict(apart))?;
    let version = if version == Some(1) { SpecVersionBin::V1 } else { SpecVersionBin::V2 };
    let created = Repository::create(storage).spec_version(version).execute().await;
    let failed = |error| {
        Refusal::conflict(format!("The repository of {org}/{name} cannot be made: {}", reason(&error)))
    };
    created.map(drop).map_err(failed)
}

#[cfg(feature = "icechunk")]
fn name_of(repo: &StoredRepo) -> (&str, &str) {
    (&repo.model.org, &repo.model.name)
}

/// What is there cannot be read as a repository.
#[cfg(feature = "icechunk")]
pub(crate) fn unreadable((org, name): (&str, &str), error: &dyn std::fmt::Display) -> Refusal {
    Refusal::conflict(format!("The repository of {org}/{name} cannot be read: {}", reason(error)))
}

/// The words of icechunk go on for lines; the first one says it.
#[cfg(feature = "icechunk")]
fn reason(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    first.unwrap_or("no reason is given").to_owned()
}
