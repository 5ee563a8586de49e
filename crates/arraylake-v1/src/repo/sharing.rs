//! [`SharedRepo`]: a repo and its session, for other processes.

use arraylake_types::v1::SessionType;
use arraylake_types::{Author, InvalidInput, RepoName};
use serde::{Deserialize, Serialize};

use super::{AsyncRepo, Session};
use crate::error::Result;

/// A repo and its session, as it travels to other processes in any format of serde. Holds no secret: whoever reads it
/// has credentials of their own.
///
/// All who have the session write into the same, and see what the others have written; one of them commits.
///
/// ```no_run
/// # use arraylake_v1::{AsyncRepo, Checkout, CommitOptions, SharedRepo};
/// # async fn example(repo: AsyncRepo, worker: AsyncRepo) -> Result<(), Box<dyn std::error::Error>> {
/// repo.checkout("main", Checkout::new()).await?;
/// let text = serde_json::to_string(&repo.share()?)?;
///
/// // Elsewhere.
/// worker.adopt(&serde_json::from_str::<SharedRepo>(&text)?)?;
/// worker.set_doc("meta/root.group.json", &serde_json::json!({"attributes": {}})).await?;
///
/// // When all are done.
/// repo.commit("Written by many", CommitOptions::new()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SharedRepo {
    /// Base URL of the API, where it is known.
    pub api_url: Option<String>,
    /// Full name.
    pub repo: RepoName,
    /// Who commits.
    pub author: Author,
    /// The session.
    pub session: Session,
}

impl AsyncRepo {
    /// The repo and its session as it is now, for other processes.
    ///
    /// # Errors
    /// If nothing is checked out.
    pub fn share(&self) -> Result<SharedRepo> {
        Ok(SharedRepo {
            api_url: self.metastore().api_url(),
            repo: self.name().clone(),
            author: self.author().clone(),
            session: self.session()?.as_ref().clone(),
        })
    }

    /// Makes somebody's session this one. Sends nothing.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if it is of another repo or another service,
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly) if it writes and this repo may only be read.
    pub fn adopt(&self, shared: &SharedRepo) -> Result<()> {
        let ours = self.metastore().api_url();
        let same_service = shared.api_url.is_none() || ours.is_none() || shared.api_url == ours;
        if shared.repo != *self.name() || !same_service {
            let value =
                format!("{} at {}", shared.repo, shared.api_url.as_deref().unwrap_or("an unknown service"));
            let rule = format!("must be of {} at {}", self.name(), ours.as_deref().unwrap_or("this service"));
            return Err(InvalidInput::new("shared session", value, rule).into());
        }
        if shared.session.session_type != SessionType::Read && self.is_read_only() {
            return Err(self.read_only("a session that writes cannot be shared with it"));
        }
        self.set_session(shared.session.clone());
        Ok(())
    }
}
