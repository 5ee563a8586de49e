//! [`Login`]: logging in and out, without `async`.

use std::path::Path;
use std::sync::Arc;

use arraylake_core::login::{LoggedIn, LoggedOut, LoginOptions, LoginPrompt, LoginStatus};
use arraylake_core::types::Secret;
use arraylake_core::{ClientBuilder, ServiceUri};

use crate::{Client, Result, runtime};

/// The login of one service: [`arraylake_core::Login`] for synchronous code. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Login(arraylake_core::Login);

impl From<arraylake_core::Login> for Login {
    fn from(login: arraylake_core::Login) -> Self {
        Self(login)
    }
}

impl Login {
    /// The login of the service that a builder names. Needs no token.
    ///
    /// # Errors
    /// As [`ClientBuilder::build_login`].
    pub fn build(builder: ClientBuilder) -> Result<Self> {
        builder.build_login().map(Self)
    }

    /// The service.
    #[must_use]
    pub fn service_uri(&self) -> &ServiceUri {
        self.0.service_uri()
    }

    /// Where the tokens lie, or will.
    #[must_use]
    pub fn token_file(&self) -> &Path {
        self.0.token_file()
    }

    /// Logs in: [`arraylake_core::Login::login`].
    ///
    /// # Errors
    /// See there.
    pub fn login(&self, options: LoginOptions, prompt: Arc<dyn LoginPrompt>) -> Result<LoggedIn> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.login(options, &*prompt).await })
    }

    /// Logs out: [`arraylake_core::Login::logout`].
    ///
    /// # Errors
    /// See there.
    pub fn logout(&self) -> Result<LoggedOut> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.logout().await })
    }

    /// Logs out on this machine alone: [`arraylake_core::Login::forget`].
    ///
    /// # Errors
    /// See there.
    pub fn forget(&self) -> Result<LoggedOut> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.forget().await })
    }

    /// Renews the login: [`arraylake_core::Login::refresh`].
    ///
    /// # Errors
    /// See there.
    pub fn refresh(&self) -> Result<LoggedIn> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.refresh().await })
    }

    /// Who is logged in: [`arraylake_core::Login::status`].
    ///
    /// # Errors
    /// See there.
    pub fn status(&self) -> Result<LoginStatus> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.status().await })
    }

    /// The token that is sent with each request: [`arraylake_core::Login::token`].
    ///
    /// # Errors
    /// See there.
    pub fn token(&self) -> Result<Secret> {
        let login = self.0.clone();
        runtime::wait(None, async move { login.token().await })
    }
}

impl Client {
    /// Logs in at the service of the client: [`arraylake_core::AsyncClient::login`].
    ///
    /// # Errors
    /// See there.
    pub fn login(&self, options: LoginOptions, prompt: Arc<dyn LoginPrompt>) -> Result<LoggedIn> {
        self.run(|api| async move { api.login(options, &*prompt).await })
    }

    /// Logs out: [`arraylake_core::AsyncClient::logout`].
    ///
    /// # Errors
    /// See there.
    pub fn logout(&self) -> Result<LoggedOut> {
        self.run(|api| async move { api.logout().await })
    }
}

#[cfg(test)]
mod tests {
    use arraylake_core::{AsyncClient, Config};

    use super::*;

    #[test]
    fn without_a_login_every_way_says_so_and_a_logout_is_no_error() {
        let home = tempfile::tempdir().unwrap();
        let builder = || {
            AsyncClient::builder()
                .with_config(Config::from_env_vars([("HOME", home.path().to_str().unwrap())]))
                .with_service_uri("http://127.0.0.1:9")
        };
        let login = Login::build(builder()).unwrap();
        assert!(login.token().unwrap_err().needs_login());
        assert!(login.status().unwrap_err().needs_login());
        assert!(login.refresh().unwrap_err().needs_login());
        assert!(!login.forget().unwrap().was_logged_in);
        assert!(Client::build(builder()).unwrap().get_user().unwrap_err().needs_login());
    }
}
