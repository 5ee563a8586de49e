//! [`Users`]: who is asking.

use arraylake_types::Principal;
use async_trait::async_trait;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// Who is asking.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Users: Send + Sync {
    /// The person or service account whose token is in use.
    ///
    /// `GET /user`
    ///
    /// # Errors
    /// [`is_unauthenticated`](crate::Error::is_unauthenticated) if the token is not valid.
    async fn get_user(&self) -> Result<Principal>;
}

#[async_trait]
impl Users for AsyncClient {
    async fn get_user(&self) -> Result<Principal> {
        self.call(Call::get("get user", &["user"])).await?.read()
    }
}
