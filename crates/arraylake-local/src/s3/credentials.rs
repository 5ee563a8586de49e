//! [`CredentialStore`]: who may sign requests, and with which secret.

use std::fmt::Debug;

use arraylake_types::Secret;
use chrono::{DateTime, Utc};

use super::scope::Scope;

/// Long-lived keys and public buckets, as the owner of the endpoint knows them. Temporary keys are not asked for here:
/// [`TemporaryKeys`](super::TemporaryKeys) carry their own proof.
pub trait CredentialStore: Debug + Send + Sync + 'static {
    /// The key with this access key id, or `None` when there is no such key.
    fn lookup(&self, access_key_id: &str) -> Option<S3Key>;

    /// Whether unsigned requests may read and list the bucket.
    fn is_public(&self, bucket: &str) -> bool {
        let _ = bucket;
        false
    }
}

/// One key: the secret that signs and what a signed request may do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct S3Key {
    /// The secret access key.
    pub secret: Secret,
    /// The session token that must come with each request, if any.
    pub session_token: Option<Secret>,
    /// When the key stops working, if ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// What the key may do.
    pub scope: Scope,
}

impl S3Key {
    /// A key that needs no session token and does not expire.
    pub fn new(secret: impl Into<Secret>, scope: Scope) -> Self {
        Self { secret: secret.into(), session_token: None, expires_at: None, scope }
    }

    /// Requires this session token with each request.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<Secret>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Lets the key expire.
    #[must_use]
    pub fn with_expiry(mut self, at: DateTime<Utc>) -> Self {
        self.expires_at = Some(at);
        self
    }
}
