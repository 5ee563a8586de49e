//! [`Orgs`]: orgs of the caller.

use arraylake_types::{OrgInfo, OrgName, OrgResponse, Rows};
use async_trait::async_trait;

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// Orgs of the caller.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Orgs: Send + Sync {
    /// Lists the orgs that the caller belongs to. A row that cannot be read is reported in [`Rows::bad`].
    ///
    /// `GET /user/orgs`
    ///
    /// # Errors
    /// [`is_unauthenticated`](crate::Error::is_unauthenticated) if the token is not valid.
    async fn get_orgs(&self) -> Result<Rows<OrgResponse>>;

    /// What the service knows of an org.
    ///
    /// `GET /orgs/{org}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such org.
    async fn get_org(&self, org: &OrgName) -> Result<OrgInfo>;
}

#[async_trait]
impl Orgs for AsyncClient {
    async fn get_orgs(&self) -> Result<Rows<OrgResponse>> {
        self.call(Call::get("get orgs", &["user", "orgs"])).await?.read_with(Rows::from_slice)
    }

    async fn get_org(&self, org: &OrgName) -> Result<OrgInfo> {
        self.call(Call::get("get org", &["orgs", org.as_str()])).await?.read()
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json};

    use super::*;
    use crate::test_support::client_over;

    #[tokio::test]
    async fn an_org_that_cannot_be_read_does_not_hide_the_others() {
        let script = Script::new([json(200, r#"[{"id":"1","name":"acme"},{"id":"2"}]"#)]);
        let orgs = client_over(&script).get_orgs().await.unwrap();
        assert_eq!((orgs[0].name.as_str(), orgs.bad[0].id.as_deref()), ("acme", Some("2")));
        assert_eq!(script.paths(), ["/user/orgs"]);
    }

    #[tokio::test]
    async fn one_org_is_asked_for_by_name() {
        let script = Script::new([json(200, r#"{"_id":"1","name":"acme","gc_config":null}"#)]);
        let org = client_over(&script).get_org(&"acme".parse().unwrap()).await.unwrap();
        assert!(org.id == "1" && !org.gc_config.enabled);
        assert_eq!(script.paths(), ["/orgs/acme"]);
    }
}
