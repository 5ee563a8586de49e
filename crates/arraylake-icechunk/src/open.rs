//! [`Opener`]: makes open repositories of answers of the catalog.

use std::sync::Arc;

use arraylake_types::{Author, OpenRepo, RepoName};
use icechunk::format::snapshot::SnapshotProperties;
use icechunk::storage::Settings;
use icechunk::{Attribution, Repository, RepositoryConfig};
use serde_json::Value;

use crate::containers::{self, Authorised};
use crate::credentials::Link;
use crate::opening::{Keeper, OpeningStorage};
use crate::repo::Rights;
use crate::{
    CredentialCache, CredentialSource, Error, ErrorKind, IcechunkRepo, OpenOptions, RepoStorage, plan,
    storage,
};

/// What bucket owners see in their logs.
const CLIENT: &str = concat!("arraylake-icechunk/", env!("CARGO_PKG_VERSION"));

/// Opens and creates repositories with the credentials of one client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Opener {
    pub(crate) link: Link,
}

impl Opener {
    /// Credentials come from `source`, through `cache`, which must not serve another client.
    #[must_use]
    pub fn new(source: Arc<dyn CredentialSource>, cache: CredentialCache) -> Self {
        Self { link: Link { source, cache } }
    }

    /// Opens the repository that an answer of `GET /repos/{org}/{repo}/open` describes.
    ///
    /// Asks the catalog nothing: credentials in the answer are used until they are due. A repo under maintenance
    /// opens read-only. Commits will carry the author's name and address.
    ///
    /// # Errors
    /// [`ErrorKind::Offline`] if the repo is offline, [`ErrorKind::Unsupported`] if this version cannot use the
    /// bucket, [`ErrorKind::NoRepository`] if there is nothing there, and what else can go wrong on the way.
    pub async fn open(
        &self,
        repo: &RepoName,
        answer: OpenRepo,
        options: OpenOptions,
    ) -> Result<IcechunkRepo, Error> {
        let storage = self.storage(repo, &answer, &options).await?;
        self.open_on(storage, repo, answer, options).await
    }

    /// The storage of the repository that an answer of `GET /repos/{org}/{repo}/open` describes, built as for
    /// [`open`](Self::open), with the layer of the options over it. Nothing is sent; credentials in the answer are used
    /// until they are due.
    ///
    /// # Errors
    /// As [`plan`]; [`ErrorKind::Offline`] if the repo is offline, [`ErrorKind::Config`] if it cannot be built.
    pub async fn storage(
        &self,
        repo: &RepoName,
        answer: &OpenRepo,
        options: &OpenOptions,
    ) -> Result<RepoStorage, Error> {
        refuse_offline(repo, answer)?;
        let plan = plan(answer, &options.overrides)?;
        tracing::debug!(%repo, bucket = plan.bucket, region = plan.region, "storage planned");
        self.link.cache.seed(repo, answer);
        let storage = plan.build(&self.link, repo).await?;
        Ok(match &options.layer {
            Some(layer) => layer(storage),
            None => storage,
        })
    }

    pub(crate) async fn open_on(
        &self,
        storage: RepoStorage,
        repo: &RepoName,
        answer: OpenRepo,
        options: OpenOptions,
    ) -> Result<IcechunkRepo, Error> {
        let mut config = config(&answer, &options);
        let mut authorised: Authorised =
            containers::register(&answer.virtual_chunk_credentials, &mut config, &self.link, repo)?;
        containers::bring_own(&options, &mut authorised, repo)?;
        let opening = Arc::new(OpeningStorage::new(storage, self.keeper(repo)));
        let opened = Repository::open(Arc::clone(&opening) as RepoStorage)
            .config(config)
            .authorize_virtual_chunk_access(authorised.clone())
            .attribution(attribution(&answer))
            .execute()
            .await;
        if answer.status.is_maintenance() {
            let explanation = answer.status.explanation();
            tracing::warn!(%repo, "the repo is under maintenance and may only be read{explanation}");
        }
        self.finish(opened, repo, answer, &options, (Some(opening), authorised))
    }

    /// Who renews the credentials of a repo's storage.
    pub(crate) fn keeper(&self, repo: &RepoName) -> Keeper {
        Keeper { link: self.link.clone(), repo: repo.clone() }
    }

    /// Makes the handle, or the error, of what icechunk said.
    pub(crate) fn finish(
        &self,
        outcome: Result<Repository, icechunk::repository::RepositoryError>,
        repo: &RepoName,
        answer: OpenRepo,
        options: &OpenOptions,
        (opening, authorised): (Option<Arc<OpeningStorage>>, Authorised),
    ) -> Result<IcechunkRepo, Error> {
        let cache = &self.link.cache;
        let mut repository = outcome.map_err(|error| Error::explain(error, repo, cache))?;
        repository.set_default_commit_metadata(commit_metadata(answer.author.as_ref()));
        let (status, read_only) = (answer.status, options.read_only);
        let rights = Rights { status, read_only, holds_secrets: options.holds_secrets() };
        let (link, repo) = (self.link.clone(), repo.clone());
        Ok(IcechunkRepo::new(repository, repo, rights, link, opening, authorised))
    }
}

fn refuse_offline(repo: &RepoName, answer: &OpenRepo) -> Result<(), Error> {
    if !answer.status.is_offline() {
        return Ok(());
    }
    let (until, message) = (answer.status.estimated_end_time, answer.status.message.clone());
    let text = format!("{repo} is offline{}", answer.status.explanation());
    Err(Error::new(ErrorKind::Offline { until, message }, text))
}

/// The bucket's flags, under the caller's config, under the caller's settings.
pub(crate) fn config(answer: &OpenRepo, options: &OpenOptions) -> RepositoryConfig {
    let mut config = options.config.clone().unwrap_or_default();
    let mut settings = storage::settings(&answer.repo_bucket.extra_config);
    for above in [config.storage.take(), options.settings.clone()].into_iter().flatten() {
        settings = settings.merge(above);
    }
    config.storage = (settings != Settings::default()).then_some(settings);
    config
}

/// The two keys that every Arraylake client writes, null where nothing is known.
pub(crate) fn commit_metadata(author: Option<&Author>) -> SnapshotProperties {
    let text = |text: Option<&String>| text.map_or(Value::Null, |text| Value::from(text.as_str()));
    SnapshotProperties::from([
        ("author_name".to_owned(), text(author.and_then(|author| author.name.as_ref()))),
        ("author_email".to_owned(), text(author.and_then(|author| author.email.as_ref()))),
    ])
}

/// A principal that icechunk refuses as a label is left out; it is only for logs.
pub(crate) fn attribution(answer: &OpenRepo) -> Attribution {
    let client = Attribution::new().with_client(CLIENT).unwrap_or_default();
    match &answer.principal_id {
        Some(principal) => client.clone().with_principal(principal).unwrap_or(client),
        None => client,
    }
}

#[cfg(test)]
mod tests;
