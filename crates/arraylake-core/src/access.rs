//! [`Access`]: with whose token a client asks.

use std::fmt;

use arraylake_types::Secret;

use crate::config::Origin;
use crate::error::{Error, Result};
#[cfg(feature = "login")]
use crate::login::Login;

/// With whose token a client asks, and where it came from.
#[derive(Clone)]
#[non_exhaustive]
pub enum Access {
    /// An API token.
    #[non_exhaustive]
    Token {
        /// The token.
        token: Secret,
        /// Who gave it.
        origin: Origin,
    },
    /// The login of a person.
    #[cfg(feature = "login")]
    Login(Login),
    /// A token source of the application, or none.
    Own,
}

impl Access {
    /// The token, for another program that speaks to the service by itself. That of a login is renewed first if it is
    /// about to end; how long it lives then is for the service to say.
    ///
    /// # Errors
    /// Nobody is logged in; the login has ended and cannot be renewed; the tokens are those of the application itself.
    pub async fn token(&self) -> Result<Secret> {
        match self {
            Self::Token { token, .. } => Ok(token.clone()),
            #[cfg(feature = "login")]
            Self::Login(login) => login.live_token().await,
            Self::Own => {
                Err(Error::Unsupported(format!("this client cannot hand out tokens: it has {self}")))
            }
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string())
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { origin, .. } => write!(f, "API token from {origin}"),
            #[cfg(feature = "login")]
            Self::Login(login) => write!(f, "login in {}", login.token_file().display()),
            Self::Own => f.write_str("a token source of the application"),
        }
    }
}
