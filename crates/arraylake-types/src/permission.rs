//! What principals may do: [`PrincipalPermissions`], [`Action`], and who a token belongs to, [`ApiClient`].

use crate::error::InvalidInput;
use crate::{NamespaceAction, OrgAction, Other, PrincipalId, RepoAction, Timestamp};

open_enum! {
    /// What may be done with the whole service.
    pub enum ServiceAction {
        /// Everything, in every org.
        CanManageAllOrgs = "CAN_MANAGE_ALL_ORGS",
        /// Keep copies in step.
        CanSync = "CAN_SYNC",
    }
}

/// An action whose permission is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// With an org.
    Org(OrgAction),
    /// With a repo.
    Repo(RepoAction),
    /// With an Iceberg namespace.
    Namespace(NamespaceAction),
}

impl Action {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Org(action) => action.as_str(),
            Self::Repo(action) => action.as_str(),
            Self::Namespace(action) => action.as_str(),
        }
    }

    /// Checks that the action is a known one.
    ///
    /// # Errors
    /// Names an unknown one.
    pub fn validate(&self) -> Result<(), InvalidInput> {
        let (text, known) = match self {
            Self::Org(action) => (action.as_str(), OrgAction::KNOWN),
            Self::Repo(action) => (action.as_str(), RepoAction::KNOWN),
            Self::Namespace(action) => (action.as_str(), NamespaceAction::KNOWN),
        };
        if known.contains(&text) {
            return Ok(());
        }
        Err(InvalidInput::new("action", text, format!("must be one of {}", known.join(", "))))
    }
}

impl From<OrgAction> for Action {
    fn from(action: OrgAction) -> Self {
        Self::Org(action)
    }
}

impl From<RepoAction> for Action {
    fn from(action: RepoAction) -> Self {
        Self::Repo(action)
    }
}

impl From<NamespaceAction> for Action {
    fn from(action: NamespaceAction) -> Self {
        Self::Namespace(action)
    }
}

wire_struct! {
    /// What the caller may do, all in all. Answer of `GET /user/permissions`.
    pub struct PrincipalPermissions {
        /// With the whole service.
        pub service_actions: Vec<ServiceAction> = lenient("service_actions"),
        /// With orgs; those in which nothing may be done are left out.
        pub org_actions: Vec<OrgActions> = lenient("org_actions"),
    }
}

impl Default for PrincipalPermissions {
    fn default() -> Self {
        Self { service_actions: Vec::new(), org_actions: Vec::new(), other: Other::new() }
    }
}

impl PrincipalPermissions {
    /// What may be done with an org.
    #[must_use]
    pub fn of_org(&self, org: &str) -> &[OrgAction] {
        let found = self.org_actions.iter().find(|row| row.name == org);
        found.map(|row| row.actions.as_slice()).unwrap_or_default()
    }

    /// Whether members and permissions of an org may be managed.
    #[must_use]
    pub fn is_org_admin(&self, org: &str) -> bool {
        self.service_actions.contains(&ServiceAction::CanManageAllOrgs)
            || self.of_org(org).contains(&OrgAction::CanManageUsers)
    }
}

wire_struct! {
    /// What the caller may do with one org.
    pub struct OrgActions {
        /// Name of the org.
        pub name: String = required("name"),
        /// What.
        pub actions: Vec<OrgAction> = lenient("actions"),
    }
}

wire_struct! {
    /// A service account, as the owner of a token.
    ///
    /// Answer of `GET /orgs/{org}/api-clients/authenticate`; services before 0.16 answer the id alone.
    pub struct ApiClient {
        /// Id.
        pub id: PrincipalId = required("_id" | "client_id" | "id"),
        /// E-mail address.
        pub email: Option<String> = lenient("email"),
        /// When it was created.
        pub created: Option<Timestamp> = lenient("created"),
        /// When its token stops working.
        pub expiration: Option<Timestamp> = lenient("expiration"),
        /// When its token was last used.
        pub last_used: Option<Timestamp> = lenient("last_used"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_of_an_org_or_of_all_orgs_is_known() {
        let text = r#"{"org_actions":[{"name":"acme","actions":["CAN_MANAGE_USERS","CAN_FLY"]}]}"#;
        let permissions: PrincipalPermissions = serde_json::from_str(text).unwrap();
        assert!(permissions.is_org_admin("acme") && !permissions.is_org_admin("other"));
        assert_eq!(permissions.of_org("acme")[1].as_str(), "CAN_FLY");
        let all: PrincipalPermissions =
            serde_json::from_str(r#"{"service_actions":["CAN_MANAGE_ALL_ORGS"]}"#).unwrap();
        assert!(all.is_org_admin("other"));
    }

    #[test]
    fn the_id_of_an_api_client_is_found_in_every_spelling() {
        for key in ["_id", "client_id", "id"] {
            let text = format!(r#"{{"{key}":"33333333-3333-4333-8333-333333333333"}}"#);
            let client: ApiClient = serde_json::from_str(&text).unwrap();
            assert_eq!(client.id.to_string(), "33333333-3333-4333-8333-333333333333");
        }
    }

    #[test]
    fn an_unknown_action_is_not_asked_for() {
        assert!(Action::from(RepoAction::from("CAN_FLY")).validate().is_err());
        Action::from(RepoAction::CanSync).validate().unwrap();
    }
}
