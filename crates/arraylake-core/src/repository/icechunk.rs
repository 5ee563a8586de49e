//! Icechunk repositories, and finding out that a repo is none.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arraylake_icechunk::icechunk::config::Credentials;
use arraylake_icechunk::icechunk::format::format_constants::SpecVersionBin;
use arraylake_icechunk::{CredentialError, CredentialSource, ErrorKind, Opener, RepoStorage};
use arraylake_types::{
    BucketId, BucketNickname, CredentialAccess, ImportRepo, OpenRepo, OrgName, Platform, RepoKind, RepoModel,
    RepoName, StorageCredentials, UpdateContainers,
};
use async_trait::async_trait;
use http::StatusCode;

use super::make::check_bucket;
#[cfg(feature = "v1")]
use super::v1::open_entry as of_v1;
use super::{NewEntry, OpenOptions, Repo, of_another_kind, refuse_unknown_kinds};
use crate::api::{Buckets, Repos, Users};
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// Pauses while another client is making a repo that has its entry already: in all about ten seconds.
const PAUSES_MS: [u64; 8] = [50, 100, 200, 400, 800, 1600, 3200, 3200];

/// Where a repo is, as the catalog says it for each kind.
#[derive(Debug)]
pub(crate) enum Place {
    Icechunk(Box<OpenRepo>),
    V1(Box<RepoModel>),
}

impl Place {
    /// The answer of `/open`, which only Icechunk repos have.
    pub(crate) fn into_icechunk(self, repo: &RepoName) -> Result<OpenRepo> {
        match self {
            Self::Icechunk(answer) => Ok(*answer),
            Self::V1(_) => Err(of_another_kind(repo, &RepoKind::V1, &RepoKind::Icechunk)),
        }
    }
}

/// The client as a source of storage credentials.
#[derive(Debug)]
struct ClientSource {
    client: AsyncClient,
    api_url: String,
}

#[async_trait]
impl CredentialSource for ClientSource {
    fn api_url(&self) -> &str {
        &self.api_url
    }

    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError> {
        let place = locate(&self.client, repo).await.map_err(as_credential_error)?;
        place.into_icechunk(repo).map_err(as_credential_error)
    }

    async fn bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials, CredentialError> {
        self.client.get_repo_bucket_credentials(repo).await.map_err(as_credential_error)
    }

