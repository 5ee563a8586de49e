//! One fetch over the network: which call a scope needs, and a few attempts at it.

use std::time::Duration;

use arraylake_types::{OpenRepo, RepoName, StorageCredentials};
use tokio::time::{Instant, sleep, timeout};

use super::{Scope, bucket_keys};
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
pub(super) async fn fetch(
    source: &dyn CredentialSource,
    repo: &RepoName,
    scope: &Scope,
) -> Result<Fetched, CredentialError> {
    let deadline = Instant::now() + BUDGET;
    let mut tries = 0;
    loop {
        tries += 1;
        let left = deadline.saturating_duration_since(Instant::now()).min(ATTEMPT);
        let outcome = timeout(left, once(source, repo, scope)).await;
        let error = match outcome.unwrap_or_else(|_| Err(too_slow(source, repo))) {
            Err(error) if error.is_transient() && tries < TRIES => error,
            settled => return settled,
        };
        let pause = (FIRST_PAUSE * 2_u32.pow(tries)).mul_f64(0.5 + 0.5 * fastrand::f64());
        let pause = error.retry_after().unwrap_or(pause);
        if Instant::now() + pause >= deadline {
            return Err(error);
        }
        tracing::debug!(%repo, %error, tries, "credentials could not be fetched, trying again");
        sleep(pause).await;
    }
}

fn too_slow(source: &dyn CredentialSource, repo: &RepoName) -> CredentialError {
    CredentialError::transient(format!("{} took too long to give credentials for {repo}", source.api_url()))
}

async fn once(
    source: &dyn CredentialSource,
    repo: &RepoName,
    scope: &Scope,
) -> Result<Fetched, CredentialError> {
    if *scope == Scope::Bucket {
        let credentials = source.bucket_credentials(repo).await?;
        return Ok(Fetched { credentials, answer: None });
    }
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
