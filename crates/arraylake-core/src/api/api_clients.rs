//! [`ApiClients`]: who a token belongs to.

use arraylake_types::{ApiClient, ApiToken, OrgName, PrincipalId};
use async_trait::async_trait;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// Who a token belongs to.
///
/// The service wants the token in the address of the request. It is in no error, log or `Debug` text of ours; proxies
/// and the service itself may keep it in theirs.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ApiClients: Send + Sync {
    /// The service account that a token belongs to.
    ///
    /// `GET /orgs/{org}/api-clients/authenticate`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if the token is none of the org's.
    async fn get_api_client_from_token(&self, org: &OrgName, token: &ApiToken) -> Result<ApiClient>;

    /// Id of the service account that a token belongs to.
    ///
    /// `GET /orgs/{org}/api-clients/authenticate`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if the token is none of the org's.
    async fn get_api_client_id_from_token(&self, org: &OrgName, token: &ApiToken) -> Result<PrincipalId>;
}

#[async_trait]
impl ApiClients for AsyncClient {
    async fn get_api_client_from_token(&self, org: &OrgName, token: &ApiToken) -> Result<ApiClient> {
        let call = Call::get("get api client", &["orgs", org.as_str(), "api-clients", "authenticate"]);
        let call = call.query(&[("token", token.secret().expose())]).sensitive();
        self.call(call).await?.read()
    }

    async fn get_api_client_id_from_token(&self, org: &OrgName, token: &ApiToken) -> Result<PrincipalId> {
        Ok(self.get_api_client_from_token(org, token).await?.id)
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, refuse};

    use super::*;
    use crate::test_support::client_over;

    #[tokio::test]
    async fn the_answers_of_both_eras_are_read() {
        let id = "33333333-3333-4333-8333-333333333333";
        let newer = format!(r#"{{"_id":"{id}","email":"ci@example.com","created":0,"expiration":0}}"#);
        let script = Script::new([json(200, format!(r#"{{"client_id":"{id}"}}"#)), json(200, newer)]);
        let client = client_over(&script);
        let (org, token) = ("acme".parse().unwrap(), "ema_other".parse().unwrap());
        for _ in 0..2 {
            let found = client.get_api_client_id_from_token(&org, &token).await.unwrap();
            assert_eq!(found.to_string(), id);
        }
        assert_eq!(script.paths()[0], "/orgs/acme/api-clients/authenticate?token=ema_other");
    }

    #[tokio::test]
    async fn no_error_holds_the_token_though_the_address_does() {
        let call = Call::get("x", &["a"]).query(&[("token", "ema_SECRET")]);
        assert_eq!(format!("{call:?}"), "Call(x: GET /a)");
        let script = Script::new(
            std::iter::once(json(404, r#"{"detail":"no"}"#)).chain(std::iter::repeat_n(refuse(), 9)),
        );
        let client = client_over(&script);
        let (org, token) = ("acme".parse().unwrap(), "ema_SECRET".parse().unwrap());
        for _ in 0..2 {
            let error = client.get_api_client_from_token(&org, &token).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
        }
    }
}
