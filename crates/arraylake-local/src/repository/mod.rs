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
use icechunk::{Repository, Storage};

pub(crate) use self::container::{Container, NewContainer};
#[cfg(feature = "icechunk")]
pub(crate) use self::containers::{change_containers, containers};
#[cfg(feature = "icechunk")]
use self::storage::BucketStorage;
#[cfg(feature = "icechunk")]
pub(crate) use self::subset::{SOURCE, chunk_folder, make_subset};
#[cfg(not(feature = "icechunk"))]
pub(crate) use self::without::{SOURCE, change_containers, chunk_folder, containers, make_subset};
#[cfg(feature = "icechunk")]
use crate::lake::Lake;
#[cfg(feature = "icechunk")]
use crate::refusal::Refusal;
#[cfg(feature = "icechunk")]
use crate::store::StoredRepo;

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

#[cfg(feature = "icechunk")]
fn name_of(repo: &StoredRepo) -> (&str, &str) {
    (&repo.model.org, &repo.model.name)
}

/// What is there cannot be read as a repository. The words of icechunk go on for lines; the first one says it.
#[cfg(feature = "icechunk")]
pub(crate) fn unreadable((org, name): (&str, &str), error: &dyn std::fmt::Display) -> Refusal {
    let text = error.to_string();
    let reason = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason is given");
    Refusal::conflict(format!("The repository of {org}/{name} cannot be read: {reason}"))
}
