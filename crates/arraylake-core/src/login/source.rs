//! A login as the source of tokens: renewed ahead of its end and after a 401, once for all who need it.

use std::sync::Arc;
use std::time::Duration;

use arraylake_transport::{TokenError, TokenSource};
use arraylake_types::{OauthTokens, Secret};
use async_trait::async_trait;

use super::error::LoginError;
use super::file::Lock;
use super::provider::Grant;
use super::{Login, Renewed};

/// How often, and at what distance, the file is looked at again after a refusal: another program may have renewed the
/// login at the same moment and not have written it yet.
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(150);

#[async_trait]
impl TokenSource for Login {
    async fn token(&self) -> Result<Secret, TokenError> {
        self.fresh().await.map_err(token_error)
    }

    async fn refresh(&self, rejected: &Secret) -> Result<Option<Secret>, TokenError> {
        let renewed = self.renew(Some(rejected.clone())).await.map_err(token_error)?;
        Ok(Some(renewed.tokens.id_token.clone()))
    }
}

fn token_error(error: LoginError) -> TokenError {
    TokenError::new(error.to_string()).with_source(error)
}

impl Login {
    /// The token to send now. One that is about to end is renewed; if that fails, the service may still take it.
    pub(super) async fn fresh(&self) -> Result<Secret, LoginError> {
        Ok(self.newest().await?.0)
    }

    /// The token in use, renewed if it is about to end; and why it could not be.
    async fn newest(&self) -> Result<(Secret, Option<LoginError>), LoginError> {
        let tokens = self.inner.session.current().await?.ok_or_else(|| self.not_logged_in())?;
        if !self.inner.session.is_old(&tokens.id_token) {
            return Ok((tokens.id_token.clone(), None));
        }
        match self.renew(Some(tokens.id_token.clone())).await {
            Ok(renewed) => Ok((renewed.tokens.id_token.clone(), None)),
            Err(error) => {
                tracing::debug!(%error, "the login could not be renewed ahead of time");
                self.inner.session.pause();
                Ok((tokens.id_token.clone(), Some(error)))
            }
        }
    }

    /// A token that has not ended, renewed if need be.
    pub(super) async fn live(&self) -> Result<Secret, LoginError> {
        match self.newest().await? {
            (token, _) if !self.inner.session.has_ended(&token) => Ok(token),
            (_, Some(error)) => Err(error),
            // Renewals ahead of time are paused; this one is no longer ahead of it.
            (token, None) => Ok(self.renew(Some(token)).await?.tokens.id_token.clone()),
        }
    }

    /// Tokens in place of the rejected one, else new ones whatever there is. Runs as a task of its own: a caller that
    /// goes away must not lose tokens that the provider has given already.
    pub(super) async fn renew(&self, rejected: Option<Secret>) -> Result<Renewed, LoginError> {
        let login = self.clone();
        let task = tokio::spawn(async move { login.renew_now(rejected.as_ref()).await });
        task.await.unwrap_or_else(|error| Err(LoginError::provider(format!("renewing the login: {error}"))))
    }

    async fn renew_now(&self, rejected: Option<&Secret>) -> Result<Renewed, LoginError> {
        let session = &self.inner.session;
        // Another token is of use unless it has ended as well: whoever wrote it may have been idle since.
        let is_newer = |tokens: &OauthTokens| {
            rejected.is_some_and(|old| tokens.id_token != *old) && !session.has_ended(&tokens.id_token)
        };
        let _gate = session.gate.lock().await;
        if let Some(tokens) = session.remembered().filter(|tokens| is_newer(tokens)) {
            return Ok(Renewed::adopted(tokens));
        }
        let _lock = self.lock().await?;
        let Some(tokens) = session.reread().await? else { return Err(self.not_logged_in()) };
        if is_newer(&tokens) {
            return Ok(Renewed::adopted(tokens));
        }
        match self.inner.provider.renew(&tokens.refresh_token).await? {
            Grant::Tokens(answer) => {
                // There is a refresh token: the old one.
                let Some(new) = answer.over(Some(&tokens)) else { return Err(self.not_logged_in()) };
                let (tokens, written) = session.keep(new, Some(&tokens)).await;
                Ok(Renewed::granted(tokens, written.err()))
            }
            Grant::Refused(refusal) => self.after_refusal(&tokens, super::words(&refusal)).await,
        }
    }

    /// The lock, or nothing where there can be none, such as on a disk that is only read.
    pub(super) async fn lock(&self) -> Result<Option<Lock>, LoginError> {
        match Lock::take(self.inner.session.place.current()).await {
            Ok(lock) => Ok(Some(lock)),
            Err(error @ LoginError::File { .. }) => {
                tracing::warn!(%error, "the login is renewed without a lock");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Someone who does not know of the lock may have been faster.
    async fn after_refusal(&self, used: &OauthTokens, reason: String) -> Result<Renewed, LoginError> {
        for _ in 0..LOOKS {
            let found = self.inner.session.reread().await?;
            if let Some(tokens) = found.filter(|tokens| tokens.id_token != used.id_token) {
                return Ok(Renewed::adopted(tokens));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Err(LoginError::Refused { reason })
    }
}

impl Renewed {
    fn adopted(tokens: Arc<OauthTokens>) -> Self {
        Self { tokens, granted: false, warning: None }
    }

    fn granted(tokens: Arc<OauthTokens>, warning: Option<LoginError>) -> Self {
        if let Some(warning) = &warning {
            tracing::warn!(%warning, "the renewed login is kept in memory only");
        }
        Self { tokens, granted: true, warning }
    }
}