    async fn org_bucket_credentials(
        &self,
        org: &OrgName,
        bucket: BucketId,
        access: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError> {
        let credentials = self.client.get_bucket_credentials(org, &bucket.into(), access).await;
        credentials.map_err(as_credential_error)
    }
}

fn as_credential_error(error: Error) -> CredentialError {
    let made = if error.is_transient() { CredentialError::transient } else { CredentialError::refused };
    let mut refusal = made(&error.to_string());
    if let Some(pause) = error.retry_after() {
        refusal = refusal.with_retry_after(pause);
    }
    refusal.with_source(Arc::new(error))
}

fn opener(client: &AsyncClient) -> Opener {
    let source = ClientSource { client: client.clone(), api_url: client.service_uri().to_string() };
    Opener::new(Arc::new(source), client.credentials().clone())
}

impl AsyncClient {
    /// What opens repositories with the credentials of this client: for sessions that come as bytes from other
    /// processes ([`Opener::session_from_bytes`], [`Opener::register`]), and for answers of `/open` of your own.
    #[must_use]
    pub fn opener(&self) -> Opener {
        opener(self)
    }
}

/// Where a repo is: in one request, or in several on a service without that route, or for a repo of another kind.
pub(crate) async fn locate(client: &AsyncClient, repo: &RepoName) -> Result<Place> {
    if client.era().lacks_open.is_set() {
        return by_entry(client, repo, client.get_repo_object(repo).await?).await;
    }
    let refusal = match client.open_repo(repo).await {
        Ok(answer) => return Ok(Place::Icechunk(Box::new(answer))),
        Err(error) if may_be_of_another_kind(&error) => error,
        Err(error) => return Err(error),
    };
    // The route may be missing, or refuse what is no Icechunk repo; and a missing repo looks like a missing route.
    let is_missing = crate::api::is_missing_route(&refusal);
    let entry = match client.get_repo_object(repo).await {
        Ok(entry) => entry,
        Err(error) if is_missing => return Err(error),
        Err(_) => return Err(refusal),
    };
    if entry.kind == RepoKind::Icechunk {
        if !is_missing {
            return Err(refusal);
        }
        // Such as a bucket config that is not there: the next repo may well be opened in one request.
        if !crate::api::names_a_thing(&refusal) {
            client.era().lacks_open.set();
        }
    }
    by_entry(client, repo, entry).await
}

/// Whether a refusal of `/open` may mean that the repo is no Icechunk repo.
fn may_be_of_another_kind(error: &Error) -> bool {
    crate::api::is_missing_route(error)
        || matches!(
            error.status(),
            Some(
                StatusCode::BAD_REQUEST
                    | StatusCode::CONFLICT
                    | StatusCode::UNPROCESSABLE_ENTITY
                    | StatusCode::NOT_IMPLEMENTED
            )
        )
}

async fn by_entry(client: &AsyncClient, repo: &RepoName, entry: RepoModel) -> Result<Place> {
    refuse_unknown_kinds(repo, &entry.kind)?;
    match entry.kind {
        RepoKind::V1 => Ok(Place::V1(Box::new(entry))),
        _ => assemble(client, repo, entry).await.map(|answer| Place::Icechunk(Box::new(answer))),
    }
}

/// What the newer route would have answered.
async fn assemble(client: &AsyncClient, repo: &RepoName, model: RepoModel) -> Result<OpenRepo> {
    let Some((bucket, prefix)) = model.storage() else {
        return Err(Error::Unsupported(format!(
            "{repo} has no bucket: it subscribes to a repo that is gone"
        )));
    };
    let mut answer = OpenRepo::new(bucket.clone(), prefix);
    if bucket.auth_method().is_some_and(|method| method.is_delegated()) && !model.status.is_offline() {
        answer.repo_credentials = Some(client.get_repo_bucket_credentials(repo).await?);
    }
    let user = client.get_user().await?;
    answer.author = Some(user.author());
    answer.principal_id = Some(user.id().to_string());
    answer.status = model.status.into_inner();
    Ok(answer)
}

/// What keeps an answer of `/open` from being shared.
enum Otherwise {
    V1(Box<RepoModel>),
    Failed(Error),
}

/// As [`locate`], for whoever wants it as it is: those who ask at the same time share one request.
async fn locate_shared(client: &AsyncClient, repo: &RepoName) -> Result<Place> {
    let ask = async {
        match locate(client, repo).await {
            Ok(Place::Icechunk(answer)) => Ok(*answer),
            Ok(Place::V1(entry)) => Err(Otherwise::V1(entry)),
            Err(error) => Err(Otherwise::Failed(error)),
        }
    };
    match client.credentials().share(repo, ask).await {
        Ok(answer) => Ok(Place::Icechunk(Box::new(answer))),
        Err(Otherwise::V1(entry)) => Ok(Place::V1(entry)),
        Err(Otherwise::Failed(error)) => Err(error),
    }
}

/// Opens a repo of whichever kind.
pub(crate) async fn get(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    options: OpenOptions,
) -> Result<Repo> {
    let place = locate_shared(client, repo).await?;
    open(client, operation, repo, place, options).await
}

/// Opens what was found. Where no Icechunk repository is there, the catalog is asked whether it is of another kind.
pub(crate) async fn open(
    client: &AsyncClient,
    operation: &'static str,
    repo: &RepoName,
    place: Place,
    options: OpenOptions,
) -> Result<Repo> {
    let answer = match place {
        Place::Icechunk(answer) => *answer,
        Place::V1(entry) => return of_v1(client, operation, repo, *entry, options).await,
    };
    match opener(client).open(repo, answer, options.icechunk.clone()).await {
        Ok(opened) => Ok(Repo::Icechunk(opened)),
        Err(error) => {
            if *error.kind() == ErrorKind::NoRepository
                && let Ok(entry) = client.get_repo_object(repo).await
                && entry.kind != RepoKind::Icechunk
            {
                refuse_unknown_kinds(repo, &entry.kind)?;
                return of_v1(client, operation, repo, entry, options).await;
            }
            Err(Error::storage(operation, error))
        }
    }
}

#[cfg(not(feature = "v1"))]
async fn of_v1(
    _: &AsyncClient,
    _: &'static str,
    repo: &RepoName,
    entry: RepoModel,
    _: OpenOptions,
) -> Result<Repo> {
    Err(super::unknown_kind(repo, &entry.kind))
}

/// Temporary keys for Azure are for whole containers.
fn warn_of_reach(repo: &RepoName, answer: &OpenRepo) {
    let bucket = &answer.repo_bucket;
    if bucket.platform == Platform::Azure && bucket.auth_method().is_some_and(|method| method.is_delegated())
    {
        let container = &bucket.name;
        tracing::warn!(%repo, container, "whoever opens the repo gets keys that reach everything in the container");
    }
}

/// The storage of a repo, whatever state the repo is in but offline.
pub(crate) async fn storage(
    client: &AsyncClient,
    repo: &RepoName,
    options: &OpenOptions,
) -> Result<RepoStorage> {
    let answer = locate_shared(client, repo).await?.into_icechunk(repo)?;
    let built = opener(client).storage(repo, &answer, &options.icechunk).await;
    built.map_err(|error| Error::storage("get icechunk storage", error))
}

/// Credentials for virtual chunks in several bucket configs, all of which are in one list.
pub(crate) async fn container_credentials(
    client: &AsyncClient,
    org: &OrgName,
    containers: BTreeMap<String, BucketNickname>,
) -> Result<BTreeMap<String, Credentials>> {
    let mut rules = UpdateContainers::new();
    rules.add.clone_from(&containers);
    rules.validate()?;
    let configs = client.list_bucket_configs(org).await?;
    let mut made = BTreeMap::new();
    for (prefix, nickname) in containers {
        let config = configs.iter().find(|config| config.nickname == nickname.as_str());
        let missing = || Error::BucketNotFound { org: org.to_string(), nickname: nickname.to_string() };
        let credentials = opener(client).container_credentials(org, config.ok_or_else(missing)?);
        let failed = |error| Error::storage("containers credentials for buckets", error);
        made.insert(prefix, credentials.map_err(failed)?);
    }
    Ok(made)
}

/// Makes an empty repository for an entry that has been made.
pub(super) async fn create(
    client: &AsyncClient,
    repo: &RepoName,
    version: Option<u8>,
    options: OpenOptions,
) -> Result<Repo> {
    let answer = locate(client, repo).await?.into_icechunk(repo)?;
    warn_of_reach(repo, &answer);
    let options = match version {
        Some(1) => options.icechunk.with_spec_version(SpecVersionBin::V1),
        Some(_) => options.icechunk.with_spec_version(SpecVersionBin::V2),
        None => options.icechunk,
    };
    let created = opener(client).create(repo, answer, options).await;
    created.map(Repo::Icechunk).map_err(|error| Error::storage("create repo", error))
}

/// Takes a repository that lies in a bucket already into the catalog, and opens it.
pub(crate) async fn import(
    client: &AsyncClient,
    org: &OrgName,
    request: ImportRepo,
    options: OpenOptions,
) -> Result<Repo> {
    let repo = RepoName::new(org, &request.name)?;
    let (maker, owner) = (client.clone(), org.clone());
    let register = async move { maker.import_repo_object(&owner, request).await };
    let entry = NewEntry::make(client, &repo, register).await?;
    let opened = match locate(client, &repo).await {
        Ok(place) => {
            if let Place::Icechunk(answer) = &place {
                warn_of_reach(&repo, answer);
            }
            open(client, "import repo", &repo, place, options).await
        }
        Err(error) => Err(error),
    };
    entry.settle(opened).await
}

/// Opens a repo that has an entry. Its repository may be a moment away, if its maker is still at work; or its entry may
/// go again, if its maker fails, which is told as a repo that is not found.
pub(super) async fn open_existing(
    client: &AsyncClient,
    repo: &RepoName,
    wanted: Option<&BucketNickname>,
    options: &OpenOptions,
) -> Result<Repo> {
    let mut pauses = PAUSES_MS.into_iter();
    loop {
        let answer = locate(client, repo).await?.into_icechunk(repo)?;
        check_bucket(repo, wanted, Some(&answer.repo_bucket))?;
        let place = Place::Icechunk(Box::new(answer));
        let outcome = open(client, "get or create repo", repo, place, options.clone()).await;
        match (outcome, pauses.next()) {
            (Err(Error::Storage { source, .. }), Some(pause))
                if *source.kind() == ErrorKind::NoRepository =>
            {
                tracing::debug!(%repo, "its repository is not there yet");
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            // A service that lets V1 repos be opened, too.
            (Ok(found), _) => return found.into_icechunk().map(Repo::Icechunk),
            (outcome, _) => return outcome,
        }
    }
}
