//! [`Fetcher`]: what icechunk holds in place of credentials. It knows names, and asks the cache.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arraylake_types::{RepoName, StorageCredentials, Timestamp};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use icechunk::config::Credentials;
#[cfg(feature = "azure")]
use icechunk::storage::{AzureCredentials, AzureCredentialsFetcher, AzureRefreshableCredential};
#[cfg(feature = "gcs")]
use icechunk::storage::{GcsBearerCredential, GcsCredentials, GcsCredentialsFetcher};
use icechunk::storage::{S3Credentials, S3CredentialsFetcher, S3StaticCredentials};
use serde::{Deserialize, Serialize};

use super::{CredentialCache, MARKER, Scope, Want};
use crate::{CredentialError, CredentialErrorKind, CredentialSource, sessions};

/// Grows when the serialised form changes.
const FORMAT: u8 = 2;
/// For how long icechunk is told that keys of virtual chunks last. It keeps them until then, even if the bucket refuses
/// them; asking again costs a look into the cache.
const SOON: TimeDelta = TimeDelta::minutes(5);
/// The same for what has no end, where icechunk would ask before every request.
#[cfg(any(feature = "gcs", feature = "azure"))]
const LATER: TimeDelta = TimeDelta::minutes(15);

/// The way to credentials: whom to ask, and what was answered before.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) source: Arc<dyn CredentialSource>,
    pub(crate) cache: CredentialCache,
}

/// Answers icechunk with credentials of one repo and scope, or of one bucket config. Serialises to names alone; what is deserialised has no
/// link and answers with an error that says so.
#[derive(Serialize, Deserialize)]
pub(crate) struct Fetcher {
    format: u8,
    api_url: String,
    want: Want,
    #[serde(skip, default = "sessions::current")]
    link: Option<Link>,
}

impl Fetcher {
    pub(crate) fn new(link: Link, repo: RepoName, scope: Scope) -> Self {
        Self::of(link, Want::Repo(repo, scope))
    }

    pub(crate) fn of(link: Link, want: Want) -> Self {
        Self { format: FORMAT, api_url: link.source.api_url().to_owned(), want, link: Some(link) }
    }

    /// Whose credentials these are, if they come from a fetcher; which is known by the form in which it travels.
    #[cfg_attr(not(feature = "zarrs"), expect(dead_code, reason = "asked by Zarr stores alone"))]
    pub(crate) fn want_behind(credentials: &Credentials) -> Option<Want> {
        let form = match credentials {
            Credentials::S3(S3Credentials::Refreshable(fetcher)) => serde_json::to_value(fetcher),
            #[cfg(feature = "gcs")]
            Credentials::Gcs(GcsCredentials::Refreshable(fetcher)) => serde_json::to_value(fetcher),
            #[cfg(feature = "azure")]
            Credentials::Azure(AzureCredentials::Refreshable(fetcher)) => serde_json::to_value(fetcher),
            _ => return None,
        };
        Self::deserialize(form.ok()?).ok().map(|fetcher| fetcher.want)
    }

    async fn keys(&self) -> Result<StorageCredentials, CredentialError> {
        let registered = || sessions::registered(&self.api_url);
        // Bytes may hold what is of another service than the client that reads them.
        let own = self.link.clone().filter(|link| link.source.api_url() == self.api_url);
        let Some(Link { source, cache }) = own.or_else(registered) else {
            let message = format!(
                "{} was deserialised here and no client is attached to it; read it with a client of {}, or register one",
                self.want, self.api_url
            );
            return Err(CredentialError::new(CredentialErrorKind::Detached, message));
        };
        cache.serve(&source, &self.want).await
    }

    fn unfit(&self) -> CredentialError {
        let message = format!("the service gave credentials for {} that do not fit its bucket", self.want);
        CredentialError::new(CredentialErrorKind::Unusable, message)
    }

    async fn s3(&self) -> Result<S3StaticCredentials, CredentialError> {
        let StorageCredentials::S3(keys) = self.keys().await? else { return Err(self.unfit()) };
        let end = keys.expiration.map(|end| end.to_chrono());
        let soon = self.want.is_virtual().then(|| from_now(SOON));
        Ok(S3StaticCredentials {
            access_key_id: keys.aws_access_key_id.expose().to_owned(),
            secret_access_key: keys.aws_secret_access_key.expose().to_owned(),
            session_token: keys.aws_session_token.map(|token| token.expose().to_owned()),
            expires_after: [end, soon].into_iter().flatten().min(),
        })
    }

    /// These storages ask before every request for what has no end, so it gets one.
    #[cfg(any(feature = "gcs", feature = "azure"))]
    fn end(&self, expiration: Option<Timestamp>) -> DateTime<Utc> {
        let end = expiration.map_or_else(|| from_now(LATER), |end| end.to_chrono());
        if self.want.is_virtual() { end.min(from_now(SOON)) } else { end }
    }

    #[cfg(feature = "gcs")]
    async fn google(&self) -> Result<GcsBearerCredential, CredentialError> {
        let StorageCredentials::Gcs(token) = self.keys().await? else { return Err(self.unfit()) };
        let expires_after = Some(self.end(token.expiration));
        Ok(GcsBearerCredential { bearer: token.access_token.expose().to_owned(), expires_after })
    }

    #[cfg(feature = "azure")]
    async fn azure(&self) -> Result<AzureRefreshableCredential, CredentialError> {
        let StorageCredentials::Azure(signature) = self.keys().await? else { return Err(self.unfit()) };
        let expires_after = Some(self.end(signature.expiration));
        Ok(AzureRefreshableCredential::SASToken {
            token: signature.sas_token.expose().to_owned(),
            expires_after,
        })
    }
}

fn from_now(delta: TimeDelta) -> DateTime<Utc> {
    Timestamp::from(SystemTime::now()).to_chrono() + delta
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("api_url", &self.api_url)
            .field("want", &self.want)
            .field("attached", &self.link.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
#[typetag::serde(name = "arraylake-s3-credentials")]
impl S3CredentialsFetcher for Fetcher {
    async fn get(&self) -> Result<S3StaticCredentials, String> {
        self.s3().await.map_err(text)
    }
}

#[cfg(feature = "gcs")]
#[async_trait]
#[typetag::serde(name = "arraylake-gcs-credentials")]
impl GcsCredentialsFetcher for Fetcher {
    async fn get(&self) -> Result<GcsBearerCredential, String> {
        self.google().await.map_err(text)
    }
}

#[cfg(feature = "azure")]
#[async_trait]
#[typetag::serde(name = "arraylake-azure-credentials")]
impl AzureCredentialsFetcher for Fetcher {
    async fn get(&self) -> Result<AzureRefreshableCredential, String> {
        self.azure().await.map_err(text)
    }
}

fn text(error: CredentialError) -> String {
    format!("{MARKER} {error}")
}
