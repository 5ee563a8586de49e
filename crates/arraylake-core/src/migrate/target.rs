//! What the Icechunk repo has already, and where its branches and tags point.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arraylake_icechunk::icechunk::format::SnapshotId;
use arraylake_icechunk::icechunk::format::format_constants::SpecVersionBin;
use arraylake_icechunk::icechunk::format::snapshot::{Snapshot, SnapshotInfo, SnapshotProperties};
use arraylake_icechunk::icechunk::repository::VersionInfo;
use arraylake_types::v1::{Commit, CommitId};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use super::plan::Plan;
use super::{Migration, Scope, Verification};
use crate::error::{Error, Result};

/// Properties of the snapshots that a migration makes.
const REPO: &str = "arraylake_v1_repo";
const COMMIT: &str = "arraylake_v1_commit";
const TIME: &str = "arraylake_v1_commit_time";
const SCOPE: &str = "arraylake_v1_scope";
/// On a snapshot that is not complete: the last chunk that is in it.
const POSITION: &str = "arraylake_v1_position";

/// Branches on which a migration works; they go when it is done.
const LINE: &str = "arraylake-migration-";

/// A snapshot that is not complete yet.
#[derive(Clone)]
pub(super) struct Partial {
    pub(super) line: String,
    pub(super) position: String,
}

/// The Icechunk repo, as far as the migration has come.
pub(super) struct Target<'m> {
    migration: &'m Migration,
    done: HashMap<CommitId, SnapshotId>,
    partial: HashMap<CommitId, Partial>,
    /// Working branches, by the V1 commit at their tip.
    lines: HashMap<CommitId, String>,
    /// Where branches were when they were looked at.
    heads: HashMap<String, SnapshotId>,
}

impl<'m> Target<'m> {
    /// Looks at all branches and tags.
    pub(super) async fn read(migration: &'m Migration) -> Result<Self> {
        let (done, partial, lines, heads) = Default::default();
        let mut target = Self { migration, done, partial, lines, heads };
        let repository = migration.target.repository();
        let fail = |error| migration.icechunk(error);
        let branches = repository.list_branches().await.map_err(fail)?.into_iter();
        let tags = repository.list_tags().await.map_err(fail)?.into_iter();
        let mut seen = BTreeSet::new();
        // Tags hold commits that no branch reaches.
        for version in branches.map(VersionInfo::BranchTipRef).chain(tags.map(VersionInfo::TagRef)) {
            let mut line = repository.ancestry(&version).await.map_err(fail)?.boxed();
            let mut is_tip = true;
            while let Some(snapshot) = line.try_next().await.map_err(fail)? {
                if let (true, VersionInfo::BranchTipRef(branch)) = (is_tip, &version) {
                    target.heads.insert(branch.clone(), snapshot.id.clone());
                }
                if snapshot.id == Snapshot::INITIAL_SNAPSHOT_ID {
                    break;
                }
                target.note(&version, &snapshot, std::mem::take(&mut is_tip))?;
                if !seen.insert(snapshot.id) {
                    break;
                }
            }
        }
        Ok(target)
    }

    fn note(&mut self, version: &VersionInfo, snapshot: &SnapshotInfo, is_tip: bool) -> Result<()> {
        let (name, branch) = match version {
            VersionInfo::BranchTipRef(branch) => (format!("branch {branch:?}"), Some(branch)),
            VersionInfo::TagRef(tag) => (format!("tag {tag:?}"), None),
            _ => (String::new(), None),
        };
        let text = |key: &str| snapshot.metadata.get(key).and_then(Value::as_str);
        let source = self.migration.source.name().as_str();
        let commit = text(COMMIT).and_then(|id| id.parse::<CommitId>().ok());
        let (Some(commit), Some(repo), Some(scope)) = (commit, text(REPO), text(SCOPE)) else {
            let what = format!("{name} holds commits that are not of a migration");
            return Err(self.migration.mismatch(what));
        };
        if repo != source || scope != self.scope() {
            let what =
                format!("it holds a migration of {repo} ({scope}), not of {source} ({})", self.scope());
            return Err(self.migration.mismatch(what));
        }
        match (text(POSITION), branch.filter(|_| is_tip)) {
            (Some(position), Some(branch)) => {
                let (line, position) = (branch.to_owned(), position.to_owned());
                self.partial.insert(commit, Partial { line, position });
            }
            (Some(_), None) => {
                let what = format!("{name} was made on top of half a commit");
                return Err(self.migration.mismatch(what));
            }
            (None, branch) => {
                if let Some(branch) = branch.filter(|branch| branch.starts_with(LINE)) {
                    self.lines.insert(commit.clone(), branch.to_owned());
                }
                self.done.insert(commit, snapshot.id.clone());
            }
        }
        Ok(())
    }

