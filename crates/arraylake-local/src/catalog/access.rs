//! Who may do what: every handler that names an org or a repo comes through here.

use arraylake_types::{OrgAction, RepoAction, RepoVisibility};

use super::call::Call;
use crate::refusal::Refusal;
use crate::s3::Access;
use crate::store::{Db, StoredRepo};

/// What the caller may do in an org.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rights {
    actions: Vec<OrgAction>,
}

impl Rights {
    /// Rights out of actions.
    pub(crate) fn new(actions: Vec<OrgAction>) -> Self {
        Self { actions }
    }

    /// Whether there are none.
    pub(crate) fn are_none(&self) -> bool {
        self.actions.is_empty()
    }

    /// Whether every repo may be written; then it may be read, too.
    pub(crate) fn write(&self) -> bool {
        self.actions.contains(&OrgAction::CanWriteRepos)
    }

    /// Whether every repo may be read.
    pub(crate) fn read(&self) -> bool {
        self.write() || self.actions.contains(&OrgAction::CanReadRepos)
    }

    /// Whether an action is among them, or follows from one that is.
    pub(crate) fn allow(&self, action: &OrgAction) -> bool {
        match action {
            OrgAction::CanReadRepos | OrgAction::CanReadReposWithFlux => {
                self.read() || self.actions.contains(action)
            }
            other => self.actions.contains(other),
        }
    }

    /// Whether an action on any repo of the org follows from them.
    pub(crate) fn allow_repo(&self, action: &RepoAction) -> bool {
        match action {
            RepoAction::CanRead => self.read(),
            RepoAction::CanReadWithFlux => self.allow(&OrgAction::CanReadReposWithFlux),
            RepoAction::CanWrite | RepoAction::CanSync => self.write(),
            RepoAction::CanManageUsers => self.actions.contains(&OrgAction::CanManageUsers),
            RepoAction::Other(_) => false,
            _ => false,
        }
    }
}

/// A repo that the caller may see.
#[derive(Debug)]
pub(crate) struct Found {
    /// The repo.
    pub(crate) repo: StoredRepo,
    /// What the caller may do with its data.
    pub(crate) access: Access,
    /// What the caller may do in its org.
    pub(crate) rights: Rights,
}

/// The refusal for those who may not.
pub(crate) fn denied() -> Refusal {
    Refusal::forbidden("Access Denied")
}

impl Call {
    /// The caller's rights in an org that must be there.
    pub(crate) fn org(&self, db: &Db<'_>, org: &str) -> Result<Rights, Refusal> {
        if db.org(org)?.is_none() {
            let missing = || Refusal::missing(format!("{org} not found"));
            return Err(if self.era.is_denied_unknown_orgs() { denied() } else { missing() });
        }
        Ok(Rights::new(db.org_actions(org, self.id())?))
    }

    /// The same, if they let the caller write.
    pub(crate) fn org_to_write(&self, db: &Db<'_>, org: &str) -> Result<Rights, Refusal> {
        let rights = self.org(db, org)?;
        if rights.write() { Ok(rights) } else { Err(denied()) }
    }

    /// The same, if they let the caller read.
    pub(crate) fn org_to_read(&self, db: &Db<'_>, org: &str) -> Result<Rights, Refusal> {
        let rights = self.org(db, org)?;
        if rights.read() { Ok(rights) } else { Err(denied()) }
    }

    /// The repo named in the path, if the caller may read it.
    pub(crate) fn repo(&self, db: &Db<'_>) -> Result<Found, Refusal> {
        let (org, name) = self.repo_name(db)?;
        self.repo_named(db, &org, &name)
    }

    /// The repo named in the path, if the caller may write it.
    pub(crate) fn repo_to_write(&self, db: &Db<'_>) -> Result<Found, Refusal> {
        let found = self.repo(db)?;
        if found.access == Access::ReadWrite { Ok(found) } else { Err(denied()) }
    }

    /// Whether the caller manages the users of a repo, by a grant of its own or as one who does in the whole org.
    pub(crate) fn manages(&self, found: &Found) -> bool {
        let mut given = found.repo.model.permissions.iter().filter(|grant| grant.principal_id == self.id());
        found.rights.allow_repo(&RepoAction::CanManageUsers)
            || given.any(|grant| grant.actions.contains(&RepoAction::CanManageUsers))
    }

    fn repo_name(&self, db: &Db<'_>) -> Result<(String, String), Refusal> {
        let id = self.path("id");
        if id.is_empty() {
            return Ok((self.path("org").to_owned(), self.path("repo").to_owned()));
        }
        let missing = || Refusal::missing(format!("Repo {id} not found"));
        db.repo_name(&id.to_ascii_lowercase())?.ok_or_else(missing)
    }

    fn repo_named(&self, db: &Db<'_>, org: &str, name: &str) -> Result<Found, Refusal> {
        let missing = || Refusal::missing(format!("Repo {org}/{name} not found"));
        if db.org(org)?.is_none() {
            return Err(missing());
        }
        let rights = Rights::new(db.org_actions(org, self.id())?);
        // Those who may not read the org do not learn which repos it has.
        let unseen = || if rights.read() { missing() } else { denied() };
        let repo = db.repo(org, name)?.filter(|repo| !repo.model.is_ghost()).ok_or_else(unseen)?;
        let access = self.access(&repo, &rights).ok_or_else(unseen)?;
        Ok(Found { repo, access, rights })
    }

    /// What the caller may do with the data of a repo.
    pub(crate) fn access(&self, repo: &StoredRepo, rights: &Rights) -> Option<Access> {
        let mut given = repo.model.permissions.iter().filter(|grant| grant.principal_id == self.id());
        let writes = |action: &RepoAction| *action == RepoAction::CanWrite;
        if rights.write() || given.clone().any(|grant| grant.actions.iter().any(writes)) {
            Some(Access::ReadWrite)
        } else if rights.read()
            || repo.model.visibility == RepoVisibility::AuthenticatedPublic
            || given.any(|grant| grant.actions.contains(&RepoAction::CanRead))
        {
            Some(Access::Read)
        } else {
            None
        }
    }
}
