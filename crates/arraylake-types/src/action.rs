//! What a principal may do, with an org or with a repo.

use crate::{Other, PrincipalId};

open_enum! {
    /// What may be done with an org.
    pub enum OrgAction {
        /// Manage members and permissions.
        CanManageUsers = "CAN_MANAGE_USERS",
        /// Create, change and delete any repo.
        CanWriteRepos = "CAN_WRITE_REPOS",
        /// Read any repo.
        CanReadRepos = "CAN_READ_REPOS",
        /// Read any repo through the compute services.
        CanReadReposWithFlux = "CAN_READ_REPOS_WITH_FLUX",
    }
}

open_enum! {
    /// What may be done with a repo.
    pub enum RepoAction {
        /// Read.
        CanRead = "CAN_READ",
        /// Read and write.
        CanWrite = "CAN_WRITE",
        /// Manage who may do what.
        CanManageUsers = "CAN_MANAGE_USERS",
        /// Read through the compute services.
        CanReadWithFlux = "CAN_READ_WITH_FLUX",
        /// Keep a copy in step.
        CanSync = "CAN_SYNC",
    }
}

wire_struct! {
    /// What one principal may do with a repo.
    pub struct Permission {
        /// Who.
        pub principal_id: PrincipalId = required("principal_id"),
        /// What.
        pub actions: Vec<RepoAction> = lenient("actions"),
    }
}

impl Permission {
    /// Grants actions to a principal.
    #[must_use]
    pub fn new(principal_id: PrincipalId, actions: Vec<RepoAction>) -> Self {
        Self { principal_id, actions, other: Other::new() }
    }
}

wire_struct! {
    /// Answer of `GET /orgs/{org}/permissions/check`.
    #[derive(Eq)]
    pub struct PermissionCheck {
        /// Whether it is allowed.
        pub has_permission: bool = required("has_permission"),
    }
}

impl PermissionCheck {
    /// An answer.
    #[must_use]
    pub fn new(has_permission: bool) -> Self {
        Self { has_permission, other: Other::new() }
    }
}
