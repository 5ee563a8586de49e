//! [`Permissions`]: who may do what.

use arraylake_types::{Action, OrgName, PermissionCheck, PrincipalPermissions};
use async_trait::async_trait;

use super::repos::is_missing_route;
use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;

/// Who may do what.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Permissions: Send + Sync {
    /// Whether a principal may do something with a resource, such as a repo by its full name.
    ///
    /// `GET /orgs/{org}/permissions/check`; `GET /orgs/{org}/api-clients/permissions/check` on services without it.
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) if the caller may not ask that; if the action is not a known one.
    async fn get_permission_check(
        &self,
        org: &OrgName,
        principal_id: &str,
        resource: &str,
        action: Action,
    ) -> Result<bool>;

    /// What the caller may do, all in all.
    ///
    /// `GET /user/permissions`
    ///
    /// # Errors
    /// [`is_unauthenticated`](crate::Error::is_unauthenticated) if the token is not valid.
    async fn get_current_user_permissions(&self) -> Result<PrincipalPermissions>;
}

#[async_trait]
impl Permissions for AsyncClient {
    async fn get_permission_check(
        &self,
        org: &OrgName,
        principal_id: &str,
        resource: &str,
        action: Action,
    ) -> Result<bool> {
        action.validate()?;
        let query = [("principal_id", principal_id), ("resource", resource), ("action", action.as_str())];
        if !self.era().lacks_permission_check.is_set() {
            match ask(self, &["orgs", org.as_str(), "permissions", "check"], &query).await {
                Err(error) if is_missing_route(&error) => {}
                answer => return answer,
            }
        }
        let path = ["orgs", org.as_str(), "api-clients", "permissions", "check"];
        let answer = ask(self, &path, &query).await?;
        self.era().lacks_permission_check.set();
        Ok(answer)
    }

    async fn get_current_user_permissions(&self) -> Result<PrincipalPermissions> {
        self.call(Call::get("get user permissions", &["user", "permissions"])).await?.read()
    }
}

async fn ask(client: &AsyncClient, path: &[&str], query: &[(&str, &str)]) -> Result<bool> {
    let call = Call::get("check permission", path).query(query);
    let answer: PermissionCheck = client.call(call).await?.read()?;
    Ok(answer.has_permission)
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};
    use arraylake_types::{OrgAction, RepoAction};

    use super::*;
    use crate::test_support::client_over;

    #[tokio::test]
    async fn an_older_service_is_asked_the_older_way_and_remembered() {
        let yes = r#"{"has_permission":true}"#;
        let script = Script::new([status(404), json(200, yes), json(200, yes)]);
        let client = client_over(&script);
        let org = "acme".parse().unwrap();
        for _ in 0..2 {
            let action = RepoAction::CanRead.into();
            assert!(client.get_permission_check(&org, "p", "acme/era5", action).await.unwrap());
        }
        let query = "check?principal_id=p&resource=acme%2Fera5&action=CAN_READ";
        let older = format!("/orgs/acme/api-clients/permissions/{query}");
        let newer = format!("/orgs/acme/permissions/{query}");
        assert_eq!(script.paths(), [newer, older.clone(), older]);
    }

    #[tokio::test]
    async fn a_refusal_is_no_permission_and_no_reason_to_ask_elsewhere() {
        let script = Script::new([status(403), status(404), status(404)]);
        let client = client_over(&script);
        let org = "acme".parse().unwrap();
        let ask = || client.get_permission_check(&org, "p", "r", OrgAction::CanManageUsers.into());
        assert!(ask().await.unwrap_err().is_forbidden());
        assert!(ask().await.unwrap_err().is_not_found());
        assert!(!client.era().lacks_permission_check.is_set());
    }

    #[tokio::test]
    async fn the_callers_own_permissions_are_one_answer() {
        let text = r#"{"org_actions":[{"name":"acme","actions":["CAN_MANAGE_USERS"]}]}"#;
        let script = Script::new([json(200, text)]);
        assert!(client_over(&script).get_current_user_permissions().await.unwrap().is_org_admin("acme"));
        assert_eq!(script.paths(), ["/user/permissions"]);
    }
}
