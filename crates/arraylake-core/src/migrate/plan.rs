//! Which commits are moved, in which order.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arraylake_types::v1::{Commit, CommitId};
use arraylake_v1::{CommitData, ErrorKind};

use super::target::Target;
use super::{Migration, Scope};
use crate::error::Result;

/// What is to be done.
pub(super) struct Plan {
    /// Parents before children. Those that are done are not among them.
    pub(super) steps: Vec<Step>,
    /// How many are done already.
    pub(super) done: usize,
    /// Branches and their tips.
    pub(super) branches: BTreeMap<String, CommitId>,
    /// Tags and their commits.
    pub(super) tags: BTreeMap<String, CommitId>,
}

/// One commit of the Icechunk repo.
#[derive(Clone)]
pub(super) struct Step {
    /// The V1 commit whose state it has.
    pub(super) commit: Arc<Commit>,
    /// The V1 commit whose state its parent has; none if it is the first.
    pub(super) parent: Option<CommitId>,
    /// The V1 commits whose changes it has, the oldest first; the whole state where there is no parent.
    pub(super) changes: Vec<CommitId>,
}

impl Plan {
    pub(super) async fn make(migration: &Migration, target: &Target<'_>) -> Result<Self> {
        Self::make_unless(migration, |id| target.snapshot(id).is_some()).await
    }

    async fn make_unless(migration: &Migration, is_done: impl Fn(&CommitId) -> bool) -> Result<Self> {
        let data = migration.source.commit_data(true).await.map_err(Migration::v1)?;
        match &migration.scope {
            Scope::History => Self::history(&data, is_done),
            Scope::Latest { branch } => {
                let Some(tip) = data.branches().get(branch) else {
                    let message = format!("{} has no branch {branch:?}", migration.source.name());
                    return Err(Migration::v1(arraylake_v1::Error::new(ErrorKind::RefNotFound, message)));
                };
                Self::latest(&data, branch, tip, is_done)
            }
        }
    }

    /// What there is to do as if nothing were done, for a comparison.
    pub(super) async fn all(migration: &Migration) -> Result<Self> {
        Self::make_unless(migration, |_| false).await
    }

    fn history(data: &CommitData, is_done: impl Fn(&CommitId) -> bool) -> Result<Self> {
        let (branches, tags) = (data.branches().clone(), data.tags().clone());
        let mut seen = HashSet::new();
        let (mut steps, mut done) = (Vec::new(), 0);
        for tip in branches.values().chain(tags.values()) {
            // From the tip down to what is known, then up again.
            let line: Vec<_> = data.history(Some(tip)).map_err(Migration::v1)?.into_iter().collect();
            for commit in line.into_iter().rev() {
                if !seen.insert(commit.id.clone()) {
                    continue;
                }
                if is_done(&commit.id) {
                    done += 1;
                    continue;
                }
                let (parent, changes) = (commit.parent_commit.clone(), vec![commit.id.clone()]);
                steps.push(Step { commit, parent, changes });
            }
        }
        Ok(Self { steps, done, branches, tags })
    }

    fn latest(
        data: &CommitData,
        branch: &str,
        tip: &CommitId,
        is_done: impl Fn(&CommitId) -> bool,
    ) -> Result<Self> {
        let mut plan = Self {
            steps: Vec::new(),
            done: 0,
            branches: BTreeMap::from([(branch.to_owned(), tip.clone())]),
            tags: BTreeMap::new(),
        };
        let (mut changes, mut parent, mut top) = (Vec::new(), None, None);
        for commit in data.history(Some(tip)).map_err(Migration::v1)? {
            if is_done(&commit.id) {
                parent = Some(commit.id.clone());
                plan.done = 1;
                break;
            }
            changes.insert(0, commit.id.clone());
            top.get_or_insert(commit);
        }
        plan.steps.extend(top.map(|commit| Step { commit, parent, changes }));
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(commits: &[(&str, Option<&str>)], branches: &[(&str, &str)]) -> CommitData {
        let commits = commits.iter().map(|(id, parent)| {
            serde_json::from_value(serde_json::json!({"_id": id, "session_start_time": "2026-11-22T09:55:02",
                "parent_commit": parent, "commit_time": "2026-11-22T09:55:03", "author_email": "a@example.com",
                "message": "m"}))
            .unwrap()
        });
        let branches = branches.iter().map(|(name, tip)| ((*name).to_owned(), tip.parse().unwrap()));
        CommitData::new(commits, [], branches)
    }

    fn ids(plan: &Plan) -> Vec<&str> {
        plan.steps.iter().map(|step| step.commit.id.as_str()).collect()
    }

    #[test]
    fn parents_come_first_forks_once_and_what_nobody_reaches_not_at_all() {
        let all =
            [("0a", None), ("0b", Some("0a")), ("0c", Some("0a")), ("0d", Some("0c")), ("0e", Some("0d"))];
        let data = data(&all, &[("main", "0d"), ("dev", "0b")]);
        let plan = Plan::history(&data, |_| false).unwrap();
        assert_eq!(ids(&plan), ["0a", "0b", "0c", "0d"]);
        let rest = Plan::history(&data, |id| ["0a", "0c"].contains(&id.as_str())).unwrap();
        assert_eq!((ids(&rest), rest.done), (vec!["0b", "0d"], 2));
    }

    #[test]
    fn the_latest_state_is_one_step_and_later_what_came_since() {
        let data = data(&[("0a", None), ("0b", Some("0a")), ("0c", Some("0b"))], &[("main", "0c")]);
        let plan = Plan::latest(&data, "main", &"0c".parse().unwrap(), |_| false).unwrap();
        assert_eq!((ids(&plan), plan.steps[0].parent.as_ref()), (vec!["0c"], None));
        let plan = Plan::latest(&data, "main", &"0c".parse().unwrap(), |id| id.as_str() == "0a").unwrap();
        assert_eq!(plan.steps[0].parent.as_ref().unwrap().as_str(), "0a");
        assert_eq!(plan.steps[0].changes.iter().map(CommitId::as_str).collect::<Vec<_>>(), ["0b", "0c"]);
        let plan = Plan::latest(&data, "main", &"0c".parse().unwrap(), |_| true).unwrap();
        assert!(plan.steps.is_empty());
    }
}
