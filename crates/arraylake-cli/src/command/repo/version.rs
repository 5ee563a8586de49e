//! Which version of a repo is meant, of either kind.

use arraylake_core::icechunk::icechunk::format::SnapshotId;
use arraylake_core::icechunk::icechunk::repository::VersionInfo;
use clap::Args;

use crate::failure::Failure;

/// Which version of a repo.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// The tip of this branch.
    #[arg(long, default_value = "main", conflicts_with_all = ["tag", "snapshot"])]
    branch: String,
    /// The version of this tag.
    #[arg(long, conflicts_with = "snapshot")]
    tag: Option<String>,
    /// This snapshot or, of a V1 repo, this commit, by its id.
    #[arg(long, alias = "commit", value_name = "ID")]
    snapshot: Option<String>,
}

impl VersionArgs {
    /// Of an Icechunk repo.
    pub(crate) fn info(&self) -> Result<VersionInfo, Failure> {
        match (&self.snapshot, &self.tag) {
            (Some(id), _) => match SnapshotId::try_from(id.as_str()) {
                Ok(id) => Ok(VersionInfo::SnapshotId(id)),
                Err(_) => Err(no_id(id)),
            },
            (None, Some(tag)) => Ok(VersionInfo::TagRef(tag.clone())),
            (None, None) => Ok(VersionInfo::BranchTipRef(self.branch.clone())),
        }
    }

    /// Of a V1 repo, which does not tell branches from tags.
    #[cfg(feature = "v1")]
    pub(crate) fn reference(&self) -> Result<arraylake_core::v1::Ref, Failure> {
        match (&self.snapshot, &self.tag) {
            (Some(id), _) => match id.parse::<arraylake_core::types::v1::CommitId>() {
                Ok(id) => Ok(id.into()),
                Err(_) => Err(no_id(id)),
            },
            (None, name) => Ok(name.as_ref().unwrap_or(&self.branch).as_str().into()),
        }
    }
}

fn no_id(text: &str) -> Failure {
    Failure::usage(format!("{text:?} is no id of a snapshot")).with_hint("`arraylake repo log` shows them")
}
