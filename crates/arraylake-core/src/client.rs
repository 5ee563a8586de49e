//! [`AsyncClient`]: the implementation of every role over HTTP.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arraylake_transport::{Request, Response, Transport};
use arraylake_types::Recall;

use crate::access::Access;
use crate::builder::ClientBuilder;
use crate::call::{Answer, Call};
use crate::config::Config;
use crate::error::{Error, Result};
#[cfg(feature = "v1")]
use crate::repository::V1Settings;
use crate::uri::ServiceUri;

/// A client of the service, for async code. Cheap to clone; clones share connections and caches.
///
/// What it can do is in the role traits of [`api`](crate::api); bring them in with `use arraylake_core::prelude::*`.
///
/// ```no_run
/// use arraylake_core::{AsyncClient, prelude::*};
/// # async fn example() -> arraylake_core::Result<()> {
/// let client = AsyncClient::from_env()?;
/// for repo in client.list_repos(&"acme".parse()?, ListRepos::new()).await? {
///     println!("{} ({})", repo.name, repo.kind);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AsyncClient {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    service_uri: ServiceUri,
    access: Access,
    era: Era,
    recall: Recall,
    #[cfg(feature = "icechunk")]
    credentials: arraylake_icechunk::CredentialCache,
    #[cfg(feature = "v1")]
    v1: V1Settings,
}

/// Which newer routes the service was found to lack; learnt by the way, so that the detour is taken once.
#[derive(Debug, Default)]
pub(crate) struct Era {
    /// No `/orgs/{org}/repos/paginated`.
    pub(crate) lists_plainly: Flag,
    /// No `/orgs/{org}/repos/import`.
    pub(crate) lacks_import: Flag,
    /// No `/orgs/{org}/exchange-subscriptions`.
    pub(crate) lacks_exchange: Flag,
    /// No `/orgs/{org}/marketplace/subscribe`.
    pub(crate) lacks_marketplace: Flag,
    /// No `/orgs/{org}/permissions/check`.
    pub(crate) lacks_permission_check: Flag,
    /// No `/repos/{org}/{repo}/open`.
    #[cfg(feature = "icechunk")]
    pub(crate) lacks_open: Flag,
}

/// A fact that becomes known once and stays.
#[derive(Debug, Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl AsyncClient {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A client from the environment and the shared configuration files; see [`Config`](crate::Config).
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self> {
        Self::builder().build()
    }

    pub(crate) fn new(
        transport: Transport,
        service_uri: ServiceUri,
        access: Access,
        config: &Config,
    ) -> Self {
        #[cfg(not(feature = "v1"))]
        let _ = config;
        Self {
            inner: Arc::new(Inner {
                transport,
                service_uri,
                access,
                era: Era::default(),
                recall: Recall::new(),
                #[cfg(feature = "icechunk")]
                credentials: arraylake_icechunk::CredentialCache::new(),
                #[cfg(feature = "v1")]
                v1: V1Settings::of(config),
            }),
        }
    }

    /// Where the service is.
    #[must_use]
    pub fn service_uri(&self) -> &ServiceUri {
        &self.inner.service_uri
    }

    /// With whose token it asks.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.inner.access
    }

    /// Logs in at the service, through a browser: [`Login::login`](crate::Login::login).
    ///
    /// # Errors
    /// See there. Refused if the client asks with an API token: it would go on doing so.
    #[cfg(feature = "login")]
    pub async fn login(
        &self,
        options: crate::login::LoginOptions,
        prompt: &dyn crate::login::LoginPrompt,
    ) -> Result<crate::login::LoggedIn> {
        self.login_in_use()?.login(options, prompt).await
    }

    /// Logs out: [`Login::logout`](crate::Login::logout).
    ///
    /// # Errors
    /// See there. Refused if the client asks with an API token.
    #[cfg(feature = "login")]
    pub async fn logout(&self) -> Result<crate::login::LoggedOut> {
        self.login_in_use()?.logout().await
    }

    #[cfg(feature = "login")]
    fn login_in_use(&self) -> Result<&crate::login::Login> {
        match &self.inner.access {
            Access::Login(login) => Ok(login),
            other => Err(Error::Unsupported(format!("this client does not use a login but: {other}"))),
        }
    }

    /// The stack below, for routes this version has no method for.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// Sends any request through the same stack: relative to the service URI, with the token. Every status is `Ok`.
    ///
    /// # Errors
    /// If no complete answer arrives.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let answer = self.inner.transport.send(request).await;
        answer.map_err(|error| Error::transport("request", error).looked_for_at(&self.inner.service_uri))
    }

    pub(crate) async fn call(&self, call: Call) -> Result<Answer> {
        let answer = call.send(&self.inner.transport).await;
        answer.map_err(|error| error.looked_for_at(&self.inner.service_uri))
    }

    /// Sends a call that makes something and must not happen twice: if its answer is lost, nobody knows what became
    /// of it.
    pub(crate) async fn call_once(&self, operation: &'static str, call: Call) -> Result<Answer> {
        self.call(call).await.map_err(|error| match error {
            Error::Transport { source, .. } if !source.is_connect() && source.attempts() > 0 => {
                Error::Unknown { operation, source }
            }
            error => error,
        })
    }

    /// Sends a call whose answer is read as it arrives.
    pub(crate) async fn stream(&self, call: Call) -> Result<arraylake_transport::Body> {
        let body = call.stream(&self.inner.transport).await;
        body.map_err(|error| error.looked_for_at(&self.inner.service_uri))
    }

    /// What answers about repos have in common.
    pub(crate) fn recall(&self) -> &Recall {
        &self.inner.recall
    }

    pub(crate) fn era(&self) -> &Era {
        &self.inner.era
    }

    /// What the configuration says about V1 repos.
    #[cfg(feature = "v1")]
    pub(crate) fn v1_settings(&self) -> &V1Settings {
        &self.inner.v1
    }

    #[cfg(feature = "icechunk")]
    pub(crate) fn credentials(&self) -> &arraylake_icechunk::CredentialCache {
        &self.inner.credentials
    }
}

impl fmt::Debug for AsyncClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncClient").field("service_uri", &self.inner.service_uri).finish_non_exhaustive()
    }
}

const _: () = {
    const fn send_sync_static<T: Send + Sync + 'static>() {}
    send_sync_static::<AsyncClient>();
};
