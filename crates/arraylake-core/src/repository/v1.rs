//! V1 repos: their entry in the catalog, what the configuration says about them, and the first checkout.

use std::num::NonZeroUsize;
use std::time::Duration;

use arraylake_types::{Author, BucketNickname, InvalidInput, RepoKind, RepoModel, RepoName};
use arraylake_v1::{AsyncRepo, Checkout, CommitPolicy, Metastore, Ref, RepoOptions, SharedRepo};

use super::make::check_bucket;
use super::options::FirstCheckout;
use super::{OpenOptions, Repo, of_another_kind};
use crate::api::{Repos, Users};
use crate::client::AsyncClient;
use crate::config::Config;
use crate::error::{Error, Result};

/// Opens the V1 repo of an entry, and checks out what is wanted.
pub(crate) async fn open_entry(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    entry: RepoModel,
    options: OpenOptions,
) -> Result<Repo> {
    let failed = |error| Error::v1(operation, error);
    refuse(operation, repo, &entry)?;
    let author = client.get_user().await?.author();
    let opened = open_unchecked(client, operation, (repo, &entry), author, &options)?;
    let (at, how) = match options.checkout {
        FirstCheckout::Nothing => return Ok(Repo::V1(opened)),
        FirstCheckout::At(at, how) => (at, how),
        FirstCheckout::Main => {
            let how = Checkout::new().with_for_writing(!opened.is_read_only());
            (Ref::from("main"), how)
        }
    };
    opened.checkout(at, how).await.map_err(failed)?;
    Ok(Repo::V1(opened))
}

/// Refuses what is no V1 repo, or is offline.
fn refuse(operation: &'static str, repo: &RepoName, entry: &RepoModel) -> Result<()> {
    if entry.kind != RepoKind::V1 {
        return Err(of_another_kind(repo, &entry.kind, &RepoKind::V1));
    }
    arraylake_v1::refuse_offline(repo, entry).map_err(|error| Error::v1(operation, error))
}

/// A repo with nothing checked out.
fn open_unchecked(
    client: &AsyncClient,
    operation: &'static str,
    (repo, entry): (&RepoName, &RepoModel),
    author: Author,
    options: &OpenOptions,
) -> Result<AsyncRepo> {
    let settings = client.v1_settings();
    let mut work = match &options.v1 {
        Some(work) => work.clone(),
        None => settings.repo_options()?,
    };
    work.read_only |= options.read_only;
    let mut metastore = Metastore::new(client.transport().clone(), repo.clone());
    if !settings.managed_sessions() {
        metastore = metastore.without_managed_sessions();
    }
    arraylake_v1::open(metastore, entry, author, work).map_err(|error| Error::v1(operation, error))
}

impl AsyncClient {
    /// Opens a V1 repo on the session of another process, which [`AsyncRepo::share`] gave. Data are read and written
    /// with the credentials of this client.
    ///
    /// `GET /repos/{org}/{repo}`
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) if there is no such repo, [`is_offline`](Error::is_offline) if it is
    /// offline; if the session is of another service.
    pub async fn get_shared_repo(&self, shared: &SharedRepo, options: OpenOptions) -> Result<AsyncRepo> {
        const OPERATION: &str = "get shared repo";
        let entry = self.get_repo_object(&shared.repo).await?;
        refuse(OPERATION, &shared.repo, &entry)?;
        let repo = open_unchecked(self, OPERATION, (&shared.repo, &entry), shared.author.clone(), &options)?;
        repo.adopt(shared).map_err(|error| Error::v1(OPERATION, error))?;
        Ok(repo)
    }
}

/// Opens a repo that has an entry, in the bucket that was asked for.
pub(super) async fn open_existing(
    client: &AsyncClient,
    repo: &RepoName,
    wanted: Option<&BucketNickname>,
    options: &OpenOptions,
) -> Result<Repo> {
    let entry = client.get_repo_object(repo).await?;
    if entry.kind == RepoKind::V1 {
        check_bucket(repo, wanted, entry.bucket.as_deref())?;
    }
    open_entry(client, "get or create repo", repo, entry, options.clone()).await
}

/// Opens a repo, where V1 is the only kind that this build knows.
#[cfg(not(feature = "icechunk"))]
pub(crate) async fn get(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    options: OpenOptions,
) -> Result<Repo> {
    let entry = client.get_repo_object(repo).await?;
    super::refuse_unknown_kinds(repo, &entry.kind)?;
    open_entry(client, operation, repo, entry, options).await
}

/// What the configuration says about V1 repos, under the keys of the Python client.
#[derive(Clone, Debug)]
pub(crate) struct V1Settings(Config);

impl V1Settings {
    /// Keeps what is needed of all settings.
    pub(crate) fn of(config: &Config) -> Self {
        Self(config.clone())
    }

    fn managed_sessions(&self) -> bool {
        self.0.flag("server_managed_sessions").unwrap_or(true)
    }

    fn repo_options(&self) -> Result<RepoOptions> {
        let mut options = RepoOptions::new();
        if let Some(documents) = self.count("async.batch_size")? {
            options = options.with_batch_size(documents);
        }
        if let Some(requests) = self.count("async.concurrency")? {
            options = options.with_concurrency(requests);
        }
        if let Some(commits) = self.count("batch_size_for_commits")? {
            options = options.with_commits_page(commits);
        }
        Ok(options.with_commit_policy(self.commit_policy()?))
    }

    fn commit_policy(&self) -> Result<CommitPolicy> {
        let policy = CommitPolicy::new();
        let attempts = self.whole("max_commit_attempts")?.or(self.whole("commit_max_attempts")?);
        let attempts = attempts.map_or(policy.max_attempts, |count| u32::try_from(count).unwrap_or(u32::MAX));
        let pause = |key: &str, default: Duration| {
            self.real(key).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(default)
        };
        let start = pause("commit_start_mean_sleep_seconds", policy.start_mean);
        let increase = pause("commit_sleep_increase_seconds", policy.increase);
        let most = pause("commit_max_mean_sleep_seconds", policy.max_mean);
        let jitter = self.real("commit_jitter_factor").unwrap_or(policy.jitter);
        Ok(policy.with_max_attempts(attempts).with_pauses(start, increase, most).with_jitter(jitter))
    }

    /// A number with or without a fraction.
    fn real(&self, key: &str) -> Option<f64> {
        self.0.text(key)?.trim().parse().ok()
    }

    /// A whole number, if it is set.
    fn whole(&self, key: &str) -> Result<Option<u64>> {
        if self.0.get(key).is_none() {
            return Ok(None);
        }
        self.0.number(key).map(Some).ok_or_else(|| self.fault(key, "must be a whole number").into())
    }

    /// A whole number above zero; zero counts as unset.
    fn count(&self, key: &str) -> Result<Option<NonZeroUsize>> {
        let number = self.whole(key)?;
        Ok(number.and_then(|number| NonZeroUsize::new(usize::try_from(number).unwrap_or(usize::MAX))))
    }

    /// What is wrong with a setting, and where it came from.
    fn fault(&self, key: &str, rule: &str) -> InvalidInput {
        let shown = self.0.get(key).map(ToString::to_string).unwrap_or_default();
        let origin =
            self.0.origin(key).map(|origin| format!(" (it comes from {origin})")).unwrap_or_default();
        InvalidInput::new("setting", format!("{key} = {shown}"), format!("{rule}{origin}"))
    }
}

#[cfg(test)]
mod tests;
