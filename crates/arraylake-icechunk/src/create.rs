//! Creating the repository of a new catalog entry.

use std::sync::Arc;

use arraylake_types::{AuthMethod, OpenRepo, RepoName};
use icechunk::format::format_constants::SpecVersionBin;
use icechunk::{Repository, Storage};

use crate::containers::Authorised;
use crate::open::{attribution, config};
use crate::opening::OpeningStorage;
use crate::{Error, ErrorKind, IcechunkRepo, OpenOptions, Opener};

impl Opener {
    /// Creates an empty repository where an answer of `GET /repos/{org}/{repo}/open` says, for a catalog entry that
    /// was just made (`POST /orgs/{org}/repos`).
    ///
    /// Takes nothing back on failure, the catalog entry is the caller's; see [`Error::prefix_was_occupied`].
    ///
    /// # Errors
    /// [`ErrorKind::NotClean`] if something is already there, [`ErrorKind::ReadOnly`] under maintenance and in a bucket
    /// without keys, [`ErrorKind::Config`] if the prefix is none that a repository can live under; else as [`open`](Self::open).
    pub async fn create(
        &self,
        repo: &RepoName,
        answer: OpenRepo,
        options: OpenOptions,
    ) -> Result<IcechunkRepo, Error> {
        if answer.status.is_maintenance() {
            let message = format!("{repo} is under maintenance{}", answer.status.explanation());
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        check_prefix(repo, &answer.repo_prefix)?;
        if answer.repo_bucket.auth_method() == Some(AuthMethod::Anonymous) {
            let message = format!(
                "{repo}: bucket {} is anonymous, so that nothing can be made there; use import_repo for what is there",
                answer.repo_bucket.nickname
            );
            return Err(Error::new(ErrorKind::ReadOnly, message));
        }
        let storage = self.storage(repo, &answer, &options).await?;
        self.create_on(storage, repo, answer, options).await
    }

    pub(crate) async fn create_on(
        &self,
        storage: Arc<dyn Storage + Send + Sync>,
        repo: &RepoName,
        answer: OpenRepo,
        options: OpenOptions,
    ) -> Result<IcechunkRepo, Error> {
        // The config of a new repository is stored in it, so containers that exist only in the answer stay out.
        let own = options.containers.iter();
        let authorised: Authorised =
            own.map(|(prefix, credentials)| (prefix.clone(), Some(credentials.clone()))).collect();
        let created = Repository::create(Arc::new(OpeningStorage::created(storage, self.keeper(repo))))
            .config(config(&answer, &options))
            .authorize_virtual_chunk_access(authorised.clone())
            .attribution(attribution(&answer))
            .spec_version(options.spec_version.unwrap_or(SpecVersionBin::V2))
            .execute()
            .await;
        self.finish(created, repo, answer, &options, (None, authorised))
    }
}

/// Prefixes that icechunk can write to but not update: a copy within the bucket names its source unencoded.
fn check_prefix(repo: &RepoName, prefix: &str) -> Result<(), Error> {
    let prefix = prefix.trim_matches('/');
    let reason = if prefix.is_empty() {
        "is empty, and a repository needs one"
    } else if !prefix.is_ascii() || prefix.contains('%') {
        "may only hold ASCII characters, and no `%`"
    } else {
        return Ok(());
    };
    Err(Error::config(format!("{repo}: the prefix `{prefix}` in the bucket {reason}")))
}
