//! Icechunk repositories whose data lies in the S3 endpoint beside the catalog, read in this process.

mod storage;

use std::sync::Arc;

use icechunk::Repository;

use self::storage::BucketStorage;
use crate::lake::Lake;
use crate::refusal::Refusal;
use crate::store::StoredRepo;

/// Opens the repository of a repo for reading. `None` if its data lies somewhere else.
pub(crate) async fn open(lake: &Lake, repo: &StoredRepo) -> Result<Option<Repository>, Refusal> {
    let Some(bucket) = repo.bucket.as_ref().filter(|bucket| bucket.is_local()) else { return Ok(None) };
    let storage = BucketStorage::new(lake.endpoint.clone(), &bucket.model.name, &repo.model.prefix);
    let name = (repo.model.org.as_str(), repo.model.name.as_str());
    let opened = Repository::open(Arc::new(storage)).execute().await;
    opened.map(Some).map_err(|error| unreadable(name, &error))
}

/// What is there cannot be read as a repository. The words of icechunk go on for lines; the first one says it.
pub(crate) fn unreadable((org, name): (&str, &str), error: &dyn std::fmt::Display) -> Refusal {
    let text = error.to_string();
    let reason = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason is given");
    Refusal::conflict(format!("The repository of {org}/{name} cannot be read: {reason}"))
}
