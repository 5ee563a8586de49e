//! Making repos, and opening those that are there already.

use arraylake_types::{
    BucketNickname, BucketResponse, CreateMode, InvalidInput, NewRepo, OrgName, RepoKind, RepoName,
};

use super::{NewEntry, OpenOptions, Repo, refuse_unknown_kinds, unknown_kind};
use crate::api::Repos;
use crate::client::AsyncClient;
use crate::error::{Error, Result};

/// How often somebody else may be faster, and take back what they made.
const ROUNDS: u32 = 3;

/// Makes a repo of the kind that is asked for.
pub(crate) async fn create(
    client: &AsyncClient,
    org: &OrgName,
    request: NewRepo,
    options: OpenOptions,
) -> Result<Repo> {
    let repo = check(org, &request)?;
    create_checked(client, org, &repo, request, options).await
}

async fn create_checked(
    client: &AsyncClient,
    org: &OrgName,
    repo: &RepoName,
    request: NewRepo,
    options: OpenOptions,
) -> Result<Repo> {
    let kind = request.kind.clone();
    #[cfg(feature = "icechunk")]
    let version = request.spec_version;
    let (maker, owner) = (client.clone(), org.clone());
    let register = async move { maker.create_repo_object(&owner, request).await };
    let entry = NewEntry::make(client, repo, register).await?;
    let created = match kind {
        #[cfg(feature = "icechunk")]
        RepoKind::Icechunk => super::icechunk::create(client, repo, version, options).await,
        #[cfg(feature = "v1")]
        RepoKind::V1 => super::v1::create(client, repo, entry.model().clone(), options).await,
        kind => Err(unknown_kind(repo, &kind)),
    };
    entry.settle(created).await
}

/// Opens a repo, or makes it if it is not there.
pub(crate) async fn get_or_create(
    client: &AsyncClient,
    org: &OrgName,
    request: NewRepo,
    options: OpenOptions,
) -> Result<Repo> {
    let repo = check(org, &request)?;
    let mut rounds = ROUNDS;
    loop {
        match open_existing(client, &repo, &request, &options).await {
            Err(error) if error.is_not_found() => {}
            outcome => return outcome,
        }
        rounds -= 1;
        match create_checked(client, org, &repo, request.clone(), options.clone()).await {
            // Somebody was faster. What they made is what was asked for, unless they fail and take it back.
            Err(error) if error.is_conflict() && rounds > 0 => {}
            outcome => return outcome,
        }
    }
}

async fn open_existing(
    client: &AsyncClient,
    repo: &RepoName,
    request: &NewRepo,
    options: &OpenOptions,
) -> Result<Repo> {
    let wanted = request.bucket_nickname.as_ref();
    match &request.kind {
        #[cfg(feature = "icechunk")]
        RepoKind::Icechunk => super::icechunk::open_existing(client, repo, wanted, options).await,
        #[cfg(feature = "v1")]
        RepoKind::V1 => super::v1::open_existing(client, repo, wanted, options).await,
        kind => Err(unknown_kind(repo, kind)),
    }
}

/// Everything that can be said before a request is sent.
fn check(org: &OrgName, request: &NewRepo) -> Result<RepoName> {
    request.validate()?;
    let repo = RepoName::new(org, &request.name)?;
    refuse_unknown_kinds(&repo, &request.kind)?;
    if request.create_mode != CreateMode::Register {
        let rule = "must be `register`: the client makes the repository itself";
        return Err(InvalidInput::new("create mode", request.create_mode.as_str(), rule).into());
    }
    Ok(repo)
}

/// Refuses a repo that is in another bucket than the one asked for.
pub(super) fn check_bucket(
    repo: &RepoName,
    wanted: Option<&BucketNickname>,
    found: Option<&BucketResponse>,
) -> Result<()> {
    let Some(wanted) = wanted.map(BucketNickname::as_str) else { return Ok(()) };
    let what = match found.map(|bucket| bucket.nickname.as_str()) {
        Some(found) if found == wanted => return Ok(()),
        Some(found) => format!("it is in the bucket {found:?}, not in {wanted:?}"),
        None => format!("it is in no bucket of the catalog, not in {wanted:?}"),
    };
    Err(Error::Mismatch { repo: repo.to_string(), what })
}
