//! Logging in through a browser, and using the login.
//!
//! | | |
//! | --- | --- |
//! | [`Login`] | the login of one service: log in and out, who it is, renew it, its token |
//! | [`LoginPrompt`], [`LoginLink`] | what the person is shown |
//! | [`LoginOptions`] | with or without a browser, anew |
//! | [`LoginError`] | why there is no login, or none that works |
//!
//! The tokens lie in the file that the Python client uses, in its form, so a login of either serves both:
//! `service.token_path`, else `~/.arraylake/token.json` for the public service and `~/.arraylake/tokens/<host>.json`
//! for any other. Files are replaced in one step and are for their owner alone.
//!
//! A login is renewed shortly before its token ends, and after a 401. Whoever renews holds a lock on
//! `<file>.lock` and looks into the file first, so that of many calls, clients and processes one asks the provider. The
//! Python client does not know of the lock; where it is faster, its tokens are taken over from the file.

mod device;
mod error;
mod file;
mod jwt;
mod place;
mod prompt;
mod provider;
mod session;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arraylake_transport::TransportBuilder;
use arraylake_types::{OauthError, OauthTokens, Principal, Secret, Timestamp};

pub use self::error::LoginError;
pub(crate) use self::error::failed;
pub use self::prompt::{LoginLink, LoginOptions, LoginPrompt};

use self::jwt::Times;
use self::place::Place;
use self::provider::Provider;
use self::session::Session;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::uri::ServiceUri;

/// The login of one service. Cheap to clone; also a [`TokenSource`](arraylake_transport::TokenSource).
///
/// Made by [`ClientBuilder::build_login`](crate::ClientBuilder::build_login), which needs no token.
///
/// ```no_run
/// use arraylake_core::AsyncClient;
/// use arraylake_core::login::{LoginLink, LoginOptions};
/// # async fn example() -> arraylake_core::Result<()> {
/// let login = AsyncClient::builder().build_login()?;
/// let show = |link: &LoginLink| eprintln!("Open {} and confirm {}", link.url, link.user_code);
/// let done = login.login(LoginOptions::new().with_browser(true), &show).await?;
/// if let Some(user) = done.user {
///     println!("logged in as {}", user.email());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Login {
    inner: Arc<Inner>,
}

struct Inner {
    service: ServiceUri,
    session: Arc<Session>,
    provider: Provider,
}

/// A login that was made or renewed.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Who is logged in; none if the service would not say.
    pub user: Option<Principal>,
    /// Whether there was a login already, which was renewed.
    pub was_logged_in: bool,
    /// What did not work besides: the user could not be asked for, the tokens could not be written.
    pub warnings: Vec<LoginError>,
}

/// A login that was ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedOut {
    /// Whether anybody was logged in.
    pub was_logged_in: bool,
    /// Why the login is still alive at the provider, though its tokens are gone from this machine.
    pub not_revoked: Option<LoginError>,
}

/// How a login stands.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoginStatus {
    /// Who is logged in.
    pub user: Principal,
    /// When the token ends, if it says so. It is renewed before that.
    pub expires: Option<Timestamp>,
}

/// Tokens that are good, as far as is known.
#[derive(Debug)]
struct Renewed {
    tokens: Arc<OauthTokens>,
    granted: bool,
    warning: Option<LoginError>,
}

/// What a logout removed.
struct Discarded {
    was_logged_in: bool,
    refresh_token: Option<Secret>,
}

