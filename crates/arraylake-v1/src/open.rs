//! [`open()`]: from the entry of a catalog to a repo.

use arraylake_types::{Author, RepoModel, RepoName};

use crate::error::{Error, ErrorKind, Result};
use crate::metastore::Metastore;
use crate::repo::{AsyncRepo, RepoOptions};

/// Opens the repo that an entry of the catalog describes, with nothing checked out. Sends nothing. Commits will carry
/// the author's name and address.
///
/// A repo under maintenance can only be read.
///
/// # Errors
/// [`ErrorKind::Offline`] if the repo is offline.
pub fn open(
    metastore: Metastore,
    entry: &RepoModel,
    author: Author,
    options: RepoOptions,
) -> Result<AsyncRepo> {
    refuse_offline(metastore.repo(), entry)?;
    if entry.status.is_maintenance() {
        let explanation = entry.status.explanation();
        tracing::warn!(repo = %metastore.repo(), "the repo is under maintenance and may only be read{explanation}");
    }
    Ok(AsyncRepo::new(metastore, author, options).with_status(entry.status.clone()))
}

/// Refuses a repo that is offline. For whoever still has something to ask before [`open()`].
///
/// # Errors
/// [`ErrorKind::Offline`], with the time and the reason as far as they are known.
pub fn refuse_offline(repo: &RepoName, entry: &RepoModel) -> Result<()> {
    let status = &entry.status;
    if !status.is_offline() {
        return Ok(());
    }
    let kind = ErrorKind::Offline { until: status.estimated_end_time, message: status.message.clone() };
    Err(Error::new(kind, format!("{repo} is offline{}", status.explanation())))
}
