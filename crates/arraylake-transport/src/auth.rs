//! Where tokens come from.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;

use arraylake_types::Secret;
use async_trait::async_trait;

/// A token could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TokenError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TokenError {
    /// An error with a text. Put no token into it.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The cause as the concrete error it was made from, for callers that know which to expect.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.source.as_deref().and_then(|source| source.downcast_ref())
    }
}

/// Gives the token for the next request.
#[async_trait]
pub trait TokenSource: Debug + Send + Sync {
    /// The token to send now.
    ///
    /// The caller may be cancelled while waiting: a source that renews here must do so in a task of its own.
    async fn token(&self) -> Result<Secret, TokenError>;

    /// Called once after a 401 for `rejected`, in a task that outlives a cancelled caller.
    ///
    /// When the current token is no longer `rejected`, another call has renewed it: give that one.
    /// `None`: there is nothing newer, the 401 stands.
    async fn refresh(&self, rejected: &Secret) -> Result<Option<Secret>, TokenError> {
        let _ = rejected;
        Ok(None)
    }

    /// The token, where it is one that never changes. The transport then asks once, when it is built.
    fn constant(&self) -> Option<Secret> {
        None
    }
}

#[async_trait]
impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    async fn token(&self) -> Result<Secret, TokenError> {
        (**self).token().await
    }

    async fn refresh(&self, rejected: &Secret) -> Result<Option<Secret>, TokenError> {
        (**self).refresh(rejected).await
    }

    fn constant(&self) -> Option<Secret> {
        (**self).constant()
    }
}

/// One token for ever, such as a machine token.
#[derive(Clone, Debug)]
pub struct StaticToken(pub Secret);

impl StaticToken {
    /// Sends `token` with every request.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self(token.into())
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self) -> Result<Secret, TokenError> {
        Ok(self.0.clone())
    }

    fn constant(&self) -> Option<Secret> {
        Some(self.0.clone())
    }
}