impl Login {
    pub(crate) fn new(config: &Config, service: &ServiceUri, stack: TransportBuilder) -> Result<Self> {
        let place = Place::of(config, service).ok_or(LoginError::NoPlace)?;
        let provider = Provider::new(stack)?;
        let inner = Inner { service: service.clone(), session: Session::of(place), provider };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether a configuration gives the login of a service a place.
    pub(crate) fn has_place(config: &Config, service: &ServiceUri) -> bool {
        Place::of(config, service).is_some()
    }

    /// The service.
    #[must_use]
    pub fn service_uri(&self) -> &ServiceUri {
        &self.inner.service
    }

    /// Where the tokens lie, or will.
    #[must_use]
    pub fn token_file(&self) -> &Path {
        self.inner.session.place.current()
    }

    /// Logs in: renews the login if there is one, else has a person confirm a code in a browser.
    ///
    /// Dropping the future gives the login up, and nothing has changed.
    ///
    /// `GET /auth/config`, `POST /auth/update-user`; at the login provider `POST /oauth/device/code`,
    /// `POST /oauth/token`; and `POST /oauth/revoke` if the tokens cannot be written
    ///
    /// # Errors
    /// [`LoginError::Denied`], [`LoginError::Expired`]; the service or its provider cannot be reached; the tokens
    /// cannot be written.
    pub async fn login(&self, options: LoginOptions, prompt: &dyn LoginPrompt) -> Result<LoggedIn> {
        if !options.anew
            && self.session_exists().await
            && let Ok(done) = self.refresh().await
        {
            return Ok(done);
        }
        file::probe(self.token_file().to_owned()).await?;
        let code = self.inner.provider.device_code().await?;
        let link = LoginLink::of(&code).ok_or_else(|| LoginError::provider("it names no page to log in"))?;
        prompt.show(&link);
        if options.browser {
            prompt.browser_opened(options.open(&link.url));
        }
        let tokens = device::wait(&self.inner.provider, &code).await?;
        self.store(tokens).await
    }

    /// Keeps the tokens of a new login, then asks who it is.
    async fn store(&self, tokens: OauthTokens) -> Result<LoggedIn> {
        let login = self.clone();
        // A task of its own: tokens that were given must not be lost to a caller who goes away.
        let task = tokio::spawn(async move {
            let session = &login.inner.session;
            let _gate = session.gate.lock().await;
            let _lock = file::Lock::take(session.place.current()).await?;
            let (tokens, written) = session.keep(tokens, None).await;
            if let Err(error) = written {
                session.forget();
                // Nobody could use this login, nor end it, any more.
                let _ = login.inner.provider.revoke(&tokens.refresh_token).await;
                return Err(error);
            }
            Ok(tokens)
        });
        let lost = |error| LoginError::provider(format!("storing the login: {error}"));
        let tokens = task.await.map_err(lost)??;
        let asked = self.inner.provider.update_user(&tokens.id_token).await;
        Ok(LoggedIn::of(asked, false, None))
    }

    /// Renews the login, then asks who it is.
    ///
    /// `GET /auth/config`, `GET /user`; at the login provider `POST /oauth/token`
    ///
    /// # Errors
    /// [`LoginError::NotLoggedIn`]; [`LoginError::Refused`] if the provider does not renew it; neither can be reached;
    /// the service does not take the new token.
    pub async fn refresh(&self) -> Result<LoggedIn> {
        let renewed = self.renew(None).await?;
        let user = self.inner.provider.user(&renewed.tokens.id_token).await?;
        tracing::debug!(granted = renewed.granted, "the login was renewed");
        Ok(LoggedIn::of(Ok(user), true, renewed.warning))
    }

    /// Logs out: the tokens are removed from this machine first, whatever comes; then the provider is told.
    ///
    /// At the login provider `POST /oauth/revoke`, `GET /v2/logout`
    ///
    /// # Errors
    /// If the token file cannot be removed. That the provider could not be told is part of the result.
    pub async fn logout(&self) -> Result<LoggedOut> {
        let gone = self.discard().await?;
        let told = match &gone.refresh_token {
            Some(token) => self.inner.provider.revoke(token).await,
            None => Ok(()),
        };
        let ended = self.inner.provider.log_out().await;
        let not_revoked = told.and(ended).err().filter(|_| gone.was_logged_in);
        Ok(LoggedOut { was_logged_in: gone.was_logged_in, not_revoked })
    }

    /// Logs out on this machine alone: the tokens are removed, nobody is told.
    ///
    /// # Errors
    /// If the token file cannot be removed.
    pub async fn forget(&self) -> Result<LoggedOut> {
        let gone = self.discard().await?;
        Ok(LoggedOut { was_logged_in: gone.was_logged_in, not_revoked: None })
    }

    /// Removes the tokens, and those that make no sense, too.
    async fn discard(&self) -> Result<Discarded, LoginError> {
        let session = &self.inner.session;
        let _gate = session.gate.lock().await;
        // Whoever is renewing the login would otherwise write it once more. A logout goes on without the lock.
        let _lock = match session.place.current().exists() {
            true => self.lock().await.unwrap_or_default(),
            false => None,
        };
        let remembered = session.remembered();
        let found = session.reread().await.unwrap_or_default().or(remembered);
        session.forget();
        let mut removed = false;
        for path in session.place.all() {
            removed |= file::remove(path.to_owned()).await?;
        }
        let refresh_token = found.map(|tokens| tokens.refresh_token.clone());
        Ok(Discarded { was_logged_in: removed || refresh_token.is_some(), refresh_token })
    }

    /// Who is logged in, and until when. The login is renewed if that is needed.
    ///
    /// `GET /user`
    ///
    /// # Errors
    /// [`LoginError::NotLoggedIn`], [`LoginError::Refused`]; the service cannot be reached.
    pub async fn status(&self) -> Result<LoginStatus> {
        let mut token = self.fresh().await?;
        let user = match self.inner.provider.user(&token).await {
            Err(error) if error.cause().is_some_and(Error::is_unauthenticated) => {
                token = self.renew(Some(token)).await?.tokens.id_token.clone();
                self.inner.provider.user(&token).await?
            }
            outcome => outcome?,
        };
        Ok(LoginStatus { user, expires: Times::of(&token).end() })
    }

    /// The token that is sent with each request, renewed if it is about to end.
    ///
    /// # Errors
    /// [`LoginError::NotLoggedIn`]; the token file cannot be read.
    pub async fn token(&self) -> Result<Secret> {
        Ok(self.fresh().await?)
    }

    /// A token for another program, which cannot renew it itself. Other than [`token`](Self::token), which leaves it to
    /// the service to refuse one that could not be renewed, this never gives a token that has ended.
    ///
    /// # Errors
    /// [`LoginError::NotLoggedIn`]; the token has ended, and the login cannot be renewed.
    pub async fn live_token(&self) -> Result<Secret> {
        Ok(self.live().await?)
    }

    async fn session_exists(&self) -> bool {
        // A login elsewhere counts, and so does a logout.
        self.inner.session.reread().await.is_ok_and(|tokens| tokens.is_some())
    }

    fn not_logged_in(&self) -> LoginError {
        let token_file: PathBuf = self.token_file().to_owned();
        LoginError::NotLoggedIn { service: self.inner.service.to_string(), token_file }
    }
}

impl LoggedIn {
    fn of(user: Result<Principal, LoginError>, was_logged_in: bool, warning: Option<LoginError>) -> Self {
        let (user, unknown) = match user {
            Ok(user) => (Some(user), None),
            Err(error) => (None, Some(error)),
        };
        Self { user, was_logged_in, warnings: warning.into_iter().chain(unknown).collect() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("service", &self.inner.service)
            .field("token_file", &self.token_file())
            .finish_non_exhaustive()
    }
}

/// A refusal in the words of the provider.
fn words(refusal: &OauthError) -> String {
    let more = refusal.error_description.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    format!("{}{more}", refusal.error)
}

#[cfg(test)]
mod tests;
