//! [`CredentialSource`]: what this crate needs from a client, and [`CredentialError`], how that fails.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arraylake_types::{BucketId, CredentialAccess, OpenRepo, OrgName, RepoName, StorageCredentials};
use async_trait::async_trait;

/// Where credentials come from: a client of the catalog.
///
/// Implementations need no cache and no single flight; [`CredentialCache`](crate::CredentialCache) has both, and
/// retries what is transient.
#[async_trait]
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// Base URL of the API, without credentials. Named in errors and kept in serialised sessions.
    fn api_url(&self) -> &str;

    /// `GET /repos/{org}/{repo}/open`.
    ///
    /// # Errors
    /// If there is no answer.
    async fn open_repo(&self, repo: &RepoName) -> Result<OpenRepo, CredentialError>;

    /// `GET /repos/{org}/{repo}/bucket-credentials`.
    ///
    /// # Errors
    /// If there is no answer.
    async fn bucket_credentials(&self, repo: &RepoName) -> Result<StorageCredentials, CredentialError>;

    /// `GET /orgs/{org}/buckets/{id}/credentials`.
    ///
    /// # Errors
    /// If there is no answer.
    async fn org_bucket_credentials(
        &self,
        org: &OrgName,
        bucket: BucketId,
        access: CredentialAccess,
    ) -> Result<StorageCredentials, CredentialError>;
}

/// Why there are no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialErrorKind {
    /// The service could not be reached, was busy or failed; later it may work.
    Transient,
    /// The service refused: not signed in, not allowed, not found.
    Refused,
    /// What was granted before is granted no longer.
    Revoked,
    /// The answer holds no credentials, or some of the wrong kind.
    Unusable,
    /// A deserialised session or repository that no client is attached to.
    Detached,
}

/// No credentials, and why. Cheap to clone, since one failure may answer many callers. Holds no secret: whoever
/// makes one must put neither tokens nor bodies nor queries into the message.
#[derive(Clone, Debug)]
pub struct CredentialError {
    kind: CredentialErrorKind,
    message: String,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl CredentialError {
    /// An error of a kind, with one line that says what happened.
    #[must_use]
    pub fn new(kind: CredentialErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, source: None }
    }

    /// A transient one: network, 5xx, 429.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(CredentialErrorKind::Transient, message)
    }

    /// A refusal: 401, 403, 404 and the like.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(CredentialErrorKind::Refused, message)
    }

    /// Says when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Keeps the client's own error.
    #[must_use]
    pub fn with_source(mut self, source: Arc<dyn StdError + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> CredentialErrorKind {
        self.kind
    }

    /// Whether a later attempt may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.kind == CredentialErrorKind::Transient
    }

    /// How long the service asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for CredentialError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
