//! [`KeySource`]: where temporary keys to a bucket come from, and the provider that renews them ahead of their end.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arraylake_types::StorageCredentials;
use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::metastore::Metastore;

/// How long before their end keys are renewed; less for keys that live short.
const AHEAD: Duration = Duration::from_secs(600);
/// How long keys are used that come without an end.
const UNLIMITED: Duration = Duration::from_secs(900);

/// Where temporary keys to the bucket of a repo come from. Implementations need no cache: they are asked when keys
/// are about to end, once for all who wait.
#[async_trait]
pub trait KeySource: fmt::Debug + Send + Sync {
    /// `GET /repos/{org}/{repo}/bucket-credentials`.
    ///
    /// # Errors
    /// If there is no answer.
    async fn bucket_credentials(&self) -> Result<StorageCredentials>;
}

#[async_trait]
impl KeySource for Metastore {
    async fn bucket_credentials(&self) -> Result<StorageCredentials> {
        Metastore::bucket_credentials(self).await
    }
}

/// Keys that stay fresh. Clones share them.
#[derive(Clone)]
pub(super) struct Fresh {
    source: Arc<dyn KeySource>,
    held: Arc<Mutex<Option<Held>>>,
}

/// Keys, and when they are to be renewed and end.
struct Held {
    keys: StorageCredentials,
    renew: SystemTime,
    end: Option<SystemTime>,
}

impl Held {
    fn new(keys: StorageCredentials, now: SystemTime) -> Self {
        let end = keys.expiration().map(SystemTime::from);
        let life = end.map_or(UNLIMITED, |end| end.duration_since(now).unwrap_or_default());
        // Keys that live for less than twice the usual time are renewed halfway.
        let renew = now + life.saturating_sub(AHEAD).max(life / 2);
        Self { keys, renew, end }
    }

    fn is_over(&self, now: SystemTime) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}

impl Fresh {
    pub(super) fn new(source: Arc<dyn KeySource>) -> Self {
        Self { source, held: Arc::new(Mutex::new(None)) }
    }

    /// Keys that work now. Whoever comes while they are fetched waits for the same answer.
    async fn keys(&self, now: SystemTime) -> Result<StorageCredentials> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| now < held.renew) {
            return Ok(held.keys.clone());
        }
        match (self.source.bucket_credentials().await, held.as_ref()) {
            (Ok(keys), _) => {
                let new = held.insert(Held::new(keys, now));
                if new.is_over(now) {
                    let message = "the service gave keys for the bucket that have ended already";
                    return Err(Error::new(ErrorKind::Credentials, message));
                }
                Ok(new.keys.clone())
            }
            (Err(error), Some(old)) if !old.is_over(now) => {
                tracing::warn!("keys for the bucket could not be renewed, the old ones are used: {error}");
                Ok(old.keys.clone())
            }
            (Err(error), _) => {
                let message = format!("there are no keys for the bucket: {error}");
                Err(Error::new(ErrorKind::Credentials, message))
            }
        }
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").field("source", &self.source).finish_non_exhaustive()
    }
}

fn failed(error: Error) -> object_store::Error {
    object_store::Error::Generic { store: "credentials", source: Box::new(error) }
}

fn unfit() -> object_store::Error {
    let message = "the service gave keys that do not fit the bucket";
    failed(Error::new(ErrorKind::Credentials, message))
}

/// For S3 and what is like it.
#[derive(Debug)]
pub(super) struct S3Keys(pub(super) Fresh);

#[async_trait]
impl CredentialProvider for S3Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys = self.0.keys(SystemTime::now()).await.map_err(failed)?;
        let StorageCredentials::S3(keys) = keys else { return Err(unfit()) };
        Ok(Arc::new(AwsCredential {
            key_id: keys.aws_access_key_id.expose().to_owned(),
            secret_key: keys.aws_secret_access_key.expose().to_owned(),
            token: keys.aws_session_token.map(|token| token.expose().to_owned()),
        }))
    }
}

/// For Google buckets.
#[cfg(feature = "gcs")]
#[derive(Debug)]
pub(super) struct GoogleKeys(pub(super) Fresh);

#[cfg(feature = "gcs")]
#[async_trait]
impl CredentialProvider for GoogleKeys {
    type Credential = object_store::gcp::GcpCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<Self::Credential>> {
        let keys = self.0.keys(SystemTime::now()).await.map_err(failed)?;
        let StorageCredentials::Gcs(token) = keys else { return Err(unfit()) };
        let bearer = token.access_token.expose().to_owned();
        Ok(Arc::new(object_store::gcp::GcpCredential { bearer }))
    }
}

/// For Google buckets that can only be read.
#[cfg(feature = "gcs")]
#[derive(Debug)]
pub(super) struct NoKeys;

#[cfg(feature = "gcs")]
#[async_trait]
impl CredentialProvider for NoKeys {
    type Credential = object_store::gcp::GcpCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<Self::Credential>> {
        let message = "there are no keys for the bucket, so that it can only be read";
        Err(failed(Error::new(ErrorKind::Credentials, message)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use arraylake_types::S3Credentials;
    use chrono::{DateTime, Utc};

    use super::*;

    /// Answers with keys that live for so many seconds from the time it was made, and with errors after `answers`.
    #[derive(Debug)]
    struct Source {
        calls: AtomicU32,
        answers: u32,
        end: SystemTime,
    }

    #[async_trait]
    impl KeySource for Source {
        async fn bucket_credentials(&self) -> Result<StorageCredentials> {
            if self.calls.fetch_add(1, Ordering::Relaxed) >= self.answers {
                return Err(Error::new(ErrorKind::Transport, "no answer"));
            }
            let end = DateTime::<Utc>::from(self.end);
            Ok(S3Credentials::new("MARKER", "MARKER").with_session("MARKER", end.into()).into())
        }
    }

    fn fresh(now: SystemTime, life: u64, answers: u32) -> (Fresh, Arc<Source>) {
        let end = now + Duration::from_secs(life);
        let source = Arc::new(Source { calls: AtomicU32::new(0), answers, end });
        (Fresh::new(Arc::clone(&source) as Arc<dyn KeySource>), source)
    }

    #[tokio::test]
    async fn keys_are_renewed_ten_minutes_before_their_end() {
        let now = SystemTime::now();
        let (fresh, source) = fresh(now, 3600, 9);
        let later = |seconds| now + Duration::from_secs(seconds);
        for (at, calls) in [(0, 1), (2990, 1), (3010, 2)] {
            fresh.keys(later(at)).await.unwrap();
            assert_eq!(source.calls.load(Ordering::Relaxed), calls, "after {at} s");
        }
        assert!(!format!("{fresh:?}").contains("MARKER"));
    }

    #[tokio::test]
    async fn keys_that_live_short_are_not_fetched_for_every_request() {
        let now = SystemTime::now();
        let (fresh, source) = fresh(now, 300, 9);
        for at in [0, 100, 149] {
            fresh.keys(now + Duration::from_secs(at)).await.unwrap();
        }
        assert_eq!(source.calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn keys_that_cannot_be_renewed_serve_to_their_end_and_not_longer() {
        let now = SystemTime::now();
        let (fresh, _) = fresh(now, 3600, 1);
        for at in [0, 3100, 3599] {
            fresh.keys(now + Duration::from_secs(at)).await.unwrap();
        }
        let error = fresh.keys(now + Duration::from_secs(3600)).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Credentials);
        assert!(error.to_string().contains("no answer"), "{error}");
    }
}
