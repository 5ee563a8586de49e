//! [`Expire`]: which versions go, tried dry or done.

use std::collections::HashSet;
use std::sync::Arc;

use arraylake_types::{ExpirationConfig, ExpirationResult, Timestamp};
use chrono::{DateTime, Utc};
use icechunk::format::IcechunkFormatError;
use icechunk::format::repo_info::RepoInfo;
use icechunk::ops::expiration::{ExpireResult, ExpiredRefAction, expire};
use icechunk::refs::Ref;
use icechunk::repository::RepositoryErrorKind;

use super::before;
use crate::error::Cause;
use crate::{Error, IcechunkRepo};

/// An expiration of old versions.
#[derive(Clone, Copy, Debug)]
pub struct Expire {
    older_than: DateTime<Utc>,
    branches: bool,
    tags: bool,
    dry_run: bool,
}

impl Expire {
    /// Versions that were committed before a moment. Branches and tags stay, with the versions they point at.
    #[must_use]
    pub fn older_than(moment: Timestamp) -> Self {
        Self { older_than: moment.to_chrono(), branches: false, tags: false, dry_run: false }
    }

    /// By the rules of a repo, whose age counts back from `now`; none if they name no age.
    #[must_use]
    pub fn by(config: &ExpirationConfig, now: Timestamp) -> Option<Self> {
        let seconds = config.expire_versions_older_than?;
        Some(Self { older_than: before(now, seconds), branches: false, tags: false, dry_run: false })
    }

    /// Deletes branches, except `main`, that point at what expires.
    #[must_use]
    pub fn with_branches(mut self) -> Self {
        self.branches = true;
        self
    }

    /// Deletes tags that point at what expires. A name that was deleted cannot be used again.
    #[must_use]
    pub fn with_tags(mut self) -> Self {
        self.tags = true;
        self
    }

    /// Changes nothing, and tells what would be.
    #[must_use]
    pub fn with_dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    pub(super) fn dry_run(&self) -> bool {
        self.dry_run
    }

    pub(super) async fn run(self, repo: &IcechunkRepo) -> Result<ExpirationResult, Error> {
        let action = |delete| if delete { ExpiredRefAction::Delete } else { ExpiredRefAction::Ignore };
        let (repository, settings) = (repo.repository(), repo.repository().config());
        let done = expire(
            Arc::clone(repository.asset_manager()),
            self.older_than,
            action(self.branches),
            action(self.tags),
            Some(settings.repo_update_retries()),
            settings.num_updates_per_repo_info_file(),
        );
        done.await.map(report).map_err(|error| repo.explain(error))
    }

    /// What icechunk would do, which it does not tell without doing it.
    pub(super) async fn preview(self, repo: &IcechunkRepo) -> Result<ExpirationResult, Error> {
        let manager = repo.repository().asset_manager();
        let (info, _) = manager.fetch_repo_info().await.map_err(|error| repo.explain(error))?;
        self.would(&info).map(report).map_err(|error| {
            repo.explain(Cause::Repository(Box::new(RepositoryErrorKind::FormatError(error.kind))))
        })
    }

    fn would(self, info: &RepoInfo) -> Result<ExpireResult, IcechunkFormatError> {
        let tags: Vec<_> = info.tags()?.map(|(name, id)| (name.to_owned(), id)).collect();
        let branches: Vec<_> = info.branches()?.map(|(name, id)| (name.to_owned(), id)).collect();
        let snapshots = info.all_snapshots()?.collect::<Result<Vec<_>, _>>()?;
        // The first snapshot of all never goes.
        let old: HashSet<_> = snapshots
            .iter()
            .filter(|snapshot| snapshot.flushed_at < self.older_than && snapshot.parent_id.is_some())
            .map(|snapshot| snapshot.id.clone())
            .collect();
        let tagged = tags.iter().filter(|_| !self.tags);
        let held = branches.iter().filter(|(name, _)| !self.branches || name == Ref::DEFAULT_BRANCH);
        let kept: HashSet<_> = tagged.chain(held).map(|(_, id)| id).collect();
        let released: HashSet<_> = old.iter().filter(|id| !kept.contains(id)).cloned().collect();
        let edited = snapshots.iter().filter(|snapshot| {
            let orphaned = snapshot.parent_id.as_ref().is_some_and(|parent| released.contains(parent));
            orphaned && !released.contains(&snapshot.id)
        });
        let edited_snapshots = edited.map(|snapshot| snapshot.id.clone()).collect();
        let tags = tags.into_iter().filter(|(_, id)| self.tags && old.contains(id));
        let branches = branches
            .into_iter()
            .filter(|(name, id)| self.branches && name != Ref::DEFAULT_BRANCH && old.contains(id));
        let deleted_refs =
            tags.map(|(name, _)| Ref::Tag(name)).chain(branches.map(|(name, _)| Ref::Branch(name))).collect();
        Ok(ExpireResult { released_snapshots: released, edited_snapshots, deleted_refs })
    }
}

fn report(done: ExpireResult) -> ExpirationResult {
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let ids =
        |ids: HashSet<icechunk::format::SnapshotId>| sorted(ids.iter().map(ToString::to_string).collect());
    let (mut tags, mut branches) = (Vec::new(), Vec::new());
    for gone in done.deleted_refs {
        match gone {
            Ref::Tag(name) => tags.push(name),
            Ref::Branch(name) => branches.push(name),
        }
    }
    ExpirationResult::new()
        .with_released(ids(done.released_snapshots))
        .with_edited(ids(done.edited_snapshots))
        .with_tags(sorted(tags))
        .with_branches(sorted(branches))
}
