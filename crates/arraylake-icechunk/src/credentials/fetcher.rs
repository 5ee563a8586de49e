//! [`S3Fetcher`]: what icechunk holds in place of credentials. It knows names, and asks the cache.

use std::fmt;
use std::sync::Arc;

use arraylake_types::{RepoName, StorageCredentials};
use async_trait::async_trait;
use icechunk::storage::{S3CredentialsFetcher, S3StaticCredentials};
use serde::{Deserialize, Serialize};

use super::{CredentialCache, MARKER, Scope};
use crate::{CredentialError, CredentialErrorKind, CredentialSource};

/// Grows when the serialised form changes.
const FORMAT: u8 = 1;

/// The way to credentials: whom to ask, and what was answered before.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) source: Arc<dyn CredentialSource>,
    pub(crate) cache: CredentialCache,
}

/// Answers icechunk with keys of one scope of one repo. Serialises to names alone; what is deserialised has no
/// link and answers with an error that says so.
#[derive(Serialize, Deserialize)]
pub(crate) struct S3Fetcher {
    format: u8,
    api_url: String,
    repo: RepoName,
    scope: Scope,
    #[serde(skip)]
    link: Option<Link>,
}

impl S3Fetcher {
    pub(crate) fn new(link: Link, repo: RepoName, scope: Scope) -> Self {
        Self { format: FORMAT, api_url: link.source.api_url().to_owned(), repo, scope, link: Some(link) }
    }

    async fn keys(&self) -> Result<S3StaticCredentials, CredentialError> {
        let Some(Link { source, cache }) = &self.link else {
            let message = format!(
                "{} was deserialised here and no client is attached to it; open it again with a client of {}",
                self.repo, self.api_url
            );
            return Err(CredentialError::new(CredentialErrorKind::Detached, message));
        };
        let StorageCredentials::S3(keys) = cache.get(source, &self.repo, &self.scope).await? else {
            let message = format!("the service gave credentials for {} that are not for S3", self.repo);
            return Err(CredentialError::new(CredentialErrorKind::Unusable, message));
        };
        Ok(S3StaticCredentials {
            access_key_id: keys.aws_access_key_id.expose().to_owned(),
            secret_access_key: keys.aws_secret_access_key.expose().to_owned(),
            session_token: keys.aws_session_token.map(|token| token.expose().to_owned()),
            expires_after: keys.expiration.map(|end| end.to_chrono()),
        })
    }
}

impl fmt::Debug for S3Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Fetcher")
            .field("api_url", &self.api_url)
            .field("repo", &self.repo.as_str())
            .field("scope", &self.scope)
            .field("attached", &self.link.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
#[typetag::serde(name = "arraylake-s3-credentials")]
impl S3CredentialsFetcher for S3Fetcher {
    async fn get(&self) -> Result<S3StaticCredentials, String> {
        self.keys().await.map_err(|error| format!("{MARKER} {error}"))
    }
}
