//! Credentials that stay fresh: a cache that refreshes ahead of expiry, and the fetcher that icechunk asks.

mod cache;
mod entry;
mod fetch;
mod fetcher;
mod share;
mod want;

use arraylake_types::{AuthConfig, OpenRepo, S3Credentials, StorageCredentials};
use serde::{Deserialize, Serialize};

pub use cache::CredentialCache;
pub(crate) use fetcher::{Fetcher, Link};
pub(crate) use want::Want;

/// Begins every text that a fetcher gives to icechunk, so that it can be found again inside storage errors.
pub(crate) const MARKER: &str = "arraylake credentials:";

/// What credentials are for, which decides how they are had. Part of the serialised form of a fetcher.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scope {
    /// The repo's bucket, vended: `GET /repos/{org}/{repo}/bucket-credentials`.
    Bucket,
    /// The repo's bucket, as the answer of `GET /repos/{org}/{repo}/open` has it.
    Open,
    /// A container of virtual chunks, by the prefix under which `/open` lists it.
    Container(String),
}

impl Scope {
    /// How keys of the repo's bucket are had again.
    pub(crate) fn of_bucket(answer: &OpenRepo) -> Self {
        let delegated = answer.repo_bucket.auth_method().is_some_and(|method| method.is_delegated());
        if delegated { Self::Bucket } else { Self::Open }
    }
}

/// The keys of the repo's bucket that came with `/open`: its credentials, else constant keys in the auth config
/// that the service did not mask.
pub(crate) fn bucket_keys(answer: &OpenRepo) -> Option<StorageCredentials> {
    if let Some(credentials) = &answer.repo_credentials {
        return Some(credentials.clone());
    }
    let Some(AuthConfig::Hmac { access_key_id: Some(id), secret_access_key: Some(secret), .. }) =
        &answer.repo_bucket.auth_config
    else {
        return None;
    };
    let usable = [id, secret].iter().all(|key| !key.is_mask() && !key.is_empty());
    usable.then(|| S3Credentials::new(id.clone(), secret.clone()).into())
}

#[cfg(test)]
mod tests;
