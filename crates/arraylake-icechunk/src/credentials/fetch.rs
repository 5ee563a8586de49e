//! One fetch over the network: which call a scope needs, and a few attempts at it.

use std::time::Duration;

use arraylake_types::{OpenRepo, RepoName, StorageCredentials};
use tokio::time::{Instant, sleep, timeout};

use super::{Scope, Want, bucket_keys};
use crate::{CredentialError, CredentialErrorKind, CredentialSource};

/// Nothing above retries a fetch: the SDK reports a failed one at once.
const TRIES: u32 = 3;
/// The SDK gives up on a fetch after 120 s, and a user long before.
const BUDGET: Duration = Duration::from_secs(55);
const ATTEMPT: Duration = Duration::from_secs(25);
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// What a fetch brought: the credentials asked for, and the answer they came in, if that holds more.
pub(super) struct Fetched {
    pub(super) credentials: StorageCredentials,
    pub(super) answer: Option<OpenRepo>,
}

/// Fetches, retrying what is transient. Takes less than a minute.
pub(super) async fn fetch(source: &dyn CredentialSource, want: &Want) -> Result<Fetched, CredentialError> {
    let deadline = Instant::now() + BUDGET;
    let mut tries = 0;
    loop {
        tries += 1;
        let left = deadline.saturating_duration_since(Instant::now()).min(ATTEMPT);
        let outcome = timeout(left, once(source, want)).await;
        let error = match outcome.unwrap_or_else(|_| Err(too_slow(source, want))) {
            Err(error) if error.is_transient() && tries < TRIES => error,
            settled => return settled,
        };
        let pause = (FIRST_PAUSE * 2_u32.pow(tries)).mul_f64(0.5 + 0.5 * fastrand::f64());
        let pause = error.retry_after().unwrap_or(pause);
        if Instant::now() + pause >= deadline {
            return Err(error);
        }
        tracing::debug!(%want, %error, tries, "credentials could not be fetched, trying again");
        sleep(pause).await;
    }
}

fn too_slow(source: &dyn CredentialSource, want: &Want) -> CredentialError {
    CredentialError::transient(format!("{} took too long to give credentials for {want}", source.api_url()))
}

async fn once(source: &dyn CredentialSource, want: &Want) -> Result<Fetched, CredentialError> {
    let alone = |credentials| Fetched { credentials, answer: None };
    match want {
        Want::Bucket { org, id, access } => source.org_bucket_credentials(org, *id, *access).await.map(alone),
        Want::Repo(repo, Scope::Bucket) => source.bucket_credentials(repo).await.map(alone),
        Want::Repo(repo, scope) => in_opening(source, repo, scope).await,
    }
}

/// What comes with an answer of `/open`, all the rest of which is of use too.
async fn in_opening(
    source: &dyn CredentialSource,
    repo: &RepoName,
    scope: &Scope,
) -> Result<Fetched, CredentialError> {
    let answer = source.open_repo(repo).await?;
    let credentials = match scope {
        Scope::Container(prefix) => container_keys(&answer, prefix)?,
        _ => bucket_keys(&answer).ok_or_else(|| {
            let message = format!("the service gives no credentials for the bucket of {repo} any more");
            CredentialError::new(CredentialErrorKind::Revoked, message)
        })?,
    };
    Ok(Fetched { credentials, answer: Some(answer) })
}

fn container_keys(answer: &OpenRepo, prefix: &str) -> Result<StorageCredentials, CredentialError> {
    let entry = answer.virtual_chunk_credentials.get(prefix).ok_or_else(|| {
        let message = format!("access to the virtual chunks under {prefix} was revoked");
        CredentialError::new(CredentialErrorKind::Revoked, message)
    })?;
    entry.credentials.clone().ok_or_else(|| {
        let message = format!("the service gives no credentials for {prefix} any more; open the repo again");
        CredentialError::new(CredentialErrorKind::Revoked, message)
    })
}
