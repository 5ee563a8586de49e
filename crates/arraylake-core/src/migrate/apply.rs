//! One commit into the Icechunk repo: documents first, then chunks.

use std::collections::BTreeSet;
use std::sync::Arc;

use arraylake_icechunk::icechunk::format::Path;
use arraylake_icechunk::icechunk::session::Session;
use arraylake_v1::{AsyncRepo, NodePath};
use tokio::sync::RwLock;

use super::changes::{Arrays, Changes};
use super::plan::{Plan, Step};
use super::reshape::{States, reshaped};
use super::target::Target;
use super::{Migration, Progress, Report};
use crate::error::{Error, Result};

/// Brings one step after the other.
pub(super) struct Applier<'m> {
    pub(super) migration: &'m Migration,
    target: Target<'m>,
    pub(super) progress: Progress,
    pub(super) report: Report,
    /// Arrays that were left out, whose chunks need not be named, too.
    pub(super) skipped: BTreeSet<NodePath>,
    pub(super) nodes: States,
}

/// A step that is under way.
pub(super) struct Work<'s> {
    pub(super) step: &'s Step,
    /// The V1 repo, at the commit.
    pub(super) at: AsyncRepo,
    pub(super) session: Arc<RwLock<Session>>,
    /// Chunks since the last commit.
    pub(super) loose: usize,
    pub(super) arrays: Arrays,
    line: String,
    /// Whether the commit at the tip of the line is a part of this one.
    begun: bool,
}

impl<'m> Applier<'m> {
    pub(super) fn new(migration: &'m Migration, target: Target<'m>, plan: &Plan) -> Self {
        let in_all = plan.steps.len() + plan.done;
        let progress = Progress { commits: plan.done, commits_in_all: in_all, ..Progress::default() };
        let report = Report { commits_before: plan.done, ..Report::default() };
        Self { migration, target, progress, report, skipped: BTreeSet::new(), nodes: States::default() }
    }

    pub(super) fn finish(self) -> (Target<'m>, Report) {
        (self.target, Report { bytes: self.progress.bytes, ..self.report })
    }

    pub(super) async fn apply(&mut self, step: &Step) -> Result<()> {
        let id = &step.commit.id;
        let partial = self.target.partial(id).cloned();
        let line = match &partial {
            Some(partial) => partial.line.clone(),
            None => self.target.line(id, step.parent.as_ref()).await?,
        };
        let session = self.session(&line).await?;
        let at = self.migration.source.at(id);
        let (begun, arrays) = (partial.is_some(), Arrays::default());
        let mut work = Work { step, at, line, session, begun, loose: 0, arrays };
        let mut changes = Changes::of(&self.migration.source, step).await?;
        let reshaped = reshaped(&self.migration.source, &mut self.nodes, step, &mut changes).await?;
        if !begun {
            self.documents(&work, &changes, &reshaped).await?;
        }
        (self.progress.chunks, self.progress.chunks_in_commit) = (0, changes.chunks.len());
        let position = partial.map(|partial| partial.position);
        self.chunks(&mut work, changes.chunks, position.as_deref()).await?;
        self.commit(&mut work, None).await?;
        self.report.commits += 1;
        self.progress.commits += 1;
        (self.progress.chunks, self.progress.chunks_in_commit) = (0, 0);
        self.migration.tell(&self.progress);
        Ok(())
    }

    pub(super) async fn session(&self, line: &str) -> Result<Arc<RwLock<Session>>> {
        let session = self.migration.target.writable_session(line).await;
        let session = session.map_err(|error| Error::storage(super::OPERATION, error))?;
        Ok(Arc::new(RwLock::new(session)))
    }

    /// Makes the commit; of a part of it, up to a position, and then goes on.
    pub(super) async fn commit(&mut self, work: &mut Work<'_>, position: Option<&str>) -> Result<()> {
        let commit = &work.step.commit;
        let properties = self.target.properties(commit, position);
        let snapshot = {
            let mut session = work.session.write().await;
            let made = session.commit(commit.message.as_str()).properties(properties).allow_empty(true);
            let made = if work.begun { made.amend() } else { made };
            made.execute().await.map_err(|error| self.migration.icechunk(error))?
        };
        work.loose = 0;
        if position.is_some() {
            work.begun = true;
            work.session = self.session(&work.line).await?;
        } else {
            self.target.complete(&commit.id, work.line.clone(), snapshot);
        }
        Ok(())
    }

    pub(super) fn left_out(&mut self, work: &Work<'_>, path: &str, why: &str) {
        self.report.left_out.push(format!("{path} at commit {}: {why}", work.step.commit.id));
    }
}

/// The path of a node for Icechunk.
pub(super) fn icechunk_path(node: &NodePath) -> Result<Path> {
    let text = format!("/{}", node.as_str());
    Path::try_from(text.as_str()).map_err(|_| Error::Unsupported(format!("{text} is no path in Icechunk")))
}