    fn scope(&self) -> &'static str {
        match self.migration.scope {
            Scope::History => "history",
            Scope::Latest { .. } => "latest",
        }
    }

    /// Where a V1 commit is, if it is complete.
    pub(super) fn snapshot(&self, commit: &CommitId) -> Option<&SnapshotId> {
        self.done.get(commit)
    }

    /// Refuses names that branches and tags cannot have there, before anything is moved.
    pub(super) fn check_names(&self, plan: &Plan) -> Result<()> {
        let has_paths = self.migration.target.repository().spec_version() >= SpecVersionBin::V2;
        for name in plan.branches.keys().chain(plan.tags.keys()) {
            let reason = match name.as_str() {
                name if name.starts_with(LINE) => "the migration itself works on branches of such names",
                name if name.contains('/') && !has_paths => {
                    "Icechunk repos of this age know no names with a slash"
                }
                _ => continue,
            };
            let message = format!("branch or tag {name:?} cannot be moved: {reason}");
            return Err(Error::Unsupported(message));
        }
        Ok(())
    }

    /// What there is of a V1 commit that is not complete.
    pub(super) fn partial(&self, commit: &CommitId) -> Option<&Partial> {
        self.partial.get(commit)
    }

    /// The branch on which a commit is made, at the state of its parent.
    pub(super) async fn line(&mut self, commit: &CommitId, parent: Option<&CommitId>) -> Result<String> {
        if let Some(line) = parent.and_then(|parent| self.lines.remove(parent)) {
            return Ok(line);
        }
        let start = match parent {
            None => &Snapshot::INITIAL_SNAPSHOT_ID,
            Some(parent) => self.done.get(parent).ok_or_else(|| {
                self.migration.mismatch(format!("it lacks the commit {parent}, on which {commit} was made"))
            })?,
        };
        let line = format!("{LINE}{commit}");
        // What an earlier run began here may have been taken for the line of another commit.
        self.lines.retain(|_, other| *other != line);
        let repository = self.migration.target.repository();
        match repository.lookup_branch(&line).await {
            // Made by a run that was killed before its first commit.
            Ok(tip) if tip == *start => {}
            Ok(tip) => {
                let reset = repository.reset_branch(&line, start, Some(&tip)).await;
                reset.map_err(|error| self.migration.icechunk(error))?;
            }
            Err(_) => {
                let made = repository.create_branch(&line, start).await;
                made.map_err(|error| self.migration.icechunk(error))?;
            }
        }
        Ok(line)
    }

    /// Remembers a commit that is complete.
    pub(super) fn complete(&mut self, commit: &CommitId, line: String, snapshot: SnapshotId) {
        self.done.insert(commit.clone(), snapshot);
        self.lines.insert(commit.clone(), line);
    }

    /// The properties of the snapshot of a commit; of a part of it, up to a position.
    pub(super) fn properties(&self, commit: &Commit, position: Option<&str>) -> SnapshotProperties {
        let mut properties: SnapshotProperties = BTreeMap::from([
            (REPO.to_owned(), Value::from(self.migration.source.name().as_str())),
            (COMMIT.to_owned(), Value::from(commit.id.as_str())),
            (TIME.to_owned(), Value::from(commit.commit_time.to_string())),
            (SCOPE.to_owned(), Value::from(self.scope())),
            ("author_name".to_owned(), Value::from(commit.author_name.clone())),
            ("author_email".to_owned(), Value::from(commit.author_email.as_str())),
        ]);
        if let Some(position) = position {
            properties.insert(POSITION.to_owned(), Value::from(position));
        }
        properties
    }

    /// Lets branches and tags point at what was moved, and removes the working branches.
    pub(super) async fn point(&self, plan: &Plan) -> Result<()> {
        let fail = |error| self.migration.icechunk(error);
        let repository = self.migration.target.repository();
        for (name, snapshot) in self.moved(&plan.branches) {
            match self.heads.get(name) {
                None => drop(repository.create_branch(name, snapshot).await.map_err(fail)?),
                Some(tip) if tip == snapshot => {}
                // Only from where it was found, with commits of this migration alone: what came since is somebody's.
                Some(tip) => repository.reset_branch(name, snapshot, Some(tip)).await.map_err(fail)?,
            }
        }
        let there = repository.list_tags().await.map_err(fail)?;
        for (name, snapshot) in self.moved(&plan.tags) {
            if !there.contains(name) {
                repository.create_tag(name, snapshot).await.map_err(fail)?;
            } else if repository.lookup_tag(name).await.map_err(fail)? != *snapshot {
                return Err(self.migration.mismatch(format!("its tag {name:?} is at another commit")));
            }
        }
        for line in repository.list_branches().await.map_err(fail)? {
            if line.starts_with(LINE) {
                repository.delete_branch(&line).await.map_err(fail)?;
            }
        }
        Ok(())
    }

    /// Looks whether branches and tags are where they are in the V1 repo.
    pub(super) async fn compare_refs(&self, plan: &Plan, found: &mut Verification) -> Result<()> {
        let fail = |error| self.migration.icechunk(error);
        let repository = self.migration.target.repository();
        let there = repository.list_branches().await.map_err(fail)?;
        for (name, snapshot) in self.moved(&plan.branches) {
            if !there.contains(name) || repository.lookup_branch(name).await.map_err(fail)? != *snapshot {
                found.differences.push(format!("branch {name:?} is not where it is in the V1 repo"));
            }
        }
        let there = repository.list_tags().await.map_err(fail)?;
        for (name, snapshot) in self.moved(&plan.tags) {
            if !there.contains(name) || repository.lookup_tag(name).await.map_err(fail)? != *snapshot {
                found.differences.push(format!("tag {name:?} is not where it is in the V1 repo"));
            }
        }
        Ok(())
    }

    fn moved<'a>(
        &'a self,
        refs: &'a BTreeMap<String, CommitId>,
    ) -> impl Iterator<Item = (&'a String, &'a SnapshotId)> {
        refs.iter().filter_map(|(name, commit)| Some((name, self.done.get(commit)?)))
    }
}
